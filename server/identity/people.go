package identity

import (
	"context"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/workspace"
)

// PersonArgs is the body of person.edit. A nil value stays as it is.
type PersonArgs struct {
	ID       crm.ID  `json:"id"`
	BasedOn  uint64  `json:"basedOn"`
	Name     *string `json:"name"`
	Language *string `json:"language"`
	JobTitle *string `json:"jobTitle"`
}

// EditPerson changes what a person may change about himself, and admins about
// everybody. The e-mail is not among it: who can change it can sign in as him.
// Errors: CodeNotFound, CodeForbidden, CodeInvalid, CodeConflict.
func (s *Service) EditPerson(ctx context.Context, cmd workspace.Command, a PersonArgs) (workspace.Result, error) {
	set := crm.Fields{}
	var unset []string
	if a.Name != nil {
		name, err := checkName("name", *a.Name)
		if err != nil {
			return workspace.Result{}, err
		}
		set["name"] = name
	}
	if a.Language != nil {
		lang, err := checkLanguage(*a.Language)
		if err != nil {
			return workspace.Result{}, err
		}
		set["language"] = lang
	}
	if a.JobTitle != nil {
		if *a.JobTitle == "" {
			unset = append(unset, "jobTitle")
		} else {
			title, err := checkName("jobTitle", *a.JobTitle)
			if err != nil {
				return workspace.Result{}, err
			}
			set["jobTitle"] = title
		}
	}
	cmd.Plan = func(tx *workspace.Tx) error {
		user, ok := tx.Lookup(crm.TypeUser, a.ID)
		if !ok {
			return workspace.NotFound()
		}
		if _, err := tx.Require(access.ActionEdit, user); err != nil {
			return err
		}
		if err := tx.Merge(user, a.BasedOn, set, unset); err != nil {
			return err
		}
		return tx.Edit(user.ID, set, unset)
	}
	return s.ws.Commit(ctx, cmd)
}

// PersonID is the body of person.disable and person.enable.
type PersonID struct {
	ID crm.ID `json:"id"`
}

// Disable takes a person's access away: his sessions and links end in the same
// entry. His records stay.
// Errors: CodeNotFound, CodeForbidden, CodeInvalid with reason last_admin.
func (s *Service) Disable(ctx context.Context, cmd workspace.Command, a PersonID) (workspace.Result, error) {
	cmd.Plan = func(tx *workspace.Tx) error {
		user, err := administered(tx, a.ID)
		if err != nil {
			return err
		}
		if user.Fields.String("disabledAt") != "" {
			return nil
		}
		if err := disable(tx, user); err != nil {
			return err
		}
		return someAdminLeft(tx)
	}
	return s.ws.Commit(ctx, cmd)
}

func disable(tx *workspace.Tx, user crm.Record) error {
	if err := tx.Edit(user.ID, crm.Fields{"disabledAt": workspace.Timestamp(tx.Now())}, nil); err != nil {
		return err
	}
	if err := endSessions(tx, user.ID, ""); err != nil {
		return err
	}
	return endLinks(tx, func(link crm.Record) bool { return link.Fields.ID("userId") == user.ID })
}

// Enable gives a disabled person access again; he signs in anew.
// Errors: CodeNotFound, CodeForbidden.
func (s *Service) Enable(ctx context.Context, cmd workspace.Command, a PersonID) (workspace.Result, error) {
	cmd.Plan = func(tx *workspace.Tx) error {
		user, err := administered(tx, a.ID)
		if err != nil {
			return err
		}
		return tx.Edit(user.ID, nil, []string{"disabledAt"})
	}
	return s.ws.Commit(ctx, cmd)
}

// administered returns a person over whose access the actor may decide: policy
// lets him administer people, and nobody decides over somebody of a higher role.
func administered(tx *workspace.Tx, id crm.ID) (crm.Record, error) {
	user, ok := tx.Lookup(crm.TypeUser, id)
	if !ok {
		return crm.Record{}, workspace.NotFound()
	}
	return user, mayDecideAbout(tx, user)
}

func mayDecideAbout(tx *workspace.Tx, user crm.Record) error {
	if _, err := tx.Require(access.ActionAdminister, user); err != nil {
		return err
	}
	if by := tx.Actor(); by.Source != crm.SourceSystem && highestRank(&tx.State, user.ID) > highestRank(&tx.State, by.UserID) {
		return crm.Errorf(crm.CodeForbidden, "higher_role", "this person holds a higher role than you")
	}
	return nil
}
