package identity_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"rapport/server/crm"
	"rapport/server/identity"
)

// FuzzToken: only the very token of a session opens anything, and whatever else
// is brought is refused in the same words.
func FuzzToken(f *testing.F) {
	o := newEmptyOffice(f)
	grant, err := o.people.SetUp(f.Context(), validSetup(), browser)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(grant.Token)
	f.Add("")
	f.Add(grant.Token + " ")
	f.Add(strings.ToLower(grant.Token))
	f.Add(grant.Token[:len(grant.Token)-1])
	f.Fuzz(func(t *testing.T, token string) {
		by, err := o.people.Authenticate(t.Context(), token)
		if token == grant.Token {
			if err != nil || by.UserID != grant.UserID {
				t.Fatalf("the session is refused: %v", err)
			}
			return
		}
		if crm.CodeOf(err) != crm.CodeUnauthenticated || by != (crm.Actor{}) {
			t.Fatalf("%q opens %+v: %v", token, by, err)
		}
	})
}

// FuzzDevice: what is kept of a browser's name are words of ours.
func FuzzDevice(f *testing.F) {
	for _, seed := range []string{"", "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0", "curl/8", "<script>", "\xff", strings.Repeat("Chrome/", 1000)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, agent string) {
		name := identity.DeviceName(agent)
		if len(name) > 60 || !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && r != ' ' }) {
			t.Fatalf("%q is kept as %q", agent, name)
		}
	})
}

// FuzzEmail: an e-mail that is taken is one line, and is the same when it is
// brought again; two that differ in case only are one.
func FuzzEmail(f *testing.F) {
	for _, seed := range []string{"ana@example.com", " Ana@Example.COM ", "a@b", "a@b.c\r\nBcc: x@y.z", "<a@b.c>", "\"a b\"@c.de", "ä@ö.de", "a@b.c, d@e.f", "İ@b.de"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, email string) {
		clean, err := identity.CheckEmail(email)
		if err != nil {
			if crm.CodeOf(err) != crm.CodeInvalid {
				t.Fatalf("refused with %v", err)
			}
			return
		}
		if len(clean) > 254 || strings.ContainsFunc(clean, func(r rune) bool { return unicode.IsControl(r) }) || !strings.Contains(clean, "@") {
			t.Fatalf("%q is taken as %q", email, clean)
		}
		if again, err := identity.CheckEmail(clean); err != nil || again != clean {
			t.Fatalf("%q is taken as %q, and that as %q: %v", email, clean, again, err)
		}
	})
}
