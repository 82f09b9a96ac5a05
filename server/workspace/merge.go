package workspace

import (
	"maps"
	"slices"

	"rapport/server/crm"
)

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
	by, known := tx.Changed(rec.ID, basedOn)
	changed := func(key string) bool {
		_, is := by[key]
		return is || !known
	}
	collisions := map[string]string{}
	for key, value := range set {
		if changed(key) && !crm.ValueEqual(rec.Fields.Get(key), value) {
			collisions[key] = ReasonChanged
		}
	}
	for _, key := range unset {
		if rec.Fields.Has(key) && changed(key) {
			collisions[key] = ReasonChanged
		}
	}
	if len(collisions) == 0 {
		return nil
	}
	return tx.Conflict(rec, basedOn, collisions)
}

// ReasonChanged is the reason of a field that somebody else changed meanwhile.
const ReasonChanged = "changed_meanwhile"

// Conflict makes the error that names the fields somebody else changed after
// version since, and him where that is known, and carries the record as it is now;
// the edge shows of it what the actor may see.
func (tx *Tx) Conflict(rec crm.Record, since uint64, fields map[string]string) error {
	by, _ := tx.Changed(rec.ID, since)
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		if by[key] != "" {
			return Conflict(rec, fields, by[key])
		}
	}
	return Conflict(rec, fields, "")
}

// Conflict is that of Tx for what has no version: rec is the zero Record where
// nothing is left, and by is "" where nobody knows.
func Conflict(rec crm.Record, fields map[string]string, by crm.ID) error {
	err := crm.Errorf(crm.CodeConflict, "conflict", "somebody else changed this meanwhile")
	err.Fields = fields
	if rec.ID != "" {
		err.Current = rec
	}
	if by != "" {
		err.Params = map[string]string{"by": string(by)}
	}
	return err
}

// LastHand returns which person wrote a record last, "" for no record and for one
// that only the system has written.
func LastHand(rec crm.Record) crm.ID {
	if rec.Version > 1 {
		return rec.Fields.ID(crm.KeyUpdatedBy)
	}
	return rec.Fields.ID(crm.KeyCreatedBy)
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
	err.Err = Conflict(rec, fields, "")
	return err
}
