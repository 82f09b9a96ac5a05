package stream_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/schema"
	"rapport/server/stream"
	"rapport/server/synclog"
	"rapport/server/workspace"
)

// id makes a readable, valid id: id("deal", 3).
func id(kind string, n int) crm.ID {
	kind = strings.NewReplacer("I", "1", "L", "1", "O", "0", "U", "V").Replace(strings.ToUpper(kind))
	return crm.ID("01" + fmt.Sprintf("%024s", fmt.Sprintf("%sZ%d", kind, n)))
}

func TestIDsOfTheTestsAreIDs(t *testing.T) {
	for _, i := range []crm.ID{id("deal", 3), id("user", 12), id("pipeline", 1), id("comment", 1)} {
		if !i.Valid() {
			t.Errorf("%q is not an id", i)
		}
	}
}

// The people and departments of the tests: the company has sales and
// marketing; both sell on one pipeline.
var (
	company, sales, marketing = id("dept", 0), id("dept", 1), id("dept", 2)

	ana   = id("user", 1) // lead in sales
	ben   = id("user", 2) // member in sales
	bea   = id("user", 3) // member in sales, like ben
	mia   = id("user", 4) // member in marketing
	gus   = id("user", 5) // guest in marketing: sees what he owns
	boss  = id("user", 6) // head of the company
	admin = id("user", 7)

	pipeline = id("pipeline", 1)
	board    = id("board", 1)
	epoch    = id("epoch", 1)
)

// tester is what a world needs of a test: a *testing.T, a *testing.B or a *rapid.T,
// which shortens only what fails through itself.
type tester interface {
	rapid.TB
	Cleanup(func())
}

// world plays the workspace: it keeps the state and tells a stream of each change.
type world struct {
	t       tester
	mu      sync.Mutex
	records map[crm.ID]crm.Record
	offset  uint64
	epoch   crm.ID
	policy  *access.Policy
	schema  *schema.Schema
	stream  *stream.Stream
	now     time.Time
	decided map[question]crm.Groups // what the policies have said so far; of the model
}

func newWorld(t tester, options ...func(*stream.Options)) *world {
	t.Helper()
	w := &world{
		t: t, records: map[crm.ID]crm.Record{}, decided: map[question]crm.Groups{}, offset: 100, epoch: epoch,
		now: time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC),
	}
	w.put(crm.TypeDepartment, company, crm.Fields{"name": "Alder & Finch"})
	w.put(crm.TypeDepartment, sales, crm.Fields{"name": "Sales", "parentId": string(company)})
	w.put(crm.TypeDepartment, marketing, crm.Fields{"name": "Marketing", "parentId": string(company)})
	w.put(crm.TypePipeline, pipeline, crm.Fields{"name": "New business"})
	w.put(crm.TypeBoard, board, crm.Fields{"name": "Board", "pipelineId": string(pipeline), "departmentId": string(sales)})
	for n, p := range []struct {
		id, department crm.ID
		role           access.Role
	}{
		{ana, sales, access.RoleLead}, {ben, sales, access.RoleMember}, {bea, sales, access.RoleMember},
		{mia, marketing, access.RoleMember}, {gus, marketing, access.RoleGuest},
		{boss, company, access.RoleHead}, {admin, company, access.RoleAdmin},
	} {
		w.put(crm.TypeUser, p.id, crm.Fields{"name": "Person " + string(p.id)})
		w.put(crm.TypeMembership, id("membership", n), crm.Fields{
			"userId": string(p.id), "departmentId": string(p.department), "role": string(p.role),
		})
	}
	for n, r := range []access.Rule{
		{Who: "role:guest", Effect: "may", Action: "see", What: "deal", Whose: "own", Fields: "all"},
		{Who: "role:guest", Effect: "may", Action: "see", What: "comment", Whose: "own", Fields: "all"},
		{Who: "role:guest", Effect: "may", Action: "see", What: "user", Whose: "all", Fields: "standard"},
		{Who: "role:member", Effect: "may", Action: "see", What: "deal", Whose: "department", Fields: "standard"},
		{Who: "role:member", Effect: "may", Action: "see", What: "comment", Whose: "department", Fields: "all"},
		{Who: "role:member", Effect: "may", Action: "see", What: "board", Whose: "department", Fields: "all"},
		{Who: "role:member", Effect: "may", Action: "see", What: "pipeline", Whose: "all", Fields: "all"},
		{Who: "role:lead", Effect: "may", Action: "see", What: "deal", Whose: "department", Fields: "all"},
		{Who: "role:admin", Effect: "may", Action: "see", What: "*", Whose: "all", Fields: "all"},
	} {
		w.put(crm.TypeRule, id("rule", n), ruleFields(r))
	}
	w.schema = schema.New(nil)
	w.rebuild()
	o := stream.Options{
		Position: synclog.Position{Epoch: w.epoch, Offset: w.offset}, Policy: w.policy,
		Records: w.lookup, Now: w.clock, Build: "test",
	}
	for _, set := range options {
		set(&o)
	}
	w.stream = stream.NewWithoutClock(o)
	t.Cleanup(w.stream.Close)
	return w
}

