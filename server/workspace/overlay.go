package workspace

import (
	"slices"

	"rapport/server/crm"
)

// overlay is what the commands of a batch in the making have written so far, on
// top of the tables. It is small: most questions are answered by looking at all
// of it.
type overlay struct {
	below   *overlay // of the batch before, while that is not durable; not changed any more
	records map[crm.ID]crm.Record
	ids     []crm.ID // in the order of first writing; those of dropped records too
	// exact leads from values to ids[:filed]; it is made when first asked for, and
	// what it leads to has to be looked at.
	exact map[exactKey][]crm.ID
	filed int
}

func newOverlay() *overlay { return &overlay{records: map[crm.ID]crm.Record{}} }

// above returns an empty overlay on top of o. What lies below o itself is in the
// tables by the time that anybody asks.
func (o *overlay) above() *overlay {
	top := newOverlay()
	top.below = &overlay{records: o.records, ids: o.ids}
	return top
}

func (o *overlay) get(id crm.ID) (crm.Record, bool) {
	rec, ok := o.records[id]
	if !ok && o.below != nil {
		return o.below.get(id)
	}
	return rec, ok
}

func (o *overlay) put(rec crm.Record) {
	o.records[rec.ID] = rec
	// The new version may have values that the one before had not.
	o.ids = append(o.ids, rec.ID)
}

// drop forgets what was put on top.
func (o *overlay) drop(id crm.ID) { delete(o.records, id) }

// each calls fn for each record until it returns false.
func (o *overlay) each(fn func(crm.Record) bool) {
	for _, rec := range o.records {
		if !fn(rec) {
			return
		}
	}
	if o.below == nil {
		return
	}
	for id, rec := range o.below.records {
		if _, rewritten := o.records[id]; !rewritten && !fn(rec) {
			return
		}
	}
}

// find returns the records with an exact value, in no particular order.
func (o *overlay) find(key exactKey) []crm.Record {
	var found []crm.Record
	for _, layer := range []*overlay{o, o.below} {
		for _, id := range layer.filedUnder(key) {
			if rec, ok := o.get(id); ok && rec.Exists() && key.isIn(rec) {
				found = append(found, rec)
			}
		}
	}
	slices.SortFunc(found, byID)
	return slices.CompactFunc(found, func(a, b crm.Record) bool { return a.ID == b.ID })
}

// filedUnder returns the ids of this layer's records that may have a value.
func (o *overlay) filedUnder(key exactKey) []crm.ID {
	if o == nil {
		return nil
	}
	if o.exact == nil {
		o.exact = map[exactKey][]crm.ID{}
	}
	for ; o.filed < len(o.ids); o.filed++ {
		rec := o.records[o.ids[o.filed]]
		keysIn(rec, crm.Record{}, func(k exactKey) { o.exact[k] = append(o.exact[k], rec.ID) })
	}
	return o.exact[key]
}

// inStage returns the deals of a stage in order.
func (o *overlay) inStage(pipeline crm.ID, stage string) []crm.Record {
	var deals []crm.Record
	o.each(func(rec crm.Record) bool {
		if rec.Type == crm.TypeDeal && rec.Exists() && rec.Fields.ID(crm.KeyPipeline) == pipeline && rec.Fields.String(crm.KeyStage) == stage {
			deals = append(deals, rec)
		}
		return true
	})
	slices.SortFunc(deals, func(a, b crm.Record) int { return standingOf(a).compare(standingOf(b)) })
	return deals
}
