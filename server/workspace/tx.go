package workspace

import (
	"fmt"
	"slices"
	"time"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/synclog"
)

// Tx is the state a command is planned against, with the command's own writes
// on top. It is used by one Plan at a time.
type Tx struct {
	State
	actor  crm.Actor
	now    time.Time
	lastID crm.ID // that NewID made
	writes map[crm.ID]*write
	order  []crm.ID // of first writing; becomes the order of the ops
	recent *recentChanges
}

// write is one record in the making.
type write struct {
	before, after crm.Record
	stacked       bool // before was written by an earlier command of the batch
}

// Actor returns who performs the command.
func (tx *Tx) Actor() crm.Actor { return tx.actor }

// Now returns the moment of the command, UTC, whole milliseconds.
func (tx *Tx) Now() time.Time { return tx.now }

// NewID makes an id for something the client did not name itself. Those of one
// command sort in the order in which they are asked for.
func (tx *Tx) NewID() crm.ID {
	if tx.lastID == "" {
		tx.lastID = crm.NewID(tx.now)
	} else {
		tx.lastID = tx.lastID.Next()
	}
	return tx.lastID
}

// Require returns the field groups in which the actor may do a to rec.
// The system may do everything.
// Errors: CodeNotFound when the actor may not even see rec, CodeForbidden.
func (tx *Tx) Require(a access.Action, rec crm.Record) (crm.Groups, error) {
	if tx.actor.Source == crm.SourceSystem {
		return crm.AllGroups, nil
	}
	if groups := tx.Can(tx.actor.UserID, a, rec); groups != 0 {
		return groups, nil
	}
	if a != access.ActionCreate && tx.Can(tx.actor.UserID, access.ActionSee, rec) == 0 {
		return 0, NotFound()
	}
	return 0, crm.Errorf(crm.CodeForbidden, "forbidden", "you may not %s this %s", a, rec.Type)
}

// Named returns a record that the actor names in a command: of that type, there,
// and such that he may see it. What he may not see is as absent. Himself and the
// departments in which he holds a role he may always name.
func (tx *Tx) Named(t crm.RecordType, id crm.ID) (crm.Record, bool) {
	rec, ok := tx.Lookup(t, id)
	me := tx.actor.UserID
	if !ok || tx.actor.Source == crm.SourceSystem || id == me || slices.Contains(tx.Policy().DepartmentsOf(me), id) {
		return rec, ok
	}
	return rec, tx.See(me, rec) != 0
}

// NotFound is the one answer for records that are absent and for those the
// actor may not see.
func NotFound() *crm.Error {
	return crm.Errorf(crm.CodeNotFound, "not_found", "there is no such record")
}

// Create adds a record at version 1.
// Errors: CodeInvalid (id), CodeConflict (the id is taken), CodeTooLarge.
func (tx *Tx) Create(t crm.RecordType, id crm.ID, fields crm.Fields) error {
	if !id.Valid() {
		return crm.Invalid("id", "not_an_id")
	}
	if _, taken := tx.Get(id); taken {
		// The same words whether or not the actor may see what has this id.
		return crm.Errorf(crm.CodeConflict, "id_taken", "this id is taken")
	}
	values := crm.Pack(fields).With(tx.stamp(crm.KeyCreatedAt, crm.KeyCreatedBy), nil)
	return tx.put(crm.Record{}, crm.Record{Type: t, ID: id, Version: 1, Fields: values})
}

// Edit changes fields of a record; what is equal already is left out, and a
// record that stays the same is not written at all.
// Errors: CodeNotFound, CodeTooLarge.
func (tx *Tx) Edit(id crm.ID, set crm.Fields, unset []string) error {
	rec, ok := tx.Get(id)
	if !ok {
		return NotFound()
	}
	for k, v := range set {
		if v == nil {
			unset = append(slices.Clip(unset), k)
		}
	}
	news := crm.Pack(set)
	if !changes(rec.Fields, news, unset) {
		return nil
	}
	values := rec.Fields.With(news.With(tx.stamp(crm.KeyUpdatedAt, crm.KeyUpdatedBy), nil), unset)
	return tx.put(rec, crm.Record{Type: rec.Type, ID: id, Version: rec.Version + 1, Fields: values})
}

// changes reports whether any of that makes a difference to a record.
func changes(fields, set crm.Values, unset []string) bool {
	for key, value := range set.All() {
		if fields.Lookup(key) != value {
			return true
		}
	}
	return slices.ContainsFunc(unset, func(key string) bool { return fields.Has(key) && !set.Has(key) })
}

