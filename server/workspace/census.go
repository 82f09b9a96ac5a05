package workspace

import (
	"sync"

	"rapport/server/crm"
)

// Census is all records at one position by their placements. It stays as it is
// whatever is committed afterwards, may be kept and is safe for concurrent use.
type Census struct {
	slots  slots
	places places

	sort    sync.Once
	members [][]uint32 // slots by the number of their placement; made when first asked for
}

// NewCensus takes a census of records; find finds what comments hang on.
func NewCensus(records []crm.Record, find func(crm.ID) (crm.Record, bool)) *Census {
	c := &Census{places: newPlaces()}
	for _, rec := range records {
		parent, _ := find(rec.Fields.ID(crm.KeyRecord))
		slot, number := c.slots.add(), c.places.number(PlacementOf(rec, parent))
		c.slots.set(slot, rec)
		c.slots.setPlace(slot, number)
		c.places.move(0, number)
	}
	return c
}

func (t *tables) census() *Census { return &Census{slots: t.slots.freeze(), places: t.places.freeze()} }

// Placements calls fn for each placement that has records: its number, and how
// many they are.
func (c *Census) Placements(fn func(number int, p Placement, records int)) {
	for n, count := range c.places.counts {
		if n > 0 && count > 0 {
			fn(n, c.places.list[n], count)
		}
	}
}

// Records calls fn for each record of the placement with a number.
func (c *Census) Records(number int, fn func(crm.Record)) {
	c.sort.Do(func() {
		c.members = make([][]uint32, len(c.places.list))
		for slot := range c.slots.count {
			if n := c.slots.place(slot); n != 0 {
				c.members[n] = append(c.members[n], slot)
			}
		}
	})
	for _, slot := range c.members[number] {
		fn(c.slots.record(slot))
	}
}

// Placement returns the placement with a number that the census has named.
func (c *Census) Placement(number int) Placement { return c.places.list[number] }
