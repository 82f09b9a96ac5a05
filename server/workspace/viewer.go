package workspace

import (
	"rapport/server/access"
	"rapport/server/crm"
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
