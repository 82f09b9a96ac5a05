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
	over     *tables // what earlier commands of the batch in the making wrote; nil when reading
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

// Each calls fn for each record of a type that is not in the trash, in no
// particular order, until fn returns false.
func (s *State) Each(t crm.RecordType, fn func(crm.Record) bool) {
	for id, rec := range s.base.byType[t] {
		if s.overridden(id) || !rec.Exists() {
			continue
		}
		if !fn(rec) {
			return
		}
	}
	if s.over == nil {
		return
	}
	for _, rec := range s.over.byType[t] {
		if rec.Exists() && !fn(rec) {
			return
		}
	}
}

// EachTrashed calls fn for each record of a type that lies in the trash, in no
// particular order, until fn returns false.
func (s *State) EachTrashed(t crm.RecordType, fn func(crm.Record) bool) {
	for id, rec := range s.base.byType[t] {
		if rec.Trashed() && !s.overridden(id) && !fn(rec) {
			return
		}
	}
	if s.over == nil {
		return
	}
	for _, rec := range s.over.byType[t] {
		if rec.Trashed() && !fn(rec) {
			return
		}
	}
}

// Count returns how many records of a type there are, those in the trash included.
func (s *State) Count(t crm.RecordType) int { return len(s.base.byType[t]) }

func (s *State) overridden(id crm.ID) bool {
	if s.over == nil {
		return false
	}
	_, ok := s.over.typeOf[id]
	return ok
}

// collect gathers the records of an index lookup through both layers.
func (s *State) collect(base, over idSet, fn func(crm.Record) bool) {
	for id := range base {
		if s.overridden(id) {
			continue
		}
		if rec, ok := s.base.get(id); ok && !fn(rec) {
			return
		}
	}
	for id := range over {
		if rec, ok := s.over.get(id); ok && !fn(rec) {
			return
		}
	}
}

// Deals calls fn for each deal of a pipeline, in no particular order, until fn returns false.
func (s *State) Deals(pipeline crm.ID, fn func(crm.Record) bool) {
	var over idSet
	if s.over != nil {
		over = s.over.inPipeline[pipeline]
	}
	s.collect(s.base.inPipeline[pipeline], over, fn)
}

// Linked returns the records that name id as their customer, contact, subject,
// person, parent or – boards and memberships – department, ordered by id.
func (s *State) Linked(id crm.ID) []crm.Record {
	var over idSet
	if s.over != nil {
		over = s.over.linked[id]
	}
	var found []crm.Record
	s.collect(s.base.linked[id], over, func(rec crm.Record) bool {
		found = append(found, rec)
		return true
	})
	slices.SortFunc(found, byID)
	return found
}

func byID(a, b crm.Record) int { return strings.Compare(string(a.ID), string(b.ID)) }

// Find returns the records whose field equals value in normal form (case and
// spacing of names and e-mails, spelling of phones), ordered by id. Only the
// pairs of type and field in exactFields are answered.
func (s *State) Find(t crm.RecordType, field, value string) []crm.Record {
	n := normal(field, value)
	if n == "" {
		return nil
	}
	key := exactKey{t, field, n}
	var found []crm.Record
	for _, id := range s.base.exact[key] {
		if rec, ok := s.base.get(id); ok && !s.overridden(id) {
			found = append(found, rec)
		}
	}
	if s.over != nil {
		for _, id := range s.over.exact[key] {
			if rec, ok := s.over.get(id); ok {
				found = append(found, rec)
			}
		}
	}
	slices.SortFunc(found, byID)
	return found
}

