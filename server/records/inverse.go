package records

import (
	"maps"
	"slices"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/pipeline"
	"rapport/server/synclog"
	"rapport/server/workspace"
)

// Keeper takes back changes of records whose commands ask for more than a right
// to change them: people and their roles. Its methods run within the plan of an
// undo.
type Keeper interface {
	Keeps(t crm.RecordType) bool
	// Dismiss takes the making of rec back.
	Dismiss(tx *workspace.Tx, rec crm.Record) error
	// Restore writes fields of rec as they were; those of the trash may be among them.
	Restore(tx *workspace.Tx, rec crm.Record, set crm.Fields, unset []string) error
	// Settle refuses what all of it together must not lead to.
	Settle(tx *workspace.Tx) error
}

// inverse takes ops back. Every right is asked for anew: an undo can do nothing
// that its actor could not do by hand now.
type inverse struct {
	tx     *workspace.Tx
	keeper Keeper
	// lenient leaves alone what somebody has changed since instead of refusing
	// all: an import of thousands of rows must stay undoable when one deal of
	// it has been worked on.
	lenient bool
}

// secret are the types that no undo reaches: an ended session stays ended, a
// used link used, an old password gone, and an import is what it did.
var secret = map[crm.RecordType]bool{
	crm.TypeSession: true, crm.TypeCredential: true, crm.TypeInvitation: true, crm.TypeImport: true,
}

// entry takes back one entry, its last op first. What no undo reaches stays as
// it is beside the rest.
// Errors: CodeNotFound, CodeForbidden, CodeConflict, CodeInvalid.
func (u inverse) entry(ops []synclog.Op) error {
	if !slices.ContainsFunc(ops, u.sees) {
		return workspace.NotFound()
	}
	reached, kept := false, false
	for _, op := range slices.Backward(ops) {
		if secret[op.Type] {
			continue
		}
		rec, ok := u.tx.Get(op.ID)
		if !ok {
			return workspace.NotFound()
		}
		reached, kept = true, kept || u.keeper.Keeps(op.Type)
		var err error
		if op.Version == 1 {
			err = u.create(rec)
		} else {
			err = u.change(rec, op)
		}
		if err != nil {
			return err
		}
	}
	if !reached {
		return workspace.NotFound()
	}
	if kept {
		return u.keeper.Settle(u.tx)
	}
	return nil
}

// sees reports whether the actor may know of the record that an op changed, also
// when it is in the trash. An entry of which he may know nothing is as absent,
// whatever else would speak against taking it back, or for having done so already.
func (u inverse) sees(op synclog.Op) bool {
	by := u.tx.Actor()
	rec, ok := u.tx.Get(op.ID)
	return ok && (by.Source == crm.SourceSystem || u.tx.Can(by.UserID, access.ActionSee, rec) != 0)
}

// forgive drops an error that a lenient inverse passes over.
func (u inverse) forgive(err error) error {
	if u.lenient && (crm.CodeOf(err) == crm.CodeInvalid || crm.CodeOf(err) == crm.CodeConflict) {
		return nil
	}
	return err
}

// create takes the making of a record back, whatever was done to it since: it
// lies in the trash, whole, and can be restored.
func (u inverse) create(rec crm.Record) error {
	if rec.Trashed() {
		return nil // gone already
	}
	if u.lenient && inUse(u.tx, rec) {
		return nil
	}
	if u.keeper.Keeps(rec.Type) {
		return u.forgive(u.keeper.Dismiss(u.tx, rec))
	}
	if err := mayChange(&u.tx.State, u.tx.Actor(), rec, []string{crm.KeyTrashedAt}); err != nil {
		return err
	}
	if rec.Type == crm.TypePipeline && holdsSomething(u.tx, rec) {
		return u.forgive(crm.Errorf(crm.CodeInvalid, "in_use", "the pipeline holds deals or boards"))
	}
	return u.tx.Trash(rec.ID)
}

// inUse reports whether something that exists hangs on a record: the deals of a
// customer, a contact or a board, and all that a person owns.
func inUse(tx *workspace.Tx, rec crm.Record) bool {
	switch rec.Type {
	case crm.TypeCustomer, crm.TypeContact:
		return slices.ContainsFunc(tx.Linked(rec.ID), func(r crm.Record) bool {
			return r.Type == crm.TypeDeal || r.Type == crm.TypeContact
		})
	case crm.TypeBoard:
		return holdsDeals(tx, rec.Fields.ID(crm.KeyPipeline))
	case crm.TypeUser:
		return tx.Owns(rec.ID)
	case crm.TypeMembership:
		return tx.Owns(rec.Fields.ID("userId"))
	}
	return false
}

