package workspace

import (
	"sync"

	"rapport/server/crm"
)

// tables holds the current records with the indexes that queries need. A record
// has a slot: a number that it gets when it is first put and keeps for good, so
// that indexes are made of small numbers. It does no locking.
type tables struct {
	slotOf map[crm.ID]uint32
	ofType map[crm.RecordType][]uint32 // in the order of their slots, those in the trash included
	slots  slots
	places places

	// Records in the trash are in none of the indexes.
	links  links
	exact  exactIndex
	stages stageIndex
	names  map[crm.RecordType]*nameIndex
	words  map[crm.RecordType]*textIndex
}

func newTables() *tables {
	t := &tables{
		slotOf: map[crm.ID]uint32{}, ofType: map[crm.RecordType][]uint32{}, places: newPlaces(),
		links: newLinks(), exact: newExactIndex(), stages: newStageIndex(),
		names: map[crm.RecordType]*nameIndex{}, words: map[crm.RecordType]*textIndex{},
	}
	for typ := range searchFields {
		t.names[typ], t.words[typ] = newNameIndex(t, typ), newTextIndex()
	}
	return t
}

func (t *tables) get(id crm.ID) (crm.Record, bool) {
	slot, ok := t.slotOf[id]
	if !ok {
		return crm.Record{}, false
	}
	return t.slots.record(slot), true
}

// put replaces the record with the same id and keeps the indexes true.
func (t *tables) put(rec crm.Record) {
	slot, known := t.slotOf[rec.ID]
	if !known {
		slot = t.add(rec)
	}
	old := crm.Record{}
	if known {
		old = t.slots.record(slot)
	}
	was, is := indexed(old), indexed(rec)
	t.leave(slot, was, is)
	t.slots.set(slot, rec)
	t.enter(slot, was, is)
	t.place(slot, rec)
}

// indexed returns what the indexes know of a record: nothing while it lies in
// the trash.
func indexed(rec crm.Record) crm.Record {
	if rec.Exists() {
		return rec
	}
	return crm.Record{Type: rec.Type, ID: rec.ID}
}

// leave takes a record out of the indexes in which it will not stay as it is.
// The slot still holds the old one, which sorted indexes look at.
func (t *tables) leave(slot uint32, was, is crm.Record) {
	if was.Version == 0 {
		return
	}
	t.stages.remove(t, slot, was, is)
	if names := t.names[was.Type]; names != nil {
		names.remove(slot, was, is)
	}
	t.links.remove(slot, was, is)
	t.exact.remove(slot, was, is)
	if words := t.words[was.Type]; words != nil {
		words.remove(slot, was, is)
	}
}

// enter is the other half of leave, once the slot holds the new record.
func (t *tables) enter(slot uint32, was, is crm.Record) {
	if is.Version == 0 {
		return
	}
	t.stages.insert(t, slot, was, is)
	if names := t.names[is.Type]; names != nil {
		names.insert(slot, was, is)
	}
	t.links.insert(slot, was, is)
	t.exact.insert(slot, was, is)
	if words := t.words[is.Type]; words != nil {
		words.insert(slot, was, is)
	}
}

// place notes where policy finds a record, and what hangs on it.
func (t *tables) place(slot uint32, rec crm.Record) {
	before := t.slots.place(slot)
	after := t.places.number(t.placementOf(rec))
	if before != after {
		t.places.move(before, after)
		t.slots.setPlace(slot, after)
	}
	if before == after || rec.Type == crm.TypeComment {
		return
	}
	// Comments are where the record is that they hang on.
	t.links.each(rec.ID, func(linked uint32) bool {
		if comment := t.slots.record(linked); comment.Type == crm.TypeComment && comment.Fields.ID(crm.KeyRecord) == rec.ID {
			t.place(linked, comment)
		}
		return true
	})
}

func (t *tables) placementOf(rec crm.Record) (Placement, bool) {
	parent := crm.Record{}
	if rec.Type == crm.TypeComment {
		parent, _ = t.get(rec.Fields.ID(crm.KeyRecord))
	}
	return PlacementOf(rec, parent)
}

// add gives a new record its slot.
func (t *tables) add(rec crm.Record) uint32 {
	slot := t.slots.add()
	t.slotOf[rec.ID] = slot
	t.ofType[rec.Type] = append(t.ofType[rec.Type], slot)
	return slot
}

// load takes in a record without indexing it; index has to follow. A record
// must not be loaded twice.
func (t *tables) load(rec crm.Record) { t.slots.set(t.add(rec), rec) }

// index builds all indexes over what was loaded: several times as fast as
// putting record after record, and on all processors.
func (t *tables) index() {
	var building sync.WaitGroup
	building.Go(func() { t.stages.build(t) })
	building.Go(func() { t.exact.build(t) })
	for typ := range searchFields {
		building.Go(func() { t.names[typ].build(t.ofType[typ]) })
		building.Go(func() { t.words[typ].build(t, t.ofType[typ]) })
	}
	building.Go(func() {
		t.links.build(t)
		for slot := range t.slots.count { // a comment's place needs what it hangs on, not the index
			number := t.places.number(t.placementOf(t.slots.record(slot)))
			t.places.move(0, number)
			t.slots.setPlace(slot, number)
		}
	})
	building.Wait()
}

// eachLive calls fn for each record that is not in the trash, with its slot.
func (t *tables) eachLive(fn func(slot uint32, rec crm.Record)) {
	for slot := range t.slots.count {
		if rec := t.slots.record(slot); rec.Exists() {
			fn(slot, rec)
		}
	}
}
