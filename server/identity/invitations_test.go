package identity_test

import (
	"strings"
	"testing"
	"time"

	"rapport/server/crm"
	"rapport/server/identity"
	"rapport/server/workspace"
)

func TestWhoMayInviteWhom(t *testing.T) {
	o := newOffice(t)
	north, south := o.department("North", o.root), o.department("South", o.root)
	team := o.department("Team", north)
	by := map[string]crm.Actor{
		"admin":  o.ana,
		"head":   o.actor(o.join("head@example.com", north, "head")),
		"lead":   o.actor(o.join("lead@example.com", north, "lead")),
		"member": o.actor(o.join("member@example.com", north, "member")),
	}
	tests := []struct {
		name       string
		by         string
		department crm.ID
		role       string
		code       crm.Code
		reason     string
	}{
		{"an admin invites a head anywhere", "admin", south, "head", "", ""},
		{"an admin invites an admin", "admin", o.root, "admin", "", ""},
		{"a head invites a member", "head", north, "member", "", ""},
		{"a head invites a head", "head", north, "head", "", ""},
		{"a head invites below his department", "head", team, "lead", "", ""},
		{"a head cannot make an admin", "head", north, "admin", crm.CodeForbidden, "higher_role"},
		{"a head cannot invite elsewhere", "head", south, "member", crm.CodeForbidden, "forbidden"},
		{"a head cannot invite above", "head", o.root, "member", crm.CodeForbidden, "forbidden"},
		{"a lead cannot invite", "lead", north, "member", crm.CodeForbidden, "forbidden"},
		{"a member cannot invite", "member", north, "guest", crm.CodeForbidden, "forbidden"},
		{"a role must exist", "admin", north, "owner", crm.CodeInvalid, "not_a_choice"},
		{"a department must exist", "admin", crm.NewID(time.Now()), "member", crm.CodeInvalid, "unknown"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := o.people.CreateInvitation(t.Context(), by[tt.by], identity.Invite{
				Email: "new@example.com", DepartmentID: tt.department, Role: tt.role,
			})
			wantCode(t, err, tt.code, tt.reason)
		})
	}
}

// [F12]
func TestAnInvitationIsGoodForOnePersonOnce(t *testing.T) {
	tests := []struct {
		name   string
		spoil  func(o *office, link *identity.Link) error
		code   crm.Code
		reason string
	}{
		{"fresh it works", func(*office, *identity.Link) error { return nil }, "", ""},
		{"after six days it works", func(o *office, _ *identity.Link) error {
			o.clock.advance(6 * 24 * time.Hour)
			return nil
		}, "", ""},
		{"after seven days it does not", func(o *office, _ *identity.Link) error {
			o.clock.advance(7 * 24 * time.Hour)
			return nil
		}, crm.CodeNotFound, "link_dead"},
		{"used it does not", func(o *office, link *identity.Link) error {
			_, err := o.people.Accept(o.t.Context(), identity.Acceptance{Token: link.Token, Name: "Ben", Password: "a good long password"}, browser)
			return err
		}, crm.CodeNotFound, "link_dead"},
		{"withdrawn it does not", func(o *office, link *identity.Link) error {
			return o.people.WithdrawLink(o.t.Context(), o.ana, link.ID)
		}, crm.CodeNotFound, "link_dead"},
		{"replaced by a newer one it does not", func(o *office, _ *identity.Link) error {
			_, err := o.people.CreateInvitation(o.t.Context(), o.ana, identity.Invite{Email: "BEN@example.com", DepartmentID: o.root, Role: "guest"})
			return err
		}, crm.CodeNotFound, "link_dead"},
		{"with another token it does not", func(_ *office, link *identity.Link) error {
			link.Token = strings.Repeat("A", 43)
			return nil
		}, crm.CodeNotFound, "link_dead"},
		{"as a session it does not", func(o *office, link *identity.Link) error {
			if o.letsIn(link.Token) {
				o.t.Error("a link is a session")
			}
			return nil
		}, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := newOffice(t)
			link, err := o.people.CreateInvitation(t.Context(), o.ana, identity.Invite{Email: "ben@example.com", DepartmentID: o.root, Role: "lead"})
			if err != nil {
				t.Fatal(err)
			}
			if err := tt.spoil(o, &link); err != nil {
				t.Fatal(err)
			}
			_, lookErr := o.people.Look(t.Context(), link.Token, browser)
			wantCode(t, lookErr, tt.code, tt.reason)
			grant, err := o.people.Accept(t.Context(), identity.Acceptance{Token: link.Token, Name: "Ben", Password: "a good long password"}, browser)
			wantCode(t, err, tt.code, tt.reason)
			if err != nil {
				return
			}
			o.read(func(s *workspace.State) {
				ben, _ := s.Get(grant.UserID)
				if ben.Fields.String("email") != "ben@example.com" {
					t.Errorf("joined as %v", ben.Fields)
				}
			})
		})
	}
}

