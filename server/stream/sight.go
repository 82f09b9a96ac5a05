package stream

import (
	"slices"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/schema"
	"rapport/server/visible"
	"rapport/server/wire"
)

// viewer is for whom an entry is written: an audience before and after it, and
// a person when it is for this person alone.
type viewer struct {
	before, after *access.Audience
	person        crm.ID // "": everybody of the audience who owns nothing concerned
}

// opFor compares what the viewer saw of a record before the entry with what he
// may see after it. ok is false when that is nothing on both sides.
func opFor(v viewer, c change, s *schema.Schema) (op wire.Op, ok bool) {
	was, is := c.was.groups(v.before, v.person), c.is.groups(v.after, v.person)
	switch {
	case was == 0 && is == 0:
		return op, false
	case is == 0 && c.after.Trashed():
		return wire.Op{Op: wire.OpDelete, Type: string(c.after.Type), ID: string(c.after.ID)}, true
	case is == 0:
		return hide(c.after), true
	case !sameFace(was, is, s.GroupsOf(c.after.Type)) || replaces(c):
		return show(c.after, is, s), true
	default:
		return set(c, is, s), true
	}
}

// sameFace reports whether two sights of a record are the same, given the field
// groups its type has at all.
func sameFace(was, is, has crm.Groups) bool { return (was == 0) == (is == 0) && was&has == is&has }

// placing lists the fields by which screens decide whether they hold a record
// at all. A change of one carries the whole record, for a board that did not
// hold it has nothing to set a field of.
var placing = []string{crm.KeyDepartment, crm.KeyPipeline, "sharedWith", crm.KeyRecord}

func replaces(c change) bool {
	for _, key := range placing {
		if !c.before.Fields.Same(c.after.Fields, key) {
			return true
		}
	}
	return false
}

func hide(rec crm.Record) wire.Op {
	return wire.Op{Op: wire.OpHide, Type: string(rec.Type), ID: string(rec.ID)}
}

func show(rec crm.Record, g crm.Groups, s *schema.Schema) wire.Op {
	shown := visible.Record(s, rec, g)
	return wire.Op{
		Op: wire.OpShow, Type: shown.Type, ID: shown.ID, Version: shown.Version, Fields: shown.Fields, Masked: shown.Masked,
	}
}

// set has what changed of the fields in g. That may be nothing: the version is
// told all the same, for it is the one of all who see the record, and what
// somebody edits next is based on it.
func set(c change, g crm.Groups, s *schema.Schema) wire.Op {
	op := wire.Op{
		Op: wire.OpSet, Type: string(c.after.Type), ID: string(c.after.ID), Version: c.after.Version,
		Fields: map[string]any{},
	}
	for key, value := range c.after.Fields.All() {
		if !c.before.Fields.Same(c.after.Fields, key) && g.Has(s.GroupOf(c.after.Type, key)) {
			op.Fields[key] = value.Any()
		}
	}
	for key := range c.before.Fields.All() {
		if !c.after.Fields.Has(key) && g.Has(s.GroupOf(c.after.Type, key)) {
			op.Unset = append(op.Unset, key)
		}
	}
	slices.Sort(op.Unset)
	return op
}

// tellsVersionsOnly reports whether ops say nothing of records but their versions.
func tellsVersionsOnly(ops []wire.Op) bool {
	for _, op := range ops {
		if op.Op != wire.OpSet || len(op.Fields)+len(op.Unset) > 0 {
			return false
		}
	}
	return true
}
