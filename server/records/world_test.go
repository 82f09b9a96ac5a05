package records_test

import (
	"errors"
	"testing"
	"time"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/identity"
	"rapport/server/pipeline"
	"rapport/server/records"
	"rapport/server/synclog"
	"rapport/server/testkit"
	"rapport/server/workspace"
)

// world is a company with a pipeline in Sales: Mia (member), Leo (lead) and
// Hanna (head) work there, Gus is a guest, Mark is a member of Marketing.
type world struct {
	*testkit.Company
	t        *testing.T
	records  *records.Service
	deals    *pipeline.Service
	pipeline crm.ID
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldOn(t, testkit.SQLite(t))
}

func newWorldOn(t *testing.T, store synclog.Store) *world {
	t.Helper()
	c := testkit.NewCompanyOn(t, store)
	c.Hire("Mia", access.RoleMember, "Sales")
	c.Hire("Leo", access.RoleLead, "Sales")
	c.Hire("Hanna", access.RoleHead, "Sales")
	c.Hire("Gus", access.RoleGuest, "Sales")
	c.Hire("Mark", access.RoleMember, "Marketing")
	w := &world{Company: c, t: t, records: records.New(c.WS, identity.Keeper{}), deals: pipeline.New(c.WS)}
	w.pipeline = c.Add(crm.TypePipeline, crm.Fields{
		"name": "Wholesale", crm.KeyDepartment: string(c.Departments["Sales"]),
		"stages": pipeline.StagesValue([]pipeline.Stage{
			{ID: "new", Name: "New", Kind: pipeline.StageOpen, ProbabilityPct: 10},
			{ID: "offer", Name: "Offer", Kind: pipeline.StageOpen, Requires: []string{"amount"}},
			{ID: "won", Name: "Won", Kind: pipeline.StageWon},
		}),
	})
	return w
}

// values of a record.
type values = map[string]any

// newID makes an id; later ones sort later.
func (w *world) newID() crm.ID {
	w.Wait(time.Millisecond)
	return crm.NewID(w.Now())
}

func (w *world) create(by string, t crm.RecordType, v values) (crm.ID, error) {
	w.t.Helper()
	id := w.newID()
	_, err := w.records.Create(w.t.Context(), w.As(by), records.CreateArgs{Type: t, ID: id, Values: v})
	return id, err
}

// made is create for what must succeed.
func (w *world) made(by string, t crm.RecordType, v values) crm.ID {
	w.t.Helper()
	id, err := w.create(by, t, v)
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

func (w *world) edit(by string, id crm.ID, basedOn uint64, v values) (workspace.Result, error) {
	w.t.Helper()
	return w.records.Edit(w.t.Context(), w.As(by), records.EditArgs{ID: id, BasedOn: basedOn, Values: v})
}

// edited is edit of the present version for what must succeed; it returns the offset.
func (w *world) edited(by string, id crm.ID, v values) uint64 {
	w.t.Helper()
	result, err := w.edit(by, id, w.Get(id).Version, v)
	if err != nil {
		w.t.Fatal(err)
	}
	return result.Offset
}

func (w *world) undo(by string, offset uint64) error {
	w.t.Helper()
	_, err := w.records.Undo(w.t.Context(), w.As(by), records.UndoArgs{Offset: offset})
	return err
}

func (w *world) offset() uint64 { return w.WS.Position().Offset }

// rule adds a line to the policy.
func (w *world) rule(who, effect, action, what, whose, groups string) {
	w.Add(crm.TypeRule, crm.Fields{"who": who, "effect": effect, "action": action, "what": what, "whose": whose, "fieldGroups": groups})
}

// expect checks the code of an error, and that it says something about field; code "" = none.
func expect(t *testing.T, err error, code crm.Code, field string) {
	t.Helper()
	if crm.CodeOf(err) != code {
		t.Fatalf("%v, want %q", err, code)
	}
	var e *crm.Error
	if errors.As(err, &e); field != "" && e.Fields[field] == "" {
		t.Fatalf("%v says nothing about %s", e.Fields, field)
	}
}
