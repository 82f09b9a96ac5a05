package stream_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/wire"
	"rapport/server/workspace"
)

// sight is what a viewer holds of a record: its type and visible fields.
type sight struct {
	kind    string
	version uint64
	fields  string // JSON
	masked  string
}

// visibleTo filters the state by the policy as it stands, straight from the
// rules of State.Can: the yardstick for what the stream tells.
func (w *world) visibleTo(person crm.ID) map[string]sight {
	seen := map[string]sight{}
	for i, rec := range w.records {
		if g := w.see(person, rec); g != 0 && modelled[rec.Type] {
			fields := map[string]any{}
			for k, v := range rec.Fields.All() {
				if g.Has(w.schema.GroupOf(rec.Type, k)) {
					fields[k] = v.Any()
				}
			}
			seen[string(i)] = sight{string(rec.Type), rec.Version, asJSON(fields), fmt.Sprint((w.schema.GroupsOf(rec.Type) &^ g).Names())}
		}
	}
	return seen
}

// see asks the policy itself, record by record.
func (w *world) see(person crm.ID, rec crm.Record) crm.Groups {
	parent := w.records[rec.Fields.ID("recordId")]
	place, ok := workspace.PlacementOf(rec, parent)
	if !ok {
		return 0
	}
	g := w.policy.Decide(person, access.ActionSee, place.Target(person))
	if rec.Type == crm.TypeComment && w.see(person, parent) == 0 {
		return 0
	}
	return g
}

var modelled = map[crm.RecordType]bool{crm.TypeDeal: true, crm.TypeComment: true, crm.TypeBoard: true}

func asJSON(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(data)
}

// load replaces what the screen holds, as loading over HTTP does.
func (s *screen) load(w *world, person crm.ID) {
	clear(s.held)
	for i, v := range w.visibleTo(person) {
		op := wire.Op{Op: wire.OpShow, Type: v.kind, ID: i, Version: v.version, Fields: map[string]any{}}
		if err := json.Unmarshal([]byte(v.fields), &op.Fields); err != nil {
			s.t.Fatal(err)
		}
		rec := w.records[crm.ID(i)]
		op.Masked = (w.schema.GroupsOf(rec.Type) &^ w.see(person, rec)).Names()
		s.held[i] = op
	}
}

func (s *screen) holds() map[string]sight {
	held := map[string]sight{}
	for i, op := range s.held {
		if modelled[crm.RecordType(op.Type)] {
			held[i] = sight{op.Type, op.Version, asJSON(op.Fields), fmt.Sprint(op.Masked)}
		}
	}
	return held
}

// Random commits, policy changes, disconnects and slow reads: whenever a screen
// has read to the head, it holds exactly what its person may see there.
// Comments are checked for leaks only: a screen loads those of a record anew (SL10).
func TestScreensHoldWhatTheirPeopleMaySee(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t)
		defer w.stream.Close()
		people := []crm.ID{ana, ben, bea, mia, gus, boss, admin}
		open := map[crm.ID]*screen{}
		for _, p := range people {
			open[p] = w.open(p)
			open[p].load(w, p)
		}
		for range rapid.IntRange(1, 10).Draw(rt, "steps") {
			w.randomCommit(rt)
			for _, p := range people {
				switch rapid.IntRange(0, 5).Draw(rt, "reads") {
				case 0: // falls behind
				case 1: // loses the connection, and comes back
					s := open[p]
					s.cursor.Close()
					again := w.resume(p, &wire.Position{Epoch: string(w.epoch), Offset: s.position}, s.token)
					if again.welcome.Mode == wire.ModeReplay {
						again.held = s.held
					} else {
						again.load(w, p)
					}
					open[p] = again
				default:
					w.compare(rt, open[p], p)
				}
			}
		}
		for _, p := range people {
			w.compare(rt, open[p], p)
			open[p].cursor.Close()
		}
	})
}

func (w *world) compare(rt *rapid.T, s *screen, person crm.ID) {
	if end := s.read(); end != nil {
		rt.Fatalf("%s: %v", person, end)
	}
	got, want := s.holds(), w.visibleTo(person)
	for i, v := range got {
		if v.kind != string(crm.TypeComment) {
			continue
		}
		if _, may := want[i]; !may && w.records[w.records[crm.ID(i)].Fields.ID("recordId")].Exists() {
			rt.Fatalf("[SL13] %s still holds the comment %s", person, i)
		}
	}
	drop := func(_ string, v sight) bool { return v.kind == string(crm.TypeComment) }
	maps.DeleteFunc(got, drop)
	maps.DeleteFunc(want, drop)
	if !maps.Equal(got, want) {
		rt.Fatalf("at %d %s holds\n%v\nand may see\n%v", s.position, person, got, want)
	}
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
	switch rapid.IntRange(0, 9).Draw(rt, "edit") {
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
	}
	if _, exists := w.records[id("deal", n)]; !exists {
		return w.deal(n, aDeal(crm.Fields{"ownerId": string(person.Draw(rt, "owner"))}))
	}
	f := crm.Fields{crm.KeyUpdatedAt: fmt.Sprint(w.offset), crm.KeyUpdatedBy: string(person.Draw(rt, "by"))}
	switch rapid.IntRange(0, 5).Draw(rt, "change") {
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
	default:
		f["title"] = rapid.StringN(1, 5, 20).Draw(rt, "title")
	}
	return w.deal(n, f)
}
