package identity_test

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"

	"rapport/server/crm"
	"rapport/server/identity"
)

// work takes down what is computed from passwords.
type work struct {
	mu   sync.Mutex
	done []string
}

// watch has each computation of o noted, by its cost.
func (w *work) watch(o *office) {
	o.people.DeriveWith(func(password, salt []byte, passes, memory uint32, lanes uint8, length uint32) []byte {
		w.mu.Lock()
		w.done = append(w.done, fmt.Sprintf("%d passes over %d KiB in %d lanes", passes, memory, lanes))
		w.mu.Unlock()
		return argon2.IDKey(password, salt, passes, memory, lanes, length)
	})
}

// of returns what a sign-in had computed.
func (w *work) of(do func()) []string {
	w.mu.Lock()
	w.done = nil
	w.mu.Unlock()
	do()
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.done)
}

// [F13] [D31] A refused sign-in costs the same whether there is such an account or not:
// as much is computed, and so as much time goes by.
func TestARefusedSignInCostsTheSame(t *testing.T) {
	o := newOffice(t)
	var w work
	w.watch(o)
	disabled := o.actor(o.join("ben@example.com", o.root, "member"))
	if _, err := o.people.Disable(t.Context(), command(o.ana), identity.PersonID{ID: disabled.UserID}); err != nil {
		t.Fatal(err)
	}
	if _, err := o.people.CreateInvitation(t.Context(), o.ana, identity.Invite{Email: "cora@example.com", DepartmentID: o.root, Role: "member"}); err != nil {
		t.Fatal(err)
	}
	costs := func(email, password string) []string {
		return w.of(func() {
			_, err := o.people.SignIn(t.Context(), email, password, browser)
			wantCode(t, err, crm.CodeUnauthenticated, "wrong_credentials")
		})
	}
	for _, tt := range []struct{ name, email, password string }{
		{"a password", "", "wrong horse battery"},
		{"no password", "", ""},
		{"the right password of a disabled person", "ben@example.com", passwordOf("ben@example.com")},
		{"a password of 1,000 bytes", "", strings.Repeat("a", 1000)},
		{"a password that is refused unread", "", strings.Repeat("a", 1001)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			known := costs(anaEmail, tt.password)
			if len(tt.password) <= 1000 && len(known) != 1 || len(tt.password) > 1000 && len(known) != 0 {
				t.Errorf("known: %q", known)
			}
			for _, email := range []string{"eve@example.com", "ben@example.com", "cora@example.com", "", "no address", tt.email} {
				if got := costs(email, tt.password); !slices.Equal(got, known) {
					t.Errorf("%q: %q, known: %q", email, got, known)
				}
			}
		})
		o.clock.advance(time.Hour) // guessing is slowed
	}
}

// [F13] Whatever is made up, it is no link, and nothing is computed for it: the
// routes that take links tell nobody whom they were made for.
func TestALinkThatIsNoneTellsNothing(t *testing.T) {
	o := newOffice(t)
	var w work
	w.watch(o)
	used := o.join("ben@example.com", o.root, "member")
	withdrawn, err := o.people.CreateResetLink(t.Context(), o.ana, used.UserID)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.people.WithdrawLink(t.Context(), o.ana, withdrawn.ID); err != nil {
		t.Fatal(err)
	}
	invitation, err := o.people.CreateInvitation(t.Context(), o.ana, identity.Invite{Email: "cora@example.com", DepartmentID: o.root, Role: "member"})
	if err != nil {
		t.Fatal(err)
	}
	answers := map[string]bool{}
	for name, token := range map[string]string{
		"nothing": "", "an address": anaEmail, "an invented one": strings.Repeat("A", 43), "a session": used.Token,
		"a withdrawn one": withdrawn.Token, "one of the other kind": invitation.Token,
	} {
		costs := w.of(func() {
			_, err := o.people.Reset(t.Context(), token, "a good long password", browser)
			answers[fmt.Sprintf("%v %+v", err, asError(t, err))] = true
		})
		if len(costs) != 0 {
			t.Errorf("%s: computed %q", name, costs)
		}
	}
	if len(answers) != 1 {
		t.Errorf("answers differ: %v", answers)
	}
}

