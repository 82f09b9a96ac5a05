package identity_test

import (
	"strings"
	"testing"

	"rapport/server/crm"
	"rapport/server/identity"
	"rapport/server/workspace"
)

// [E1]
func TestSetMember(t *testing.T) {
	type scene struct {
		*office
		north, south        crm.ID
		admin, head, member crm.Actor
	}
	tests := []struct {
		name   string
		args   func(s scene) (by crm.Actor, a identity.MemberArgs)
		code   crm.Code
		reason string
	}{
		{"an admin promotes a member", func(s scene) (crm.Actor, identity.MemberArgs) {
			return s.admin, identity.MemberArgs{UserID: s.member.UserID, DepartmentID: s.north, Role: "head"}
		}, "", ""},
		{"a head promotes a member of his department", func(s scene) (crm.Actor, identity.MemberArgs) {
			return s.head, identity.MemberArgs{UserID: s.member.UserID, DepartmentID: s.north, Role: "lead"}
		}, "", ""},
		{"a head takes a membership away", func(s scene) (crm.Actor, identity.MemberArgs) {
			return s.head, identity.MemberArgs{UserID: s.member.UserID, DepartmentID: s.north}
		}, "", ""},
		{"an admin gives a second department", func(s scene) (crm.Actor, identity.MemberArgs) {
			return s.admin, identity.MemberArgs{UserID: s.member.UserID, DepartmentID: s.south, Role: "guest"}
		}, "", ""},
		{"a head cannot promote himself", func(s scene) (crm.Actor, identity.MemberArgs) {
			return s.head, identity.MemberArgs{UserID: s.head.UserID, DepartmentID: s.north, Role: "admin"}
		}, crm.CodeForbidden, "higher_role"},
		{"a head cannot touch another department", func(s scene) (crm.Actor, identity.MemberArgs) {
			return s.head, identity.MemberArgs{UserID: s.member.UserID, DepartmentID: s.south, Role: "guest"}
		}, crm.CodeForbidden, "forbidden"},
		{"a member cannot promote himself", func(s scene) (crm.Actor, identity.MemberArgs) {
			return s.member, identity.MemberArgs{UserID: s.member.UserID, DepartmentID: s.north, Role: "lead"}
		}, crm.CodeForbidden, "forbidden"},
		{"the last admin cannot step down", func(s scene) (crm.Actor, identity.MemberArgs) {
			return s.admin, identity.MemberArgs{UserID: s.admin.UserID, DepartmentID: s.root, Role: "member"}
		}, crm.CodeInvalid, "last_admin"},
		{"the last admin cannot leave", func(s scene) (crm.Actor, identity.MemberArgs) {
			return s.admin, identity.MemberArgs{UserID: s.admin.UserID, DepartmentID: s.root}
		}, crm.CodeInvalid, "last_admin"},
		{"[E7] who saw the role that is there sets another", func(s scene) (crm.Actor, identity.MemberArgs) {
			return s.admin, identity.MemberArgs{UserID: s.member.UserID, DepartmentID: s.north, Role: "lead", Was: text("member")}
		}, "", ""},
		{"[E7] who saw another role does not", func(s scene) (crm.Actor, identity.MemberArgs) {
			return s.admin, identity.MemberArgs{UserID: s.member.UserID, DepartmentID: s.north, Role: "lead", Was: text("guest")}
		}, crm.CodeConflict, "conflict"},
		{"[E7] who saw no role where there is one takes none away", func(s scene) (crm.Actor, identity.MemberArgs) {
			return s.admin, identity.MemberArgs{UserID: s.member.UserID, DepartmentID: s.north, Role: "lead", Was: text("")}
		}, crm.CodeConflict, "conflict"},
		{"[E7] who saw a role that is gone does not give it back", func(s scene) (crm.Actor, identity.MemberArgs) {
			return s.admin, identity.MemberArgs{UserID: s.member.UserID, DepartmentID: s.south, Role: "lead", Was: text("member")}
		}, crm.CodeConflict, "conflict"},
		{"[E7] what is so already is no conflict", func(s scene) (crm.Actor, identity.MemberArgs) {
			return s.admin, identity.MemberArgs{UserID: s.member.UserID, DepartmentID: s.north, Role: "member", Was: text("guest")}
		}, "", ""},
		{"[E7] what one has set oneself meanwhile, one has seen", func(s scene) (crm.Actor, identity.MemberArgs) {
			if _, err := s.people.SetMember(t.Context(), command(s.admin), identity.MemberArgs{UserID: s.member.UserID, DepartmentID: s.north, Role: "lead"}); err != nil {
				t.Fatal(err)
			}
			return s.admin, identity.MemberArgs{UserID: s.member.UserID, DepartmentID: s.north, Role: "head", Was: text("member")}
		}, "", ""},
		{"a role that one may not give tells nothing of what is there", func(s scene) (crm.Actor, identity.MemberArgs) {
			return s.member, identity.MemberArgs{UserID: s.head.UserID, DepartmentID: s.north, Role: "lead", Was: text("guest")}
		}, crm.CodeForbidden, "forbidden"},
		{"an unknown role is refused", func(s scene) (crm.Actor, identity.MemberArgs) {
			return s.admin, identity.MemberArgs{UserID: s.member.UserID, DepartmentID: s.north, Role: "root"}
		}, crm.CodeInvalid, "not_a_choice"},
		{"an unknown person is not found", func(s scene) (crm.Actor, identity.MemberArgs) {
			return s.admin, identity.MemberArgs{UserID: s.north, DepartmentID: s.north, Role: "lead"}
		}, crm.CodeNotFound, "not_found"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := newOffice(t)
			s := scene{office: o, north: o.department("North", o.root), south: o.department("South", o.root), admin: o.ana}
			s.head = o.actor(o.join("head@example.com", s.north, "head"))
			s.member = o.actor(o.join("member@example.com", s.north, "member"))
			by, args := tt.args(s)
			_, err := o.people.SetMember(t.Context(), command(by), args)
			wantCode(t, err, tt.code, tt.reason)
			if err == nil {
				if got := roleIn(o, args.UserID, args.DepartmentID); got != args.Role {
					t.Errorf("role %q, want %q", got, args.Role)
				}
			}
		})
	}
}

