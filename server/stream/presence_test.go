package stream_test

import (
	"sync/atomic"
	"testing"
	"time"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/stream"
	"rapport/server/wire"
)

func (s *screen) watch(w wire.Watch) {
	s.t.Helper()
	w.Type = "watch"
	if err := s.cursor.Watch(w); err != nil {
		s.t.Fatal(err)
	}
}

// sees returns whom the last presence message listed, nil if there was none.
func (s *screen) sees() map[string]wire.PresentPerson {
	s.t.Helper()
	s.read()
	if len(s.presence) == 0 {
		return nil
	}
	list := map[string]wire.PresentPerson{}
	for _, p := range s.presence[len(s.presence)-1].People {
		list[p.UserID] = p
	}
	return list
}

func TestPresenceGoesByPolicy(t *testing.T) {
	mine := string(id("deal", 1))
	theirs := string(id("deal", 2))
	tests := []struct {
		name   string
		viewer crm.ID
		shows  wire.Watch // what the viewer's screen shows
		other  crm.ID
		does   wire.Watch
		want   *wire.PresentPerson
	}{
		{"a colleague on the same board", ben, wire.Watch{BoardID: string(board)},
			ana, wire.Watch{BoardID: string(board)}, &wire.PresentPerson{BoardID: string(board)}},
		{"a colleague who holds a card there", ben, wire.Watch{BoardID: string(board)},
			ana, wire.Watch{BoardID: string(board), Holding: mine}, &wire.PresentPerson{BoardID: string(board), Holding: mine}},
		{"a colleague who holds a card the viewer may not see", ben, wire.Watch{BoardID: string(board)},
			boss, wire.Watch{BoardID: string(board), Holding: theirs}, &wire.PresentPerson{BoardID: string(board)}},
		{"a colleague on the same record, from elsewhere", ben, wire.Watch{Record: mine},
			boss, wire.Watch{Record: mine}, &wire.PresentPerson{Record: mine}},
		{"a viewer on a board he may not see", mia, wire.Watch{BoardID: string(board)},
			ana, wire.Watch{BoardID: string(board)}, nil},
		{"somebody who claims to be on a board he may not see", ana, wire.Watch{BoardID: string(board)},
			mia, wire.Watch{BoardID: string(board)}, nil},
		{"a viewer on a record he may not see", ben, wire.Watch{Record: theirs},
			boss, wire.Watch{Record: theirs}, nil},
		{"somebody on another board", ben, wire.Watch{BoardID: string(board)},
			ana, wire.Watch{BoardID: string(id("board", 9))}, nil},
		{"one's own other tab", ben, wire.Watch{BoardID: string(board)},
			ben, wire.Watch{BoardID: string(board)}, nil},
		{"something that does not exist", ben, wire.Watch{Record: string(id("deal", 9))},
			ana, wire.Watch{Record: string(id("deal", 9))}, nil},
	}
	for _, tt := range tests {
		t.Run("[SL21] "+tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.put(crm.TypeDeal, id("deal", 1), aDeal(nil))
			w.put(crm.TypeDeal, id("deal", 2), aDeal(crm.Fields{"departmentId": string(marketing)}))
			viewer, other := w.open(tt.viewer), w.open(tt.other)
			viewer.watch(tt.shows)
			other.watch(tt.does)
			got, listed := viewer.sees()[string(tt.other)]
			if tt.want == nil {
				if listed || len(viewer.raw) != 0 {
					t.Errorf("sent %s", viewer.raw)
				}
				return
			}
			got.UserID, got.Screen = "", ""
			if got != *tt.want {
				t.Errorf("sees %+v, want %+v", got, *tt.want)
			}
		})
	}
}

func TestPresenceIsJoined(t *testing.T) {
	w := newWorld(t)
	for n := range 9 {
		w.put(crm.TypeDeal, id("deal", n), aDeal(nil))
	}
	viewer, other := w.open(ben), w.open(ana)
	viewer.watch(wire.Watch{BoardID: string(board)})
	for n := range 9 {
		other.watch(wire.Watch{BoardID: string(board), Holding: string(id("deal", n))})
		viewer.read()
	}
	if len(viewer.presence) != 1 {
		t.Errorf("[SL22] %d messages at once", len(viewer.presence))
	}
	w.advance(250 * time.Millisecond)
	w.stream.Beat()
	if got := viewer.sees()[string(ana)].Holding; got != string(id("deal", 8)) || len(viewer.presence) != 2 {
		t.Errorf("[SL22] after the pause: holding %q in %d messages", got, len(viewer.presence))
	}
	w.advance(time.Second)
	other.cursor.Close()
	if got := viewer.sees(); len(got) != 0 || len(viewer.presence) != 3 {
		t.Errorf("[SL22] after the other left: %v in %d messages", got, len(viewer.presence))
	}
}

