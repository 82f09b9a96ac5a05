package workspace

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/schema"
)

// ulid makes a readable, valid id.
func ulid(kind string, n int) crm.ID {
	kind = strings.NewReplacer("I", "1", "L", "1", "O", "0", "U", "V").Replace(strings.ToUpper(kind))
	return crm.ID("01" + fmt.Sprintf("%024s", fmt.Sprintf("%sZ%d", kind, n)))
}

var (
	company, sales, marketing = ulid("dept", 0), ulid("dept", 1), ulid("dept", 2)
	ana, ben                  = ulid("user", 1), ulid("user", 2)
)

// smallOffice is a policy under which Ana sees what belongs to sales, without
// contact data, and Ben what he owns.
func smallOffice(t testing.TB) *access.Policy {
	t.Helper()
	rules := []access.Rule{
		{Who: "role:lead", What: "*", Whose: "department", Fields: "standard+money+notes"},
		{Who: "role:guest", What: "*", Whose: "own", Fields: "all"},
		{Who: "role:guest", What: "*", Whose: "shared", Fields: "standard"},
	}
	for i := range rules {
		rules[i].ID, rules[i].Effect, rules[i].Action = ulid("rule", i), "may", "see"
	}
	p, err := access.NewPolicy(access.Directory{
		Departments: []access.Department{{ID: company}, {ID: sales, Parent: company}, {ID: marketing, Parent: company}},
		People:      []access.Person{{ID: ana}, {ID: ben}},
		Memberships: []access.Membership{
			{Person: ana, Department: sales, Role: access.RoleLead}, {Person: ben, Department: marketing, Role: access.RoleGuest},
		},
		Rules: rules,
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// draws of records that meet each other in every index.
func drawRecord(t *rapid.T) crm.Record {
	typ := rapid.SampledFrom([]crm.RecordType{crm.TypeDeal, crm.TypeDeal, crm.TypeCustomer, crm.TypeContact, crm.TypeComment, crm.TypeBoard, crm.TypeUser}).Draw(t, "type")
	n := rapid.IntRange(0, 5).Draw(t, "n")
	f := crm.Fields{}
	maybe := func(key string, values ...any) {
		if v := rapid.SampledFrom(append(values, nil)).Draw(t, key); v != nil {
			f[key] = v
		}
	}
	maybe(NameKey(typ), "Tern Ferries", "tern  FERRIES", "Ter", "Чайная", "北辰精密", "Ñandú")
	maybe(crm.KeyDepartment, string(sales), string(marketing))
	maybe(crm.KeyOwner, string(ana), string(ben))
	maybe("sharedWith", []any{string(marketing)}, []any{string(sales), string(marketing)})
	maybe("emails", []any{"a@tern.example"}, []any{"A@TERN.example", "b@tern.example"})
	maybe("phones", []any{"+34 600 10 20 30"}, []any{"600102030", "+34600102030"})
	maybe("customerId", string(ulid("customer", 1)), string(ulid("customer", 2)))
	maybe(crm.KeyPipeline, "p", "q")
	maybe(crm.KeyStage, "new", "won")
	maybe(keyOrder, "a0", "a1", "Zz", "a0V")
	maybe(crm.KeyTrashedAt, "2026-11-24T09:00:00.000Z")
	if typ == crm.TypeComment {
		maybe(crm.KeyRecord, string(ulid("deal", n)), string(ulid("comment", 1)))
		maybe(crm.KeyCreatedBy, string(ana), string(ben))
	}
	return crm.Record{Type: typ, ID: ulid(string(typ), n), Version: 1, Fields: crm.Pack(f)}
}

// naive answers every question by looking at all records.
type naive map[crm.ID]crm.Record

func (n naive) sorted(match func(crm.Record) bool) []crm.ID {
	var ids []crm.ID
	for id, rec := range n {
		if rec.Exists() && match(rec) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

func (n naive) inStage(pipeline crm.ID, stage string) []crm.ID {
	ids := n.sorted(func(r crm.Record) bool {
		return r.Type == crm.TypeDeal && r.Fields.ID(crm.KeyPipeline) == pipeline && r.Fields.String(crm.KeyStage) == stage
	})
	slices.SortFunc(ids, func(a, b crm.ID) int {
		if c := strings.Compare(n[a].Fields.String(keyOrder), n[b].Fields.String(keyOrder)); c != 0 {
			return c
		}
		return strings.Compare(string(a), string(b))
	})
	return ids
}

// see asks the policy for the one record.
func (n naive) see(p *access.Policy, person crm.ID, rec crm.Record) crm.Groups {
	place, ok := PlacementOf(rec, n[rec.Fields.ID(crm.KeyRecord)])
	if !ok {
		return 0
	}
	if rec.Type == crm.TypeComment && n.see(p, person, n[rec.Fields.ID(crm.KeyRecord)]) == 0 {
		return 0
	}
	return p.Decide(person, access.ActionSee, place.Target(person))
}

func idsIn(each func(fn func(crm.Record) bool)) []crm.ID {
	var ids []crm.ID
	each(func(rec crm.Record) bool { ids = append(ids, rec.ID); return true })
	return ids
}

func idsFound(found Hits) (ids []crm.ID) {
	for i := range found.Len() {
		ids = append(ids, found.Record(i).ID)
	}
	return ids
}

func idsOfRecords(records []crm.Record) []crm.ID {
	return idsIn(func(fn func(crm.Record) bool) {
		for _, rec := range records {
			fn(rec)
		}
	})
}

func equalIDs(t *rapid.T, what string, got, want []crm.ID) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Fatalf("%s:\n got %v\nwant %v", what, got, want)
	}
}

// Whatever is written, in whatever order, over whatever was there, and also when
// half of it is only planned: every index says what a look at all records says.
func TestTheIndexesSayWhatTheRecordsSay(t *testing.T) {
	policy, fields := smallOffice(t), schema.New(nil)
	for _, way := range []struct {
		name string
		make func(all []crm.Record) *State
	}{
		{"put one after another", func(all []crm.Record) *State {
			s := &State{base: newTables()}
			for _, rec := range all {
				s.base.put(rec)
			}
			return s
		}},
		{"loaded at the start", func(all []crm.Record) *State {
			s := &State{base: newTables()}
			last := naive{}
			for _, rec := range all {
				last[rec.ID] = rec
			}
			for _, rec := range last {
				s.base.load(rec)
			}
			s.base.index()
			return s
		}},
		{"half of them planned on top of the rest", func(all []crm.Record) *State {
			s := &State{base: newTables(), over: newOverlay()}
			for i, rec := range all {
				if i < len(all)/2 {
					s.base.put(rec)
				} else {
					s.over.put(rec)
				}
			}
			return s
		}},
	} {
		t.Run(way.name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				all := rapid.SliceOfN(rapid.Custom(drawRecord), 0, 40).Draw(t, "records")
				s := way.make(all)
				s.policy, s.schema = policy, fields
				want := naive{}
				for _, rec := range all {
					want[rec.ID] = rec
				}
				checkIndexes(t, s, want)
				if s.over == nil {
					checkViewers(t, s, want)
				}
			})
		})
	}
}

