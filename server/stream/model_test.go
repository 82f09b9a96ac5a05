package stream_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/testkit"
	"rapport/server/wire"
	"rapport/server/workspace"
)

// visibleTo filters the state by the policy as it stands, straight from the
// rules of State.Can: the yardstick for what the stream tells.
func (w *world) visibleTo(person crm.ID) map[string]testkit.Sight {
	seen := map[string]testkit.Sight{}
	for i, rec := range w.records {
		if g := w.see(person, rec); g != 0 {
			fields := map[string]any{}
			for k, v := range rec.Fields.All() {
				if g.Has(w.schema.GroupOf(rec.Type, k)) {
					fields[k] = v.Any()
				}
			}
			seen[string(i)] = testkit.SightOf(string(rec.Type), fields, (w.schema.GroupsOf(rec.Type) &^ g).Names())
		}
	}
	return seen
}

// moment is the state after an entry.
type moment struct {
	seen   map[crm.ID]map[string]testkit.Sight // by person
	thrown map[string]bool                     // what lay in the trash
}

// past is what everybody could see at each offset.
type past map[uint64]moment

func (p past) take(w *world, people []crm.ID) {
	m := moment{map[crm.ID]map[string]testkit.Sight{}, map[string]bool{}}
	for _, person := range people {
		m.seen[person] = w.visibleTo(person)
	}
	for i, rec := range w.records {
		m.thrown[string(i)] = rec.Trashed()
	}
	p[w.offset] = m
}

// check holds each op that a screen was sent against what its person saw before
// the entry and sees after it.
func (p past) check(rt *rapid.T, s *screen, person crm.ID) {
	for _, f := range s.frames {
		for _, e := range f.Entries {
			before, after := p[e.Offset-1], p[e.Offset]
			if by := e.By; by != "" && after.seen[person][by] == (testkit.Sight{}) {
				testkit.Wrong(rt, "[SL14] somebody is told who did an entry whom he may not see", "%s is told that %s did entry %d", person, by, e.Offset)
			}
			for _, op := range e.Ops {
				was, is := before.seen[person][op.ID], after.seen[person][op.ID]
				if fault := testkit.Fault(op, was, is, after.thrown[op.ID]); fault != "" {
					testkit.Wrong(rt, "[SL8] [SL9] [SL11] an op that does not tell the difference",
						"%s at %d got %+v: %s\n  saw      %v\n  may see  %v", person, e.Offset, op, fault, was, is)
				}
			}
		}
	}
	s.frames = nil
}

// see asks the policy itself, record by record.
func (w *world) see(person crm.ID, rec crm.Record) crm.Groups {
	parent := w.records[rec.Fields.ID("recordId")]
	place, ok := workspace.PlacementOf(rec, parent)
	if !ok {
		return 0
	}
	if rec.Type == crm.TypeComment && w.see(person, parent) == 0 {
		return 0
	}
	asked := question{w.policy, person, place}
	groups, known := w.decided[asked]
	if !known {
		groups = w.policy.Decide(person, access.ActionSee, place.Target(person))
		w.decided[asked] = groups
	}
	return groups
}

// question is what a policy is asked.
type question struct {
	policy *access.Policy
	person crm.ID
	place  workspace.Placement
}

// load replaces what the screen holds, as loading over HTTP does.
func (s *screen) load(w *world, person crm.ID) {
	clear(s.held)
	clear(s.untold)
	for i, v := range w.visibleTo(person) {
		s.hold(w, person, i, v)
	}
}

func (s *screen) hold(w *world, person crm.ID, i string, v testkit.Sight) {
	op := wire.Op{Op: wire.OpShow, Type: v.Kind, ID: i, Version: w.records[crm.ID(i)].Version, Fields: map[string]any{}}
	if err := json.Unmarshal([]byte(v.Fields), &op.Fields); err != nil {
		s.t.Fatal(err)
	}
	rec := w.records[crm.ID(i)]
	op.Masked = (w.schema.GroupsOf(rec.Type) &^ w.see(person, rec)).Names()
	s.held[i] = op
}

// hear loads what is said about records on which comments were forgotten, as
// their pages do.
func (s *screen) hear(w *world, person crm.ID) {
	if len(s.untold) == 0 {
		return
	}
	for i, v := range w.visibleTo(person) {
		if v.Kind == string(crm.TypeComment) && s.untold[about(w, i)] {
			s.hold(w, person, i, v)
		}
	}
	clear(s.untold)
}

// about returns the record that a comment hangs on.
func about(w *world, comment string) string {
	return w.records[crm.ID(comment)].Fields.String("recordId")
}

