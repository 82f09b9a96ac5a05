package workspace

import "rapport/server/crm"

// InStage calls fn for each deal of a stage in the order of the board, until fn
// returns false.
func (s *State) InStage(pipeline crm.ID, stage string, fn func(crm.Record) bool) {
	var over []crm.Record
	if s.over != nil {
		over = s.over.inStage(pipeline, stage)
	}
	more := true
	s.base.stages.eachIn(pipeline, stage, func(slot uint32) bool {
		rec, ok := s.at(slot)
		if !ok {
			return true
		}
		for len(over) > 0 && standingOf(over[0]).compare(standingOf(rec)) < 0 {
			if more = fn(over[0]); !more {
				return false
			}
			over = over[1:]
		}
		more = fn(rec)
		return more
	})
	for more && len(over) > 0 {
		more = fn(over[0])
		over = over[1:]
	}
}

// NextInStage returns the deal that stands below the place of an order key and
// id in a stage; ok is false when that is the last one. order "" stands above all.
func (s *State) NextInStage(pipeline crm.ID, stage, order string, id crm.ID) (crm.Record, bool) {
	return s.neighbour(pipeline, stage, standing{order, id}, 1)
}

// PreviousInStage returns the deal that stands above the place.
func (s *State) PreviousInStage(pipeline crm.ID, stage, order string, id crm.ID) (crm.Record, bool) {
	return s.neighbour(pipeline, stage, standing{order, id}, -1)
}

// LastInStage returns the lowest deal of a stage; ok is false when it is empty.
func (s *State) LastInStage(pipeline crm.ID, stage string) (crm.Record, bool) {
	return s.neighbour(pipeline, stage, belowAll, -1)
}

// belowAll stands below every deal: no order key begins with it.
var belowAll = standing{order: "\xff"}

// neighbour returns the nearest deal in a direction, 1 for below and -1 for above.
func (s *State) neighbour(pipeline crm.ID, stage string, at standing, direction int) (crm.Record, bool) {
	beyond := func(rec crm.Record, than standing) bool { return standingOf(rec).compare(than)*direction > 0 }
	best, found := s.base.stages.nearest(s, pipeline, stage, at, direction)
	if s.over == nil {
		return best, found
	}
	for _, rec := range s.over.inStage(pipeline, stage) {
		if beyond(rec, at) && (!found || !beyond(rec, standingOf(best))) {
			best, found = rec, true
		}
	}
	return best, found
}