func roleIn(o *office, user, department crm.ID) string {
	role := ""
	o.read(func(s *workspace.State) {
		for _, rec := range s.Linked(user) {
			if rec.Type == crm.TypeMembership && rec.Fields.ID(crm.KeyDepartment) == department {
				role = rec.Fields.String("role")
			}
		}
	})
	return role
}

// [E1]
func TestTheLastAdminCannotBeDisabled(t *testing.T) {
	o := newOffice(t)
	disable := func(by crm.Actor, who crm.ID) error {
		_, err := o.people.Disable(t.Context(), command(by), identity.PersonID{ID: who})
		return err
	}
	wantCode(t, disable(o.ana, o.ana.UserID), crm.CodeInvalid, "last_admin")
	ben := o.actor(o.join("ben@example.com", o.root, "admin"))
	wantCode(t, disable(o.ana, ben.UserID), "", "")
	// A disabled admin is none.
	wantCode(t, disable(o.ana, o.ana.UserID), crm.CodeInvalid, "last_admin")
}

func TestWhoMayDisable(t *testing.T) {
	o := newOffice(t)
	head := o.actor(o.join("head@example.com", o.root, "head"))
	member := o.actor(o.join("member@example.com", o.root, "member"))
	for name, by := range map[string]crm.Actor{"a head": head, "a member": member} {
		t.Run(name+" cannot", func(t *testing.T) {
			_, err := o.people.Disable(t.Context(), command(by), identity.PersonID{ID: member.UserID})
			wantCode(t, err, crm.CodeForbidden, "")
		})
	}
}

func text(s string) *string { return &s }

