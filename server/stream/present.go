package stream

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"time"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/wire"
)

// Who is at a board or a record is found out once for each audience there, and the
// message with it written once: with a thousand screens at one board each of them
// would otherwise go through a thousand others. Only who is in the list himself,
// or owns something in it, is written to on his own.

// present is one screen at a place.
type present struct {
	user   crm.ID
	screen string
	watched
}

// placeList is who is at one place, as an audience may know. It does not change.
type placeList struct {
	people []listed // those shown, at most presencePeople, by person and screen
	more   int      // people beyond them, each once
	// concerned are the people who may know more or less than the rest of their
	// audience, because they own something in it, sorted.
	concerned []crm.ID
	data      []byte // the message to who is not in it
	changes   uint64 // of the place, when it was made
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
	p.mu.Lock()
	pl := p.places[id]
	if pl == nil {
		p.mu.Unlock()
		return &placeList{} // the screen has moved on
	}
	list, changes, now := pl.lists[audience.Token()], pl.changes, s.o.Now()
	stale := list == nil || list.changes != changes
	if stale && (pl.making[audience.Token()] || list != nil && now.Sub(list.made) < listPause(len(pl.screens))) {
		p.mu.Unlock()
		return nil
	}
	var there []present
	if stale || has(list.concerned, person) {
		there = p.at(id, isBoard)
	}
	if stale {
		pl.making[audience.Token()] = true
	}
	p.mu.Unlock()
	if stale {
		list = nil
		defer func() { p.keep(pl, audience.Token(), list) }()
		list = s.describe(policy, audience, "", there, id, isBoard)
		list.data, list.changes, list.made = s.without(list, ""), changes, now
	}
	if has(list.concerned, person) {
		return s.describe(policy, audience, person, there, id, isBoard)
	}
	return list
}

// keep puts the list that was made for an audience at its place; nil when making it
// failed.
func (p *presence) keep(pl *place, token string, list *placeList) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(pl.making, token)
	if list != nil {
		pl.lists[token] = list
	}
}

// at returns the screens that show a place. One that has come over from another
// node may be known from there still, and counts once. It requires mu.
func (p *presence) at(id crm.ID, isBoard bool) (there []present) {
	shows := func(w watched) bool { return isBoard && w.board == id || !isBoard && w.record == id }
	here := map[string]bool{}
	for c := range p.places[id].screens {
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

// describe keeps of those at a place what an audience may know; person "" is
// anybody of it who owns nothing in the list. Where there are too many to show,
// who holds a card goes before who looks.
func (s *Stream) describe(policy *access.Policy, audience *access.Audience, person crm.ID, there []present, id crm.ID, isBoard bool) *placeList {
	slices.SortFunc(there, func(a, b present) int {
		holds := func(o present) int {
			if o.holding == "" {
				return 1
			}
			return 0
		}
		return cmp.Or(cmp.Compare(holds(a), holds(b)), cmp.Compare(a.user, b.user), cmp.Compare(a.screen, b.screen))
	})
	d := describing{policy: policy, audience: audience, person: person, concerned: map[crm.ID]bool{}, records: s.recordsOf(id, there)}
	list, beyond := &placeList{}, map[crm.ID]bool{}
	for _, o := range there {
		switch {
		case !d.isThere(o, id):
		case len(list.people) < presencePeople:
			list.people = append(list.people, listed{o, encode(d.show(o, id, isBoard))})
		default:
			beyond[o.user] = true
		}
	}
	for _, l := range list.people {
		delete(beyond, l.user)
	}
	list.more = len(beyond)
	slices.SortFunc(list.people, listed.compare)
	list.concerned = slices.Sorted(maps.Keys(d.concerned))
	return list
}

func (s *Stream) recordsOf(place crm.ID, there []present) map[crm.ID]crm.Record {
	ids := []crm.ID{place}
	for _, o := range there {
		ids = append(append(ids, o.user), o.places()...)
	}
	slices.Sort(ids)
	return s.o.Records(slices.Compact(ids))
}

// describing is what the decisions about one list take.
type describing struct {
	policy    *access.Policy
	audience  *access.Audience
	person    crm.ID
	records   map[crm.ID]crm.Record
	concerned map[crm.ID]bool
}

// isThere reports whether the viewer may know that a screen shows a place.
func (d *describing) isThere(o present, id crm.ID) bool {
	return d.sees(o.user, o.user) && d.both(o, id)
}

// show returns what the viewer may know of a screen at a place.
func (d *describing) show(o present, id crm.ID, isBoard bool) wire.PresentPerson {
	shown := wire.PresentPerson{UserID: string(o.user), Screen: o.screen}
	if isBoard {
		shown.BoardID = string(id)
	}
	if d.both(o, o.record) {
		shown.Record = string(o.record)
	}
	if d.both(o, o.holding) {
		shown.Holding = string(o.holding)
	}
	return shown
}

// both reports whether the viewer and the one he is told of may see a record. Who
// is at a place he may not see has sent a forged watch: not shown.
func (d *describing) both(o present, id crm.ID) bool {
	return id != "" && d.sees(id, o.user) && sees(d.policy, o.user, d.records[id])
}

// sees reports whether the viewer may see a record, and notes who of his audience
// sees it otherwise. about is whom the list tells of: he is not told of himself.
func (d *describing) sees(id, about crm.ID) bool {
	it := sightOf(d.records[id], crm.Record{})
	common := it.groups(d.audience, d.person)
	it.eachOwner(func(owner crm.ID) {
		if id != about && it.groups(d.audience, owner) != common {
			d.concerned[owner] = true
		}
	})
	return common != 0
}

func sees(p *access.Policy, person crm.ID, rec crm.Record) bool {
	return sightOf(rec, crm.Record{}).groups(p.Audience(person), person) != 0
}
