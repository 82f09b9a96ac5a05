package workspace

import (
	"hash/maphash"

	"rapport/server/crm"
	"rapport/server/schema"
)

// exactFields lists which fields Find answers for, per type.
var exactFields = map[crm.RecordType][]string{
	crm.TypeCustomer:   {"name", "emails", "phones", "externalId"},
	crm.TypeContact:    {"name", "emails", "phones", "externalId"},
	crm.TypeDeal:       {"externalId"},
	crm.TypeUser:       {"name", "email"},
	crm.TypeSession:    {"tokenHash"},
	crm.TypeInvitation: {"tokenHash", "email"},
	crm.TypeDepartment: {"name"},
	crm.TypePipeline:   {"name"},
}

// normal brings a value into the form under which equal things are equal.
func normal(field, value string) string {
	switch field {
	case "email", "emails":
		return schema.NormalEmail(value)
	case "phone", "phones":
		return schema.NormalPhone(value)
	case "name":
		return schema.NormalName(value)
	default:
		return value
	}
}

// exactKey is one value of one field in normal form.
type exactKey struct {
	typ   crm.RecordType
	field string
	value string
}

func (k exactKey) hash() uint64 { return maphash.Comparable(postingSeed, k) }

// isIn reports whether a record has the value.
func (k exactKey) isIn(rec crm.Record) bool {
	if rec.Type != k.typ {
		return false
	}
	for text := range rec.Fields.Lookup(k.field).Texts() {
		if normal(k.field, text) == k.value {
			return true
		}
	}
	return false
}

// exactIndex finds records by the exact value of a field.
type exactIndex struct{ postings }

func newExactIndex() exactIndex { return exactIndex{newPostings()} }

// keysIn calls fn with the keys of a record in those fields in which it differs
// from another.
func keysIn(rec, other crm.Record, fn func(exactKey)) {
	for _, field := range exactFields[rec.Type] {
		if rec.Fields.Same(other.Fields, field) {
			continue
		}
		for text := range rec.Fields.Lookup(field).Texts() {
			if n := normal(field, text); n != "" {
				fn(exactKey{rec.Type, field, n})
			}
		}
	}
}

func (x exactIndex) remove(slot uint32, was, is crm.Record) {
	keysIn(was, is, func(k exactKey) { x.postings.remove(k.hash(), slot) })
}

func (x exactIndex) insert(slot uint32, was, is crm.Record) {
	keysIn(is, was, func(k exactKey) {
		x.postings.remove(k.hash(), slot) // a value that two spellings give is filed once
		x.add(k.hash(), slot)
	})
}

func (x exactIndex) build(t *tables) {
	for typ := range exactFields {
		for _, slot := range t.ofType[typ] {
			if rec := t.slots.record(slot); rec.Exists() {
				x.insert(slot, crm.Record{}, rec)
			}
		}
	}
}