func TestEditPerson(t *testing.T) {
	o := newOffice(t)
	ben := o.actor(o.join("ben@example.com", o.root, "member"))
	eve := o.actor(o.join("eve@example.com", o.root, "head"))
	tests := []struct {
		name   string
		by     crm.Actor
		args   identity.PersonArgs
		code   crm.Code
		reason string
	}{
		{"one edits oneself", ben, identity.PersonArgs{BasedOn: 1, Name: text("Ben B."), Language: text("ru")}, "", ""},
		{"another field merges", ben, identity.PersonArgs{BasedOn: 1, JobTitle: text("Seller")}, "", ""},
		{"the same field conflicts", ben, identity.PersonArgs{BasedOn: 1, Name: text("Benjamin")}, crm.CodeConflict, "conflict"},
		{"an admin edits others", o.ana, identity.PersonArgs{BasedOn: 3, JobTitle: text("")}, "", ""},
		{"[A11] a version that no log has conflicts", ben, identity.PersonArgs{BasedOn: 99, Name: text("Ben")}, crm.CodeConflict, "conflict"},
		{"a name is needed", ben, identity.PersonArgs{BasedOn: 4, Name: text("")}, crm.CodeInvalid, "required"},
		{"a language must be one of four", ben, identity.PersonArgs{BasedOn: 4, Language: text("fr")}, crm.CodeInvalid, "not_a_choice"},
		{"a colleague cannot", eve, identity.PersonArgs{BasedOn: 4, Name: text("Eve's friend")}, crm.CodeForbidden, "forbidden"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.args.ID = ben.UserID
			_, err := o.people.EditPerson(t.Context(), command(tt.by), tt.args)
			wantCode(t, err, tt.code, tt.reason)
		})
	}
}

// [E9]
func TestDepartments(t *testing.T) {
	o := newOffice(t)
	north := o.department("North", o.root)
	team := o.department("Team", north)
	head := o.actor(o.join("head@example.com", north, "head"))
	edit := func(by crm.Actor, a identity.DepartmentArgs) error {
		_, err := o.people.EditDepartment(t.Context(), command(by), a)
		return err
	}
	tests := []struct {
		name   string
		err    error
		code   crm.Code
		reason string
	}{
		{"a head renames his department", edit(head, identity.DepartmentArgs{ID: north, BasedOn: 1, Name: "The North", ParentID: o.root}), "", ""},
		{"a head cannot rename the company", edit(head, identity.DepartmentArgs{ID: o.root, BasedOn: 1, Name: "Mine"}), crm.CodeForbidden, "forbidden"},
		{"a department cannot hang below itself", edit(o.ana, identity.DepartmentArgs{ID: north, BasedOn: 2, Name: "N", ParentID: north}), crm.CodeInvalid, "department_cycle"},
		{"nor below its own team", edit(o.ana, identity.DepartmentArgs{ID: north, BasedOn: 2, Name: "N", ParentID: team}), crm.CodeInvalid, "department_cycle"},
		{"a parent must exist", edit(o.ana, identity.DepartmentArgs{ID: team, BasedOn: 1, Name: "Team", ParentID: head.UserID}), crm.CodeInvalid, "unknown"},
		{"a name is needed", edit(o.ana, identity.DepartmentArgs{ID: team, BasedOn: 1, Name: " ", ParentID: north}), crm.CodeInvalid, "required"},
		{"a name has an end", edit(o.ana, identity.DepartmentArgs{ID: team, BasedOn: 1, Name: strings.Repeat("x", 201), ParentID: north}), crm.CodeInvalid, "too_long"},
		{"an absent one is not found", edit(o.ana, identity.DepartmentArgs{ID: head.UserID, BasedOn: 1, Name: "X"}), crm.CodeNotFound, "not_found"},
		{"an admin moves a team to the root", edit(o.ana, identity.DepartmentArgs{ID: team, BasedOn: 1, Name: "Team", ParentID: o.root}), "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { wantCode(t, tt.err, tt.code, tt.reason) })
	}
	t.Run("a head cannot make a department beside his own", func(t *testing.T) {
		_, err := o.people.CreateDepartment(t.Context(), command(head), identity.DepartmentArgs{ID: crm.NewID(o.clock.now()), Name: "East", ParentID: o.root})
		wantCode(t, err, crm.CodeForbidden, "forbidden")
	})
}
