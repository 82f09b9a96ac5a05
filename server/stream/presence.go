package stream

import (
	"bytes"
	"maps"
	"slices"
	"sync"
	"time"

	"rapport/server/crm"
)

// presenceEvery is the least time between two presence messages to one socket.
const presenceEvery = 250 * time.Millisecond

// presencePeople bounds the list in one message; of the others it says how many
// they are.
const presencePeople = 25

// presencePause is the least time between two presence messages to one socket at
// a place with so many screens: what a card in the hand costs must not grow with
// the square of those who see it.
func presencePause(screens int) time.Duration {
	return max(presenceEvery, time.Duration(screens)*time.Millisecond)
}

// watched is what a screen shows.
type watched struct{ board, record, holding crm.ID }

// listPause is the least time between two lists of one place with so many screens:
// while a crowd comes in, everybody who does would else have them made anew.
func listPause(screens int) time.Duration {
	if pause := presencePause(screens); pause > presenceEvery {
		return pause / 10
	}
	return 0
}

// presence knows what the screens of this node show, and what the nodes beside
// it have told of theirs.
//
// It decides by the policy of the head, when a list is made: nobody is listed
// to somebody who may not see both the person and the place.
type presence struct {
	now func() time.Time

	mu        sync.Mutex // guards all below
	screens   map[*Cursor]*screen
	places    map[crm.ID]*place // by board, record and held record, with screens of this node
	dirty     int               // screens that are
	untold    bool              // screens have changed since the other nodes were told
	elsewhere elsewhere
}

type screen struct {
	watched
	dirty bool      // its list may have changed since it was made
	due   time.Time // not before this moment the next list goes out
	last  []byte    // the list it has; nil while it has none
}

// place is a board or a record that screens show.
type place struct {
	screens map[*Cursor]struct{}
	changes uint64                 // so far: a list of before the last one is not given out
	late    bool                   // the screens of the crowd here are marked with the next tick
	lists   map[listKey]*placeList // the last ones
	making  map[listKey]bool       // those that somebody is finding out just now

	board, record lastGathering // of those whose board it is, and whose open record
}

// listKey names a list at a place: for an audience, by its token, of those who have the
// place as their board or as their open record.
type listKey struct {
	audience string
	isBoard  bool
}

// lastGathering keeps one gathering, for all audiences.
type lastGathering struct {
	mu   sync.Mutex // held while it is found out, and before presence.mu
	last *gathering
}

func newPresence(now func() time.Time) *presence {
	return &presence{now: now, screens: map[*Cursor]*screen{}, places: map[crm.ID]*place{}}
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
			p.places[id] = &place{screens: map[*Cursor]struct{}{}, lists: map[listKey]*placeList{}, making: map[listKey]bool{}}
		}
		p.places[id].screens[c] = struct{}{}
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
	p.setDirty(sc, false)
	delete(p.screens, c)
	p.unplace(c, sc)
	p.mark(sc.places())
}

// unplace requires mu.
func (p *presence) unplace(c *Cursor, sc *screen) {
	for _, id := range sc.places() {
		if delete(p.places[id].screens, c); len(p.places[id].screens) == 0 {
			delete(p.places, id)
		}
	}
}

// mark notes that the lists of all who are at one of places may have changed.
// It requires mu.
func (p *presence) mark(places []crm.ID) {
	for _, id := range places {
		pl := p.places[id]
		if pl == nil {
			continue
		}
		pl.changes++
		// In a crowd that comes or goes everybody would mark everybody.
		if pl.late = presencePause(len(pl.screens)) > presenceEvery; !pl.late {
			p.markAt(pl)
		}
	}
}

// markAt marks all who are at a place. It requires mu.
func (p *presence) markAt(pl *place) {
	pl.late = false
	for c := range pl.screens {
		if sc := p.screens[c]; sc != nil {
			p.markOne(c, sc)
		}
	}
}

// markOne requires mu.
func (p *presence) markOne(c *Cursor, sc *screen) {
	now := p.now()
	if !sc.dirty {
		p.setDirty(sc, true)
		if pause := presencePause(p.crowd(sc.watched)); pause > presenceEvery {
			// A thousand messages at once would keep entries waiting.
			sc.due = latest(sc.due, now.Add(pause*time.Duration(c.shard)/time.Duration(beatShards)))
		}
	}
	if !now.Before(sc.due) {
		c.box.notePresence()
	}
}

// setDirty requires mu.
func (p *presence) setDirty(sc *screen, dirty bool) {
	if sc.dirty == dirty {
		return
	}
	if sc.dirty = dirty; dirty {
		p.dirty++
	} else {
		p.dirty--
	}
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// tick sends off the lists that had to wait.
func (p *presence) tick() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, pl := range p.places {
		if pl.late {
			p.markAt(pl)
		}
	}
	if p.dirty == 0 {
		return
	}
	now := p.now()
	for c, sc := range p.screens {
		if sc.dirty && !now.Before(sc.due) {
			c.box.notePresence()
		}
	}
}

// touch notes that who may see a record may have changed. Those who share a place
// with somebody there are concerned too: a card that is held shows on the whole
// board.
func (p *presence) touch(c *change) {
	p.mu.Lock()
	defer p.mu.Unlock()
	pl, others := p.places[c.after.ID], p.elsewhere.places[c.after.ID]
	if pl == nil && len(others) == 0 || sightOf(c.before, crm.Record{}) == sightOf(c.after, crm.Record{}) {
		return
	}
	concerned := map[crm.ID]bool{}
	if pl != nil {
		for cur := range pl.screens {
			for _, id := range p.screens[cur].places() {
				concerned[id] = true
			}
		}
	}
	for _, o := range others {
		for _, id := range o.places() {
			concerned[id] = true
		}
	}
	p.mark(slices.Collect(maps.Keys(concerned)))
}

// touchAll notes that the policy changed.
func (p *presence) touchAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, pl := range p.places {
		clear(pl.lists) // they are those of other audiences
	}
	p.mark(slices.Collect(maps.Keys(p.places)))
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
	p.setDirty(sc, false)
	mine, last := sc.watched, sc.last
	pause := presencePause(p.crowd(mine))
	p.mu.Unlock()

	data, ok := s.presentTo(c.user, mine)
	if !ok {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.screens[c] == sc {
			p.setDirty(sc, true) // for the next tick
		}
		return nil
	}
	if bytes.Equal(data, last) || last == nil && bytes.Equal(data, s.presentMessage(nil, 0)) {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	sc.last, sc.due = data, now.Add(pause)
	return data
}

// crowd counts the screens that show the same. It requires mu.
func (p *presence) crowd(mine watched) (n int) {
	for _, id := range []crm.ID{mine.board, mine.record} {
		if pl := p.places[id]; pl != nil {
			n += len(pl.screens)
		}
	}
	return n
}
