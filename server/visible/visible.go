// Package visible turns records into what one viewer may see of them. Every way
// out of the server – answers, tables, histories – masks fields here.
package visible

import (
	"rapport/server/crm"
	"rapport/server/schema"
	"rapport/server/wire"
	"rapport/server/workspace"
)

// Record returns rec with the fields of the given groups; fields of other
// groups are absent. Masked names the groups that this type has and the viewer
// may not see, whether or not this record has a value in them.
func Record(s *schema.Schema, rec crm.Record, groups crm.Groups) wire.Record {
	fields := make(map[string]any, len(rec.Fields))
	for key, value := range rec.Fields {
		if groups.Has(s.GroupOf(rec.Type, key)) {
			fields[key] = value
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

// Viewer is one person looking at the state at one position. It is valid as
// long as the State and serves one goroutine.
type Viewer struct {
	state  *workspace.State
	person crm.ID
	// deals remembers decisions about deals that are not shared one by one: all
	// such deals of a pipeline and department are decided alike, and a board
	// asks 10,000 times.
	deals map[dealKind]crm.Groups
}

type dealKind struct {
	pipeline, department string
	own                  bool
}

// For returns person as a viewer of s. For one record State.See does as well.
func For(s *workspace.State, person crm.ID) *Viewer {
	return &Viewer{state: s, person: person, deals: map[dealKind]crm.Groups{}}
}

// See returns the field groups of rec that the viewer may see; 0 means none of
// it, as for records in the trash.
func (v *Viewer) See(rec crm.Record) crm.Groups {
	if rec.Type != crm.TypeDeal || !rec.Exists() || rec.Fields["sharedWith"] != nil {
		return v.state.See(v.person, rec)
	}
	f := rec.Fields
	kind := dealKind{
		pipeline: f.String(crm.KeyPipeline), department: f.String(crm.KeyDepartment),
		own: f.String(crm.KeyOwner) == string(v.person),
	}
	groups, known := v.deals[kind]
	if !known {
		groups = v.state.See(v.person, rec)
		v.deals[kind] = groups
	}
	return groups
}