func TestALinkShowsWhatItIsFor(t *testing.T) {
	o := newOffice(t)
	invite, err := o.people.CreateInvitation(t.Context(), o.ana, identity.Invite{Email: "ben@example.com", Name: "Ben", DepartmentID: o.root, Role: "lead"})
	if err != nil {
		t.Fatal(err)
	}
	reset, err := o.people.CreateResetLink(t.Context(), o.ana, o.ana.UserID)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, token string
		want        identity.LinkView
	}{
		{"an invitation", invite.Token, identity.LinkView{Kind: "invite", Workspace: "Nordwind Tea", Email: "ben@example.com", Name: "Ben"}},
		{"a reset link", reset.Token, identity.LinkView{Kind: "reset", Workspace: "Nordwind Tea", Email: anaEmail, Name: "Ana Petrova"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := o.people.Look(t.Context(), tt.token, browser)
			got.ExpiresAt = time.Time{}
			if err != nil || got != tt.want {
				t.Errorf("%+v %v", got, err)
			}
		})
	}
	t.Run("a reset link accepts no invitation", func(t *testing.T) {
		_, err := o.people.Accept(t.Context(), identity.Acceptance{Token: reset.Token, Name: "Eve", Password: "a good long password"}, browser)
		wantCode(t, err, crm.CodeNotFound, "link_dead")
	})
	t.Run("an invitation resets no password", func(t *testing.T) {
		_, err := o.people.Reset(t.Context(), invite.Token, "a good long password", browser)
		wantCode(t, err, crm.CodeNotFound, "link_dead")
	})
}

func TestInvitationsAreListedForWhoAdministersThem(t *testing.T) {
	o := newOffice(t)
	north, south := o.department("North", o.root), o.department("South", o.root)
	head := o.actor(o.join("head@example.com", north, "head"))
	for email, department := range map[string]crm.ID{"n@example.com": north, "s@example.com": south} {
		if _, err := o.people.CreateInvitation(t.Context(), o.ana, identity.Invite{Email: email, DepartmentID: department, Role: "member"}); err != nil {
			t.Fatal(err)
		}
	}
	all, err := o.people.OpenLinks(t.Context(), o.ana)
	if err != nil || len(all) != 2 {
		t.Fatalf("the admin sees %+v, %v", all, err)
	}
	seen, err := o.people.OpenLinks(t.Context(), head)
	if err != nil || len(seen) != 1 || seen[0].Email != "n@example.com" {
		t.Errorf("the head sees %+v, %v", seen, err)
	}
	for _, in := range all {
		if in.DepartmentID == south {
			wantCode(t, o.people.WithdrawLink(t.Context(), head, in.ID), crm.CodeNotFound, "not_found")
		}
	}
}

func TestLinksForNewPasswordsAreListedForWhoMayMakeThem(t *testing.T) {
	o := newOffice(t)
	north := o.department("North", o.root)
	head := o.actor(o.join("head@example.com", north, "head"))
	ben := o.actor(o.join("ben@example.com", north, "member"))
	link, err := o.people.CreateResetLink(t.Context(), o.ana, ben.UserID)
	if err != nil {
		t.Fatal(err)
	}
	open, err := o.people.OpenLinks(t.Context(), o.ana)
	if err != nil || len(open) != 1 {
		t.Fatalf("the admin sees %+v, %v", open, err)
	}
	if got := open[0]; got.ID != link.ID || got.Kind != "reset" || got.UserID != ben.UserID || got.MadeBy != o.ana.UserID || !got.ExpiresAt.Equal(link.ExpiresAt.Truncate(time.Millisecond)) {
		t.Errorf("the admin sees %+v of %+v", got, link)
	}
	for name, by := range map[string]crm.Actor{"a head of the department": head, "the person himself": ben} {
		t.Run(name+" neither sees nor withdraws it", func(t *testing.T) {
			if seen, err := o.people.OpenLinks(t.Context(), by); err != nil || len(seen) != 0 {
				t.Errorf("%+v, %v", seen, err)
			}
			wantCode(t, o.people.WithdrawLink(t.Context(), by, link.ID), crm.CodeNotFound, "not_found")
		})
	}
	t.Run("used it is listed no more, and cannot be withdrawn", func(t *testing.T) {
		if _, err := o.people.Reset(t.Context(), link.Token, "a good long password", browser); err != nil {
			t.Fatal(err)
		}
		if open, err := o.people.OpenLinks(t.Context(), o.ana); err != nil || len(open) != 0 {
			t.Errorf("%+v, %v", open, err)
		}
		wantCode(t, o.people.WithdrawLink(t.Context(), o.ana, link.ID), crm.CodeNotFound, "not_found")
	})
}

