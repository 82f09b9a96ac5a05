package stream_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/stream"
	"rapport/server/wire"
)

func TestEntriesAreJoined(t *testing.T) {
	w := newWorld(t)
	w.put(crm.TypeDeal, id("deal", 1), aDeal(nil))
	s := w.open(ben)
	for range 600 {
		w.commit(w.deal(1, crm.Fields{"title": "Desks", "nextStep": string(id("step", int(w.offset)))}))
	}
	s.read()
	if len(s.frames) != 3 || s.position != 700 {
		t.Errorf("[SL18] 600 small entries came in %d frames up to %d", len(s.frames), s.position)
	}
	long := strings.Repeat("oak ", 5000) // 20 kB
	for n := range 7 {
		w.commit(w.deal(1, crm.Fields{"nextStep": long + string(id("step", n))}))
	}
	s.read()
	big := s.frames[3:]
	if len(big) != 3 {
		t.Errorf("[SL18] 7 entries of 20 kB came in %d frames", len(big))
	}
	for _, data := range s.raw {
		if len(data) > stream.FrameBytes+1024 {
			t.Errorf("[SL18] a frame of %d bytes", len(data))
		}
	}
}

// [B8]
func TestASlowReaderIsCutOff(t *testing.T) {
	w := newWorld(t)
	w.put(crm.TypeDeal, id("deal", 1), aDeal(nil))
	slow, keen := w.open(ben), w.open(bea)
	for n := range stream.RingEntries + 1 {
		w.commit(w.deal(1, crm.Fields{"nextStep": string(id("step", n))}))
		if n%100 == 0 {
			keen.read()
		}
	}
	if end := slow.read(); end == nil || end.Reason != wire.ByeLagging {
		t.Errorf("[SL18] end = %v", end)
	}
	if end := keen.read(); end != nil || keen.position != w.offset {
		t.Errorf("[SL18] the keen reader is at %d, ended %v", keen.position, end)
	}
}

func TestTheRingIsBoundedByOpsToo(t *testing.T) {
	w := newWorld(t)
	const ops = 400
	for range stream.RingOps/ops + 5 {
		edits := make([]edit, ops)
		for n := range edits {
			edits[n] = w.deal(n, crm.Fields{"nextStep": string(id("step", int(w.offset)))})
		}
		w.commit(edits...)
	}
	if n := w.stream.Stats().Ring; n != stream.RingOps/ops {
		t.Errorf("[SL18] the ring holds %d entries of %d ops", n, ops)
	}
}

func TestWakeUps(t *testing.T) {
	w := newWorld(t)
	w.put(crm.TypeDeal, id("deal", 1), aDeal(nil))
	s := w.open(ben)
	<-s.woken // the welcome
	w.commit(w.deal(1, crm.Fields{"title": "A"}))
	<-s.woken
	s.read()
	if s.position != w.offset {
		t.Errorf("woken at %d, want %d", s.position, w.offset)
	}
}

func TestJoiningWindow(t *testing.T) {
	tests := []struct {
		name    string
		rate    float64
		sockets int
		want    time.Duration
	}{
		{"idle", 0, 10_000, 0},
		{"ten entries a second to a thousand sockets go out one by one", 10, 1000, 0},
		{"fifty a second to a thousand sockets share frames", 50, 1000, 50 * time.Millisecond},
		{"an import before ten sockets hardly waits", 3000, 10, 500 * time.Microsecond},
		{"never longer than a quarter of a second", 1000, 50_000, 250 * time.Millisecond},
	}
	for _, tt := range tests {
		t.Run("[SL19] "+tt.name, func(t *testing.T) {
			if got := stream.Window(tt.rate, tt.sockets); got != tt.want {
				t.Errorf("window = %s, want %s", got, tt.want)
			}
		})
	}
}

