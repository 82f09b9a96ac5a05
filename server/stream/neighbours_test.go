package stream_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"rapport/server/crm"
	"rapport/server/stream"
	"rapport/server/synclog"
	"rapport/server/wire"
)

// otherNode is the store as one neighbour uses it.
type otherNode struct {
	mu      sync.Mutex // guards all below
	told    []synclog.Screen
	screens []synclog.Screen
	broken  error
}

func (n *otherNode) Show(_ context.Context, _ crm.WorkspaceID, screens []synclog.Screen) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.broken == nil {
		n.told = screens
	}
	return n.broken
}

func (n *otherNode) Elsewhere(context.Context, crm.WorkspaceID) ([]synclog.Screen, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.screens, n.broken
}

func (n *otherNode) show(screens ...synclog.Screen) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.screens = screens
}

func (n *otherNode) hasHeard() []synclog.Screen {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.told
}

// eventually waits for what happens in its own time.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(what)
		}
	}
}

func TestPresenceReachesOtherNodes(t *testing.T) {
	mine, theirs := string(id("deal", 1)), string(id("deal", 2))
	tests := []struct {
		name  string
		shows wire.Watch // what the viewer's screen shows here
		other synclog.Screen
		want  *wire.PresentPerson
	}{
		{"a colleague on the same board", wire.Watch{BoardID: string(board)},
			synclog.Screen{User: ana, Board: board}, &wire.PresentPerson{BoardID: string(board)}},
		{"a colleague who holds a card there", wire.Watch{BoardID: string(board)},
			synclog.Screen{User: ana, Board: board, Holding: crm.ID(mine)}, &wire.PresentPerson{BoardID: string(board), Holding: mine}},
		{"a colleague who holds a card the viewer may not see", wire.Watch{BoardID: string(board)},
			synclog.Screen{User: boss, Board: board, Holding: crm.ID(theirs)}, &wire.PresentPerson{BoardID: string(board)}},
		{"a colleague on the same record", wire.Watch{Record: mine},
			synclog.Screen{User: boss, Record: crm.ID(mine)}, &wire.PresentPerson{Record: mine}},
		{"somebody who claims to be on a board he may not see", wire.Watch{BoardID: string(board)},
			synclog.Screen{User: mia, Board: board}, nil},
		{"one's own other tab", wire.Watch{BoardID: string(board)},
			synclog.Screen{User: ben, Board: board}, nil},
	}
	for _, tt := range tests {
		t.Run("[SL21] "+tt.name, func(t *testing.T) {
			t.Parallel()
			node := &otherNode{}
			w := newWorld(t, func(o *stream.Options) { o.Neighbours = node })
			w.put(crm.TypeDeal, id("deal", 1), aDeal(nil))
			w.put(crm.TypeDeal, id("deal", 2), aDeal(crm.Fields{"departmentId": string(marketing)}))
			viewer := w.open(ben)
			viewer.watch(tt.shows)
			tt.other.ID = "elsewhere"
			// When Bea shows, all that came with her has been taken in.
			marker := synclog.Screen{ID: "marker", User: bea, Board: crm.ID(tt.shows.BoardID), Record: crm.ID(tt.shows.Record)}
			node.show(tt.other, marker)
			eventually(t, "the other node is not heard", func() bool { return viewer.sees()[string(bea)].UserID != "" })
			got, listed := viewer.sees()[string(tt.other.User)]
			if tt.want == nil {
				if listed {
					t.Errorf("sees %+v", got)
				}
				return
			}
			if got.UserID, got.Screen = "", ""; got != *tt.want {
				t.Errorf("sees %+v, want %+v", got, *tt.want)
			}
			w.advance(time.Second)
			node.show()
			eventually(t, "still there after the other node said that he is gone", func() bool { return len(viewer.sees()) == 0 })
		})
	}
}

func TestAScreenThatCameOverIsListedOnce(t *testing.T) {
	t.Parallel()
	node := &otherNode{}
	w := newWorld(t, func(o *stream.Options) { o.Neighbours = node })
	viewer := w.open(ben)
	viewer.watch(wire.Watch{BoardID: string(board)})
	hello := w.hello(nil, "")
	node.show(synclog.Screen{ID: hello.Screen, User: ana, Board: board})
	eventually(t, "the other node is not heard", func() bool { return len(viewer.sees()) == 1 })

	// Her node died; it cannot take back what it told.
	cursor, end := w.stream.Open(t.Context(), stream.Opening{User: ana, Hello: hello})
	if end != nil {
		t.Fatal(end)
	}
	t.Cleanup(cursor.Close)
	w.advance(time.Second)
	if err := cursor.Watch(wire.Watch{Type: "watch", BoardID: string(board)}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "[SL21] listed twice", func() bool {
		viewer.read()
		return len(viewer.presence[len(viewer.presence)-1].People) == 1
	})
}

func TestOtherNodesAreToldWhatScreensShow(t *testing.T) {
	t.Parallel()
	node := &otherNode{broken: errors.New("no database")}
	w := newWorld(t, func(o *stream.Options) { o.Neighbours = node })
	s := w.open(ben)
	s.watch(wire.Watch{BoardID: string(board)})
	node.mu.Lock()
	node.broken = nil
	node.mu.Unlock()
	eventually(t, "[SL21] not told", func() bool {
		told := node.hasHeard()
		return len(told) == 1 && told[0].User == ben && told[0].Board == board
	})
	s.cursor.Close()
	eventually(t, "[SL21] not told that he left", func() bool { return len(node.hasHeard()) == 0 })
}
