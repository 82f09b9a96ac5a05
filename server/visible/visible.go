// Package visible turns records into what one viewer may see of them. Every way
// out of the server – answers, tables, histories – masks fields here.
package visible

import (
	"rapport/server/crm"
	"rapport/server/schema"
	"rapport/server/wire"
)

// Record returns rec with the fields of the given groups; fields of other
// groups are absent. Masked names the groups that this type has and the viewer
// may not see, whether or not this record has a value in them.
func Record(s *schema.Schema, rec crm.Record, groups crm.Groups) wire.Record {
	fields := make(map[string]any, rec.Fields.Len())
	for key, value := range rec.Fields.All() {
		if groups.Has(s.GroupOf(rec.Type, key)) {
			fields[key] = value.Any()
		}
	}
	return wire.Record{
		Type: string(rec.Type), ID: string(rec.ID), Version: rec.Version,
		Fields: fields, Masked: masked(s, rec.Type, groups),
	}
}

// masked names the groups of a type that are not among groups.
func masked(s *schema.Schema, t crm.RecordType, groups crm.Groups) []string {
	return (s.GroupsOf(t) &^ groups).Names()
}