func holdsDeals(tx *workspace.Tx, pipeline crm.ID) (holds bool) {
	tx.Deals(pipeline, func(crm.Record) bool {
		holds = true
		return false
	})
	return holds
}

func holdsSomething(tx *workspace.Tx, rec crm.Record) bool {
	return holdsDeals(tx, rec.ID) || slices.ContainsFunc(tx.Linked(rec.ID), func(r crm.Record) bool { return r.Type == crm.TypeBoard })
}

// change takes the change of a record back, field by field.
func (u inverse) change(rec crm.Record, op synclog.Op) error {
	set, unset, theirs := opposite(rec, op)
	if len(set)+len(unset)+len(theirs) == 0 {
		return nil // taken back already
	}
	if u.keeper.Keeps(rec.Type) && (len(theirs) == 0 || u.lenient) {
		if len(set)+len(unset) == 0 {
			return nil
		}
		return u.forgive(u.keeper.Restore(u.tx, rec, set, unset))
	}
	keys := append(slices.Collect(maps.Keys(set)), unset...)
	if slices.Equal(keys, []string{"order"}) && u.tx.Can(u.tx.Actor().UserID, access.ActionMove, rec) == 0 {
		return nil // a neighbour that got a new key when the space between two cards had run out
	}
	keys = append(keys, slices.Collect(maps.Keys(theirs))...)
	if err := mayChange(&u.tx.State, u.tx.Actor(), rec, keys); err != nil {
		return err
	}
	if len(theirs) > 0 && !u.lenient {
		return u.tx.Conflict(rec, op.Version, theirs)
	}
	if set[crm.KeyTrashedAt] != nil {
		return u.tx.Trash(rec.ID) // with today's date, by today's actor
	}
	if err := u.check(rec, set, unset); err != nil {
		return u.forgive(err)
	}
	return u.tx.Edit(rec.ID, set, unset)
}

// opposite returns the writes that restore what op found, and the fields that
// somebody else has changed since.
func opposite(rec crm.Record, op synclog.Op) (set crm.Fields, unset []string, theirs map[string]string) {
	set, theirs = crm.Fields{}, map[string]string{}
	for _, key := range touched(op) {
		old, now := op.Before.Lookup(key), rec.Fields.Lookup(key)
		switch {
		case bookkeeping[key], now == old:
			// nothing to take back
		case now != op.Set.Lookup(key):
			// Cards are shifted all the time; where one stands is no value to
			// quarrel about.
			if key != "order" {
				theirs[key] = workspace.ReasonChanged
			} else if old.Exists() && op.Before.Has(crm.KeyStage) {
				set[key] = old.Any() // back in the old stage, the old place
			}
		case old.Exists():
			set[key] = old.Any()
		default:
			unset = append(unset, key)
		}
	}
	return set, unset, theirs
}

// check holds what an undo restores against what holds today: what it names
// must still be there, and a deal needs a stage to stand in.
func (u inverse) check(rec crm.Record, set crm.Fields, unset []string) error {
	if err := checkLinks(u.tx, rec.Type, set); err != nil {
		return err
	}
	after := rec.Fields.With(crm.Pack(set), unset)
	switch rec.Type {
	case crm.TypeDeal:
		if err := pipeline.CheckStanding(u.tx, after); err != nil {
			return err
		}
		return pipeline.CheckKept(u.tx, after, unset)
	case crm.TypePipeline:
		if err := pipeline.MayLookAfter(u.tx, rec, after.ID(crm.KeyDepartment)); err != nil {
			return err
		}
		return pipeline.CheckStagesFree(u.tx, rec, pipeline.ParseStages(after.Get("stages")))
	case crm.TypeRule:
		if after.Has("boardId") && u.tx.Actor().Source != crm.SourceSystem {
			return pipeline.MayGrant(&u.tx.State, u.tx.Actor(), after)
		}
	}
	return nil
}

// touched returns the keys that an op writes, sorted.
func touched(op synclog.Op) []string {
	keys := slices.Clone(op.Unset)
	for key := range op.Set.All() {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// MayUndo reports whether by has the rights to take op, the last or an earlier
// change of rec, back. Whether somebody has changed the same fields since shows
// when he tries.
func MayUndo(s *workspace.State, by crm.Actor, rec crm.Record, op synclog.Op) bool {
	if secret[rec.Type] {
		return false
	}
	keys := []string{crm.KeyTrashedAt}
	if op.Version > 1 {
		keys = slices.DeleteFunc(touched(op), func(key string) bool { return bookkeeping[key] })
	}
	return len(keys) > 0 && mayChange(s, by, rec, keys) == nil
}
