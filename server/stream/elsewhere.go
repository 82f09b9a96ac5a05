package stream

import (
	"rapport/server/crm"
	"rapport/server/synclog"
)

// elsewhere is what the screens of other nodes show. It belongs to presence and
// is guarded by its lock.
type elsewhere struct {
	screens map[string]present
	places  map[crm.ID][]present
}

// toTell returns what the screens here show, and whether that has changed since
// the last call.
func (p *presence) toTell() (screens []synclog.Screen, changed bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	changed, p.untold = p.untold, false
	for c, sc := range p.screens {
		if len(sc.places()) > 0 {
			screens = append(screens, synclog.Screen{ID: c.screen, User: c.user, Board: sc.board, Record: sc.record, Holding: sc.holding})
		}
	}
	return screens, changed
}

// tellAgain notes that what toTell returned has not got through.
func (p *presence) tellAgain() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.untold = true
}

// idle reports whether no screen here shows anything.
func (p *presence) idle() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.places) == 0
}

// setElsewhere replaces what other nodes' screens show. Those that are here now
// have come over from a node that does not know of it yet, or no longer can.
func (p *presence) setElsewhere(screens []synclog.Screen) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(screens) == 0 && len(p.elsewhere.screens) == 0 {
		return
	}
	here := make(map[string]bool, len(p.screens))
	for c := range p.screens {
		here[c.screen] = true
	}
	next := elsewhere{screens: map[string]present{}, places: map[crm.ID][]present{}}
	for _, sc := range screens {
		if here[sc.ID] {
			continue
		}
		next.screens[sc.ID] = present{sc.User, sc.ID, watched{board: sc.Board, record: sc.Record, holding: sc.Holding}}
	}
	for _, o := range next.screens {
		for _, place := range o.places() {
			next.places[place] = append(next.places[place], o)
		}
		if was, known := p.elsewhere.screens[o.screen]; !known || was != o {
			p.mark(was.places())
			p.mark(o.places())
		}
	}
	for id, was := range p.elsewhere.screens {
		if _, still := next.screens[id]; !still {
			p.mark(was.places())
		}
	}
	p.elsewhere = next
}
