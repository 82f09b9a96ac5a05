package identity

import (
	"context"
	"slices"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/workspace"
)

func rank(role string) int { return access.Role(role).Rank() }

// MemberArgs is the body of member.set. An empty Role takes the membership away.
type MemberArgs struct {
	UserID       crm.ID `json:"userId"`
	DepartmentID crm.ID `json:"departmentId"`
	Role         string `json:"role"`
	// Was is the role that the giver saw there, "" for none: a basedOn for what has no
	// version while it is not there. Left out, the role is set whatever it was.
	Was *string `json:"was"`
}

// SetMember gives a person a role in a department, or takes it away.
// Errors: CodeNotFound, CodeForbidden, CodeInvalid (also: reason last_admin),
// CodeConflict (the role is neither what the giver saw nor what he wants).
func (s *Service) SetMember(ctx context.Context, cmd workspace.Command, a MemberArgs) (workspace.Result, error) {
	if a.Role != "" && rank(a.Role) == 0 {
		return workspace.Result{}, crm.Invalid("role", "not_a_choice")
	}
	cmd.Plan = func(tx *workspace.Tx) error {
		user, ok := tx.Named(crm.TypeUser, a.UserID)
		if !ok {
			return workspace.NotFound()
		}
		current, has := membershipOf(tx, user.ID, a.DepartmentID)
		if err := mayAppoint(tx, a.DepartmentID, max(rank(a.Role), rank(current.Fields.String("role")))); err != nil {
			return err
		}
		if err := a.overtaken(tx, current); err != nil {
			return err
		}
		var err error
		switch {
		case has && a.Role == "":
			err = tx.Trash(current.ID)
		case has:
			err = tx.Edit(current.ID, crm.Fields{"role": a.Role}, nil)
		case a.Role != "":
			err = addMember(tx, user.ID, a.DepartmentID, a.Role)
		}
		if err != nil {
			return err
		}
		return someAdminLeft(tx)
	}
	return s.ws.Commit(ctx, cmd)
}

// overtaken refuses what was given in view of another role. What the giver has set
// himself meanwhile, he has seen.
func (a MemberArgs) overtaken(tx *workspace.Tx, current crm.Record) error {
	role, by := current.Fields.String("role"), workspace.LastHand(current)
	if a.Was == nil || role == *a.Was || role == a.Role || by != "" && by == tx.Actor().UserID {
		return nil
	}
	return workspace.Conflict(current, map[string]string{"role": workspace.ReasonChanged}, by)
}

func addMember(tx *workspace.Tx, user, department crm.ID, role string) error {
	return tx.Create(crm.TypeMembership, tx.NewID(), crm.Fields{
		"userId": string(user), crm.KeyDepartment: string(department), "role": role,
	})
}

func membershipOf(tx *workspace.Tx, user, department crm.ID) (crm.Record, bool) {
	for _, rec := range tx.Linked(user) {
		if rec.Type == crm.TypeMembership && rec.Fields.ID(crm.KeyDepartment) == department {
			return rec, true
		}
	}
	return crm.Record{}, false
}

// mayAppoint decides whether the actor may hand out, change or take away a role
// of the given rank in a department. Policy says who administers memberships
// there; nobody reaches above his own role.
func mayAppoint(tx *workspace.Tx, department crm.ID, wanted int) error {
	if _, ok := tx.Named(crm.TypeDepartment, department); !ok {
		return crm.Invalid(crm.KeyDepartment, "unknown")
	}
	_, err := tx.Require(access.ActionAdminister, crm.Record{
		Type: crm.TypeMembership, Version: 1, Fields: crm.Pack(crm.Fields{crm.KeyDepartment: string(department)}),
	})
	if err != nil {
		return err
	}
	by := tx.Actor()
	if by.Source != crm.SourceSystem && wanted > rankIn(tx, by.UserID, department) {
		return crm.Errorf(crm.CodeForbidden, "higher_role", "you may not decide about a role above your own")
	}
	return nil
}

// rankIn returns the rank of the highest role a person holds in a department or
// above it. An admin is one everywhere.
func rankIn(tx *workspace.Tx, user, department crm.ID) int {
	if highest := highestRank(&tx.State, user); highest == access.RoleAdmin.Rank() {
		return highest
	}
	held := map[crm.ID]int{}
	for _, rec := range tx.Linked(user) {
		if rec.Type == crm.TypeMembership {
			held[rec.Fields.ID(crm.KeyDepartment)] = rank(rec.Fields.String("role"))
		}
	}
	highest := 0
	for _, id := range lineage(tx, department) {
		highest = max(highest, held[id])
	}
	return highest
}