// hire makes n members of sales: id("person", 100) and those behind.
func (w *world) hire(n int) {
	var hired []edit
	for i := 100; i < 100+n; i++ {
		hired = append(hired, edit{crm.TypeUser, id("person", i), crm.Fields{"name": "N"}}, edit{crm.TypeMembership, id("membership", i), crm.Fields{
			"userId": string(id("person", i)), "departmentId": string(sales), "role": string(access.RoleMember),
		}})
	}
	w.commit(hired...)
}

// intoTeams makes those whom hire made members of one of so many teams, too, so
// that each team is an audience.
func (w *world) intoTeams(people, teams int) {
	var joined []edit
	for n := range people {
		team := id("team", n%teams)
		if n < teams {
			joined = append(joined, edit{crm.TypeDepartment, team, crm.Fields{"name": "Team", "parentId": string(sales)}})
		}
		joined = append(joined, edit{crm.TypeMembership, id("second", n), crm.Fields{
			"userId": string(id("person", 100+n)), "departmentId": string(team), "role": string(access.RoleMember),
		}})
	}
	w.commit(joined...)
}

// With as many at one board as a company has, who takes a card shows to all of
// them, and who is there is found out once for all, also where each team may know
// something else.
func TestPresenceOfManyIsFoundOutOnce(t *testing.T) {
	const many, teams = 150, 10
	var lookups atomic.Int32
	w := newWorld(t, func(o *stream.Options) {
		real := o.Records
		o.Records = func(ids []crm.ID) map[crm.ID]crm.Record { lookups.Add(1); return real(ids) }
	})
	w.put(crm.TypeDeal, id("deal", 1), aDeal(nil))
	w.hire(many)
	w.intoTeams(many, teams)
	screens := make([]*screen, many)
	for n := range many {
		screens[n] = w.open(id("person", 100+n))
		screens[n].watch(wire.Watch{BoardID: string(board)})
	}
	read := func() {
		w.advance(time.Second)
		w.stream.Beat()
		for _, s := range screens {
			s.read()
		}
	}
	read()
	before := lookups.Load()
	holder := many - 1 // far beyond those whom a list has room for
	screens[holder].watch(wire.Watch{BoardID: string(board), Holding: string(id("deal", 1))})
	read()
	for n, s := range screens {
		list := s.sees()
		one, listed := list[string(id("person", 100+holder))]
		if n == holder {
			if listed {
				t.Error("[SL21] who holds the card is told of himself")
			}
			continue
		}
		if more := s.presence[len(s.presence)-1].More; one.Holding != string(id("deal", 1)) || len(list) > 25 || len(list)+more != many-1 {
			t.Fatalf("[SL21] screen %d sees %d people and %d more, and the holder as %+v", n, len(list), more, one)
		}
		if _, self := list[string(id("person", 100+n))]; self {
			t.Fatalf("[SL21] screen %d is told of itself", n)
		}
	}
	if n := lookups.Load() - before; n > 3 {
		t.Errorf("%d screens of %d audiences looked %d times who is there", many, teams, n)
	}
	// Who has the same deal open is in the list before all others, wherever he is.
	open := wire.Watch{BoardID: string(board), Record: string(id("deal", 1))}
	screens[holder-1].watch(open)
	screens[holder-2].watch(open)
	away := w.open(ana)
	away.watch(wire.Watch{Record: string(id("deal", 1))})
	read()
	list, more := screens[holder-2].sees(), screens[holder-2].presence[len(screens[holder-2].presence)-1].More
	for who, there := range map[string]crm.ID{"one beyond the list": id("person", 100+holder-1), "one who is not at the board": ana} {
		if list[string(there)].Record != string(id("deal", 1)) {
			t.Errorf("[SL21] %s has the same deal open and shows as %+v", who, list[string(there)])
		}
	}
	if len(list)+more != many-1+1 {
		t.Errorf("[SL21] %d people and %d more are there, want %d together", len(list), more, many)
	}
}

