package stream

import (
	"maps"
	"sync"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/schema"
	"rapport/server/workspace"
)

// stepLimit is how many records a change of policy may show or hide on one
// screen one by one; beyond it the screen loads a snapshot.
const stepLimit = 5000

// step is the other half of an entry that changed the policy: all records as
// they stood then, so that each audience learns what it gained and lost. It is
// kept only until the last socket that was open at the time has passed it.
type step struct {
	mu      sync.Mutex           // guards all below
	waiting map[*Cursor]struct{} // sockets yet to pass
	census  *workspace.Census
	owned   map[crm.ID][]int // placements by the people to whom they are their own; made when first asked for
	diffs   map[diffKey]*diff
}

// diffKey is a change of audience.
type diffKey struct{ before, after string }

// diff is what a change of audience shows and hides.
type diff struct {
	// ops are those for people who own nothing, by placement; without an entry
	// nothing changes there.
	ops map[int][][]byte
	// records counts them; beyond stepLimit ops is not made.
	records int
	// frames are for those people, in their envelope, by where the reader stands:
	// nearly all stand right before the entry.
	frames map[uint64][]byte
}

func newStep(census *workspace.Census, waiting map[*Cursor]struct{}) *step {
	return &step{census: census, waiting: waiting, diffs: map[diffKey]*diff{}}
}

// pass notes that a socket is beyond the step, or gone.
func (s *step) pass(c *Cursor) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.waiting, c)
	if len(s.waiting) == 0 {
		s.census, s.owned, s.diffs = nil, nil, nil
	}
}

// frame returns the frame (sent, e.offset] of e for a person whose audience
// changes with it: with the show and hide ops for all records e itself did not
// change. wrap makes a frame of the ops, as JSON. ok is false when they are too
// many, or the step is over.
func (s *step) frame(e *entry, before, after *access.Audience, person crm.ID, sent uint64, wrap func(ops [][]byte) []byte) (frame []byte, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.census == nil {
		return nil, false
	}
	key := diffKey{before.Token(), after.Token()}
	d := s.diffs[key]
	if d == nil {
		d = s.compare(e, before, after)
		s.diffs[key] = d
	}
	if d.records > stepLimit {
		return nil, false
	}
	own := s.personal(e, before, after, person)
	// Everybody owns at least what is kept about himself.
	maps.DeleteFunc(own, func(number int, mine [][]byte) bool { return len(mine) == 0 && len(d.ops[number]) == 0 })
	shared := len(own) == 0 && !e.concerns(person)
	if frame := d.frames[sent]; shared && frame != nil {
		return frame, true
	}
	var ops [][]byte
	for number, common := range d.ops {
		if _, decided := own[number]; !decided {
			ops = append(ops, common...)
		}
	}
	for _, mine := range own {
		ops = append(ops, mine...)
	}
	if len(ops) > stepLimit {
		return nil, false
	}
	frame = wrap(ops)
	if shared {
		d.frames[sent] = frame
	}
	return frame, true
}

// compare asks the policy once per placement; it requires mu.
func (s *step) compare(e *entry, before, after *access.Audience) *diff {
	d := &diff{frames: map[uint64][]byte{}}
	changed := map[int]crm.Groups{}
	s.census.Placements(func(number int, p workspace.Placement, records int) {
		if is, differs := turned(p, before, after, "", e.schema); differs {
			changed[number] = is
			d.records += records
		}
	})
	if d.records <= stepLimit {
		d.ops = s.write(e, before, "", changed)
	}
	return d
}

// personal returns the ops for what a person owns, for all placements in which
// he does; it requires mu.
func (s *step) personal(e *entry, before, after *access.Audience, person crm.ID) map[int][][]byte {
	if s.owned == nil {
		s.owned = map[crm.ID][]int{}
		s.census.Placements(func(number int, p workspace.Placement, _ int) {
			sight{p, true}.eachOwner(func(id crm.ID) { s.owned[id] = append(s.owned[id], number) })
		})
	}
	own := map[int][][]byte{}
	changed := map[int]crm.Groups{}
	for _, number := range s.owned[person] {
		own[number] = nil
		if is, differs := turned(s.census.Placement(number), before, after, person, e.schema); differs {
			changed[number] = is
		}
	}
	for number, ops := range s.write(e, before, person, changed) {
		own[number] = ops
	}
	return own
}

// write returns the ops for the records of placements that are seen in other
// field groups from now on; it requires mu.
func (s *step) write(e *entry, before *access.Audience, person crm.ID, changed map[int]crm.Groups) map[int][][]byte {
	if len(changed) == 0 {
		return nil
	}
	ops := map[int][][]byte{}
	for number, is := range changed {
		s.census.Records(number, func(rec crm.Record) {
			if e.touches(rec.ID) {
				return // compared before and after like in any entry
			}
			if was, moved := e.hung(rec); moved && sameFace(was.groups(before, person), is, e.schema.GroupsOf(rec.Type)) {
				return // it was seen like that where it hung before the entry, or was not seen at all
			}
			op := hide(rec)
			if is != 0 {
				op = show(rec, is, e.schema)
			}
			ops[number] = append(ops[number], encode(op))
		})
	}
	return ops
}

// turned returns the field groups in which records of a placement are seen
// after a change of audience, and whether that differs from before.
func turned(p workspace.Placement, before, after *access.Audience, person crm.ID, sch *schema.Schema) (is crm.Groups, differs bool) {
	s := sight{p, true}
	was, is := s.groups(before, person), s.groups(after, person)
	return is, !sameFace(was, is, sch.GroupsOf(p.Type))
}