func highestRank(st *workspace.State, user crm.ID) int {
	highest := 0
	for _, rec := range st.Linked(user) {
		if rec.Type == crm.TypeMembership {
			highest = max(highest, rank(rec.Fields.String("role")))
		}
	}
	return highest
}

// someAdminLeft refuses a command after which nobody could administer.
func someAdminLeft(tx *workspace.Tx) error {
	found := false
	tx.Each(crm.TypeMembership, func(rec crm.Record) bool {
		found = rec.Fields.String("role") == string(access.RoleAdmin) && enabled(&tx.State, rec.Fields.ID("userId"))
		return !found
	})
	if !found {
		return crm.Errorf(crm.CodeInvalid, "last_admin", "somebody must stay admin")
	}
	return nil
}

// DepartmentArgs is the body of department.create (without BasedOn) and
// department.edit.
type DepartmentArgs struct {
	ID       crm.ID `json:"id"`
	BasedOn  uint64 `json:"basedOn"`
	Name     string `json:"name"`
	ParentID crm.ID `json:"parentId"` // "" for a root
}

// CreateDepartment adds a department below another.
// Errors: CodeForbidden, CodeInvalid, CodeConflict (the id is taken).
func (s *Service) CreateDepartment(ctx context.Context, cmd workspace.Command, a DepartmentArgs) (workspace.Result, error) {
	name, err := checkName("name", a.Name)
	if err != nil {
		return workspace.Result{}, err
	}
	cmd.Plan = func(tx *workspace.Tx) error {
		if err := mayPlace(tx, a.ParentID); err != nil {
			return err
		}
		fields := crm.Fields{"name": name}
		if a.ParentID != "" {
			fields["parentId"] = string(a.ParentID)
		}
		return tx.Create(crm.TypeDepartment, a.ID, fields)
	}
	return s.ws.Commit(ctx, cmd)
}

// EditDepartment renames a department or hangs it below another one.
// Errors: CodeNotFound, CodeForbidden, CodeConflict, CodeInvalid (reason
// department_cycle: the new parent lies below it).
func (s *Service) EditDepartment(ctx context.Context, cmd workspace.Command, a DepartmentArgs) (workspace.Result, error) {
	name, err := checkName("name", a.Name)
	if err != nil {
		return workspace.Result{}, err
	}
	cmd.Plan = func(tx *workspace.Tx) error {
		dept, ok := tx.Lookup(crm.TypeDepartment, a.ID)
		if !ok {
			return workspace.NotFound()
		}
		if _, err := tx.Require(access.ActionAdminister, dept); err != nil {
			return err
		}
		set, unset := crm.Fields{"name": name}, []string(nil)
		if a.ParentID != dept.Fields.ID("parentId") {
			if err := mayHangBelow(tx, a.ID, a.ParentID); err != nil {
				return err
			}
		}
		if a.ParentID == "" {
			unset = append(unset, "parentId")
		} else {
			set["parentId"] = string(a.ParentID)
		}
		if err := tx.Merge(dept, a.BasedOn, set, unset); err != nil {
			return err
		}
		return tx.Edit(dept.ID, set, unset)
	}
	return s.ws.Commit(ctx, cmd)
}

// mayPlace decides whether the actor may put a department below parent.
func mayPlace(tx *workspace.Tx, parent crm.ID) error {
	above := crm.Record{Type: crm.TypeDepartment, Version: 1}
	if parent != "" {
		var ok bool
		if above, ok = tx.Named(crm.TypeDepartment, parent); !ok {
			return crm.Invalid("parentId", "unknown")
		}
	}
	_, err := tx.Require(access.ActionAdminister, above)
	return err
}

// mayHangBelow is mayPlace for a department that is there.
func mayHangBelow(tx *workspace.Tx, id, parent crm.ID) error {
	if err := mayPlace(tx, parent); err != nil {
		return err
	}
	if slices.Contains(lineage(tx, parent), id) {
		return crm.Invalid("parentId", "department_cycle")
	}
	return nil
}

// lineage returns a department and those above it, from below.
func lineage(tx *workspace.Tx, id crm.ID) []crm.ID {
	var line []crm.ID
	for id != "" && !slices.Contains(line, id) {
		line = append(line, id)
		dept, _ := tx.Lookup(crm.TypeDepartment, id)
		id = dept.Fields.ID("parentId")
	}
	return line
}