func TestHeartbeats(t *testing.T) {
	w := newWorld(t)
	s := w.open(ben)
	w.stream.Beat()
	s.read()
	w.stream.Beat()
	s.read()
	if len(s.beats) != 2 || s.beats[0].Time != "2026-11-24T09:00:00.000Z" || len(s.frames) != 0 {
		t.Errorf("[SL20] beats = %+v, frames = %+v", s.beats, s.frames)
	}
}

// Thousands of screens rest at one offset: their heartbeats of one moment are made once.
func TestHeartbeatsOfOneMomentAreShared(t *testing.T) {
	made := 0
	w := newWorld(t, func(o *stream.Options) {
		o.Envelope = func(message []byte) []byte { made++; return message }
	})
	one, two := w.open(ben), w.open(ana)
	before := made
	w.stream.Beat()
	one.read()
	two.read()
	if len(one.beats) != 1 || len(two.beats) != 1 || made-before != 1 {
		t.Errorf("[SL20] %d and %d heartbeats were read, %d were made", len(one.beats), len(two.beats), made-before)
	}
	w.advance(time.Second)
	w.stream.Beat()
	if one.read(); len(one.beats) != 2 || one.beats[1].Time == one.beats[0].Time {
		t.Errorf("[SL20] a second later it says the same time: %v", one.beats)
	}
}

// In one moment the log may go on: whoever has read on is not told of the offset before.
func TestAHeartbeatIsSharedAtOneOffsetOnly(t *testing.T) {
	w := newWorld(t)
	one, two := w.open(ana), w.open(ben)
	w.stream.Beat()
	one.read()
	w.commit(w.deal(1, crm.Fields{"title": "Refit"}))
	two.read()
	if len(one.beats) != 1 || len(two.beats) != 1 || two.beats[0].Offset != one.beats[0].Offset+1 {
		t.Errorf("[SL20] %+v, and after another entry %+v", one.beats, two.beats)
	}
}

// How old the state may be is told to whoever comes, and to whoever is there.
func TestAScreenIsToldHowOldTheStateMayBe(t *testing.T) {
	age := 7 * time.Second
	w := newWorld(t, func(o *stream.Options) { o.Age = func() time.Duration { return age } })
	s := w.open(ben)
	w.stream.Beat()
	s.read()
	if s.welcome.AgeMs != 7000 || len(s.beats) != 1 || s.beats[0].AgeMs != 7000 {
		t.Errorf("[SL20] welcome %+v, beats %+v", s.welcome, s.beats)
	}
}

func TestProgressGoesToOnePerson(t *testing.T) {
	w := newWorld(t)
	one, two, other := w.open(ana), w.open(ana), w.open(ben)
	w.stream.SendTo(ana, wire.Progress{ImportID: "a", State: "running", Done: 1, Total: 9})
	w.stream.SendTo(ana, wire.Progress{ImportID: "b", State: "running"})
	w.stream.SendTo(ana, wire.Progress{ImportID: "a", State: "done", Done: 9, Total: 9})
	for _, s := range []*screen{one, two, other} {
		s.read()
	}
	for _, s := range []*screen{one, two} {
		if len(s.progress) != 2 || s.progress[0].Done != 9 || s.progress[0].ImportID != "a" || s.progress[1].ImportID != "b" {
			t.Errorf("[SL23] progress = %+v", s.progress)
		}
	}
	if len(other.progress) != 0 {
		t.Errorf("[SL23] somebody else got %+v", other.progress)
	}
}

