// Package schema says what records may hold: record types, their fields, and
// what a value of each kind looks like.
package schema

import (
	"maps"
	"slices"
	"strings"

	"rapport/server/crm"
)

// Kind is what a field holds.
type Kind string

// The kinds. In brackets: how the value is kept in crm.Fields.
const (
	KindText       Kind = "text"       // one line, at most 500 characters [string]
	KindLongText   Kind = "longtext"   // at most 20,000 characters [string]
	KindNumber     Kind = "number"     // [int64, or float64 with a fraction]
	KindMoney      Kind = "money"      // [crm.Money]
	KindDate       Kind = "date"       // calendar date [string 2026-11-24]
	KindTime       Kind = "time"       // moment [string, RFC 3339 UTC]
	KindChoice     Kind = "choice"     // key of one choice [string]
	KindChoices    Kind = "choices"    // keys of choices [[]any of string]
	KindBool       Kind = "bool"       // [bool]
	KindUser       Kind = "user"       // id of a person [string]
	KindDepartment Kind = "department" // id of a department [string]
	KindLink       Kind = "link"       // id of a record [string]
	KindEmail      Kind = "email"      // [string]
	KindEmails     Kind = "emails"     // at most 50 [[]any of string]
	KindPhone      Kind = "phone"      // international form if it can be read, else as written [string]
	KindPhones     Kind = "phones"     // at most 50 [[]any of string]
	KindAddress    Kind = "address"    // street, city, region, postcode, country [map[string]any of string]
	KindURL        Kind = "url"        // http or https [string]
)

// Choice is one value of a choice field.
type Choice struct {
	Key    string
	Labels map[string]string // language -> label; empty: the app's catalogues know it
}

// Field is one field of a record type.
type Field struct {
	Key      string // as in crm.Fields: custom ones begin with crm.CustomPrefix
	Kind     Kind
	Group    crm.Groups // exactly one group
	Labels   map[string]string
	Choices  []Choice
	LinkType crm.RecordType // of KindLink; "" = any type
	Required bool
	ReadOnly bool   // written by the server only
	Internal bool   // written by commands of its own and never shown as a field
	Min, Max int64  // of KindNumber; both 0 = no limit
	Why      string // of a custom field: what the admin who defined it says for it
}

// Custom reports whether an admin defined the field.
func (f Field) Custom() bool { return strings.HasPrefix(f.Key, crm.CustomPrefix) }

// Schema is the record types and fields at one position of the log. It is
// immutable.
type Schema struct {
	fields map[crm.RecordType][]Field
	byKey  map[crm.RecordType]map[string]Field
	groups map[crm.RecordType]crm.Groups // of all fields of the type together
}

// New builds the schema: the predefined types and the custom fields that the
// given records (of type field) define. A definition that makes no sense is left
// out; commands refuse to store one.
func New(definitions []crm.Record) *Schema {
	s := &Schema{fields: map[crm.RecordType][]Field{}, byKey: map[crm.RecordType]map[string]Field{}, groups: map[crm.RecordType]crm.Groups{}}
	for t, fields := range predefined {
		s.fields[t] = append(append([]Field(nil), fields...), stamps...)
	}
	for _, rec := range sortedByID(definitions) {
		t, f, err := ParseDefinition(rec.Fields.Unpack())
		if err == nil && Extensible(t) {
			s.fields[t] = append(s.fields[t], f)
		}
	}
	for t, fields := range s.fields {
		byKey := make(map[string]Field, len(fields))
		for _, f := range fields {
			if _, twice := byKey[f.Key]; !twice {
				byKey[f.Key] = f
			}
			s.groups[t] |= f.Group
		}
		s.byKey[t] = byKey
	}
	return s
}

// Fields returns the fields of a type in display order; nil for an unknown type.
func (s *Schema) Fields(t crm.RecordType) []Field { return s.fields[t] }

// Field returns one field.
func (s *Schema) Field(t crm.RecordType, key string) (Field, bool) {
	f, ok := s.byKey[t][key]
	return f, ok
}

// GroupOf returns the groups that somebody must see to see a field: the one it
// belongs to. A field that no definition names – left over from an older one –
// counts as notes, so that nobody sees it by accident. When a record was last
// written, and by whom, takes all groups of its type: what was written may be in
// any of them, and whoever may not see amounts does not learn who changes them.
func (s *Schema) GroupOf(t crm.RecordType, key string) crm.Groups {
	f, ok := s.byKey[t][key]
	switch {
	case !ok:
		return crm.GroupNotes
	case key == crm.KeyUpdatedAt || key == crm.KeyUpdatedBy:
		return s.groups[t]
	default:
		return f.Group
	}
}

// GroupsOf returns all groups in which a type has fields.
func (s *Schema) GroupsOf(t crm.RecordType) crm.Groups { return s.groups[t] }

// Regroups reports whether records may look another way by s than by before,
// though nothing was written to them: a value is in another field group, or their
// type has fields in other groups. used says of a field that before does not
// define whether it ever was, for then there may be values of it.
func (s *Schema) Regroups(before *Schema, used func(t crm.RecordType, key string) bool) bool {
	for t := range s.fields {
		if s.GroupsOf(t) != before.GroupsOf(t) {
			return true
		}
		for _, f := range s.fields[t] {
			_, defined := before.Field(t, f.Key)
			if before.GroupOf(t, f.Key) != s.GroupOf(t, f.Key) && (defined || used(t, f.Key)) {
				return true
			}
		}
		for _, f := range before.fields[t] {
			if before.GroupOf(t, f.Key) != s.GroupOf(t, f.Key) {
				return true
			}
		}
	}
	return false
}

// Extensible reports whether a type may have custom fields.
func Extensible(t crm.RecordType) bool {
	return t == crm.TypeCustomer || t == crm.TypeContact || t == crm.TypeDeal
}

// Types returns the record types the server itself knows, ordered by name.
func (s *Schema) Types() []crm.RecordType { return slices.Sorted(maps.Keys(s.fields)) }