func TestAnInvitationNeedsAFreeEmail(t *testing.T) {
	o := newOffice(t)
	_, err := o.people.CreateInvitation(t.Context(), o.ana, identity.Invite{Email: strings.ToUpper(anaEmail), DepartmentID: o.root, Role: "member"})
	wantCode(t, err, crm.CodeInvalid, "email_taken")
}

func TestResetLinks(t *testing.T) {
	tests := []struct {
		name   string
		spoil  func(o *office, token string, ben crm.ID) error
		code   crm.Code
		reason string
	}{
		{"fresh it works", func(*office, string, crm.ID) error { return nil }, "", ""},
		{"after a day it does not", func(o *office, _ string, _ crm.ID) error {
			o.clock.advance(24 * time.Hour)
			return nil
		}, crm.CodeNotFound, "link_dead"},
		{"used it does not", func(o *office, token string, _ crm.ID) error {
			_, err := o.people.Reset(o.t.Context(), token, "the first new password", browser)
			return err
		}, crm.CodeNotFound, "link_dead"},
		{"replaced by a newer one it does not", func(o *office, _ string, ben crm.ID) error {
			_, err := o.people.CreateResetLink(o.t.Context(), o.ana, ben)
			return err
		}, crm.CodeNotFound, "link_dead"},
		{"withdrawn it does not", func(o *office, _ string, _ crm.ID) error {
			open, err := o.people.OpenLinks(o.t.Context(), o.ana)
			if err != nil || len(open) != 1 {
				o.t.Fatalf("open: %+v, %v", open, err)
			}
			return o.people.WithdrawLink(o.t.Context(), o.ana, open[0].ID)
		}, crm.CodeNotFound, "link_dead"},
		{"for somebody disabled meanwhile it does not", func(o *office, _ string, ben crm.ID) error {
			_, err := o.people.Disable(o.t.Context(), command(o.ana), identity.PersonID{ID: ben})
			return err
		}, crm.CodeNotFound, "link_dead"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := newOffice(t)
			ben := o.actor(o.join("ben@example.com", o.root, "member"))
			link, err := o.people.CreateResetLink(t.Context(), o.ana, ben.UserID)
			if err != nil {
				t.Fatal(err)
			}
			if err := tt.spoil(o, link.Token, ben.UserID); err != nil {
				t.Fatal(err)
			}
			grant, err := o.people.Reset(t.Context(), link.Token, "the second new password", browser)
			wantCode(t, err, tt.code, tt.reason)
			if err != nil {
				return
			}
			if got := o.actor(grant); got.UserID != ben.UserID {
				t.Errorf("signed in as %+v", got)
			}
			_, err = o.people.SignIn(t.Context(), "ben@example.com", passwordOf("ben@example.com"), browser)
			wantCode(t, err, crm.CodeUnauthenticated, "wrong_credentials")
		})
	}
}

func TestWhoMayMakeResetLinks(t *testing.T) {
	o := newOffice(t)
	head := o.actor(o.join("head@example.com", o.root, "head"))
	member := o.actor(o.join("member@example.com", o.root, "member"))
	_, err := o.people.CreateResetLink(t.Context(), head, member.UserID)
	wantCode(t, err, crm.CodeForbidden, "")
	_, err = o.people.CreateResetLink(t.Context(), member, o.ana.UserID)
	wantCode(t, err, crm.CodeForbidden, "")
	_, err = o.people.CreateResetLink(t.Context(), o.ana, crm.NewID(time.Now()))
	wantCode(t, err, crm.CodeNotFound, "not_found")
}
