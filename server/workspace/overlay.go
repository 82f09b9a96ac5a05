package workspace

import (
	"slices"

	"rapport/server/crm"
)

// overlay is what the commands of a batch in the making have written so far, on
// top of the tables. It is small: most questions are answered by looking at all
// of it.
type overlay struct {
	records map[crm.ID]crm.Record
	ids     []crm.ID // in the order of first writing; those of dropped records too
	// exact leads from values to ids[:filed]; it is made when first asked for, and
	// what it leads to has to be looked at.
	exact map[exactKey][]crm.ID
	filed int
}

func newOverlay() *overlay { return &overlay{records: map[crm.ID]crm.Record{}} }

func (o *overlay) get(id crm.ID) (crm.Record, bool) {
	rec, ok := o.records[id]
	return rec, ok
}

func (o *overlay) put(rec crm.Record) {
	o.records[rec.ID] = rec
	// The new version may have values that the one before had not.
	o.ids = append(o.ids, rec.ID)
}

func (o *overlay) drop(id crm.ID) { delete(o.records, id) }

// each calls fn for each record until it returns false.
func (o *overlay) each(fn func(crm.Record) bool) {
	for _, rec := range o.records {
		if !fn(rec) {
			return
		}
	}
}

// find returns the records with an exact value.
func (o *overlay) find(key exactKey) []crm.Record {
	if o.exact == nil {
		o.exact = map[exactKey][]crm.ID{}
	}
	for ; o.filed < len(o.ids); o.filed++ {
		rec := o.records[o.ids[o.filed]]
		keysIn(rec, crm.Record{}, func(k exactKey) { o.exact[k] = append(o.exact[k], rec.ID) })
	}
	ids := slices.Compact(slices.Sorted(slices.Values(o.exact[key])))
	var found []crm.Record
	for _, id := range ids {
		if rec, ok := o.records[id]; ok && rec.Exists() && key.isIn(rec) {
			found = append(found, rec)
		}
	}
	return found
}

// inStage returns the deals of a stage in order.
func (o *overlay) inStage(pipeline crm.ID, stage string) []crm.Record {
	var deals []crm.Record
	for _, rec := range o.records {
		if rec.Type == crm.TypeDeal && rec.Exists() && rec.Fields.ID(crm.KeyPipeline) == pipeline && rec.Fields.String(crm.KeyStage) == stage {
			deals = append(deals, rec)
		}
	}
	slices.SortFunc(deals, func(a, b crm.Record) int { return standingOf(a).compare(standingOf(b)) })
	return deals
}