func ruleFields(r access.Rule) crm.Fields {
	return crm.Fields{
		"who": r.Who, "effect": r.Effect, "action": r.Action, "what": r.What, "whose": r.Whose, "fieldGroups": r.Fields,
	}
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) advance(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func (w *world) lookup(ids []crm.ID) map[crm.ID]crm.Record {
	w.mu.Lock()
	defer w.mu.Unlock()
	found := map[crm.ID]crm.Record{}
	for _, i := range ids {
		if rec, ok := w.records[i]; ok && rec.Exists() {
			found[i] = rec
		}
	}
	return found
}

// put makes a record before the stream begins.
func (w *world) put(t crm.RecordType, i crm.ID, f crm.Fields) {
	w.records[i] = crm.Record{Type: t, ID: i, Version: 1, Fields: crm.Pack(f)}
}

func (w *world) rebuild() {
	w.t.Helper()
	var d access.Directory
	for _, i := range slices.Sorted(maps.Keys(w.records)) {
		rec := w.records[i]
		if !rec.Exists() {
			continue
		}
		f := rec.Fields
		switch rec.Type {
		case crm.TypeDepartment:
			d.Departments = append(d.Departments, access.Department{ID: i, Parent: f.ID("parentId")})
		case crm.TypeUser:
			d.People = append(d.People, access.Person{ID: i, Disabled: f.Has("disabledAt")})
		case crm.TypeMembership:
			d.Memberships = append(d.Memberships, access.Membership{
				Person: f.ID("userId"), Department: f.ID("departmentId"), Role: access.Role(f.String("role")),
			})
		case crm.TypeBoard:
			d.Boards = append(d.Boards, access.Board{ID: i, Pipeline: f.ID("pipelineId"), Department: f.ID("departmentId")})
		case crm.TypeRule:
			d.Rules = append(d.Rules, access.Rule{
				ID: i, Who: f.String("who"), Effect: f.String("effect"), Action: f.String("action"),
				What: f.String("what"), Whose: f.String("whose"), Fields: f.String("fieldGroups"),
			})
		}
	}
	policy, err := access.NewPolicy(d)
	if err != nil {
		w.t.Fatal(err)
	}
	w.policy = policy
}

// reschema reads the custom fields anew after changes and reports whether records look another way since.
func (w *world) reschema(changes []workspace.RecordChange) bool {
	var definitions []crm.Record
	was := map[string]bool{} // defined at some time before the changes
	for _, rec := range w.records {
		switch {
		case rec.Type == crm.TypeField && rec.Exists():
			definitions = append(definitions, rec)
		case rec.Type == crm.TypeField:
			was[crm.CustomPrefix+rec.Fields.String("key")] = true
		}
	}
	for _, c := range changes {
		if c.Before.Type == crm.TypeField {
			was[crm.CustomPrefix+c.Before.Fields.String("key")] = true
		}
	}
	before := w.schema
	w.schema = schema.New(definitions)
	return w.schema.Regroups(before, func(_ crm.RecordType, key string) bool { return was[key] })
}

// edit is a write of one record: nil removes a key.
type edit struct {
	kind   crm.RecordType
	id     crm.ID
	fields crm.Fields
}

var governing = map[crm.RecordType]bool{
	crm.TypeRule: true, crm.TypeMembership: true, crm.TypeDepartment: true, crm.TypeBoard: true, crm.TypeUser: true,
}

// commit applies one entry with the given edits by ana and returns its offset.
func (w *world) commit(edits ...edit) uint64 {
	w.t.Helper()
	w.mu.Lock()
	w.offset++
	c := workspace.Change{
		Epoch: w.epoch, PolicyBefore: w.policy,
		Entry: synclog.Entry{
			Offset: w.offset, At: w.now, Actor: crm.Actor{UserID: ana}, Command: "record.edit",
			CommandID: id("command", int(w.offset)),
		},
		Get: func(i crm.ID) (crm.Record, bool) { rec, ok := w.records[i]; return rec, ok },
	}
	policyChanged := false
	for _, ed := range edits {
		before := w.records[ed.id]
		var gone []string
		for k, v := range ed.fields {
			if v == nil {
				gone = append(gone, k)
			}
		}
		after := crm.Record{
			Type: ed.kind, ID: ed.id, Version: before.Version + 1, Fields: before.Fields.With(crm.Pack(ed.fields), gone),
		}
		w.records[ed.id] = after
		c.Records = append(c.Records, workspace.RecordChange{Before: before, After: after})
		policyChanged = policyChanged || governing[ed.kind]
	}
	if policyChanged {
		w.rebuild()
		census := workspace.NewCensus(slices.Collect(maps.Values(w.records)), c.Get)
		c.Census = func() *workspace.Census { return census }
	}
	c.Regrouped = w.reschema(c.Records)
	c.Policy, c.Schema = w.policy, w.schema
	offset := w.offset
	w.mu.Unlock()
	w.stream.Apply(c)
	return offset
}

func (w *world) deal(n int, f crm.Fields) edit {
	return edit{crm.TypeDeal, id("deal", n), f}
}

// aDeal is the fields of a deal of sales that boss owns.
func aDeal(more crm.Fields) crm.Fields {
	f := crm.Fields{
		"title": "Desks", "departmentId": string(sales), "pipelineId": string(pipeline), "ownerId": string(boss),
		"amount": crm.Money{Amount: 125_000, Currency: "EUR"}, "stageId": "new", "notes": "wants them in oak",
	}
	maps.Copy(f, more)
	return f
}