func TestSessionsEnd(t *testing.T) {
	trash := crm.Fields{crm.KeyTrashedAt: "2026-11-24T09:00:00.000Z"}
	bensSession := id("session", 2)
	tests := []struct {
		name string
		do   func(*world)
		want []crm.ID // whose sockets end
	}{
		{"a session is ended", func(w *world) { w.commit(edit{crm.TypeSession, bensSession, trash}) }, []crm.ID{ben}},
		{"a session is used", func(w *world) {
			w.commit(edit{crm.TypeSession, bensSession, crm.Fields{"lastSeenOn": "2026-11-24"}})
		}, nil},
		{"a person is disabled", func(w *world) {
			w.commit(edit{crm.TypeUser, ana, crm.Fields{"disabledAt": "2026-11-24T09:00:00.000Z"}})
		}, []crm.ID{ana}},
		{"a person is removed", func(w *world) { w.commit(edit{crm.TypeUser, mia, trash}) }, []crm.ID{mia}},
		{"a person is renamed", func(w *world) { w.commit(edit{crm.TypeUser, mia, crm.Fields{"name": "Mia"}}) }, nil},
	}
	for _, tt := range tests {
		t.Run("[SL24] "+tt.name, func(t *testing.T) {
			w := newWorld(t)
			open := map[crm.ID]*screen{ana: w.open(ana), ben: w.open(ben), mia: w.open(mia)}
			tt.do(w)
			for person, s := range open {
				end := s.read()
				ended := end != nil && end.Reason == wire.ByeSessionEnded
				if ended != slices.Contains(tt.want, person) {
					t.Errorf("%s: end = %v", person, end)
				}
				if ended && len(s.raw) != 0 {
					t.Errorf("%s was told %s after the end", person, s.raw[0])
				}
			}
		})
	}
}

func TestTooManySockets(t *testing.T) {
	w := newWorld(t)
	var open []*screen
	for range 12 {
		open = append(open, w.open(ben))
	}
	other := w.open(bea)
	for n, s := range open {
		end := s.read()
		if replaced := end != nil && end.Reason == wire.ByeReplaced; replaced != (n < 2) {
			t.Errorf("[SL25] socket %d: end = %v", n, end)
		}
	}
	if end := other.read(); end != nil {
		t.Errorf("[SL25] somebody else's socket ended: %v", end)
	}
}

func TestTheStreamCloses(t *testing.T) {
	w := newWorld(t)
	s := w.open(ben)
	w.stream.EndAll(wire.ByeRestart)
	if end := s.read(); end == nil || end.Reason != wire.ByeRestart || end.RetryMs < 0 || end.RetryMs > 5000 {
		t.Errorf("[SL28] end = %+v", end)
	}
	if _, end := w.stream.Open(context.Background(), stream.Opening{User: ben, Hello: w.hello(nil, "")}); end == nil || end.Reason != wire.ByeRestart {
		t.Errorf("[SL28] a socket was opened while closing: %v", end)
	}
}

func TestClosedCursorsLeaveNothing(t *testing.T) {
	w := newWorld(t)
	for _, person := range []crm.ID{ana, ben, bea} {
		s := w.open(person)
		if err := s.cursor.Watch(wire.Watch{Type: "watch", BoardID: string(board)}); err != nil {
			t.Fatal(err)
		}
		s.cursor.Close()
		s.cursor.Close()
	}
	if st := w.stream.Stats(); st.Sockets != 0 || st.Audiences != 0 {
		t.Errorf("stats = %+v", st)
	}
}

// The frames are put together by hand from parts; they must be what
// encoding/json makes of the wire structs.
func TestFramesAreTheWireStructs(t *testing.T) {
	w := newWorld(t)
	w.put(crm.TypeDeal, id("deal", 1), aDeal(nil))
	s := w.open(ben)
	w.commit(w.deal(1, crm.Fields{"title": `"quoted" </script>`}), w.deal(2, aDeal(nil)))
	w.commit(rule(3, access.Rule{Who: "role:member", Effect: "may", Action: "see", What: "deal", Whose: "own", Fields: "standard"}),
		w.deal(3, aDeal(crm.Fields{"ownerId": string(ben)})))
	s.read()
	if len(s.frames) != 2 {
		t.Fatalf("frames = %+v", s.frames)
	}
	for n, f := range s.frames {
		if again, err := json.Marshal(f); err != nil || string(again) != string(s.raw[n]) {
			t.Errorf("sent  %s\nagain %s (%v)", s.raw[n], again, err)
		}
	}
}