// Trash puts a record out of sight; Restore brings it back.
// Errors: CodeNotFound (also when it is there already).
func (tx *Tx) Trash(id crm.ID) error {
	rec, ok := tx.Get(id)
	if !ok || rec.Trashed() {
		return NotFound()
	}
	set := crm.Fields{crm.KeyTrashedAt: Timestamp(tx.now)}
	if tx.actor.UserID != "" {
		set[crm.KeyTrashedBy] = string(tx.actor.UserID)
	}
	return tx.Edit(id, set, nil)
}

// Restore takes a record out of the trash.
// Errors: CodeNotFound (also when it is not there).
func (tx *Tx) Restore(id crm.ID) error {
	rec, ok := tx.Get(id)
	if !ok || !rec.Trashed() {
		return NotFound()
	}
	return tx.Edit(id, nil, []string{crm.KeyTrashedAt, crm.KeyTrashedBy})
}

// Changed returns the keys of a record that were committed after version since,
// each with who did it last, "" for the system and where nobody can tell. known is
// false when that is too long ago to tell; then any key may have changed.
func (tx *Tx) Changed(id crm.ID, since uint64) (keys map[string]crm.ID, known bool) {
	rec, ok := tx.Get(id)
	if !ok {
		return nil, false
	}
	committed := rec
	if base, ok := tx.base.get(id); ok {
		committed = base
	}
	keys = map[string]crm.ID{}
	known = since >= committed.Version || tx.recent.collect(id, since, keys)
	// What earlier commands of the same batch changed is not in recent yet, and which
	// of several did what, their difference does not say.
	by := rec.Fields.ID(crm.KeyUpdatedBy)
	if rec.Version != committed.Version+1 || by == committed.Fields.ID(crm.KeyUpdatedBy) {
		by = ""
	}
	if rec.Version > committed.Version {
		addDifference(keys, by, committed.Fields, rec.Fields)
	}
	return keys, known
}

func addDifference(keys map[string]crm.ID, by crm.ID, a, b crm.Values) {
	set, unset, _ := a.Difference(b)
	for k := range set.All() {
		keys[k] = by
	}
	for _, k := range unset {
		keys[k] = by
	}
}

// stamp returns who does it, and when.
func (tx *Tx) stamp(atKey, byKey string) crm.Values {
	f := crm.Fields{atKey: Timestamp(tx.now)}
	if tx.actor.UserID != "" {
		f[byKey] = string(tx.actor.UserID)
	}
	return crm.Pack(f)
}

// Timestamp writes a moment as records keep it: RFC 3339, UTC, milliseconds.
func Timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }

func (tx *Tx) put(before, after crm.Record) error {
	w := tx.writes[after.ID]
	if w == nil {
		if len(tx.order) == synclog.MaxOps {
			return crm.Errorf(crm.CodeTooLarge, "too_many_changes", "one command may change at most %d records", synclog.MaxOps)
		}
		_, stacked := tx.over.records[after.ID]
		w = &write{before: before, stacked: stacked}
		tx.writes[after.ID] = w
		tx.order = append(tx.order, after.ID)
	}
	// Several writes of one command make one version.
	after.Version = w.before.Version + 1
	w.after = after
	tx.over.put(after)
	return nil
}

// ops returns what the plan wrote, one op per record that really changed.
func (tx *Tx) ops() []synclog.Op {
	ops := make([]synclog.Op, 0, len(tx.order))
	for _, id := range tx.order {
		w := tx.writes[id]
		set, unset, before := w.before.Fields.Difference(w.after.Fields)
		if set.Len() == 0 && len(unset) == 0 {
			tx.revert(id, w)
			continue
		}
		ops = append(ops, synclog.Op{
			Type: w.after.Type, ID: id, Version: w.after.Version,
			Set: set, Unset: unset, Before: before,
		})
	}
	return ops
}

// run performs a plan, turning a panic into an error: one broken command must
// not take the committer, and with it everybody's commands, down.
func (tx *Tx) run(plan func(*Tx) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("workspace: the plan of a command: %w", crm.Fault(p))
		}
	}()
	return plan(tx)
}

// discard takes back all that the plan wrote, so that the next command of the
// batch starts from the state before it.
func (tx *Tx) discard() {
	for _, id := range tx.order {
		tx.revert(id, tx.writes[id])
	}
}

func (tx *Tx) revert(id crm.ID, w *write) {
	if w.stacked {
		tx.over.put(w.before)
	} else {
		tx.over.drop(id)
	}
}