// [SL22] What a card in the hand costs does not grow with the square of those who see it.
func TestPresenceIsRarerWhereManyLook(t *testing.T) {
	w := newWorld(t)
	w.put(crm.TypeDeal, id("deal", 1), aDeal(nil))
	w.hire(398)
	viewer, other := w.open(ben), w.open(ana)
	for n := range 398 {
		w.open(id("person", 100+n)).watch(wire.Watch{BoardID: string(board)})
	}
	viewer.watch(wire.Watch{BoardID: string(board)})
	other.watch(wire.Watch{BoardID: string(board)})
	viewer.read()
	heard := len(viewer.presence)
	other.watch(wire.Watch{BoardID: string(board), Holding: string(id("deal", 1))})
	for _, step := range []struct {
		pass time.Duration
		more int
	}{{0, 0}, {399 * time.Millisecond, 0}, {time.Millisecond, 1}} {
		w.advance(step.pass)
		w.stream.Beat()
		viewer.read()
		if got := len(viewer.presence) - heard; got != step.more {
			t.Errorf("[SL22] %d messages after %s more, want %d", got, step.pass, step.more)
		}
	}
}

// While a crowd comes in, not everybody who does has the list made anew; it is
// right a moment later.
func TestACrowdThatComesInIsListedNowAndThen(t *testing.T) {
	var lookups atomic.Int32
	w := newWorld(t, func(o *stream.Options) {
		real := o.Records
		o.Records = func(ids []crm.ID) map[crm.ID]crm.Record { lookups.Add(1); return real(ids) }
	})
	here := wire.Watch{BoardID: string(board)}
	w.hire(350)
	w.open(ana).watch(here)
	for n := range 300 {
		w.open(id("person", 100+n)).watch(here)
	}
	before := lookups.Load()
	var late []*screen
	for n := range 50 {
		s := w.open(id("person", 400+n))
		s.watch(here)
		s.read()
		late = append(late, s)
	}
	if n := lookups.Load() - before; n > 2 {
		t.Errorf("50 screens that came in at once had the list made %d times", n)
	}
	w.advance(time.Second)
	w.stream.Beat()
	for n, s := range late {
		if _, there := s.sees()[string(ana)]; !there {
			t.Fatalf("[SL21] screen %d never learns who is there", n)
		}
	}
}

// A crowd that goes at once does not have each of those who stay marked by each
// of those who go; who stays learns of it with the next tick.
func TestACrowdThatGoesIsNoted(t *testing.T) {
	var looks atomic.Int32
	w := newWorld(t, func(o *stream.Options) {
		clock := o.Now
		o.Now = func() time.Time { looks.Add(1); return clock() }
	})
	here := wire.Watch{BoardID: string(board)}
	w.hire(600)
	stays := w.open(ana)
	stays.watch(here)
	var crowd []*screen
	for n := range 600 {
		s := w.open(id("person", 100+n))
		s.watch(here)
		crowd = append(crowd, s)
	}
	w.advance(time.Second)
	w.stream.Beat()
	stays.read()
	before := looks.Load()
	for _, s := range crowd[:300] {
		s.cursor.Close()
	}
	if n := looks.Load() - before; n > 300 {
		t.Errorf("the clock was asked %d times while 300 screens went", n)
	}
	for _, s := range crowd[300:] {
		s.cursor.Close()
	}
	w.advance(time.Second)
	w.stream.Beat()
	w.advance(time.Second)
	w.stream.Beat()
	stays.read()
	if who := stays.sees(); len(who) > 1 {
		t.Errorf("[SL21] %d people are there, and all but one have gone", len(who))
	}
}

// While no list is due nothing looks at the screens: neither when all have theirs, nor
// when one leaves before it got its own.
func TestNoListIsDueOnceAllHaveTheirs(t *testing.T) {
	w := newWorld(t)
	one, two := w.open(ana), w.open(ben)
	for _, s := range []*screen{one, two} {
		s.watch(wire.Watch{BoardID: string(board)})
	}
	if due := w.stream.ListsDue(); due == 0 {
		t.Fatal("two screens have come to a board and no list is due")
	}
	two.cursor.Close()
	for range 3 {
		w.advance(time.Second)
		w.stream.Beat()
		one.read()
	}
	if due := w.stream.ListsDue(); due != 0 {
		t.Errorf("%d lists are due for ever", due)
	}
}

