package identity_test

import (
	"testing"

	"rapport/server/crm"
	"rapport/server/identity"
	"rapport/server/records"
	"rapport/server/workspace"
)

// undo takes back the entry that a command made, and returns its own offset.
func (o *office) undo(by crm.Actor, offset uint64) (uint64, error) {
	o.t.Helper()
	result, err := records.New(o.ws, identity.Keeper{}).Undo(o.t.Context(), command(by), records.UndoArgs{Offset: offset})
	return result.Offset, err
}

func (o *office) undone(by crm.Actor, offset uint64) uint64 {
	o.t.Helper()
	at, err := o.undo(by, offset)
	if err != nil {
		o.t.Fatal(err)
	}
	return at
}

// system writes as nobody.
func (o *office) system(plan func(*workspace.Tx) error) {
	o.t.Helper()
	_, err := o.ws.Commit(o.t.Context(), workspace.Command{Name: "test", Actor: crm.Actor{Source: crm.SourceSystem}, Plan: plan})
	if err != nil {
		o.t.Fatal(err)
	}
}

func done(t testing.TB, result workspace.Result, err error) uint64 {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return result.Offset
}

func (o *office) get(id crm.ID) crm.Record {
	o.t.Helper()
	var rec crm.Record
	o.read(func(s *workspace.State) { rec, _ = s.Get(id) })
	return rec
}

// [E11]
func TestUndoOfARole(t *testing.T) {
	o := newOffice(t)
	north := o.department("North", o.root)
	mia := o.actor(o.join("mia@example.com", north, "member"))
	set := func(role string) uint64 {
		t.Helper()
		result, err := o.people.SetMember(t.Context(), command(o.ana), identity.MemberArgs{UserID: mia.UserID, DepartmentID: north, Role: role})
		return done(t, result, err)
	}
	promoted := set("head")
	if taken := o.undone(o.ana, promoted); roleIn(o, mia.UserID, north) != "member" {
		t.Error("not a member again")
	} else if o.undone(o.ana, taken); roleIn(o, mia.UserID, north) != "head" {
		t.Error("the undo of the undo does not promote")
	}
	if o.undone(o.ana, set("")); roleIn(o, mia.UserID, north) != "head" {
		t.Error("a membership that was taken away does not come back")
	}
	second, err := o.people.SetMember(t.Context(), command(o.ana), identity.MemberArgs{UserID: mia.UserID, DepartmentID: o.root, Role: "guest"})
	if o.undone(o.ana, done(t, second, err)); roleIn(o, mia.UserID, o.root) != "" {
		t.Error("a membership that was given is still there")
	}
}

func TestUndoOfAccess(t *testing.T) {
	o := newOffice(t)
	grant := o.join("mia@example.com", o.root, "member")
	mia := o.actor(grant)
	result, err := o.people.Disable(t.Context(), command(o.ana), identity.PersonID{ID: mia.UserID})
	enabled := o.undone(o.ana, done(t, result, err))
	if o.get(mia.UserID).Fields.Has("disabledAt") {
		t.Error("still without access")
	}
	if o.letsIn(grant.Token) {
		t.Error("a session that was ended lives again")
	}
	again, err := o.people.SignIn(t.Context(), "mia@example.com", passwordOf("mia@example.com"), browser)
	if err != nil {
		t.Fatal(err)
	}
	o.undone(o.ana, enabled)
	if o.letsIn(again.Token) || !o.get(mia.UserID).Fields.Has("disabledAt") {
		t.Error("the undo of the undo leaves the new session open")
	}
}

// Who has joined stays in what he did by name, without access; redoing it lets
// him in again.
func TestUndoOfJoining(t *testing.T) {
	o := newOffice(t)
	grant := o.join("mia@example.com", o.root, "member")
	mia := o.actor(grant)
	joined := o.ws.Position().Offset
	taken := o.undone(o.ana, joined)
	if o.letsIn(grant.Token) || roleIn(o, mia.UserID, o.root) != "" {
		t.Error("still let in")
	}
	if rec := o.get(mia.UserID); rec.Trashed() || rec.Fields.String("name") == "" {
		t.Errorf("no name any more: %v", rec.Fields)
	}
	o.undone(o.ana, taken)
	if o.get(mia.UserID).Fields.Has("disabledAt") || roleIn(o, mia.UserID, o.root) != "member" {
		t.Error("not back")
	}
}

