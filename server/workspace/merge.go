package workspace

import "rapport/server/crm"

// Merge decides whether an edit based on version basedOn of rec may be written
// on top of what others committed since. Edits of different fields merge; a
// field that was changed since to another value is a conflict.
// Errors: CodeInvalid (no version), CodeConflict with the record in Current and
// the keys in Fields, versionAhead (Commit catches up and asks again).
func (tx *Tx) Merge(rec crm.Record, basedOn uint64, set crm.Fields, unset []string) error {
	if basedOn == 0 {
		return crm.Invalid("basedOn", "not_a_version")
	}
	if basedOn > rec.Version {
		return versionAhead(rec, set, unset)
	}
	if basedOn == rec.Version {
		return nil
	}
	changed, known := tx.Changed(rec.ID, basedOn)
	collisions := map[string]string{}
	for key, value := range set {
		if (changed[key] || !known) && !crm.ValueEqual(rec.Fields.Get(key), value) {
			collisions[key] = ReasonChanged
		}
	}
	for _, key := range unset {
		if rec.Fields.Has(key) && (changed[key] || !known) {
			collisions[key] = ReasonChanged
		}
	}
	if len(collisions) == 0 {
		return nil
	}
	return Conflict(rec, collisions)
}

// ReasonChanged is the reason of a field that somebody else changed meanwhile.
const ReasonChanged = "changed_meanwhile"

// Conflict makes the error that names the fields somebody else changed and
// carries the record as it is now – the zero Record for one that is gone; the edge
// shows of it what the actor may see.
func Conflict(rec crm.Record, fields map[string]string) error {
	err := crm.Errorf(crm.CodeConflict, "conflict", "somebody else changed this meanwhile")
	err.Fields = fields
	if rec.ID != "" {
		err.Current = rec
	}
	if by := rec.Fields.String(crm.KeyUpdatedBy); by != "" {
		err.Params = map[string]string{"by": by}
	}
	return err
}

// versionAhead says that the state has not reached a version yet. Its cause is
// what to answer when it never will: the version went with a log that a restored
// backup has replaced, and so nobody knows what has changed since.
func versionAhead(rec crm.Record, set crm.Fields, unset []string) error {
	fields := map[string]string{}
	for key := range set {
		fields[key] = ReasonChanged
	}
	for _, key := range unset {
		fields[key] = ReasonChanged
	}
	err := crm.Errorf(crm.CodeBehind, "behind", "the state has not reached that version")
	err.Err = Conflict(rec, fields)
	return err
}