func checkIndexes(t *rapid.T, s *State, want naive) {
	for id, rec := range want {
		if got, ok := s.Get(id); !ok || !got.Fields.Equal(rec.Fields) {
			t.Fatalf("%s is %v, want %v", id, got.Fields.Unpack(), rec.Fields.Unpack())
		}
	}
	for _, typ := range []crm.RecordType{crm.TypeDeal, crm.TypeCustomer, crm.TypeComment, crm.TypeUser} {
		got := idsIn(func(fn func(crm.Record) bool) { s.Each(typ, fn) })
		slices.Sort(got)
		equalIDs(t, "each "+string(typ), got, want.sorted(func(r crm.Record) bool { return r.Type == typ }))
	}
	for _, target := range []crm.ID{ulid("customer", 1), ulid("customer", 2), ulid("deal", 3), marketing} {
		equalIDs(t, "linked to "+string(target), idsOfRecords(s.Linked(target)), want.sorted(func(r crm.Record) bool { return names(r, target) }))
	}
	for _, q := range []struct{ typ, field, value string }{
		{"customer", "name", " tern ferries "}, {"contact", "emails", "a@Tern.example"}, {"customer", "phones", "+34600102030"}, {"user", "name", "北辰精密"},
	} {
		key := exactKey{crm.RecordType(q.typ), q.field, normal(q.field, q.value)}
		equalIDs(t, q.typ+" with "+q.value, idsOfRecords(s.Find(key.typ, q.field, q.value)), want.sorted(key.isIn))
	}
	for _, pipeline := range []crm.ID{"p", "q", ""} {
		got := idsIn(func(fn func(crm.Record) bool) { s.Deals(pipeline, fn) })
		slices.Sort(got)
		equalIDs(t, "deals of "+string(pipeline), got, want.sorted(func(r crm.Record) bool {
			return r.Type == crm.TypeDeal && r.Fields.ID(crm.KeyPipeline) == pipeline
		}))
		for _, stage := range []string{"new", "won"} {
			checkStage(t, s, want, pipeline, stage)
		}
	}
}

