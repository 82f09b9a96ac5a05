package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sort"
	"sync"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/schema"
	"rapport/server/testkit"
	"rapport/server/workspace"
)

// truth is what everybody may know at every offset: the records filtered by
// the policy, record by record, straight from Policy.Decide. It has none of the
// audiences, placements and shared frames by which the server gets there.
type truth struct {
	mu      sync.Mutex // guards all below
	offset  uint64
	records map[crm.ID]crm.Record
	policy  *access.Policy
	schema  *schema.Schema
	people  []crm.ID
	decided map[string]crm.Groups          // what the policy has said so far, by the question
	views   map[crm.ID]map[crm.ID][]seenAt // by person and record
	thrown  map[crm.ID][]uint64            // by record: the offsets at which it went into the trash, and out of it, in turn
	shut    map[crm.ID]uint64              // by person: the last offset at which a session of his ended, or his access
	turned  map[crm.ID]uint64              // by person: the last offset at which all he sees may have become another
	regroup map[uint64]bool                // the offsets at which a field came, went or moved to another group
	wrong   []string                       // entries that the policy before them forbade
	revoked int                            // entries that changed the policy so that somebody sees less
	applied *sync.Cond                     // offset has grown
}

// seenAt is what was seen from an offset on.
type seenAt struct {
	from  uint64
	sight testkit.Sight
}

// known are the types of what screens hold.
var known = []crm.RecordType{
	crm.TypeWorkspace, crm.TypeDepartment, crm.TypeUser, crm.TypeMembership, crm.TypePipeline, crm.TypeBoard,
	crm.TypeField, crm.TypeRule, crm.TypeCustomer, crm.TypeContact, crm.TypeDeal, crm.TypeComment,
}

func newTruth() *truth {
	tr := &truth{
		records: map[crm.ID]crm.Record{}, decided: map[string]crm.Groups{}, views: map[crm.ID]map[crm.ID][]seenAt{},
		thrown: map[crm.ID][]uint64{}, shut: map[crm.ID]uint64{}, turned: map[crm.ID]uint64{}, regroup: map[uint64]bool{},
	}
	tr.applied = sync.NewCond(&tr.mu)
	return tr
}

// begin takes down a state, before the first change is applied.
func (tr *truth) begin(s *workspace.State, people []crm.ID) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.offset, tr.policy, tr.schema, tr.people = s.Position().Offset, s.Policy(), s.Schema(), people
	for _, t := range known {
		s.Each(t, func(rec crm.Record) bool {
			tr.records[rec.ID] = rec
			return true
		})
	}
	for _, p := range people {
		tr.views[p] = map[crm.ID][]seenAt{}
		for id := range tr.records {
			tr.look(p, id)
		}
	}
}

// apply takes down a change. Several nodes tell of the same one.
func (tr *truth) apply(c workspace.Change) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	if c.Entry.Offset <= tr.offset {
		return
	}
	if c.Entry.Offset != tr.offset+1 {
		panic(fmt.Sprintf("entry %d follows entry %d", c.Entry.Offset, tr.offset))
	}
	tr.judge(c)
	defer tr.applied.Broadcast()
	again := c.Policy != tr.policy || c.Schema != tr.schema
	if c.Policy != tr.policy {
		tr.decided = map[string]crm.Groups{}
	}
	tr.offset, tr.policy, tr.schema = c.Entry.Offset, c.Policy, c.Schema
	touched := map[crm.ID]bool{}
	for _, r := range c.Records {
		tr.records[r.After.ID] = r.After
		touched[r.After.ID] = true
		tr.note(r)
	}
	tr.turn(c)
	lost := false
	for id, rec := range tr.records {
		if !again && !touched[id] && !touched[rec.Fields.ID("recordId")] {
			continue
		}
		for _, p := range tr.people {
			lost = tr.look(p, id) || lost
		}
	}
	if lost && c.Policy != c.PolicyBefore {
		tr.revoked++
	}
}

// note takes down what a change means for the record itself and for sessions. It
// requires mu.
func (tr *truth) note(r workspace.RecordChange) {
	rec, thrown := r.After, r.After.Trashed()
	if thrown != r.Before.Trashed() {
		tr.thrown[rec.ID] = append(tr.thrown[rec.ID], tr.offset)
	}
	switch {
	case rec.Type == crm.TypeSession && thrown:
		tr.shut[rec.Fields.ID("userId")] = tr.offset
	case rec.Type == crm.TypeUser && (thrown || rec.Fields.Has("disabledAt")):
		tr.shut[rec.ID] = tr.offset
	case rec.Type == crm.TypeField && (thrown != r.Before.Trashed() || !rec.Fields.Same(r.Before.Fields, "group")):
		tr.regroup[tr.offset] = true
	}
}

// turn takes down for whom the policy is another from here on. It requires mu.
func (tr *truth) turn(c workspace.Change) {
	if c.Policy == c.PolicyBefore && !tr.regroup[tr.offset] {
		return
	}
	for _, p := range tr.people {
		if tr.regroup[tr.offset] || c.Policy.Audience(p).Token() != c.PolicyBefore.Audience(p).Token() {
			tr.turned[p] = tr.offset
		}
	}
}

// shutSince reports whether a person's access, or a session of his, has ended after an offset.
func (tr *truth) shutSince(person crm.ID, offset uint64) bool {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return tr.shut[person] > offset
}

