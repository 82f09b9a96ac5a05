package workspace

import (
	"cmp"
	"slices"
	"strings"

	"github.com/tidwall/btree"

	"rapport/server/crm"
	"rapport/server/schema"
)

// nameIndex keeps the records of a type in the order of their names.
type nameIndex struct {
	t    *tables
	key  string // the field that names them
	tree *btree.BTreeG[namedSlot]
}

type namedSlot struct {
	name string // in normal form
	id   crm.ID // orders what has one name, alike on every node
	slot uint32
}

func (n namedSlot) compare(o namedSlot) int {
	return cmp.Or(strings.Compare(n.name, o.name), strings.Compare(string(n.id), string(o.id)))
}

// NameKey returns the field that names records of a type.
func NameKey(t crm.RecordType) string {
	if t == crm.TypeDeal {
		return "title"
	}
	return "name"
}

func newNameIndex(t *tables, typ crm.RecordType) *nameIndex {
	less := func(a, b namedSlot) bool { return a.compare(b) < 0 }
	return &nameIndex{t: t, key: NameKey(typ), tree: btree.NewBTreeGOptions(less, btree.Options{NoLocks: true})}
}

func (x *nameIndex) item(slot uint32, rec crm.Record) namedSlot {
	return namedSlot{schema.NormalName(rec.Fields.String(x.key)), rec.ID, slot}
}

func (x *nameIndex) stays(was, is crm.Record) bool {
	return was.Version > 0 && is.Version > 0 && was.Fields.Same(is.Fields, x.key)
}

func (x *nameIndex) remove(slot uint32, was, is crm.Record) {
	if !x.stays(was, is) {
		x.tree.Delete(x.item(slot, was))
	}
}

func (x *nameIndex) insert(slot uint32, was, is crm.Record) {
	if !x.stays(was, is) {
		x.tree.Set(x.item(slot, is))
	}
}

func (x *nameIndex) build(list []uint32) {
	items := make([]namedSlot, 0, len(list))
	for _, slot := range list {
		if rec := x.t.slots.record(slot); rec.Exists() {
			items = append(items, x.item(slot, rec))
		}
	}
	slices.SortFunc(items, namedSlot.compare)
	for _, item := range items {
		x.tree.Load(item)
	}
}

// from calls fn for the records from a name on, in order, until it returns false.
func (x *nameIndex) from(name string, fn func(namedSlot) bool) {
	x.tree.Ascend(namedSlot{name: name}, fn)
}
