package pipeline

import (
	"slices"

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

// gap is a place in a column: the deals directly above and below, zero at an end.
type gap struct{ above, below crm.Record }

func (g gap) low() string  { return g.above.Fields.String(keyOrder) }
func (g gap) high() string { return g.below.Fields.String(keyOrder) }

// gap returns where a deal goes that is to stand below the card above, or else
// above the card below.
// A neighbour that is not in the column, or that the actor may not see, counts
// as not named, and a deal without neighbours goes to the end: where a hidden
// deal stands is nobody's business.
func (c column) gap(above, below crm.ID) gap {
	if at, ok := c.neighbour(above); ok {
		return gap{above: at, below: c.beyond(at, c.tx.NextInStage)}
	}
	if at, ok := c.neighbour(below); ok {
		return gap{above: c.beyond(at, c.tx.PreviousInStage), below: at}
	}
	last, ok := c.tx.LastInStage(c.pipeline, c.stage)
	if ok && last.ID == c.placing {
		last = c.beyond(last, c.tx.PreviousInStage)
	}
	return gap{above: last}
}

// mostHidden bounds how many deals out of the actor's sight standsAt looks past.
const mostHidden = 100

// standsAt reports whether the deal that is being placed stands there already, as
// far as the actor sees: with no deal between it and its neighbour but hidden
// ones. Whether one of those made the difference is nobody's business.
func (c column) standsAt(above, below crm.ID) bool {
	at, next := crm.Record{}, c.tx.NextInStage
	if rec, ok := c.neighbour(above); ok {
		at = rec
	} else if rec, ok := c.neighbour(below); ok {
		at, next = rec, c.tx.PreviousInStage
	} else {
		return true
	}
	for range mostHidden {
		rec, ok := next(c.pipeline, c.stage, at.Fields.String(keyOrder), at.ID)
		if !ok || rec.ID == c.placing {
			return ok
		}
		if c.sees(rec) {
			return false
		}
		at = rec
	}
	return false
}

// beyond returns the next deal in a direction that is not the one being placed.
func (c column) beyond(at crm.Record, next func(crm.ID, string, string, crm.ID) (crm.Record, bool)) crm.Record {
	for {
		rec, ok := next(c.pipeline, c.stage, at.Fields.String(keyOrder), at.ID)
		if !ok || rec.ID != c.placing {
			return rec
		}
		at = rec
	}
}

func (c column) neighbour(id crm.ID) (crm.Record, bool) {
	rec, ok := c.tx.Lookup(crm.TypeDeal, id)
	if !ok || id == c.placing || rec.Fields.ID(crm.KeyPipeline) != c.pipeline || rec.Fields.String(crm.KeyStage) != c.stage {
		return crm.Record{}, false
	}
	return rec, c.sees(rec)
}

func (c column) sees(rec crm.Record) bool {
	by := c.tx.Actor()
	return by.Source == crm.SourceSystem || c.tx.Can(by.UserID, access.ActionSee, rec) != 0
}

// keyIn returns the order key for the placed deal in a gap. Where no key of
// decent length fits, it gives the neighbourhood new keys first, in the same
// entry.
func (c column) keyIn(g gap) (string, error) {
	key, err := KeyBetween(g.low(), g.high())
	if err == nil && len(key) <= maxKey {
		return key, nil
	}
	return c.respace(g.above.ID)
}

// windowDeals is how many deals get new keys at most when a place has become
// too narrow; together with the deal itself they stay far below what one entry may change.
const windowDeals = 200

// respace spreads the keys of the deals around the place below a deal, "" for
// the top, and returns the one for the placed deal.
func (c column) respace(above crm.ID) (string, error) {
	var deals []crm.Record
	at := 0
	c.tx.InStage(c.pipeline, c.stage, func(rec crm.Record) bool {
		if rec.ID != c.placing {
			deals = append(deals, rec)
		}
		if rec.ID == above {
			at = len(deals)
		}
		return true
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
// comes behind it is KeyBetween(LastKey(…), "").
func LastKey(s *workspace.State, pipeline crm.ID, stage string) string {
	last, _ := s.LastInStage(pipeline, stage)
	return last.Fields.String(keyOrder)
}
