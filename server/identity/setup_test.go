package identity_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/identity"
	"rapport/server/workspace"
)

func asError(t *testing.T, err error) *crm.Error {
	t.Helper()
	var e *crm.Error
	if !errors.As(err, &e) {
		t.Fatalf("foreign error %v", err)
	}
	return e
}

func TestSetUp(t *testing.T) {
	tests := []struct {
		name   string
		change func(*identity.Setup)
		reason string // "" = accepted
	}{
		{"a full form is accepted", func(*identity.Setup) {}, ""},
		{"no language means English", func(s *identity.Setup) { s.Language = "" }, ""},
		{"stages come in Traditional Chinese", func(s *identity.Setup) { s.Language = "zh-Hant" }, ""},
		{"a password of emoji counts characters", func(s *identity.Setup) { s.Password = strings.Repeat("🐎🔋", 5) }, ""},
		{"an unknown language is refused", func(s *identity.Setup) { s.Language = "xx" }, "not_a_choice"},
		{"a company needs a name", func(s *identity.Setup) { s.Company = "  " }, "required"},
		{"a name of 201 characters is too long", func(s *identity.Setup) { s.Name = strings.Repeat("é", 201) }, "too_long"},
		{"a name has no line breaks", func(s *identity.Setup) { s.Name = "Ana\nAdmin" }, "control_character"},
		{"an e-mail needs an @", func(s *identity.Setup) { s.Email = "ana" }, "not_an_email"},
		{"an e-mail is not an address with a name", func(s *identity.Setup) { s.Email = "Ana <ana@example.com>" }, "not_an_email"},
		{"a currency is three capital letters", func(s *identity.Setup) { s.Currency = "euro" }, "not_a_currency"},
		{"a time zone must exist", func(s *identity.Setup) { s.TimeZone = "Mars/Olympus" }, "not_a_choice"},
		{"a time zone is not a path", func(s *identity.Setup) { s.TimeZone = "../../etc/passwd" }, "not_a_choice"},
		{"nine characters are too short", func(s *identity.Setup) { s.Password = "123 abc x" }, "password_too_short"},
		{"201 characters are too long", func(s *identity.Setup) { s.Password = strings.Repeat("ab", 100) + "c" }, "password_too_long"},
		{"a megabyte is refused before hashing", func(s *identity.Setup) { s.Password = strings.Repeat("ab", 1<<19) }, "password_too_long"},
		{"a common password is refused", func(s *identity.Setup) { s.Password = "Password123" }, "password_too_common"},
		{"one character repeated is refused", func(s *identity.Setup) { s.Password = "йййййййййййй" }, "password_too_common"},
		{"the e-mail is no password", func(s *identity.Setup) { s.Password = "ANA@example.com" }, "password_too_common"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := newEmptyOffice(t)
			in := validSetup()
			tt.change(&in)
			grant, err := o.people.SetUp(t.Context(), in, browser)
			if tt.reason != "" {
				wantCode(t, err, crm.CodeInvalid, tt.reason)
				if needed, _ := o.people.NeedsSetup(t.Context()); !needed {
					t.Error("something was written")
				}
				return
			}
			wantCode(t, err, "", "")
			if !o.letsIn(grant.Token) {
				t.Error("the admin is not signed in")
			}
		})
	}
}

func TestSetUpMakesAWorkingWorkspaceInOneEntry(t *testing.T) {
	o := newOffice(t)
	if at := o.ws.Position().Offset; at != 1 {
		t.Errorf("%d entries, want 1", at)
	}
	o.read(func(s *workspace.State) {
		want := map[crm.RecordType]int{
			crm.TypeWorkspace: 1, crm.TypeDepartment: 1, crm.TypeUser: 1, crm.TypeMembership: 1,
			crm.TypeCredential: 1, crm.TypeSession: 1, crm.TypePipeline: 1, crm.TypeBoard: 1,
		}
		for typ, n := range want {
			got := 0
			if s.Each(typ, func(crm.Record) bool { got++; return true }); got != n {
				t.Errorf("%d records of type %s, want %d", got, typ, n)
			}
		}
		s.Each(crm.TypeBoard, func(board crm.Record) bool {
			if s.Can(o.ana.UserID, access.ActionShare, board) == 0 {
				t.Error("the admin may not share the first board")
			}
			return true
		})
		s.Each(crm.TypePipeline, func(p crm.Record) bool {
			stages, _ := p.Fields.Get("stages").([]any)
			if len(stages) < 4 || len(stages) > 6 {
				t.Errorf("%d stages", len(stages))
			}
			return true
		})
	})
}

func TestSetUpWorksOnce(t *testing.T) {
	o := newOffice(t)
	again := validSetup()
	again.Email = "eve@example.com"
	_, err := o.people.SetUp(t.Context(), again, browser)
	wantCode(t, err, crm.CodeForbidden, "already_set_up")
}

func TestTwoFirstVisitorsMakeOneAdmin(t *testing.T) {
	o := newEmptyOffice(t)
	errs := make([]error, 4)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			_, errs[i] = o.people.SetUp(t.Context(), validSetup(), browser)
		})
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else {
			wantCode(t, err, crm.CodeForbidden, "already_set_up")
		}
	}
	if won != 1 {
		t.Errorf("%d visitors became admin", won)
	}
}
