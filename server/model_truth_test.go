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
	"rapport/server/workspace"
)

// view is what one person may know of one record: its type, and its visible
// fields and masked groups as JSON. The zero view is nothing.
type view struct{ kind, fields, masked string }

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
	wrong   []string                       // entries that the policy before them forbade
	applied *sync.Cond                     // offset has grown
}

// seenAt is a view from an offset on.
type seenAt struct {
	from uint64
	view view
}

// known are the types that screens load and keep whole. Comments are loaded with
// the record they hang on; of those only leaks are looked for.
var known = []crm.RecordType{
	crm.TypeWorkspace, crm.TypeDepartment, crm.TypeUser, crm.TypeMembership, crm.TypePipeline, crm.TypeBoard,
	crm.TypeField, crm.TypeRule, crm.TypeCustomer, crm.TypeContact, crm.TypeDeal,
}

func newTruth() *truth {
	tr := &truth{records: map[crm.ID]crm.Record{}, decided: map[string]crm.Groups{}, views: map[crm.ID]map[crm.ID][]seenAt{}}
	tr.applied = sync.NewCond(&tr.mu)
	return tr
}

// begin takes down a state, before the first change is applied.
func (tr *truth) begin(s *workspace.State, people []crm.ID) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.offset, tr.policy, tr.schema, tr.people = s.Position().Offset, s.Policy(), s.Schema(), people
	for _, t := range append([]crm.RecordType{crm.TypeComment}, known...) {
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
	}
	for id, rec := range tr.records {
		if !again && !touched[id] && !touched[rec.Fields.ID("recordId")] {
			continue
		}
		for _, p := range tr.people {
			tr.look(p, id)
		}
	}
}

// judged are the commands whose right depends on the record alone, as it was.
var judged = map[string]access.Action{"deal.move": access.ActionMove, "record.trash": access.ActionDelete, "record.share": access.ActionShare}

// judge notes an entry that the policy before it forbade. It requires mu.
func (tr *truth) judge(c workspace.Change) {
	action, ok := judged[c.Entry.Command]
	if !ok || tr.policy == nil {
		return
	}
	first := tr.records[c.Records[0].After.ID]
	place, placed := workspace.PlacementOf(first, crm.Record{})
	if by := c.Entry.Actor.UserID; !placed || tr.policy.Decide(by, action, place.Target(by)) == 0 {
		tr.wrong = append(tr.wrong, fmt.Sprintf("entry %d, %s of %s by %s, was not allowed by the policy before it", c.Entry.Offset, c.Entry.Command, first.ID, by))
	}
}

// misjudged returns what judge has noted.
func (tr *truth) misjudged() []string {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return tr.wrong
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

// look notes what a person may know of a record, if that is new. It requires mu.
func (tr *truth) look(person, id crm.ID) {
	now := tr.viewOf(person, tr.records[id])
	past := tr.views[person][id]
	if len(past) == 0 && now == (view{}) || len(past) > 0 && past[len(past)-1].view == now {
		return
	}
	tr.views[person][id] = append(past, seenAt{tr.offset, now})
}

func (tr *truth) viewOf(person crm.ID, rec crm.Record) view {
	groups := tr.groups(person, rec)
	if groups == 0 {
		return view{}
	}
	fields := map[string]any{}
	for key, value := range rec.Fields.All() {
		if groups.Has(tr.schema.GroupOf(rec.Type, key)) {
			fields[key] = value.Any()
		}
	}
	return view{string(rec.Type), asJSON(fields), fmt.Sprint((tr.schema.GroupsOf(rec.Type) &^ groups).Names())}
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
func (tr *truth) at(person, id crm.ID, offset uint64) view {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return viewAt(tr.views[person][id], offset)
}

func viewAt(past []seenAt, offset uint64) view {
	i := sort.Search(len(past), func(i int) bool { return past[i].from > offset })
	if i == 0 {
		return view{}
	}
	return past[i-1].view
}

// all returns what a person may know of all records of the known types at an offset.
func (tr *truth) all(person crm.ID, offset uint64) map[crm.ID]view {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	found := map[crm.ID]view{}
	for id, past := range tr.views[person] {
		if v := viewAt(past, offset); v != (view{}) && slices.Contains(known, crm.RecordType(v.kind)) {
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
func differences(held, want map[crm.ID]view) string {
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