// Search returns up to limit records of a type whose visible texts contain all
// words of text; those whose name begins with it come first, then by name. see
// says which field groups of a record the asking person may see: a hit in a
// hidden field is none. It reads committed records only.
func (s *State) Search(t crm.RecordType, text string, limit int, see func(crm.Record) crm.Groups) []crm.Record {
	words := strings.Fields(schema.NormalName(text))
	idx := s.base.words[t]
	if len(words) == 0 || idx == nil || limit <= 0 {
		return nil
	}
	folded := strings.Join(words, " ")
	var begins, within []textRow // sorted only as far as they are needed: most searches stop in the first
	idx.scan(words, func(id crm.ID, rowText string) bool {
		if strings.HasPrefix(rowText, folded) {
			begins = append(begins, textRow{id, rowText})
		} else {
			within = append(within, textRow{id, rowText})
		}
		return true
	})
	var found []crm.Record
	for _, rows := range [][]textRow{begins, within} {
		slices.SortFunc(rows, func(a, b textRow) int {
			if c := strings.Compare(a.text, b.text); c != 0 {
				return c
			}
			return strings.Compare(string(a.id), string(b.id))
		})
		for _, row := range rows {
			rec, ok := s.base.get(row.id)
			if !ok || !s.hitVisible(rec, words, see(rec)) {
				continue
			}
			if found = append(found, rec); len(found) == limit {
				return found
			}
		}
	}
	return found
}

func (s *State) hitVisible(rec crm.Record, words []string, groups crm.Groups) bool {
	if groups == 0 {
		return false
	}
	if groups == crm.AllGroups {
		return true
	}
	visible := textOf(rec, searchFields[rec.Type], func(field string) bool {
		return groups.Has(s.schema.GroupOf(rec.Type, field))
	})
	return containsAll(visible, words)
}

// Target says what a decision about rec may depend on, for one person.
func (s *State) Target(rec crm.Record, person crm.ID) access.Target {
	return TargetOf(rec, person, s.Get)
}

// TargetOf is Target without a State: get finds the record a comment hangs on.
func TargetOf(rec crm.Record, person crm.ID, get func(crm.ID) (crm.Record, bool)) access.Target {
	f := rec.Fields
	t := access.Target{
		Type:       rec.Type,
		Department: f.ID(crm.KeyDepartment),
		Pipeline:   f.ID(crm.KeyPipeline),
		Own:        person != "" && f.ID(crm.KeyOwner) == person,
	}
	switch rec.Type {
	case crm.TypeComment:
		// A comment is seen by whoever sees what it hangs on, and owned by its author.
		if parent, ok := get(f.ID("recordId")); ok && parent.Type != crm.TypeComment {
			t = TargetOf(parent, "", get)
			t.Type = crm.TypeComment
		}
		t.Own = person != "" && f.ID(crm.KeyCreatedBy) == person
		return t
	case crm.TypeBoard:
		t.ID = rec.ID
	case crm.TypeDepartment:
		t.Department = rec.ID
	case crm.TypeUser:
		t.Own = person != "" && rec.ID == person
	case crm.TypeMembership, crm.TypeSession:
		t.Own = person != "" && f.ID("userId") == person
	}
	if shared, ok := f["sharedWith"].([]any); ok {
		for _, item := range shared {
			if id, isText := item.(string); isText {
				t.SharedWith = append(t.SharedWith, crm.ID(id))
			}
		}
		slices.Sort(t.SharedWith)
	}
	return t
}

// Can returns the field groups in which person may do a to rec; 0 means no.
func (s *State) Can(person crm.ID, a access.Action, rec crm.Record) crm.Groups {
	groups := s.policy.Can(person, a, s.Target(rec, person))
	if groups == 0 || rec.Type != crm.TypeComment {
		return groups
	}
	// Nobody reads what is said about a record he may not see.
	parent, ok := s.Get(rec.Fields.ID("recordId"))
	if !ok || s.Can(person, access.ActionSee, parent) == 0 {
		return 0
	}
	return groups
}

// See returns the field groups of rec that person may see; 0 for a record in
// the trash, which only its history and restore reach.
func (s *State) See(person crm.ID, rec crm.Record) crm.Groups {
	if !rec.Exists() {
		return 0
	}
	return s.Can(person, access.ActionSee, rec)
}
