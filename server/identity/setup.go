package identity

import (
	"context"
	"time"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/workspace"
)

// Setup is what the first visitor says.
type Setup struct {
	Company  string
	Currency string // ISO 4217
	TimeZone string // IANA name
	Name     string
	Email    string
	Password string
	Language string // of the person and of the names of the first stages
}

// NeedsSetup reports whether there is nobody yet.
func (s *Service) NeedsSetup(ctx context.Context) (bool, error) {
	needed := false
	err := s.read(ctx, func(st *workspace.State) error {
		needed = nobody(st)
		return nil
	})
	return needed, err
}

// SetUp makes the workspace, its root department, the first admin, the default
// rules and a first pipeline with its board – in one entry – and signs the
// admin in. It works once.
// Errors: CodeForbidden with reason already_set_up, CodeInvalid, CodeLimited.
func (s *Service) SetUp(ctx context.Context, in Setup, client Client) (Grant, error) {
	in, err := checkSetup(in)
	if err != nil {
		return Grant{}, err
	}
	needed, err := s.NeedsSetup(ctx)
	if err != nil {
		return Grant{}, err
	}
	if !needed {
		return Grant{}, alreadySetUp()
	}
	hash, err := s.hash.make(ctx, in.Password)
	if err != nil {
		return Grant{}, err
	}
	user, session := crm.NewID(s.now()), newDraft(client)
	var grant Grant
	_, err = s.commit(ctx, "workspace.setUp", actorFor(user), func(tx *workspace.Tx) error {
		if !nobody(&tx.State) {
			return alreadySetUp()
		}
		if err := found(tx, in, user, hash); err != nil {
			return err
		}
		var err error
		grant, err = session.open(tx, user)
		return err
	})
	return grant, err
}

func nobody(st *workspace.State) bool {
	found := false
	st.Each(crm.TypeUser, func(crm.Record) bool {
		found = true
		return false
	})
	return !found
}

func alreadySetUp() error {
	return crm.Errorf(crm.CodeForbidden, "already_set_up", "this workspace has its people already; ask an admin for an invitation")
}

func checkSetup(in Setup) (Setup, error) {
	var err error
	if in.Company, err = checkName("company", in.Company); err != nil {
		return in, err
	}
	if in.Name, err = checkName("name", in.Name); err != nil {
		return in, err
	}
	if in.Email, err = checkEmail(in.Email); err != nil {
		return in, err
	}
	if in.Language, err = checkLanguage(in.Language); err != nil {
		return in, err
	}
	if !crm.ValidCurrency(in.Currency) {
		return in, crm.Invalid("currency", "not_a_currency")
	}
	// LoadLocation takes "" and "Local" too, which mean the server's own clock.
	if _, err := time.LoadLocation(in.TimeZone); err != nil || in.TimeZone == "" || in.TimeZone == "Local" {
		return in, crm.Invalid("timeZone", "not_a_choice")
	}
	return in, checkPassword(in.Password, in.Email)
}

// found writes the records of a new workspace.
func found(tx *workspace.Tx, in Setup, user crm.ID, hash string) error {
	department := tx.NewID()
	creates := []struct {
		typ    crm.RecordType
		id     crm.ID
		fields crm.Fields
	}{
		{crm.TypeWorkspace, tx.NewID(), crm.Fields{"name": in.Company, "currency": in.Currency, "timeZone": in.TimeZone}},
		{crm.TypeDepartment, department, crm.Fields{"name": in.Company}},
		{crm.TypeUser, user, crm.Fields{"name": in.Name, "email": in.Email, "language": in.Language}},
	}
	for _, c := range creates {
		if err := tx.Create(c.typ, c.id, c.fields); err != nil {
			return err
		}
	}
	if err := addMember(tx, user, department, string(access.RoleAdmin)); err != nil {
		return err
	}
	if err := setPassword(tx, user, hash); err != nil {
		return err
	}
	if err := foundPolicy(tx); err != nil {
		return err
	}
	return foundPipeline(tx, department, in.Language)
}

func foundPolicy(tx *workspace.Tx) error {
	rules, err := access.DefaultRules(tx.NewID)
	if err != nil {
		return err
	}
	for _, r := range rules {
		fields := crm.Fields{
			"who": r.Who, "effect": r.Effect, "action": r.Action,
			"what": r.What, "whose": r.Whose, "fieldGroups": r.Fields,
		}
		if err := tx.Create(crm.TypeRule, r.ID, fields); err != nil {
			return err
		}
	}
	return nil
}

func foundPipeline(tx *workspace.Tx, department crm.ID, lang string) error {
	words := firstWords[lang]
	stages := make([]any, len(firstStages))
	for i, stage := range firstStages {
		fields := map[string]any{
			"id": string(tx.NewID()), "name": words.stages[i],
			"kind": stage.kind, "probability": stage.probability,
		}
		if stage.idleDays > 0 {
			fields["idleDays"] = stage.idleDays
		}
		stages[i] = fields
	}
	reasons := make([]any, len(words.lostReasons))
	for i, reason := range words.lostReasons {
		reasons[i] = reason
	}
	pipeline := tx.NewID()
	err := tx.Create(crm.TypePipeline, pipeline, crm.Fields{
		"name": words.pipeline, "stages": stages, "lostReasons": reasons, crm.KeyDepartment: string(department),
	})
	if err != nil {
		return err
	}
	return tx.Create(crm.TypeBoard, tx.NewID(), crm.Fields{
		"name": words.pipeline, crm.KeyPipeline: string(pipeline), crm.KeyDepartment: string(department),
	})
}
