package stream_test

import (
	"context"
	"testing"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/stream"
	"rapport/server/wire"
)

func at(offset uint64) *wire.Position { return &wire.Position{Epoch: string(epoch), Offset: offset} }

// [B12] [B13] [B14]
func TestResume(t *testing.T) {
	w := newWorld(t)
	w.put(crm.TypeDeal, id("deal", 1), aDeal(nil))
	const entries = stream.RingEntries + 10
	for n := range entries {
		w.commit(w.deal(1, crm.Fields{"title": "Desks", "nextStep": string(id("step", n))}))
	}
	head := uint64(100 + entries)
	oldest := head - stream.RingEntries // the position from which everything is still in the ring
	token := w.policy.Audience(ben).Token()
	tests := []struct {
		name     string
		position *wire.Position
		token    string
		want     wire.Mode
	}{
		{"nothing yet", nil, "", wire.ModeSnapshot},
		{"at the head", at(head), token, wire.ModeReplay},
		{"one behind", at(head - 1), token, wire.ModeReplay},
		{"at the end of the ring", at(oldest), token, wire.ModeReplay},
		{"one beyond the end of the ring", at(oldest - 1), token, wire.ModeSnapshot},
		{"before the first entry", at(0), token, wire.ModeSnapshot},
		{"another epoch", &wire.Position{Epoch: string(id("epoch", 2)), Offset: head}, token, wire.ModeSnapshot},
		{"another epoch and far ahead", &wire.Position{Epoch: string(id("epoch", 2)), Offset: 1 << 63}, token, wire.ModeSnapshot},
		{"another audience", at(head), w.policy.Audience(ana).Token(), wire.ModeSnapshot},
		{"no audience", at(head), "", wire.ModeSnapshot},
	}
	for _, tt := range tests {
		t.Run("[SL4] "+tt.name, func(t *testing.T) {
			s := w.resume(ben, tt.position, tt.token)
			defer s.cursor.Close()
			if s.welcome.Mode != tt.want {
				t.Fatalf("mode = %s, want %s", s.welcome.Mode, tt.want)
			}
			want := head
			if tt.want == wire.ModeReplay {
				want = tt.position.Offset
			}
			if p := s.welcome.Position; p.Offset != want || p.Epoch != string(epoch) || s.welcome.Audience != token {
				t.Errorf("welcome = %+v", s.welcome)
			}
			if end := s.read(); end != nil || s.position != head {
				t.Errorf("read to %d of %d, ended %v", s.position, head, end)
			}
			got := 0
			for _, f := range s.frames {
				got += len(f.Entries)
				if len(f.Entries) > stream.FrameEntries {
					t.Errorf("[SL18] a frame of %d entries", len(f.Entries))
				}
			}
			if got != int(head-want) {
				t.Errorf("[SL6] %d entries, want %d", got, head-want)
			}
		})
	}
}

func TestReplayStopsAtAChangeOfAudience(t *testing.T) {
	w := newWorld(t)
	before := w.open(mia)
	token := before.token
	rule := edit{crm.TypeRule, id("rule", 50), ruleFields(access.Rule{
		Who: "person:" + string(mia), Effect: "may", Action: "see", What: "deal", Whose: "all", Fields: "all",
	})}
	w.commit(rule)
	w.commit(edit{crm.TypeRule, id("rule", 50), crm.Fields{crm.KeyTrashedAt: "2026-11-24T09:00:00.000Z"}})
	// The audience is the old one again, but what it gained and lost in between
	// was not written down for a screen that was away.
	s := w.resume(mia, at(100), token)
	if s.welcome.Mode != wire.ModeSnapshot || s.welcome.Audience != token {
		t.Errorf("[SL4] welcome = %+v", s.welcome)
	}
}

// [B15]
func TestAClientAheadOfThisNode(t *testing.T) {
	w := newWorld(t)
	w.put(crm.TypeDeal, id("deal", 1), aDeal(nil))
	token := w.policy.Audience(ben).Token()

	gone, cancel := context.WithCancel(context.Background())
	cancel()
	_, end := w.stream.Open(gone, stream.Opening{User: ben, Hello: w.hello(at(101), token)})
	if end == nil || end.Reason != wire.ByeBehind {
		t.Errorf("[SL5] end = %v", end)
	}

	// When the node catches up in time, the client goes on from where it stood.
	opened := make(chan *stream.Cursor)
	go func() {
		c, end := w.stream.Open(context.Background(), stream.Opening{User: ben, Hello: w.hello(at(101), token)})
		if end != nil {
			t.Errorf("[SL5] end = %v", end)
		}
		opened <- c
	}()
	w.commit(w.deal(1, crm.Fields{"title": "A"}))
	c := <-opened
	if c == nil {
		return
	}
	defer c.Close()
	data, _ := c.Next()
	var welcome wire.Welcome
	(&screen{t: t}).decode(data, &welcome)
	if welcome.Mode != wire.ModeReplay || welcome.Position.Offset != 101 {
		t.Errorf("[SL5] welcome = %+v", welcome)
	}
}

func TestHelloIsChecked(t *testing.T) {
	w := newWorld(t)
	good := w.hello(nil, "")
	tests := []struct {
		name   string
		change func(*wire.Hello)
		want   wire.ByeReason
	}{
		{"a newer protocol", func(h *wire.Hello) { h.Protocol++ }, wire.ByeVersion},
		{"a screen that is no id", func(h *wire.Hello) { h.Screen = "tab" }, wire.ByeProtocol},
		{"another message", func(h *wire.Hello) { h.Type = "watch" }, wire.ByeProtocol},
	}
	for _, tt := range tests {
		t.Run("[SL3] "+tt.name, func(t *testing.T) {
			h := good
			tt.change(&h)
			if _, end := w.stream.Open(context.Background(), stream.Opening{User: ben, Hello: h}); end == nil || end.Reason != tt.want {
				t.Errorf("end = %v, want %s", end, tt.want)
			}
		})
	}
}

func TestTheLogIsReplaced(t *testing.T) {
	w := newWorld(t)
	w.put(crm.TypeDeal, id("deal", 1), aDeal(nil))
	s := w.open(ben)
	w.epoch, w.offset = id("epoch", 2), 5000
	w.commit(w.deal(1, crm.Fields{"title": "A"}))
	if end := s.read(); end == nil || end.Reason != wire.ByeLagging {
		t.Fatalf("[SL30] end = %v", end)
	}
	again := w.resume(ben, at(s.position), s.token)
	if again.welcome.Mode != wire.ModeSnapshot || again.welcome.Position.Epoch != string(w.epoch) {
		t.Errorf("[SL30] welcome = %+v", again.welcome)
	}
}
