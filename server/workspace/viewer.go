package workspace

import (
	"slices"
	"strings"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/schema"
)

// Viewer is one person looking at the state: it walks through records and says
// in which field groups he may see each. It decides once per placement, so that
// a walk over 10,000 deals costs about as much as one over none. It reads
// committed records only, is valid as long as the State and serves one goroutine.
type Viewer struct {
	state   *State
	person  crm.ID
	decided []decision // by number of the placement
}

type decision struct {
	made   bool
	groups crm.Groups
}

// For returns person as a viewer of the state.
func (s *State) For(person crm.ID) *Viewer {
	return &Viewer{state: s, person: person, decided: make([]decision, len(s.base.places.list))}
}

// See returns the field groups of a committed record that the viewer may see; 0
// means none of it, as for records in the trash.
func (v *Viewer) See(rec crm.Record) crm.Groups {
	slot, ok := v.state.base.slotOf[rec.ID]
	if !ok {
		return 0
	}
	return v.seeSlot(slot)
}

func (v *Viewer) seeSlot(slot uint32) crm.Groups { return v.seePlace(v.state.base.slots.place(slot)) }

func (v *Viewer) seePlace(number uint32) crm.Groups {
	if number == 0 {
		return 0
	}
	d := &v.decided[number]
	if !d.made {
		place := v.state.base.places.list[number]
		d.made, d.groups = true, place.Groups(ForPerson(v.state.policy, v.person), access.ActionSee, v.person)
	}
	return d.groups
}

// Count returns how many records of a type the viewer sees.
func (v *Viewer) Count(t crm.RecordType) int {
	seen := 0
	for number, count := range v.state.base.places.counts {
		if count > 0 && v.state.base.places.list[number].Type == t && v.seePlace(uint32(number)) != 0 {
			seen += count
		}
	}
	return seen
}

// Deals calls fn for each deal of a pipeline that the viewer sees, in no
// particular order.
func (v *Viewer) Deals(pipeline crm.ID, fn func(crm.Record, crm.Groups)) {
	v.state.base.stages.eachOf(pipeline, func(slot uint32) bool {
		if groups := v.seeSlot(slot); groups != 0 {
			fn(v.state.base.slots.record(slot), groups)
		}
		return true
	})
}

// ByName calls fn for the records of a type that the viewer sees, in the order
// of their names, until fn returns false. It begins behind the record after; a
// zero one means at the beginning.
func (v *Viewer) ByName(t crm.RecordType, after crm.Record, fn func(crm.Record, crm.Groups) bool) {
	index := v.state.base.names[t]
	if index == nil {
		return
	}
	from := namedSlot{}
	if after.Version > 0 {
		from = index.item(0, after)
	}
	index.from(from.name, func(item namedSlot) bool {
		if after.Version > 0 && item.compare(from) <= 0 {
			return true
		}
		groups := v.seeSlot(item.slot)
		return groups == 0 || fn(v.state.base.slots.record(item.slot), groups)
	})
}

// Search returns up to most records of a type whose visible texts contain all
// words of text; those whose name begins with it come first, both by name. A
// hit in a hidden field is none. more says that there are others.
func (v *Viewer) Search(t crm.RecordType, text string, most int) (found []crm.Record, more bool) {
	q := search{
		v: v, names: v.state.base.names[t], texts: v.state.base.words[t],
		words: strings.Fields(schema.NormalName(text)), most: most,
	}
	if q.names == nil || len(q.words) == 0 || most <= 0 {
		return nil, false
	}
	q.begins = strings.Join(q.words, " ")
	if q.beginning(); !q.more {
		q.within()
	}
	return q.found, q.more
}

// search is one search under way.
type search struct {
	v      *Viewer
	names  *nameIndex
	texts  *textIndex
	words  []string
	begins string // what a name begins with to come first
	most   int
	found  []crm.Record
	more   bool
}

// take adds a hit and reports whether to go on.
func (q *search) take(slot uint32) bool {
	rec := q.v.state.base.slots.record(slot)
	if !q.visible(rec, q.v.seeSlot(slot)) {
		return true
	}
	if len(q.found) == q.most {
		q.more = true
		return false
	}
	q.found = append(q.found, rec)
	return true
}

// visible reports whether the words are in what the viewer sees.
func (q *search) visible(rec crm.Record, groups crm.Groups) bool {
	if groups == 0 || groups == crm.AllGroups {
		return groups != 0
	}
	return containsAll(textOf(rec, searchFields[rec.Type], func(field string) bool {
		return groups.Has(q.v.state.schema.GroupOf(rec.Type, field))
	}), q.words)
}

func (q *search) beginning() {
	q.names.from(q.begins, func(item namedSlot) bool {
		return strings.HasPrefix(item.name, q.begins) && q.take(item.slot)
	})
}

// manyCandidates is from how many on the names are walked through until enough
// are found, instead of sorting all that might be.
const manyCandidates = 2000

func (q *search) within() {
	candidates := q.texts.candidates(q.words)
	hit := func(item namedSlot) bool {
		return !strings.HasPrefix(item.name, q.begins) && q.texts.has(item.slot, q.words)
	}
	if candidates.GetCardinality() > manyCandidates {
		q.names.from("", func(item namedSlot) bool {
			return !candidates.Contains(item.slot) || !hit(item) || q.take(item.slot)
		})
		return
	}
	var hits []namedSlot
	for it := candidates.Iterator(); it.HasNext(); {
		slot := it.Next()
		if item := q.names.item(slot, q.v.state.base.slots.record(slot)); hit(item) {
			hits = append(hits, item)
		}
	}
	slices.SortFunc(hits, namedSlot.compare)
	for _, item := range hits {
		if !q.take(item.slot) {
			return
		}
	}
}
