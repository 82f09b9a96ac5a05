package stream

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"rapport/server/access"
	"rapport/server/crm"
)

// Who is at a board or a record is found out once, what an audience there may know of
// it once for each, and the message with it written once: with a thousand screens at
// one board each of them would otherwise go through a thousand others. Only who is in
// the list himself, or owns something in it, is written to on his own.

// present is one screen at a place.
type present struct {
	user   crm.ID
	screen string
	watched
}

// placeList is who is at one place, as an audience may know. It does not change.
type placeList struct {
	moment
	people []listed // those shown, at most presencePeople, by person and screen
	more   int      // people beyond them, each once
	// concerned are the people who may know more or less than the rest of their
	// audience, because they own something in it, sorted.
	concerned []crm.ID
	data      []byte // the message to who is not in it
	made      time.Time
}

type listed struct {
	present
	json []byte // wire.PresentPerson
}

func (l listed) compare(m listed) int {
	return cmp.Or(cmp.Compare(l.user, m.user), cmp.Compare(l.screen, m.screen))
}

// presentTo returns the presence message for a person whose screen shows mine. ok
// is false when it has to wait.
func (s *Stream) presentTo(person crm.ID, mine watched) (data []byte, ok bool) {
	s.mu.RLock()
	policy := s.policy
	s.mu.RUnlock()
	board, record := s.listAt(policy, person, mine.board, true), s.listAt(policy, person, mine.record, false)
	if board == nil || record == nil {
		return nil, false
	}
	return s.joined(board, record, person), true
}

// joined returns the message to a person with the lists of his board and of the
// record he has open.
func (s *Stream) joined(board, record *placeList, person crm.ID) []byte {
	if len(board.people) == 0 {
		return s.without(record, person)
	}
	// Who has the same record open shows in the list of the board, too, as a rule.
	var more []listed
	for _, l := range record.people {
		if _, there := slices.BinarySearchFunc(board.people, l, listed.compare); !there {
			more = append(more, l)
		}
	}
	if len(more) == 0 {
		return s.without(board, person)
	}
	both := append(more, board.people[:min(len(board.people), presencePeople-len(more))]...)
	slices.SortFunc(both, listed.compare)
	onBoard := func(l listed) bool { return l.board == board.people[0].board }
	beyond := board.more + countPeople(board.people, onBoard) - countPeople(both, onBoard)
	return s.without(&placeList{people: both, more: beyond}, person)
}

// countPeople counts those of a list for whom is holds, each once.
func countPeople(list []listed, is func(listed) bool) int {
	people := map[crm.ID]bool{}
	for _, l := range list {
		if is(l) {
			people[l.user] = true
		}
	}
	return len(people)
}

// without returns the message of a list to a person who is at the place, and is not
// told of himself: he is in the list, or one of those beyond it.
func (s *Stream) without(l *placeList, person crm.ID) []byte {
	him := func(one listed) bool { return one.user == person }
	switch {
	case slices.ContainsFunc(l.people, him):
		return s.presentMessage(slices.DeleteFunc(slices.Clone(l.people), him), l.more)
	case l.data != nil:
		return l.data
	}
	return s.presentMessage(l.people, max(l.more-1, 0))
}

// presentMessage writes a wire.Presence. It writes by hand: encoding/json would
// look through each part again, for each person in the list.
func (s *Stream) presentMessage(people []listed, more int) []byte {
	data := []byte(`{"type":"presence","people":[`)
	for i, l := range people {
		if i > 0 {
			data = append(data, ',')
		}
		data = append(data, l.json...)
	}
	data = append(data, ']')
	if more > 0 {
		data = strconv.AppendInt(append(data, `,"more":`...), int64(more), 10)
	}
	return s.o.Envelope(append(data, '}'))
}

// listAt returns who is at a place that a person's screen shows: a board, or a
// record; nil when it is too early to find that out again, or somebody is about it:
// a change of policy brings a thousand screens here at once.
func (s *Stream) listAt(policy *access.Policy, person, id crm.ID, isBoard bool) *placeList {
	if id == "" {
		return &placeList{}
	}
	p, audience := s.presence, policy.Audience(person)
	key := listKey{audience.Token(), isBoard}
	p.mu.Lock()
	pl := p.places[id]
	if pl == nil {
		p.mu.Unlock()
		return &placeList{} // the screen has moved on
	}
	list, now := pl.lists[key], s.o.Now()
	stale := list == nil || list.moment != moment{policy, pl.changes}
	if stale && (pl.making[key] || list != nil && now.Sub(list.made) < listPause(len(pl.screens))) {
		p.mu.Unlock()
		return nil
	}
	if stale {
		pl.making[key] = true
	}
	p.mu.Unlock()
	if stale {
		list = nil
		defer func() { p.keep(pl, key, list) }()
		list = s.gather(policy, pl, id, isBoard).listFor(audience, "")
		list.data, list.made = s.without(list, ""), now
	}
	if has(list.concerned, person) {
		return s.gather(policy, pl, id, isBoard).listFor(audience, person)
	}
	return list
}

// keep puts the list that was made for an audience at its place; nil when making it
// failed.
func (p *presence) keep(pl *place, key listKey, list *placeList) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(pl.making, key)
	if list != nil {
		pl.lists[key] = list
	}
}

// at returns the screens that show a place. One that has come over from another
// node may be known from there still, and counts once. It requires mu.
func (p *presence) at(pl *place, id crm.ID, isBoard bool) (there []present) {
	shows := func(w watched) bool { return isBoard && w.board == id || !isBoard && w.record == id }
	here := map[string]bool{}
	for c := range pl.screens {
		if sc := p.screens[c]; shows(sc.watched) {
			there = append(there, present{c.user, c.screen, sc.watched})
			here[c.screen] = true
		}
	}
	for _, o := range p.elsewhere.places[id] {
		if shows(o.watched) && !here[o.screen] {
			there = append(there, o)
		}
	}
	return there
}
