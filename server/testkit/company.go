package testkit

import (
	"log/slog"
	"sync"
	"testing"
	"time"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/synclog"
	"rapport/server/workspace"
)

// Company is a small workspace over a real store, with the default policy:
// below the whole company ("Nordwind") there are "Sales" with "Harbour" below
// it, and "Marketing". Ana is its admin; a test hires whom else it needs.
type Company struct {
	t  testing.TB
	WS *workspace.Workspace
	// Departments and People are ids by name.
	Departments map[string]crm.ID
	People      map[string]crm.ID

	mu  sync.Mutex // guards now
	now time.Time
}

// NewCompany makes a Company that ends with the test.
func NewCompany(t testing.TB) *Company {
	t.Helper()
	return NewCompanyOn(t, SQLite(t))
}

// NewCompanyOn is NewCompany on a store of the test's.
func NewCompanyOn(t testing.TB, store synclog.Store) *Company {
	t.Helper()
	c := &Company{
		t: t, Departments: map[string]crm.ID{}, People: map[string]crm.ID{},
		now: time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC),
	}
	ws, err := workspace.Open(t.Context(), store, workspace.Options{Log: slog.New(slog.DiscardHandler), Now: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(ws.Close)
	c.WS = ws
	c.System(func(tx *workspace.Tx) error {
		rules, err := access.DefaultRules(tx.NewID)
		if err != nil {
			return err
		}
		for _, r := range rules {
			err := tx.Create(crm.TypeRule, r.ID, crm.Fields{
				"who": r.Who, "effect": r.Effect, "action": r.Action, "what": r.What, "whose": r.Whose, "fieldGroups": r.Fields,
			})
			if err != nil {
				return err
			}
		}
		return tx.Create(crm.TypeWorkspace, tx.NewID(), crm.Fields{"name": "Nordwind Tea", "currency": "EUR", "timeZone": "Asia/Taipei"})
	})
	c.department("Nordwind", "")
	c.department("Sales", "Nordwind")
	c.department("Harbour", "Sales")
	c.department("Marketing", "Nordwind")
	c.Hire("Ana", access.RoleAdmin, "Nordwind")
	return c
}

func (c *Company) department(name, parent string) {
	fields := crm.Fields{"name": name}
	if parent != "" {
		fields["parentId"] = string(c.Departments[parent])
	}
	c.Departments[name] = c.Add(crm.TypeDepartment, fields)
}

// Now is the company's clock.
func (c *Company) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Wait lets time pass.
func (c *Company) Wait(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Hire adds a person with a role in a department.
func (c *Company) Hire(name string, role access.Role, department string) crm.ID {
	c.t.Helper()
	id := c.Add(crm.TypeUser, crm.Fields{"name": name, "email": name + "@example.com"})
	c.People[name] = id
	c.Add(crm.TypeMembership, crm.Fields{
		"userId": string(id), crm.KeyDepartment: string(c.Departments[department]), "role": string(role),
	})
	return id
}

// Add writes a record as the system does and returns its id.
func (c *Company) Add(t crm.RecordType, fields crm.Fields) crm.ID {
	c.t.Helper()
	id := crm.NewID(c.Now())
	c.System(func(tx *workspace.Tx) error { return tx.Create(t, id, fields) })
	return id
}

// System commits a plan as the system.
func (c *Company) System(plan func(*workspace.Tx) error) {
	c.t.Helper()
	if _, err := c.WS.Commit(c.t.Context(), workspace.Command{Name: "test", Actor: crm.System, Plan: plan}); err != nil {
		c.t.Fatal(err)
	}
}

// As starts a fresh command of a person.
func (c *Company) As(name string) workspace.Command {
	return workspace.Command{
		ID: crm.NewID(c.Now()), Name: "test", Hash: "test",
		Actor: crm.Actor{UserID: c.People[name], Source: crm.SourceApp},
	}
}

// Get returns a record as it stands, also one in the trash.
func (c *Company) Get(id crm.ID) crm.Record {
	c.t.Helper()
	var found crm.Record
	c.Look(func(s *workspace.State) {
		rec, ok := s.Get(id)
		if !ok {
			c.t.Fatalf("no record %s", id)
		}
		found = rec
	})
	return found
}

// Look reads the state.
func (c *Company) Look(fn func(*workspace.State)) {
	c.t.Helper()
	err := c.WS.Read(c.t.Context(), nil, func(s *workspace.State) error {
		fn(s)
		return nil
	})
	if err != nil {
		c.t.Fatal(err)
	}
}
