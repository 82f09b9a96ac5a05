package stream

import (
	"sync"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/schema"
)

// stepLimit is how many records a change of policy may show or hide on one
// screen one by one; beyond it the screen loads a snapshot.
const stepLimit = 5000

// step is the other half of an entry that changed the policy: all records as
// they stood then, so that each audience learns what it gained and lost. It is
// kept only until the last socket that was open at the time has passed it.
type step struct {
	mu      sync.Mutex
	waiting map[*Cursor]struct{} // sockets yet to pass
	records []crm.Record         // nil once sorted into piles
	parents map[crm.ID]crm.Record
	piles   []*pile
	diffs   map[diffKey]*diff
}

// pile is all records about which policy decides alike, apart from ownership.
type pile struct {
	subject *subject // of one of them
	records []crm.Record
	byOwner map[crm.ID][]crm.Record // made when ownership turns out to matter
}

// pileKey is what a decision depends on. A comment's includes what it hangs on.
type pileKey struct{ own, parent targetKey }

type targetKey struct {
	kind                     crm.RecordType
	id, department, pipeline crm.ID
	shared                   string
}

func keyOf(s *subject) targetKey {
	if s == nil {
		return targetKey{}
	}
	k := targetKey{kind: s.target.Type, id: s.target.ID, department: s.target.Department, pipeline: s.target.Pipeline}
	for _, id := range s.target.SharedWith {
		k.shared += string(id) + " "
	}
	return k
}

// diffKey is a change of audience.
type diffKey struct{ before, after string }

// diff is what a change of audience shows and hides to those who own nothing.
type diff struct {
	ops     []diffOp
	tooMany bool
	// personal are the piles in which owners see otherwise.
	personal []*pile
}

type diffOp struct {
	id    crm.ID
	bytes []byte
}

// pass notes that a socket is beyond the step, or gone.
func (s *step) pass(c *Cursor) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.waiting, c)
	if len(s.waiting) == 0 {
		s.records, s.parents, s.piles, s.diffs = nil, nil, nil, nil
	}
}

// ops returns, as JSON, the show and hide ops that a person gets at e for all
// records e itself did not change. ok is false when they are too many, or the
// step is over.
func (s *step) ops(e *entry, before, after *access.Audience, person crm.ID) (ops [][]byte, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.waiting) == 0 {
		return nil, false
	}
	s.sort(e)
	key := diffKey{before.Token(), after.Token()}
	d := s.diffs[key]
	if d == nil {
		d = s.compare(before, after, e.schema)
		s.diffs[key] = d
	}
	if d.tooMany {
		return nil, false
	}
	own := map[crm.ID]bool{}
	for _, p := range d.personal {
		for _, rec := range s.ownedBy(p, person) {
			own[rec.ID] = true
			if op, changed := s.regard(rec, before, after, person, e.schema); changed {
				ops = append(ops, op)
			}
		}
	}
	for _, op := range d.ops {
		if !own[op.id] {
			ops = append(ops, op.bytes)
		}
	}
	return ops, len(ops) <= stepLimit
}

// sort turns records into piles; it requires mu.
func (s *step) sort(e *entry) {
	if s.records == nil {
		return
	}
	s.parents = parentsOf(s.records)
	// What e itself changed is compared before and after like in any entry.
	skip := make(map[crm.ID]bool, len(e.changes))
	for i := range e.changes {
		skip[e.changes[i].after.ID] = true
	}
	piles := map[pileKey]*pile{}
	for _, rec := range s.records {
		sub := s.subjectOf(rec)
		if sub == nil || skip[rec.ID] {
			continue
		}
		key := pileKey{keyOf(sub), keyOf(sub.parent)}
		p := piles[key]
		if p == nil {
			p = &pile{subject: sub}
			piles[key] = p
			s.piles = append(s.piles, p)
		}
		p.records = append(p.records, rec)
	}
	s.records = nil
	s.diffs = map[diffKey]*diff{}
}

// parentsOf returns the records that comments hang on.
func parentsOf(records []crm.Record) map[crm.ID]crm.Record {
	parents := map[crm.ID]crm.Record{}
	for _, rec := range records {
		if rec.Type == crm.TypeComment {
			parents[rec.Fields.ID(keySubject)] = crm.Record{}
		}
	}
	for _, rec := range records {
		if _, wanted := parents[rec.ID]; wanted {
			parents[rec.ID] = rec
		}
	}
	return parents
}

func (s *step) subjectOf(rec crm.Record) *subject {
	return subjectOf(rec, s.parents[rec.Fields.ID(keySubject)])
}

// ownedBy requires mu.
func (s *step) ownedBy(p *pile, person crm.ID) []crm.Record {
	if p.byOwner == nil {
		p.byOwner = map[crm.ID][]crm.Record{}
		for _, rec := range p.records {
			s.subjectOf(rec).eachOwner(func(id crm.ID) { p.byOwner[id] = append(p.byOwner[id], rec) })
		}
	}
	return p.byOwner[person]
}

// compare asks the policy once per pile and ownership; it requires mu.
func (s *step) compare(before, after *access.Audience, sch *schema.Schema) *diff {
	d := &diff{}
	for _, p := range s.piles {
		if ownershipMatters(p.subject, before) || ownershipMatters(p.subject, after) {
			d.personal = append(d.personal, p)
		}
		if sameFace(p.subject.groups(before, ""), p.subject.groups(after, ""), sch.GroupsOf(p.subject.target.Type)) {
			continue
		}
		if len(d.ops)+len(p.records) > stepLimit {
			return &diff{tooMany: true}
		}
		for _, rec := range p.records {
			if op, changed := s.regard(rec, before, after, "", sch); changed {
				d.ops = append(d.ops, diffOp{rec.ID, op})
			}
		}
	}
	return d
}

// ownershipMatters reports whether some owner sees a record otherwise than the
// rest of the audience.
func ownershipMatters(s *subject, a *access.Audience) bool {
	for ; s != nil; s = s.parent {
		t := s.target
		rest := a.Can(access.ActionSee, t)
		if t.Own = true; a.Can(access.ActionSee, t) != rest {
			return true
		}
	}
	return false
}

// regard returns the op for a record that stayed the same while the policy changed.
func (s *step) regard(rec crm.Record, before, after *access.Audience, person crm.ID, sch *schema.Schema) ([]byte, bool) {
	sub := s.subjectOf(rec)
	was, is := sub.groups(before, person), sub.groups(after, person)
	switch {
	case sameFace(was, is, sch.GroupsOf(rec.Type)):
		return nil, false
	case is == 0:
		return encode(hide(rec)), true
	default:
		return encode(show(rec, is, sch)), true
	}
}