func checkStage(t *rapid.T, s *State, want naive, pipeline crm.ID, stage string) {
	order := want.inStage(pipeline, stage)
	equalIDs(t, "deals in "+stage, idsIn(func(fn func(crm.Record) bool) { s.InStage(pipeline, stage, fn) }), order)
	last, found := s.LastInStage(pipeline, stage)
	if found != (len(order) > 0) || found && last.ID != order[len(order)-1] {
		t.Fatalf("last in %s is %v, want the last of %v", stage, last.ID, order)
	}
	for i, id := range order {
		key := want[id].Fields.String(keyOrder)
		next, hasNext := s.NextInStage(pipeline, stage, key, id)
		if hasNext != (i+1 < len(order)) || hasNext && next.ID != order[i+1] {
			t.Fatalf("below %s stands %v in %v", id, next.ID, order)
		}
		previous, hasPrevious := s.PreviousInStage(pipeline, stage, key, id)
		if hasPrevious != (i > 0) || hasPrevious && previous.ID != order[i-1] {
			t.Fatalf("above %s stands %v in %v", id, previous.ID, order)
		}
	}
}

func checkViewers(t *rapid.T, s *State, want naive) {
	for _, person := range []crm.ID{ana, ben, "nobody"} {
		v := s.For(person)
		for _, rec := range want {
			if got, should := v.See(rec), want.see(s.policy, person, rec); got != should || s.See(person, rec) != should {
				t.Fatalf("%s sees %v (one by one: %v) of %s, should %v: %v", person, got.Names(), s.See(person, rec).Names(), rec.ID, should.Names(), rec.Fields.Unpack())
			}
		}
		seen := func(r crm.Record) bool { return want.see(s.policy, person, r) != 0 }
		for typ := range searchFields {
			ofType := want.sorted(func(r crm.Record) bool { return r.Type == typ && seen(r) })
			slices.SortStableFunc(ofType, func(a, b crm.ID) int { return strings.Compare(want.name(a), want.name(b)) })
			equalIDs(t, "by name", idsIn(func(fn func(crm.Record) bool) {
				v.ByName(typ, crm.Record{}, func(r crm.Record, _ crm.Groups) bool { return fn(r) })
			}), ofType)
			if got := v.Count(typ); got != len(ofType) {
				t.Fatalf("%s counts %d of %s, sees %d", person, got, typ, len(ofType))
			}
			for i, id := range ofType {
				equalIDs(t, "by name behind "+string(id), idsIn(func(fn func(crm.Record) bool) {
					v.ByName(typ, want[id], func(r crm.Record, _ crm.Groups) bool { return fn(r) })
				}), ofType[i+1:])
			}
			for _, text := range []string{"ter", "fer", "n f", "tern", "ч", "辰精", "精", "tern.example", "3460", "zz", "tern b@", "a@"} {
				found := v.Search(typ, text, 100)
				equalIDs(t, string(person)+" searching "+text, idsFound(found), want.search(s, person, ofType, text))
				if found.More {
					t.Fatal("there is more than all")
				}
				if few := v.Search(typ, text, 1); few.More != (found.Len() > 1) || few.Len() != min(1, found.Len()) {
					t.Fatalf("of %d hits one, and more = %v", found.Len(), few.More)
				}
			}
		}
		var deals []crm.ID
		v.Deals("p", func(r crm.Record, _ crm.Groups) { deals = append(deals, r.ID) })
		slices.Sort(deals)
		equalIDs(t, "deals seen", deals, want.sorted(func(r crm.Record) bool {
			return r.Type == crm.TypeDeal && r.Fields.ID(crm.KeyPipeline) == "p" && seen(r)
		}))
	}
}

func (n naive) name(id crm.ID) string {
	return schema.NormalName(n[id].Fields.String(NameKey(n[id].Type)))
}

