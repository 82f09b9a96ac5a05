package identity_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"rapport/server/crm"
	"rapport/server/identity"
	"rapport/server/testkit"
	"rapport/server/workspace"
)

// clock is a clock that tests set.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// office is a workspace with one admin, Ana.
type office struct {
	t      testing.TB
	ws     *workspace.Workspace
	people *identity.Service
	clock  *clock

	ana  crm.Actor
	root crm.ID // department
}

var browser = identity.Client{Address: "192.0.2.1", Agent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}

const (
	anaEmail    = "ana@example.com"
	anaPassword = "correct horse battery"
)

// newEmptyOffice opens a workspace in which nobody is yet.
func newEmptyOffice(t testing.TB) *office {
	t.Helper()
	store := testkit.SQLite(t)
	o := &office{t: t, clock: &clock{t: time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)}}
	var err error
	o.ws, err = workspace.Open(t.Context(), store, workspace.Options{Now: o.clock.now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	o.people = identity.New(o.ws, identity.Options{Now: o.clock.now})
	t.Cleanup(func() {
		o.people.Close()
		o.ws.Close()
	})
	return o
}

func validSetup() identity.Setup {
	return identity.Setup{
		Company: "Nordwind Tea", Currency: "EUR", TimeZone: "Europe/Berlin", Language: "en",
		Name: "Ana Petrova", Email: anaEmail, Password: anaPassword,
	}
}

func newOffice(t *testing.T) *office {
	t.Helper()
	return newEmptyOffice(t).setUp()
}

func (o *office) setUp() *office {
	o.t.Helper()
	grant, err := o.people.SetUp(o.t.Context(), validSetup(), browser)
	if err != nil {
		o.t.Fatal(err)
	}
	o.ana = o.actor(grant)
	o.read(func(s *workspace.State) {
		s.Each(crm.TypeDepartment, func(rec crm.Record) bool {
			o.root = rec.ID
			return true
		})
	})
	return o
}

func (o *office) read(fn func(*workspace.State)) {
	o.t.Helper()
	if err := o.ws.Read(context.Background(), nil, func(s *workspace.State) error { fn(s); return nil }); err != nil {
		o.t.Fatal(err)
	}
}

// actor is whom the token of a grant lets in.
func (o *office) actor(g identity.Grant) crm.Actor {
	o.t.Helper()
	by, err := o.people.Authenticate(context.Background(), g.Token)
	if err != nil {
		o.t.Fatal(err)
	}
	return by
}

// letsIn reports whether a token opens anything.
func (o *office) letsIn(token string) bool {
	o.t.Helper()
	_, err := o.people.Authenticate(context.Background(), token)
	if err != nil && crm.CodeOf(err) != crm.CodeUnauthenticated {
		o.t.Fatal(err)
	}
	return err == nil
}

// join invites somebody and lets him accept.
func (o *office) join(email string, department crm.ID, role string) identity.Grant {
	o.t.Helper()
	link, err := o.people.CreateInvitation(context.Background(), o.ana, identity.Invite{Email: email, DepartmentID: department, Role: role})
	if err != nil {
		o.t.Fatal(err)
	}
	grant, err := o.people.Accept(context.Background(), identity.Acceptance{Token: link.Token, Name: email, Password: passwordOf(email)}, browser)
	if err != nil {
		o.t.Fatal(err)
	}
	return grant
}

func passwordOf(email string) string { return "the password of " + email }

// department makes a department below parent as Ana.
func (o *office) department(name string, parent crm.ID) crm.ID {
	o.t.Helper()
	id := crm.NewID(o.clock.now())
	_, err := o.people.CreateDepartment(context.Background(), command(o.ana), identity.DepartmentArgs{ID: id, Name: name, ParentID: parent})
	if err != nil {
		o.t.Fatal(err)
	}
	return id
}

func command(by crm.Actor) workspace.Command { return workspace.Command{Name: "test", Actor: by} }

// wantCode fails unless err has the code and, if reason is given, the reason
// itself or under a field.
func wantCode(t *testing.T, err error, code crm.Code, reason string) {
	t.Helper()
	if crm.CodeOf(err) != code {
		t.Fatalf("error %v, want code %q", err, code)
	}
	if reason == "" || code == "" {
		return
	}
	e := asError(t, err)
	if e.Reason == reason {
		return
	}
	for _, why := range e.Fields {
		if why == reason {
			return
		}
	}
	t.Errorf("error %v has fields %v, want reason %q", err, e.Fields, reason)
}