func (s *screen) holds() map[string]testkit.Sight {
	held := map[string]testkit.Sight{}
	for i, op := range s.held {
		held[i] = testkit.SightOf(op.Type, op.Fields, op.Masked)
	}
	return held
}

// Random commits, changes of policy and of fields, disconnects and slow reads:
// whenever a screen has read to the head, it holds exactly what its person may
// see there, and each op that brought it there was the right one.
func TestScreensHoldWhatTheirPeopleMaySee(t *testing.T) {
	testkit.AtMost(t, "rapid.steps", 15)
	testkit.Check(t, func(rt *rapid.T) { newModel(rt, ana, ben, bea, mia, gus, boss, admin).run(rt) })
}

// A screen that overlooks what is thrown away is found out, and the script that is
// left in the end is one that a person can read.
func TestAFaultOfAScreenIsFoundByAShortScript(t *testing.T) {
	var shortest *model // rapid runs the shortest script last
	found := testkit.FailingCheck(t, func(rt *rapid.T) {
		shortest = newModel(rt, ben, admin)
		for _, s := range shortest.open {
			s.overlooks = func(op wire.Op) bool { return op.Op == wire.OpDelete }
		}
		shortest.run(rt)
	})
	const fault = "a screen holds something else than its person may see"
	if !strings.Contains(found, fault) || strings.Contains(found, "flaky") {
		t.Fatalf("want %q, found by a script that can be repeated:\n%s", fault, found)
	}
	if shortest.steps > 10 {
		t.Errorf("the shortest script has %d steps:\n%s", shortest.steps, found)
	}
}

// model is a world with a screen for each of some people, and what each could see so far.
type model struct {
	*world
	people []crm.ID
	open   map[crm.ID]*screen
	past   past
	steps  int // done so far
}

func newModel(rt *rapid.T, people ...crm.ID) *model {
	m := &model{world: newWorld(rt), people: people, open: map[crm.ID]*screen{}, past: past{}}
	m.past.take(m.world, m.people)
	for _, p := range m.people {
		m.open[p] = m.world.open(p)
		m.open[p].load(m.world, p)
	}
	return m
}

// run does random steps. A screen that is not drawn falls behind; in the end all read.
func (m *model) run(rt *rapid.T) {
	steps := map[string]func(*rapid.T){
		"an entry": func(rt *rapid.T) {
			m.randomCommit(rt)
			m.past.take(m.world, m.people)
		},
		"all read":       m.allRead,
		"somebody reads": func(rt *rapid.T) { m.compare(rt, m.anybody(rt)) },
		"a lost connection": func(rt *rapid.T) {
			m.comeBack(m.anybody(rt))
		},
	}
	for name, step := range steps {
		steps[name] = func(rt *rapid.T) { step(rt); m.steps++ }
	}
	rt.Repeat(steps)
	m.allRead(rt)
}

func (m *model) anybody(rt *rapid.T) crm.ID { return rapid.SampledFrom(m.people).Draw(rt, "who") }

func (m *model) allRead(rt *rapid.T) {
	for _, p := range m.people {
		m.compare(rt, p)
	}
}

// comeBack opens a screen again that has lost its connection.
func (m *model) comeBack(person crm.ID) {
	s := m.open[person]
	s.cursor.Close()
	again := m.resume(person, &wire.Position{Epoch: string(m.epoch), Offset: s.position}, s.token)
	again.overlooks = s.overlooks
	if again.welcome.Mode == wire.ModeReplay {
		again.held, again.untold = s.held, s.untold
	} else {
		again.load(m.world, person)
	}
	m.open[person] = again
}

// compare lets a screen read to the head and holds it against what its person may see.
func (m *model) compare(rt *rapid.T, person crm.ID) {
	s := m.open[person]
	welcomed := s.welcome.Position
	if end := s.read(); end != nil {
		testkit.Wrong(rt, "the stream to a screen ends", "%s: %v", person, end)
	}
	m.past.check(rt, s, person)
	if s.welcome.Position != welcomed {
		s.load(m.world, person) // it was told to, see SL17
	}
	got, want := s.holds(), maps.Clone(m.past[m.offset].seen[person])
	maps.DeleteFunc(want, func(i string, v testkit.Sight) bool {
		_, held := got[i]
		return v.Kind == string(crm.TypeComment) && !held && s.untold[about(m.world, i)]
	})
	if !maps.Equal(got, want) {
		testkit.Wrong(rt, "a screen holds something else than its person may see",
			"at %d %s holds\n%v\nand may see\n%v", s.position, person, got, want)
	}
	for i, op := range s.held {
		if rec := m.records[crm.ID(i)]; op.Version != rec.Version {
			testkit.Wrong(rt, "[SL9] a screen holds another version", "at %d %s holds %s as version %d, and it is at %d", s.position, person, i, op.Version, rec.Version)
		}
	}
	s.hear(m.world, person)
}

