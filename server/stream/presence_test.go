package stream_test

import (
	"testing"
	"time"

	"rapport/server/access"
	"rapport/server/crm"
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