// [F11] [L12] Guessing is slowed that comes from one address against ever new
// accounts, or from ever new addresses against one. Who is not concerned comes
// in meanwhile, and some time later everybody does.
func TestGuessingAcrossAccountsAndAddresses(t *testing.T) {
	from := func(n int) identity.Client {
		return identity.Client{Address: fmt.Sprintf("198.51.%d.%d", n/250, n%250)}
	}
	network := func(n int) identity.Client {
		return identity.Client{Address: fmt.Sprintf("2001:db8:%x::%x", n, n)}
	}
	const attacker = 20_000
	sameNetwork := func(n int) identity.Client { return identity.Client{Address: fmt.Sprintf("2001:db8:1:2::%x", n)} }
	account := func(n int) string { return fmt.Sprintf("somebody%d@example.com", n) }
	for _, tt := range []struct {
		name    string
		guess   func(n int) (email string, from identity.Client)
		guesses int
		// who is slowed from there on, and who is not
		slowed, free func() (email string, from identity.Client)
	}{
		{
			"one address against many accounts", func(n int) (string, identity.Client) { return account(n), from(attacker) }, 200,
			func() (string, identity.Client) { return anaEmail, from(attacker) },
			func() (string, identity.Client) { return anaEmail, browser },
		},
		{
			"one network against many accounts", func(n int) (string, identity.Client) { return account(n), sameNetwork(n) }, 200,
			func() (string, identity.Client) { return anaEmail, sameNetwork(attacker) },
			func() (string, identity.Client) { return anaEmail, network(2) },
		},
		{
			"many addresses against one account", func(n int) (string, identity.Client) { return anaEmail, from(n) }, 100,
			func() (string, identity.Client) { return anaEmail, browser },
			func() (string, identity.Client) { return "ben@example.com", from(1) },
		},
		{
			"many networks against one account, written in many ways", func(n int) (string, identity.Client) {
				return []string{anaEmail, strings.ToUpper(anaEmail), "Ana@Example.com"}[n%3], network(n)
			}, 100,
			func() (string, identity.Client) { return anaEmail, browser },
			func() (string, identity.Client) { return "ben@example.com", network(1) },
		},
		{
			"many addresses against an account that is none", func(n int) (string, identity.Client) { return "eve@example.com", from(n) }, 100,
			func() (string, identity.Client) { return "eve@example.com", browser },
			func() (string, identity.Client) { return anaEmail, browser },
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := newEmptyOffice(t)
			o.people.DeriveWith(cheap)
			o.setUp()
			o.join("ben@example.com", o.root, "member")
			try := func(email string, from identity.Client) error {
				password := passwordOf(email)
				if email == anaEmail {
					password = anaPassword
				}
				_, err := o.people.SignIn(t.Context(), email, password, from)
				return err
			}
			for n := range tt.guesses {
				email, from := tt.guess(n)
				_, err := o.people.SignIn(t.Context(), email, "wrong horse battery", from)
				wantCode(t, err, crm.CodeUnauthenticated, "wrong_credentials")
			}
			wantCode(t, try(tt.slowed()), crm.CodeLimited, "too_many_attempts")
			wantCode(t, try(tt.free()), "", "")
			o.clock.advance(20 * time.Minute)
			if err := try(tt.slowed()); crm.CodeOf(err) == crm.CodeLimited {
				t.Errorf("20 minutes later: %v", err)
			}
		})
	}
}

// cheap stands for argon2, where hundreds of sign-ins are tried.
func cheap(password, salt []byte, _, _ uint32, _ uint8, _ uint32) []byte {
	sum := sha256.Sum256(slices.Concat(salt, password))
	return sum[:]
}
