package stream

import (
	"cmp"
	"maps"
	"slices"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/wire"
)

// gathering is who is at one place, and where policy finds what their screens show:
// all of it that is the same whoever asks. It does not change.
type gathering struct {
	moment
	id        crm.ID
	isBoard   bool
	place     sight
	attendees []attendee // who holds a card goes before who looks, then by person and screen
	people    int        // the attendees, each person once
	kinds     int        // of people, whom policy finds in one place but for that each is himself
}

// moment is when something was found out about a place.
type moment struct {
	policy  *access.Policy
	changes uint64 // of the place, so far
}

// attendee is a screen at a place whose person may see the place.
type attendee struct {
	present
	number int   // of the person, from 0
	kind   int   // of the person, from 0
	person sight // of his own record
	// What else his screen shows; the zero sight for what he may not see himself: that
	// comes from a forged watch.
	openRecord, heldCard sight
}

// gather returns who is at a place now: found out by whoever asks first after a change.
func (s *Stream) gather(policy *access.Policy, pl *place, id crm.ID, isBoard bool) *gathering {
	at := &pl.record
	if isBoard {
		at = &pl.board
	}
	at.mu.Lock()
	defer at.mu.Unlock()
	p := s.presence
	p.mu.Lock()
	now := moment{policy, pl.changes}
	if at.last != nil && at.last.moment == now {
		p.mu.Unlock()
		return at.last
	}
	there := p.at(pl, id, isBoard)
	p.mu.Unlock()
	g := &gathering{moment: now, id: id, isBoard: isBoard}
	g.find(there, s.recordsOf(id, there))
	at.last = g
	return g
}

// find fills a gathering with those of the screens there whose people may see the place.
func (g *gathering) find(there []present, records map[crm.ID]crm.Record) {
	slices.SortFunc(there, func(a, b present) int {
		return cmp.Or(cmp.Compare(looks(a), looks(b)), cmp.Compare(a.user, b.user), cmp.Compare(a.screen, b.screen))
	})
	g.place = sightOf(records[g.id], crm.Record{})
	numbers, kinds := map[crm.ID]int{}, map[sight]int{}
	for _, o := range there {
		audience := g.policy.Audience(o.user)
		if g.place.groups(audience, o.user) == 0 {
			continue // a forged watch
		}
		ifSeen := func(id crm.ID) sight {
			if it := sightOf(records[id], crm.Record{}); it.groups(audience, o.user) != 0 {
				return it
			}
			return sight{}
		}
		person := sightOf(records[o.user], crm.Record{})
		kind := person
		kind.place.Owner = ""
		g.attendees = append(g.attendees, attendee{
			present: o, number: numbered(numbers, o.user), kind: numbered(kinds, kind), person: person,
			openRecord: ifSeen(o.record), heldCard: ifSeen(o.holding),
		})
	}
	g.people, g.kinds = len(numbers), len(kinds)
}

// numbered returns the number of a key, the next one if it has none yet.
func numbered[K comparable](numbers map[K]int, key K) int {
	n, known := numbers[key]
	if !known {
		n = len(numbers)
		numbers[key] = n
	}
	return n
}

// looks is 0 for a screen on which a card is held, and 1 for any other.
func looks(o present) int {
	if o.holding == "" {
		return 1
	}
	return 0
}

func (s *Stream) recordsOf(place crm.ID, there []present) map[crm.ID]crm.Record {
	ids := []crm.ID{place}
	for _, o := range there {
		ids = append(append(ids, o.user), o.places()...)
	}
	slices.Sort(ids)
	return s.o.Records(slices.Compact(ids))
}

// listFor keeps of a gathering what an audience may know; person "" is anybody of it
// who owns nothing in the list. Where there are too many to show, those who come first are.
func (g *gathering) listFor(audience *access.Audience, person crm.ID) *placeList {
	d := describing{audience: audience, person: person, known: make([]knowledge, g.kinds), concerned: map[crm.ID]bool{}}
	list := &placeList{moment: g.moment}
	if d.sees(g.place) {
		told := make([]bool, g.people)
		for i := range g.attendees {
			one := &g.attendees[i]
			switch {
			case !d.knows(one):
				continue
			case len(list.people) < presencePeople:
				list.people = append(list.people, listed{one.present, encode(d.show(g, one))})
			case !told[one.number]:
				list.more++
			}
			told[one.number] = true
		}
	}
	slices.SortFunc(list.people, listed.compare)
	list.concerned = slices.Sorted(maps.Keys(d.concerned))
	return list
}

// describing is what the decisions about one list take.
type describing struct {
	audience  *access.Audience
	person    crm.ID
	known     []knowledge // by kind of people
	concerned map[crm.ID]bool
}

// knowledge is whether people of a kind are seen: 0 while nobody has asked.
type knowledge int8

const (
	unseen knowledge = 1 + iota
	seen
)

// knows reports whether the viewer may see the person of a screen. That it is about
// himself sets nobody apart: nobody is told of himself.
func (d *describing) knows(one *attendee) bool {
	if one.user == d.person {
		return one.person.groups(d.audience, d.person) != 0
	}
	known := &d.known[one.kind]
	if *known == 0 {
		*known = unseen
		if one.person.groups(d.audience, d.person) != 0 {
			*known = seen
		}
	}
	return *known == seen
}

// show returns what the viewer may know of a screen at a place.
func (d *describing) show(g *gathering, one *attendee) wire.PresentPerson {
	shown := wire.PresentPerson{UserID: string(one.user), Screen: one.screen}
	if g.isBoard {
		shown.BoardID = string(g.id)
	}
	if d.sees(one.openRecord) {
		shown.Record = string(one.record)
	}
	if d.sees(one.heldCard) {
		shown.Holding = string(one.holding)
	}
	return shown
}

// sees reports whether the viewer may see a record, and notes who of his audience
// sees it otherwise.
func (d *describing) sees(it sight) bool {
	common := it.groups(d.audience, d.person)
	it.eachOwner(func(owner crm.ID) {
		if it.groups(d.audience, owner) != common {
			d.concerned[owner] = true
		}
	})
	return common != 0
}