func TestUndoOfADepartment(t *testing.T) {
	o := newOffice(t)
	north := o.department("North", o.root)
	made := o.ws.Position().Offset
	args := identity.DepartmentArgs{ID: north, BasedOn: 1, Name: "Nord", ParentID: o.root}
	result, err := o.people.EditDepartment(t.Context(), command(o.ana), args)
	if o.undone(o.ana, done(t, result, err)); o.get(north).Fields.String("name") != "North" {
		t.Error("not called North again")
	}
	south := o.department("South", north)
	wantUndo(t, o, o.ana, made, crm.CodeInvalid, "in_use")
	o.undone(o.ana, o.ws.Position().Offset)
	customer := crm.NewID(o.clock.now())
	o.system(func(tx *workspace.Tx) error {
		return tx.Create(crm.TypeCustomer, customer, crm.Fields{"name": "Harbour Yards", crm.KeyDepartment: string(north)})
	})
	wantUndo(t, o, o.ana, made, crm.CodeInvalid, "in_use")
	o.system(func(tx *workspace.Tx) error { return tx.Trash(customer) })
	o.undone(o.ana, made)
	if !o.get(north).Trashed() || !o.get(south).Trashed() {
		t.Error("still there")
	}
}

func wantUndo(t *testing.T, o *office, by crm.Actor, offset uint64, code crm.Code, reason string) {
	t.Helper()
	at := o.ws.Position().Offset
	_, err := o.undo(by, offset)
	wantCode(t, err, code, reason)
	if err != nil && o.ws.Position().Offset != at {
		t.Error("something was written all the same")
	}
}

func TestUndoOfWhatTheActorCouldNotDo(t *testing.T) {
	type scene struct {
		*office
		north        crm.ID
		bob          crm.Actor // an admin
		head, member crm.Actor // of North
	}
	setRole := func(s scene, by, who crm.Actor, department crm.ID, role string) uint64 {
		result, err := s.people.SetMember(t.Context(), command(by), identity.MemberArgs{UserID: who.UserID, DepartmentID: department, Role: role})
		return done(s.t, result, err)
	}
	tests := []struct {
		name   string
		do     func(s scene) (by crm.Actor, offset uint64)
		code   crm.Code
		reason string
	}{
		{"a head takes an admin's role away", func(s scene) (crm.Actor, uint64) {
			return s.head, setRole(s, s.ana, s.member, s.north, "admin")
		}, crm.CodeForbidden, "higher_role"},
		{"a former admin makes himself admin again", func(s scene) (crm.Actor, uint64) {
			return s.bob, setRole(s, s.bob, s.bob, s.root, "member")
		}, crm.CodeForbidden, "forbidden"},
		{"a member gives himself the role he lost", func(s scene) (crm.Actor, uint64) {
			return s.member, setRole(s, s.head, s.member, s.north, "")
		}, crm.CodeForbidden, "forbidden"},
		{"the last admin steps down by undo", func(s scene) (crm.Actor, uint64) {
			setRole(s, s.ana, s.bob, s.root, "member")
			promoted := setRole(s, s.ana, s.bob, s.root, "admin")
			setRole(s, s.bob, s.ana, s.root, "")
			return s.bob, promoted
		}, crm.CodeInvalid, "last_admin"},
		{"a head lets somebody in whom an admin shut out", func(s scene) (crm.Actor, uint64) {
			result, err := s.people.Disable(t.Context(), command(s.ana), identity.PersonID{ID: s.member.UserID})
			return s.head, done(s.t, result, err)
		}, crm.CodeForbidden, "forbidden"},
		{"a role that somebody else has changed since", func(s scene) (crm.Actor, uint64) {
			offset := setRole(s, s.ana, s.member, s.north, "guest")
			setRole(s, s.ana, s.member, s.north, "lead")
			return s.ana, offset
		}, crm.CodeConflict, "conflict"},
		{"a membership beside the one that replaced it", func(s scene) (crm.Actor, uint64) {
			offset := setRole(s, s.ana, s.member, s.north, "")
			setRole(s, s.ana, s.member, s.north, "lead")
			return s.ana, offset
		}, crm.CodeConflict, "conflict"},
		{"the founding of the workspace", func(s scene) (crm.Actor, uint64) { return s.ana, 1 }, crm.CodeInvalid, ""},
		{"a changed password", func(s scene) (crm.Actor, uint64) {
			err := s.people.ChangePassword(t.Context(), s.ana, anaPassword, "another battery staple")
			if err != nil {
				s.t.Fatal(err)
			}
			return s.ana, s.ws.Position().Offset
		}, crm.CodeNotFound, "not_found"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := newOffice(t)
			s := scene{office: o, north: o.department("North", o.root)}
			s.bob = o.actor(o.join("bob@example.com", o.root, "admin"))
			s.head = o.actor(o.join("head@example.com", s.north, "head"))
			s.member = o.actor(o.join("member@example.com", s.north, "member"))
			by, offset := tt.do(s)
			wantUndo(t, o, by, offset, tt.code, tt.reason)
		})
	}
}
