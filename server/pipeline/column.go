package pipeline

import (
	"slices"
	"strings"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/workspace"
)

// keyOrder is the field that says where a deal stands in its stage.
const keyOrder = "order"

// column is the deals of one stage, as seen by a command. The deal that is
// being placed does not count.
type column struct {
	tx       *workspace.Tx
	pipeline crm.ID
	stage    string
	placing  crm.ID
}

// each calls fn for each deal of the column, in no particular order.
func (c column) each(fn func(crm.Record)) {
	c.tx.Deals(c.pipeline, func(rec crm.Record) bool {
		if rec.ID != c.placing && rec.Fields.String(crm.KeyStage) == c.stage {
			fn(rec)
		}
		return true
	})
}

// gap is a place in a column: the keys of the deals on both sides, "" at an
// end, and how many deals stand above.
type gap struct {
	low, high string
	above     int
}

// gap returns where a deal goes that is to stand below the card above, or else
// above the card below.
// A neighbour that is not in the column, or that the actor may not see, counts
// as not named, and a deal without neighbours goes to the end: where a hidden
// deal stands is nobody's business.
func (c column) gap(above, below crm.ID) gap {
	if at, ok := c.neighbour(above); ok {
		return c.span(func(order string, id crm.ID) bool {
			return placeBefore(order, id, at.Fields.String(keyOrder), at.ID) || id == at.ID
		})
	}
	if at, ok := c.neighbour(below); ok {
		return c.span(func(order string, id crm.ID) bool { return placeBefore(order, id, at.Fields.String(keyOrder), at.ID) })
	}
	return c.span(func(string, crm.ID) bool { return true })
}

func (c column) neighbour(id crm.ID) (crm.Record, bool) {
	rec, ok := c.tx.Lookup(crm.TypeDeal, id)
	if !ok || id == c.placing || rec.Fields.ID(crm.KeyPipeline) != c.pipeline || rec.Fields.String(crm.KeyStage) != c.stage {
		return crm.Record{}, false
	}
	if by := c.tx.Actor(); by.Source != crm.SourceSystem && c.tx.Can(by.UserID, access.ActionSee, rec) == 0 {
		return crm.Record{}, false
	}
	return rec, true
}

// span returns the gap below all deals that stand above it.
func (c column) span(above func(order string, id crm.ID) bool) gap {
	var g gap
	c.each(func(rec crm.Record) {
		order := rec.Fields.String(keyOrder)
		if above(order, rec.ID) {
			g.above++
			g.low = max(g.low, order)
		} else if g.high == "" || order < g.high {
			g.high = order
		}
	})
	return g
}

// placeBefore is the order of a column: by key, deals of equal keys by id.
func placeBefore(orderA string, a crm.ID, orderB string, b crm.ID) bool {
	if orderA != orderB {
		return orderA < orderB
	}
	return a < b
}

// keyIn returns the order key for the placed deal in a gap. Where no key of
// decent length fits, it gives the neighbourhood new keys first, in the same
// entry.
func (c column) keyIn(g gap) (string, error) {
	key, err := KeyBetween(g.low, g.high)
	if err == nil && len(key) <= maxKey {
		return key, nil
	}
	return c.respace(g.above)
}

// windowDeals is how many deals get new keys at most when a place has become
// too narrow; together with the deal itself they stay far below what one entry may change.
const windowDeals = 200

// respace spreads the keys of the deals around the place with so many deals
// above it and returns the one for the placed deal.
func (c column) respace(at int) (string, error) {
	var deals []crm.Record
	c.each(func(rec crm.Record) { deals = append(deals, rec) })
	slices.SortFunc(deals, func(a, b crm.Record) int {
		if n := strings.Compare(a.Fields.String(keyOrder), b.Fields.String(keyOrder)); n != 0 {
			return n
		}
		return strings.Compare(string(a.ID), string(b.ID))
	})
	for half := 10; half <= windowDeals/2; half *= 2 {
		from, to := max(0, at-half), min(len(deals), at+half)
		if key, err := c.spread(deals, from, at, to); err == nil && len(key) <= maxKey {
			return key, nil
		}
	}
	// Hundreds of deals with one and the same key: the end is a place, too.
	last := ""
	if len(deals) > 0 {
		last = deals[len(deals)-1].Fields.String(keyOrder)
	}
	key, err := KeyBetween(last, "")
	if err != nil {
		return firstKey, nil //nolint:nilerr // a key that is none sorts anywhere; so may this deal
	}
	return key, nil
}

// spread gives deals[from:to] new keys with room for one more at index at.
func (c column) spread(deals []crm.Record, from, at, to int) (string, error) {
	low, high := "", ""
	if from > 0 {
		low = deals[from-1].Fields.String(keyOrder)
	}
	if to < len(deals) {
		high = deals[to].Fields.String(keyOrder)
	}
	keys, err := KeysBetween(low, high, to-from+1)
	if err != nil {
		return "", err
	}
	mine := keys[at-from]
	if len(mine) > maxKey {
		return mine, nil
	}
	others := slices.Delete(keys, at-from, at-from+1)
	for i, key := range others {
		if err := c.tx.Edit(deals[from+i].ID, crm.Fields{keyOrder: key}, nil); err != nil {
			return "", err
		}
	}
	return mine, nil
}

// LastKey returns the highest order key of a stage, "" when it is empty: what
// comes behind it is KeysBetween(LastKey(…), "", n).
func LastKey(s *workspace.State, pipeline crm.ID, stage string) string {
	last := ""
	s.Deals(pipeline, func(rec crm.Record) bool {
		if rec.Fields.String(crm.KeyStage) == stage {
			last = max(last, rec.Fields.String(keyOrder))
		}
		return true
	})
	return last
}
