package records

import (
	"rapport/server/crm"
	"rapport/server/schema"
	"rapport/server/workspace"
)

// checkLinks makes sure that what a record names exists and that the actor may
// see it. An absent and a hidden one are refused in the same words.
func checkLinks(tx *workspace.Tx, t crm.RecordType, fields crm.Fields) error {
	problems := map[string]string{}
	for _, f := range tx.Schema().Fields(t) {
		id := fields.ID(f.Key)
		if id == "" {
			continue
		}
		if reason := checkLink(tx, f.Kind, f.LinkType, id); reason != "" {
			problems[f.Key] = reason
		}
	}
	return invalid(problems, "what is named is not there")
}

// checkLink returns why an id cannot stand in a field of the given kind, "" if it can.
func checkLink(tx *workspace.Tx, kind schema.Kind, to crm.RecordType, id crm.ID) string {
	switch kind {
	case schema.KindUser:
		person, ok := tx.Named(crm.TypeUser, id)
		if !ok || person.Fields.Has("disabledAt") {
			return "unknown_person"
		}
	case schema.KindDepartment:
		if _, ok := tx.Named(crm.TypeDepartment, id); !ok {
			return "unknown_department"
		}
	case schema.KindLink:
		rec, ok := tx.Get(id)
		visible := ok && rec.Exists() && (to == "" || rec.Type == to)
		if visible && tx.Actor().Source != crm.SourceSystem {
			visible = tx.See(tx.Actor().UserID, rec) != 0
		}
		if !visible {
			return "unknown_record"
		}
	}
	return ""
}