// [SL21] A list that is shared by an audience is not that of somebody who owns
// something in it, in whatever order they ask.
func TestPresenceKnowsWhoOwnsWhatIsShown(t *testing.T) {
	for _, first := range []string{"the owner", "the other one"} {
		t.Run(first+" asks first", func(t *testing.T) {
			w := newWorld(t)
			gil := id("person", 90)
			w.put(crm.TypeDeal, id("deal", 1), aDeal(crm.Fields{crm.KeyOwner: string(gus)}))
			w.commit(edit{crm.TypeUser, gil, crm.Fields{"name": "Gil"}}, edit{crm.TypeMembership, id("membership", 90), crm.Fields{
				"userId": string(gil), "departmentId": string(marketing), "role": string(access.RoleGuest),
			}})
			here := wire.Watch{Record: string(id("deal", 1))}
			owner, other := w.open(gus), w.open(gil)
			if first == "the owner" {
				owner.watch(here)
				owner.read()
				other.watch(here)
				other.read()
			} else {
				other.watch(here)
				other.read()
				owner.watch(here)
				owner.read()
			}
			w.open(ana).watch(here)
			w.advance(time.Second)
			w.stream.Beat()
			if first == "the owner" {
				owner.read()
			}
			if seen := other.sees(); len(seen) != 0 {
				t.Errorf("who may not see the deal sees %v", seen)
			}
			if _, there := owner.sees()[string(ana)]; !there {
				t.Error("who owns it does not see who has it open")
			}
		})
	}
}

func TestPresenceEndsWithTheRight(t *testing.T) {
	tests := []struct {
		name string
		do   func(*world)
	}{
		{"the viewer loses the board", func(w *world) {
			w.commit(rule(70, access.Rule{Who: "person:" + string(ben), Effect: "never", Action: "see", What: "board", Whose: "all", Fields: "all"}))
		}},
		{"the viewer loses sight of people", func(w *world) {
			w.commit(rule(70, access.Rule{Who: "person:" + string(ben), Effect: "never", Action: "see", What: "user", Whose: "all", Fields: "all"}))
		}},
		{"the other loses the board", func(w *world) {
			w.commit(rule(70, access.Rule{Who: "person:" + string(ana), Effect: "never", Action: "see", What: "board", Whose: "all", Fields: "all"}))
		}},
		{"the board moves to another department", func(w *world) {
			w.commit(edit{crm.TypeBoard, board, crm.Fields{"departmentId": string(marketing)}})
		}},
		{"the board goes to the trash", func(w *world) {
			w.commit(edit{crm.TypeBoard, board, crm.Fields{crm.KeyTrashedAt: "2026-11-24T09:00:00.000Z"}})
		}},
	}
	for _, tt := range tests {
		t.Run("[SL21] "+tt.name, func(t *testing.T) {
			w := newWorld(t)
			viewer, other := w.open(ben), w.open(ana)
			viewer.watch(wire.Watch{BoardID: string(board)})
			other.watch(wire.Watch{BoardID: string(board)})
			if len(viewer.sees()) != 1 {
				t.Fatal("nobody there to begin with")
			}
			w.advance(time.Second)
			tt.do(w)
			if got := viewer.sees(); len(got) != 0 {
				t.Errorf("still sees %v", got)
			}
		})
	}
}

func TestAWatchIsChecked(t *testing.T) {
	w := newWorld(t)
	s := w.open(ben)
	if err := s.cursor.Watch(wire.Watch{Type: "watch", BoardID: "../../etc"}); err == nil {
		t.Error("[SL3] a board that is no id was watched")
	}
}

// A change of policy makes the lists of a thousand screens new at once: one of each
// audience finds out who is there, and the others take what it found.
func TestAListIsFoundOutByOneForAll(t *testing.T) {
	asked, answer := make(chan struct{}, 100), make(chan struct{})
	var slow atomic.Bool
	w := newWorld(t, func(o *stream.Options) {
		records := o.Records
		o.Records = func(ids []crm.ID) map[crm.ID]crm.Record {
			if slow.Load() {
				asked <- struct{}{}
				<-answer
			}
			return records(ids)
		}
	})
	first, second, other := w.open(ben), w.open(bea), w.open(ana)
	for _, s := range []*screen{first, second, other} {
		s.watch(wire.Watch{BoardID: string(board)})
	}
	slow.Store(true)
	done := make(chan struct{})
	go func() { defer close(done); first.read() }()
	<-asked
	second.read() // waits for nothing
	if len(second.presence) != 0 || len(asked) != 0 {
		t.Fatalf("%d messages, asked %d times more", len(second.presence), len(asked))
	}
	slow.Store(false)
	close(answer)
	<-done
	w.advance(time.Second)
	w.stream.Beat()
	for name, s := range map[string]*screen{"who found it out": first, "who waited": second} {
		if got := s.sees(); got[string(ana)].BoardID != string(board) {
			t.Errorf("%s sees %v", name, got)
		}
	}
}
