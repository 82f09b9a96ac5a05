package workspace

import (
	"cmp"
	"slices"
	"strings"

	"github.com/tidwall/btree"

	"rapport/server/crm"
)

// keyOrder is the field by which deals are ordered within their stage.
const keyOrder = "order"

// stageIndex keeps the deals of each stage in the order of the board.
type stageIndex struct {
	trees map[crm.ID]map[string]*btree.BTreeG[uint32] // by pipeline and stage
}

func newStageIndex() stageIndex {
	return stageIndex{trees: map[crm.ID]map[string]*btree.BTreeG[uint32]{}}
}

// standing is a place in a stage: by key, deals of equal keys by id.
type standing struct {
	order string
	id    crm.ID
}

func standingOf(rec crm.Record) standing { return standing{rec.Fields.String(keyOrder), rec.ID} }

func (s standing) compare(o standing) int {
	return cmp.Or(strings.Compare(s.order, o.order), strings.Compare(string(s.id), string(o.id)))
}

func (x stageIndex) tree(t *tables, pipeline crm.ID, stage string) *btree.BTreeG[uint32] {
	ofPipeline := x.trees[pipeline]
	if ofPipeline == nil {
		ofPipeline = map[string]*btree.BTreeG[uint32]{}
		x.trees[pipeline] = ofPipeline
	}
	tree := ofPipeline[stage]
	if tree == nil {
		less := func(a, b uint32) bool {
			return standingOf(t.slots.record(a)).compare(standingOf(t.slots.record(b))) < 0
		}
		// The workspace's lock guards it.
		tree = btree.NewBTreeGOptions(less, btree.Options{NoLocks: true})
		ofPipeline[stage] = tree
	}
	return tree
}

// stands reports whether two versions of a record stand at the same place.
func stands(a, b crm.Record) bool {
	return b.Version > 0 && a.Version > 0 && a.Fields.Same(b.Fields, crm.KeyPipeline) &&
		a.Fields.Same(b.Fields, crm.KeyStage) && a.Fields.Same(b.Fields, keyOrder)
}

func (x stageIndex) remove(t *tables, slot uint32, was, is crm.Record) {
	if was.Type != crm.TypeDeal || stands(was, is) {
		return
	}
	pipeline, stage := was.Fields.ID(crm.KeyPipeline), was.Fields.String(crm.KeyStage)
	tree := x.tree(t, pipeline, stage)
	tree.Delete(slot)
	if tree.Len() > 0 {
		return
	}
	delete(x.trees[pipeline], stage)
	if len(x.trees[pipeline]) == 0 {
		delete(x.trees, pipeline)
	}
}

func (x stageIndex) insert(t *tables, slot uint32, was, is crm.Record) {
	if is.Type == crm.TypeDeal && !stands(was, is) {
		x.tree(t, is.Fields.ID(crm.KeyPipeline), is.Fields.String(crm.KeyStage)).Set(slot)
	}
}

func (x stageIndex) build(t *tables) {
	type stage struct {
		pipeline crm.ID
		stage    string
	}
	deals := map[stage][]uint32{}
	for _, slot := range t.ofType[crm.TypeDeal] {
		if rec := t.slots.record(slot); rec.Exists() {
			at := stage{rec.Fields.ID(crm.KeyPipeline), rec.Fields.String(crm.KeyStage)}
			deals[at] = append(deals[at], slot)
		}
	}
	for at, list := range deals {
		slices.SortFunc(list, func(a, b uint32) int {
			return standingOf(t.slots.record(a)).compare(standingOf(t.slots.record(b)))
		})
		tree := x.tree(t, at.pipeline, at.stage)
		for _, slot := range list {
			tree.Load(slot)
		}
	}
}

// eachIn calls fn for the slots of a stage in order, until it returns false.
func (x stageIndex) eachIn(pipeline crm.ID, stage string, fn func(uint32) bool) {
	if tree := x.trees[pipeline][stage]; tree != nil {
		tree.Scan(fn)
	}
}

// eachOf calls fn for the slots of all stages of a pipeline, until it returns false.
func (x stageIndex) eachOf(pipeline crm.ID, fn func(uint32) bool) {
	for _, tree := range x.trees[pipeline] {
		more := true
		tree.Scan(func(slot uint32) bool {
			more = fn(slot)
			return more
		})
		if !more {
			return
		}
	}
}

// nearest returns the first deal beyond a place in a direction that the state
// holds as the tables do.
func (x stageIndex) nearest(s *State, pipeline crm.ID, stage string, at standing, direction int) (crm.Record, bool) {
	tree := x.trees[pipeline][stage]
	if tree == nil {
		return crm.Record{}, false
	}
	// The tree compares slots; a search for a place that no slot has goes by rank.
	low, high := 0, tree.Len() // the first deal that does not stand above at
	for low < high {
		middle := (low + high) / 2
		slot, _ := tree.GetAt(middle)
		if standingOf(s.base.slots.record(slot)).compare(at) < 0 {
			low = middle + 1
		} else {
			high = middle
		}
	}
	if direction < 0 {
		low--
	}
	for ; low >= 0 && low < tree.Len(); low += direction {
		slot, _ := tree.GetAt(low)
		rec, ok := s.at(slot)
		if ok && standingOf(rec).compare(at) != 0 {
			return rec, true
		}
	}
	return crm.Record{}, false
}
