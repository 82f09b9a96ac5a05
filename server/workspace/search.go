package workspace

import (
	"slices"
	"strings"

	"rapport/server/crm"
	"rapport/server/schema"
)

// Hits are the records that a search has found, in order. They are valid as long as
// the State.
type Hits struct {
	state *State
	slots []uint32
	More  bool // there are others
}

// Len returns how many there are.
func (h Hits) Len() int { return len(h.slots) }

// Record returns one of them, counted from 0.
func (h Hits) Record(i int) crm.Record { return h.state.base.slots.record(h.slots[i]) }

// Search finds up to most records of a type whose visible texts contain all
// words of text; those whose name begins with it come first, both by name. A
// hit in a hidden field is none.
func (v *Viewer) Search(t crm.RecordType, text string, most int) Hits {
	q := search{
		v: v, names: v.state.base.names[t], texts: v.state.base.words[t],
		words: strings.Fields(schema.NormalName(text)), most: most,
	}
	if q.names == nil || len(q.words) == 0 || most <= 0 {
		return Hits{}
	}
	q.begins = strings.Join(q.words, " ")
	if q.beginning(); !q.more {
		q.within()
	}
	return Hits{state: v.state, slots: q.found, More: q.more}
}

// search is one search under way.
type search struct {
	v      *Viewer
	names  *nameIndex
	texts  *textIndex
	words  []string
	begins string // what a name begins with to come first
	most   int
	found  []uint32
	more   bool
}

// take adds a hit and reports whether to go on.
func (q *search) take(slot uint32) bool {
	if len(q.found) == q.most {
		q.more = true
		return false
	}
	q.found = append(q.found, slot)
	return true
}

// visible reports whether the words are in what the viewer sees.
func (q *search) visible(slot uint32) bool {
	groups := q.v.seeSlot(slot)
	if groups == 0 || groups == crm.AllGroups {
		return groups != 0
	}
	rec := q.v.state.base.slots.record(slot)
	return containsAll(textOf(rec, searchFields[rec.Type], func(field string) bool {
		return groups.Has(q.v.state.schema.GroupOf(rec.Type, field))
	}), q.words)
}

// beginning finds the records whose names begin with the text.
func (q *search) beginning() {
	q.names.from(q.begins, func(item namedSlot) bool {
		return strings.HasPrefix(item.name, q.begins) && (!q.visible(item.slot) || q.take(item.slot))
	})
}

// All names are walked through in their order where one record in so many, and at
// least so many at all, might be a hit: enough are found soon. Where fewer are, the
// first ones are picked out of them.
const (
	walkShare = 8
	walkLeast = 64
)

// within finds the other records that have all words.
func (q *search) within() {
	candidates := q.texts.candidates(q.words)
	hit := func(slot uint32, name, text string) bool {
		return !strings.HasPrefix(name, q.begins) && containsAll(text, q.words) && q.visible(slot)
	}
	if candidates.GetCardinality() > uint64(max(walkLeast, q.names.tree.Len()/walkShare)) { //nolint:gosec // a length
		q.names.from("", func(item namedSlot) bool {
			return !candidates.Contains(item.slot) || !hit(item.slot, item.name, q.texts.texts[item.slot]) || q.take(item.slot)
		})
		return
	}
	first := firstNames{most: q.most - len(q.found) + 1} // one more tells that there are others
	for it := candidates.Iterator(); it.HasNext(); {
		slot := it.Next()
		text := q.texts.texts[slot]
		name := nameIn(text)
		if !first.beyond(name) && hit(slot, name, text) {
			first.add(namedSlot{name, q.v.state.base.slots.record(slot).ID, slot})
		}
	}
	for _, item := range first.sorted() {
		if !q.take(item.slot) {
			return
		}
	}
}

// firstNames keeps the first of many names, up to a number.
type firstNames struct {
	most  int
	items []namedSlot // up to twice as many, of which the first ones are sorted
	full  bool        // there have been so many that items[most-1] bounds what is kept
}

// beyond reports whether a name comes behind all that will be kept.
func (f *firstNames) beyond(name string) bool { return f.full && name > f.items[f.most-1].name }

func (f *firstNames) add(item namedSlot) {
	if f.items = append(f.items, item); len(f.items) == 2*f.most {
		f.items, f.full = f.sorted(), true
	}
}

// sorted returns what is kept, in order.
func (f *firstNames) sorted() []namedSlot {
	slices.SortFunc(f.items, namedSlot.compare)
	return f.items[:min(len(f.items), f.most)]
}