// search filters ids, which are in the order of their names.
func (n naive) search(s *State, person crm.ID, ids []crm.ID, text string) []crm.ID {
	words := strings.Fields(text)
	var begins, within []crm.ID
	for _, id := range ids {
		groups := n.see(s.policy, person, n[id])
		visible := textOf(n[id], searchFields[n[id].Type], func(field string) bool { return groups.Has(s.schema.GroupOf(n[id].Type, field)) })
		switch {
		case !containsAll(visible, words):
		case strings.HasPrefix(n.name(id), strings.Join(words, " ")):
			begins = append(begins, id)
		default:
			within = append(within, id)
		}
	}
	return append(begins, within...)
}

// A census stays what it was, whatever is written afterwards.
func TestACensusKeepsItsPosition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tables := newTables()
		want := naive{}
		for _, rec := range rapid.SliceOfN(rapid.Custom(drawRecord), 0, 20).Draw(t, "before") {
			tables.put(rec)
			want[rec.ID] = rec
		}
		census := tables.census()
		for _, rec := range rapid.SliceOfN(rapid.Custom(drawRecord), 0, 20).Draw(t, "after") {
			tables.put(rec)
		}
		got := naive{}
		census.Placements(func(number int, p Placement, records int) {
			if census.Placement(number) != p {
				t.Fatal("a number stands for two placements")
			}
			census.Records(number, func(rec crm.Record) {
				if place, _ := PlacementOf(rec, want[rec.Fields.ID(crm.KeyRecord)]); place != p {
					t.Fatalf("%s is counted at %+v, stood at %+v", rec.ID, p, place)
				}
				got[rec.ID] = rec
				records--
			})
			if records != 0 {
				t.Fatalf("%+v was counted %d wrong", p, records)
			}
		})
		maps.DeleteFunc(want, func(_ crm.ID, rec crm.Record) bool {
			_, placed := PlacementOf(rec, want[rec.Fields.ID(crm.KeyRecord)])
			return !placed
		})
		if !maps.EqualFunc(got, want, func(a, b crm.Record) bool { return a.Fields.Equal(b.Fields) }) {
			t.Fatalf("got %v\nwant %v", got, want)
		}
	})
}

func TestASearchFindsNothingInHiddenFields(t *testing.T) {
	s := &State{base: newTables(), policy: smallOffice(t), schema: schema.New(nil)}
	s.base.put(crm.Record{Type: crm.TypeCustomer, ID: ulid("customer", 1), Version: 1, Fields: crm.Pack(crm.Fields{
		"name": "Clínica Aranda", "emails": []any{"secret@aranda.example"}, crm.KeyDepartment: string(sales), crm.KeyOwner: string(ben),
	})})
	for _, tt := range []struct {
		name, text string
		person     crm.ID
		hits       int
	}{
		{"by name", "aranda", ana, 1},
		{"by e-mail, for the owner", "secret@", ben, 1},
		{"by e-mail, for a lead who may not see it", "secret@", ana, 0},
		{"by name and e-mail, for who may see the name only", "aranda secret@", ana, 0},
		{"not at all when the record is hidden", "aranda", "somebody", 0},
		{"nothing is searched for", "  ", ben, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if found := s.For(tt.person).Search(crm.TypeCustomer, tt.text, 10); found.Len() != tt.hits {
				t.Errorf("found %d, want %d", found.Len(), tt.hits)
			}
		})
	}
}

// What is no longer there takes no room.
func TestTheIndexesOfAnEmptiedWorkspaceAreEmpty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tables := newTables()
		for _, rec := range rapid.SliceOfN(rapid.Custom(drawRecord), 0, 30).Draw(t, "records") {
			tables.put(rec)
		}
		for slot := range tables.slots.count {
			rec := tables.slots.record(slot)
			rec.Fields = rec.Fields.With(crm.Pack(crm.Fields{crm.KeyTrashedAt: "2026-11-24T09:00:00.000Z"}), nil)
			tables.put(rec)
		}
		left := map[string]int{
			"stages": len(tables.stages.trees), "links": len(tables.links.one) + len(tables.links.more),
			"values": len(tables.exact.one) + len(tables.exact.more),
		}
		for typ := range searchFields {
			left["names"] += tables.names[typ].tree.Len()
			left["words"] += len(tables.words[typ].grams) + len(tables.words[typ].texts)
		}
		for _, count := range tables.places.counts {
			left["placements"] += count
		}
		for what, n := range left {
			if n != 0 {
				t.Errorf("%d %s are left", n, what)
			}
		}
	})
}
