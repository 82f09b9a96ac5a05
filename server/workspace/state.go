package workspace

import (
	"slices"
	"strings"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/schema"
	"rapport/server/synclog"
)

// State is the workspace at one position, to be read. It is valid only inside
// the function it was handed to.
type State struct {
	base     *tables
	over     *overlay // what earlier commands of the batch in the making wrote; nil when reading
	position synclog.Position
	policy   *access.Policy
	schema   *schema.Schema
}

// Position returns where the state stands.
func (s *State) Position() synclog.Position { return s.position }

// Policy returns who may do what at this position.
func (s *State) Policy() *access.Policy { return s.policy }

// Schema returns the record types and fields at this position.
func (s *State) Schema() *schema.Schema { return s.schema }

// Get returns a record, also one in the trash.
func (s *State) Get(id crm.ID) (crm.Record, bool) {
	if s.over != nil {
		if rec, ok := s.over.get(id); ok {
			return rec, true
		}
	}
	return s.base.get(id)
}

// Lookup returns a record of one type that is not in the trash.
func (s *State) Lookup(t crm.RecordType, id crm.ID) (crm.Record, bool) {
	rec, ok := s.Get(id)
	if !ok || rec.Type != t || !rec.Exists() {
		return crm.Record{}, false
	}
	return rec, true
}

// at returns the record in a slot unless it is in the trash or the batch in the
// making has written it anew.
func (s *State) at(slot uint32) (crm.Record, bool) {
	rec := s.base.slots.record(slot)
	if !rec.Exists() {
		return crm.Record{}, false
	}
	if s.over != nil {
		if _, rewritten := s.over.get(rec.ID); rewritten {
			return crm.Record{}, false
		}
	}
	return rec, true
}

// Each calls fn for each record of a type that is not in the trash, in no
// particular order, until fn returns false.
func (s *State) Each(t crm.RecordType, fn func(crm.Record) bool) {
	for _, slot := range s.base.ofType[t] {
		if rec, ok := s.at(slot); ok && !fn(rec) {
			return
		}
	}
	s.eachOver(func(rec crm.Record) bool { return rec.Type == t }, fn)
}

// eachOver calls fn for the records that the batch in the making wrote and that
// match, until fn returns false.
func (s *State) eachOver(match, fn func(crm.Record) bool) {
	if s.over == nil {
		return
	}
	s.over.each(func(rec crm.Record) bool { return !rec.Exists() || !match(rec) || fn(rec) })
}

// Trash calls fn for each committed record of a type that is in the trash, in no
// particular order, until fn returns false.
func (s *State) Trash(t crm.RecordType, fn func(crm.Record) bool) {
	for _, slot := range s.base.ofType[t] {
		if rec := s.base.slots.record(slot); rec.Trashed() && !fn(rec) {
			return
		}
	}
}

// Deals calls fn for each deal of a pipeline, in no particular order, until fn returns false.
func (s *State) Deals(pipeline crm.ID, fn func(crm.Record) bool) {
	more := true
	s.base.stages.eachOf(pipeline, func(slot uint32) bool {
		if rec, ok := s.at(slot); ok {
			more = fn(rec)
		}
		return more
	})
	if more {
		s.eachOver(func(rec crm.Record) bool {
			return rec.Type == crm.TypeDeal && rec.Fields.ID(crm.KeyPipeline) == pipeline
		}, fn)
	}
}

// Linked returns the records that name id as their customer, contact, subject,
// person, parent or – boards and memberships – department, ordered by id.
func (s *State) Linked(id crm.ID) []crm.Record {
	var found []crm.Record
	s.base.links.each(id, func(slot uint32) bool {
		if rec, ok := s.at(slot); ok && names(rec, id) {
			found = append(found, rec)
		}
		return true
	})
	s.eachOver(func(rec crm.Record) bool { return names(rec, id) }, func(rec crm.Record) bool {
		found = append(found, rec)
		return true
	})
	slices.SortFunc(found, byID)
	return found
}

// Inhabited reports whether anything is in a department: members, records,
// boards or departments below it.
func (s *State) Inhabited(department crm.ID) bool {
	if len(s.Linked(department)) > 0 {
		return true
	}
	return s.placed(func(p Placement) bool { return p.Department == department && p.Type != crm.TypeDepartment })
}

// Owns reports whether customers, contacts or deals are somebody's own.
func (s *State) Owns(person crm.ID) bool {
	return s.placed(func(p Placement) bool {
		return p.Owner == person && (p.Type == crm.TypeDeal || p.Type == crm.TypeCustomer || p.Type == crm.TypeContact)
	})
}

// placed reports whether a record exists in a placement of some kind.
func (s *State) placed(isIn func(Placement) bool) bool {
	held := 0
	for number, p := range s.base.places.list {
		if isIn(p) {
			held += s.base.places.counts[number]
		}
	}
	if s.over == nil {
		return held > 0
	}
	s.over.each(func(rec crm.Record) bool {
		if slot, known := s.base.slotOf[rec.ID]; known && isIn(s.base.places.list[s.base.slots.place(slot)]) {
			held--
		}
		if p, placed := PlacementOf(rec, s.parentOf(rec)); placed && isIn(p) {
			held++
		}
		return true
	})
	return held > 0
}

func byID(a, b crm.Record) int { return strings.Compare(string(a.ID), string(b.ID)) }

// Find returns the records whose field equals value in normal form (case and
// spacing of names and e-mails, spelling of phones), ordered by id. Only the
// pairs of type and field in exactFields are answered.
func (s *State) Find(t crm.RecordType, field, value string) []crm.Record {
	key := exactKey{t, field, normal(field, value)}
	if key.value == "" {
		return nil
	}
	var found []crm.Record
	s.base.exact.each(key.hash(), func(slot uint32) bool {
		if rec, ok := s.at(slot); ok && key.isIn(rec) {
			found = append(found, rec)
		}
		return true
	})
	if s.over != nil {
		found = append(found, s.over.find(key)...)
	}
	slices.SortFunc(found, byID)
	return found
}

// Target says what a decision about rec may depend on, for one person.
func (s *State) Target(rec crm.Record, person crm.ID) access.Target {
	p, _ := placementOf(rec, s.parentOf(rec))
	return p.Target(person)
}

func (s *State) parentOf(rec crm.Record) crm.Record {
	if rec.Type != crm.TypeComment {
		return crm.Record{}
	}
	parent, _ := s.Get(rec.Fields.ID(crm.KeyRecord))
	return parent
}

// Can returns the field groups in which person may do a to rec, wherever it
// lies; 0 means no. Nothing can be done to what is said about a record that he
// may not see.
func (s *State) Can(person crm.ID, a access.Action, rec crm.Record) crm.Groups {
	p, ok := placementOf(rec, s.parentOf(rec))
	if !ok {
		return 0
	}
	return p.Groups(ForPerson(s.policy, person), a, person)
}

// See returns the field groups of rec that person may see; 0 for a record in
// the trash, which only its history and restore reach.
func (s *State) See(person crm.ID, rec crm.Record) crm.Groups {
	p, ok := PlacementOf(rec, s.parentOf(rec))
	if !ok {
		return 0
	}
	return p.Groups(ForPerson(s.policy, person), access.ActionSee, person)
}
