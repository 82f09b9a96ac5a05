package stream

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/wire"
)

// presenceEvery is the least time between two presence messages to one socket.
const presenceEvery = 250 * time.Millisecond

// presencePeople bounds the list in one message.
const presencePeople = 100

// watched is what a screen shows.
type watched struct{ board, record, holding crm.ID }

// presence knows what the screens of this node show, and what the nodes beside
// it have told of theirs.
//
// It decides by the policy of the head, when a list is made: nobody is listed
// to somebody who may not see both the person and the place.
type presence struct {
	now func() time.Time

	mu        sync.Mutex // guards all below
	screens   map[*Cursor]*screen
	places    map[crm.ID]map[*Cursor]struct{} // by board, record and held record
	untold    bool                            // screens have changed since the other nodes were told
	elsewhere elsewhere
}

type screen struct {
	watched
	dirty bool
	due   time.Time // not before this moment the next list goes out
	last  []wire.PresentPerson
}

func newPresence(now func() time.Time) *presence {
	return &presence{now: now, screens: map[*Cursor]*screen{}, places: map[crm.ID]map[*Cursor]struct{}{}}
}

func (w watched) places() []crm.ID {
	var ids []crm.ID
	for _, id := range []crm.ID{w.board, w.record, w.holding} {
		if id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// watch replaces what a screen shows.
func (p *presence) watch(c *Cursor, w watched) {
	p.mu.Lock()
	defer p.mu.Unlock()
	sc := p.screens[c]
	if sc == nil {
		if c.end.Load() != nil {
			return // it may have left already
		}
		sc = &screen{}
		p.screens[c] = sc
	}
	if sc.watched == w {
		return
	}
	p.untold = true
	p.mark(sc.places())
	p.unplace(c, sc)
	sc.watched = w
	for _, id := range w.places() {
		if p.places[id] == nil {
			p.places[id] = map[*Cursor]struct{}{}
		}
		p.places[id][c] = struct{}{}
	}
	p.mark(sc.places())
	p.markOne(c, sc)
}

func (p *presence) leave(c *Cursor) {
	p.mu.Lock()
	defer p.mu.Unlock()
	sc := p.screens[c]
	if sc == nil {
		return
	}
	p.untold = true
	delete(p.screens, c)
	p.unplace(c, sc)
	p.mark(sc.places())
}

// unplace requires mu.
func (p *presence) unplace(c *Cursor, sc *screen) {
	for _, id := range sc.places() {
		if delete(p.places[id], c); len(p.places[id]) == 0 {
			delete(p.places, id)
		}
	}
}

// mark notes that the lists of all who are at one of places may have changed.
// It requires mu.
func (p *presence) mark(places []crm.ID) {
	for _, id := range places {
		for c := range p.places[id] {
			if sc := p.screens[c]; sc != nil {
				p.markOne(c, sc)
			}
		}
	}
}

// markOne requires mu.
func (p *presence) markOne(c *Cursor, sc *screen) {
	if sc.dirty = true; !p.now().Before(sc.due) {
		c.box.notePresence()
	}
}

// tick sends off the lists that had to wait.
func (p *presence) tick() {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	for c, sc := range p.screens {
		if sc.dirty && !now.Before(sc.due) {
			c.box.notePresence()
		}
	}
}

// touch notes that a record changed, and with it perhaps who may see it. Those
// who share a place with somebody there are concerned too: a card that is held
// shows on the whole board.
func (p *presence) touch(id crm.ID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.places[id] {
		if sc := p.screens[c]; sc != nil {
			p.mark(sc.places())
		}
	}
	for _, o := range p.elsewhere.places[id] {
		p.mark(o.places())
	}
}

// touchAll notes that the policy changed.
func (p *presence) touchAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c, sc := range p.screens {
		p.markOne(c, sc)
	}
}

// list returns the presence message for c, nil when nothing in it has changed.
func (p *presence) list(s *Stream, c *Cursor) []byte {
	now := s.o.Now()
	p.mu.Lock()
	sc := p.screens[c]
	if sc == nil || !sc.dirty || now.Before(sc.due) {
		p.mu.Unlock()
		return nil
	}
	// Before the reading: what changes from here on marks it again.
	sc.dirty = false
	mine := sc.watched
	others := p.othersAt(c, mine)
	p.mu.Unlock()

	people := s.describe(c.user, mine, others)

	p.mu.Lock()
	defer p.mu.Unlock()
	if slices.Equal(people, sc.last) {
		return nil
	}
	sc.last, sc.due = people, now.Add(presenceEvery)
	return s.message(wire.Presence{Type: "presence", People: people})
}

// present is somebody else's screen.
type present struct {
	user   crm.ID
	screen string
	watched
}

// othersAt requires mu.
func (p *presence) othersAt(c *Cursor, mine watched) []present {
	seen := map[*Cursor]bool{}
	var others []present
	for _, place := range []crm.ID{mine.board, mine.record} {
		for o := range p.places[place] {
			sc := p.screens[o]
			if o.user == c.user || seen[o] || sc == nil {
				continue
			}
			seen[o] = true
			others = append(others, present{o.user, o.screen, sc.watched})
		}
		for _, o := range p.elsewhere.places[place] {
			if o.user != c.user && !slices.Contains(others, o) {
				others = append(others, o)
			}
		}
	}
	return others
}

// describe keeps of others what viewer may know.
func (s *Stream) describe(viewer crm.ID, mine watched, others []present) []wire.PresentPerson {
	people := []wire.PresentPerson{}
	if len(others) == 0 {
		return people
	}
	var ids []crm.ID
	for _, o := range others {
		ids = append(append(ids, o.user), o.places()...)
	}
	ids = append(ids, mine.places()...)
	slices.Sort(ids)
	records := s.o.Records(slices.Compact(ids))
	s.mu.RLock()
	policy := s.policy
	s.mu.RUnlock()

	for _, o := range others {
		if !sees(policy, viewer, records[o.user]) {
			continue
		}
		// Who is at a place he may not see has sent a forged watch: not shown.
		both := func(id crm.ID) bool {
			return id != "" && sees(policy, viewer, records[id]) && sees(policy, o.user, records[id])
		}
		shown := wire.PresentPerson{UserID: string(o.user), Screen: o.screen}
		if o.board == mine.board && both(o.board) {
			shown.BoardID = string(o.board)
		}
		if both(o.record) && (shown.BoardID != "" || o.record == mine.record) {
			shown.Record = string(o.record)
		}
		if shown.BoardID == "" && shown.Record == "" {
			continue
		}
		if both(o.holding) {
			shown.Holding = string(o.holding)
		}
		people = append(people, shown)
	}
	slices.SortFunc(people, func(a, b wire.PresentPerson) int {
		return cmp.Or(cmp.Compare(a.UserID, b.UserID), cmp.Compare(a.Screen, b.Screen))
	})
	return people[:min(len(people), presencePeople)]
}

func sees(p *access.Policy, person crm.ID, rec crm.Record) bool {
	return sightOf(rec, crm.Record{}).groups(p.Audience(person), person) != 0
}