func (w *world) randomCommit(rt *rapid.T) {
	var edits []edit
	for range rapid.IntRange(1, 3).Draw(rt, "ops") {
		ed := w.randomEdit(rt)
		if !slices.ContainsFunc(edits, func(o edit) bool { return o.id == ed.id }) {
			edits = append(edits, ed)
		}
	}
	w.commit(edits...)
}

func (w *world) randomEdit(rt *rapid.T) edit {
	person := rapid.SampledFrom([]crm.ID{ana, ben, mia, gus, boss})
	department := rapid.SampledFrom([]crm.ID{company, sales, marketing})
	n := rapid.IntRange(0, 3).Draw(rt, "n")
	switch rapid.IntRange(0, 11).Draw(rt, "edit") {
	case 0:
		return rule(80+n, access.Rule{
			Who:    rapid.SampledFrom([]string{"everyone", "role:member", "role:guest", "person:" + string(ben), "person:" + string(gus)}).Draw(rt, "who"),
			Effect: rapid.SampledFrom([]string{"may", "never"}).Draw(rt, "effect"), Action: "see",
			What:   rapid.SampledFrom([]string{"deal", "comment", "board", "board:" + string(board)}).Draw(rt, "what"),
			Whose:  rapid.SampledFrom([]string{"own", "department", "shared", "all", "named:" + string(marketing)}).Draw(rt, "whose"),
			Fields: rapid.SampledFrom([]string{"all", "standard", "standard+money"}).Draw(rt, "fields"),
		})
	case 1:
		return edit{crm.TypeMembership, id("membership", n), crm.Fields{"departmentId": string(department.Draw(rt, "department"))}}
	case 2:
		return edit{crm.TypeComment, id("comment", n), crm.Fields{
			"recordId": string(id("deal", n)), "text": rapid.StringN(1, 5, 20).Draw(rt, "text"), "createdBy": string(person.Draw(rt, "by")),
		}}
	case 3:
		return edit{crm.TypeBoard, board, crm.Fields{"departmentId": string(department.Draw(rt, "department"))}}
	case 4:
		return edit{crm.TypePipeline, pipeline, crm.Fields{"name": rapid.StringN(1, 5, 20).Draw(rt, "name")}}
	case 5:
		return edit{crm.TypeField, id("field", n), crm.Fields{
			"recordType": "deal", "key": []string{"size", "age"}[n%2], "kind": "text",
			"group":          rapid.SampledFrom([]string{"standard", "money", "reach", "notes"}).Draw(rt, "group"),
			crm.KeyTrashedAt: rapid.SampledFrom([]any{nil, nil, "2026-11-24T09:00:00.000Z"}).Draw(rt, "trashed"),
		}}
	}
	if _, exists := w.records[id("deal", n)]; !exists {
		return w.deal(n, aDeal(crm.Fields{"ownerId": string(person.Draw(rt, "owner"))}))
	}
	f := crm.Fields{crm.KeyUpdatedAt: fmt.Sprint(w.offset), crm.KeyUpdatedBy: string(person.Draw(rt, "by"))}
	switch rapid.IntRange(0, 7).Draw(rt, "change") {
	case 0:
		f["ownerId"] = string(person.Draw(rt, "owner"))
	case 1:
		f["departmentId"] = string(department.Draw(rt, "department"))
	case 2:
		f[crm.KeyTrashedAt] = rapid.SampledFrom([]any{nil, "2026-11-24T09:00:00.000Z"}).Draw(rt, "trashed")
	case 3:
		f["sharedWith"] = rapid.SampledFrom([]any{nil, []any{string(marketing)}}).Draw(rt, "shared")
	case 4:
		f["amount"] = crm.Money{Amount: int64(rapid.IntRange(1, 9).Draw(rt, "amount")), Currency: "EUR"}
	case 5:
		f["amount"] = nil
	case 6:
		if w.everDefined("size") { // nothing else lets a value in
			f[crm.CustomPrefix+"size"] = rapid.SampledFrom([]any{nil, "large"}).Draw(rt, "size")
		}
	default:
		f["title"] = rapid.StringN(1, 5, 20).Draw(rt, "title")
	}
	return w.deal(n, f)
}

// everDefined reports whether some definition of a key is there, or lies in the trash.
func (w *world) everDefined(key string) bool {
	for _, rec := range w.records {
		if rec.Type == crm.TypeField && rec.Fields.String("key") == key {
			return true
		}
	}
	return false
}