// turnedSince reports whether a person sees otherwise than at an offset before.
func (tr *truth) turnedSince(person crm.ID, offset uint64) bool {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return tr.turned[person] > offset
}

// regrouped reports whether a field came, went or moved to another group at an offset.
func (tr *truth) regrouped(offset uint64) bool {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return tr.regroup[offset]
}

// trashed reports whether a record lay in the trash after an offset.
func (tr *truth) trashed(id crm.ID, offset uint64) bool {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	turns := sort.Search(len(tr.thrown[id]), func(i int) bool { return tr.thrown[id][i] > offset })
	return turns%2 == 1
}

// mayComeIn reports whether a person can sign in.
func (tr *truth) mayComeIn(person crm.ID) bool {
	rec := tr.record(person)
	return rec.Exists() && !rec.Fields.Has("disabledAt")
}

// misjudged returns what judge has noted.
func (tr *truth) misjudged() []string {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return tr.wrong
}

// revocations returns how many changes of policy took something from somebody's sight.
func (tr *truth) revocations() int {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return tr.revoked
}

// await waits until the truth is known up to an offset: a node answers from it a
// moment before it tells of it.
func (tr *truth) await(offset uint64) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	for tr.offset < offset {
		tr.applied.Wait()
	}
}

// look notes what a person may know of a record, if that is new, and reports
// whether it is less than before. It requires mu.
func (tr *truth) look(person, id crm.ID) (lost bool) {
	now := tr.sightOf(person, tr.records[id])
	past := tr.views[person][id]
	if len(past) == 0 && now == (testkit.Sight{}) || len(past) > 0 && past[len(past)-1].sight == now {
		return false
	}
	tr.views[person][id] = append(past, seenAt{tr.offset, now})
	return len(past) > 0 && smaller(past[len(past)-1].sight, now)
}

func (tr *truth) sightOf(person crm.ID, rec crm.Record) testkit.Sight {
	groups := tr.groups(person, rec)
	if groups == 0 {
		return testkit.Sight{}
	}
	fields := map[string]any{}
	for key, value := range rec.Fields.All() {
		if groups.Has(tr.schema.GroupOf(rec.Type, key)) {
			fields[key] = value.Any()
		}
	}
	return testkit.SightOf(string(rec.Type), fields, (tr.schema.GroupsOf(rec.Type) &^ groups).Names())
}

func (tr *truth) groups(person crm.ID, rec crm.Record) crm.Groups {
	parent := tr.records[rec.Fields.ID("recordId")]
	place, ok := workspace.PlacementOf(rec, parent)
	if !ok || rec.Type == crm.TypeComment && tr.groups(person, parent) == 0 {
		return 0
	}
	target := place.Target(person)
	question := fmt.Sprint(person, target)
	groups, known := tr.decided[question]
	if !known {
		groups = tr.policy.Decide(person, access.ActionSee, target)
		tr.decided[question] = groups
	}
	return groups
}

// at returns what a person may know of a record at an offset.
func (tr *truth) at(person, id crm.ID, offset uint64) testkit.Sight {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return sightAt(tr.views[person][id], offset)
}

func sightAt(past []seenAt, offset uint64) testkit.Sight {
	i := sort.Search(len(past), func(i int) bool { return past[i].from > offset })
	if i == 0 {
		return testkit.Sight{}
	}
	return past[i-1].sight
}

// all returns what a person may know of all records of the known types at an offset.
func (tr *truth) all(person crm.ID, offset uint64) map[crm.ID]testkit.Sight {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	found := map[crm.ID]testkit.Sight{}
	for id, past := range tr.views[person] {
		if v := sightAt(past, offset); v != (testkit.Sight{}) && slices.Contains(known, crm.RecordType(v.Kind)) {
			found[id] = v
		}
	}
	return found
}

// lastSeen returns the last offset at which something changed for a person.
func (tr *truth) lastSeen(person crm.ID) (offset uint64) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	for _, past := range tr.views[person] {
		if len(past) > 0 {
			offset = max(offset, past[len(past)-1].from)
		}
	}
	return offset
}

// about returns the record that a comment hangs on.
func (tr *truth) about(comment crm.ID) crm.ID { return tr.record(comment).Fields.ID("recordId") }

// ever reports whether a person could see a record at some time.
func (tr *truth) ever(person, id crm.ID) bool {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return len(tr.views[person][id]) > 0
}

// head returns the last offset.
func (tr *truth) head() uint64 {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return tr.offset
}

// ids returns the ids of a type's records, also of those in the trash, in order.
func (tr *truth) ids(t crm.RecordType) []crm.ID {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	var ids []crm.ID
	for id, rec := range tr.records {
		if rec.Type == t {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// record returns a record as it is at the head.
func (tr *truth) record(id crm.ID) crm.Record {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return tr.records[id]
}

func asJSON(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(data)
}

// differences says in a few lines what a screen holds against what it should.
func differences(held, want map[crm.ID]testkit.Sight) string {
	text := ""
	ids := slices.Sorted(maps.Keys(held))
	for id := range want {
		if _, ok := held[id]; !ok {
			ids = append(ids, id)
		}
	}
	for _, id := range ids {
		if held[id] != want[id] {
			text += fmt.Sprintf("\n  %s\n    holds   %v\n    may see %v", id, held[id], want[id])
		}
	}
	return text
}
