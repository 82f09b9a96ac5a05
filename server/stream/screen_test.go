package stream_test

import (
	"context"
	"encoding/json"
	"maps"
	"sync/atomic"

	"rapport/server/crm"
	"rapport/server/stream"
	"rapport/server/testkit"
	"rapport/server/wire"
)

// screen is a client: it keeps what it was told and checks that ranges are contiguous.
type screen struct {
	t        tester
	cursor   *stream.Cursor
	welcome  wire.Welcome
	position uint64
	token    string
	held     map[string]wire.Op // what it holds, by id, as of the last op
	untold   map[any]bool       // ids of the records on which it forgot what was said
	frames   []wire.EntriesFrame
	presence []wire.Presence
	progress []wire.Progress
	beats    []wire.Heartbeat
	raw      [][]byte
	woken    chan struct{} // holds one wake-up

	overlooks func(wire.Op) bool // if set, what a faulty screen does not see
}

var screens atomic.Int64

func (w *world) hello(position *wire.Position, token string) wire.Hello {
	return wire.Hello{
		Type: "hello", Protocol: wire.ProtocolVersion, Position: position, Audience: token,
		Screen: string(id("screen", int(screens.Add(1)))),
	}
}

// open opens a screen that has nothing yet and reads its welcome.
func (w *world) open(user crm.ID) *screen {
	w.t.Helper()
	return w.resume(user, nil, "")
}

func (w *world) resume(user crm.ID, position *wire.Position, token string) *screen {
	w.t.Helper()
	woken := make(chan struct{}, 1)
	c, end := w.stream.Open(context.Background(), stream.Opening{
		User: user, Session: id("session", int(user[len(user)-1]-'0')), Hello: w.hello(position, token),
		OnWake: func() {
			select {
			case woken <- struct{}{}:
			default:
			}
		},
	})
	if end != nil {
		w.t.Fatalf("open: %v", end)
	}
	w.t.Cleanup(c.Close)
	s := &screen{t: w.t, cursor: c, held: map[string]wire.Op{}, untold: map[any]bool{}, woken: woken}
	data, end := c.Next()
	if end != nil {
		w.t.Fatalf("no welcome: %v", end)
	}
	s.decode(data, &s.welcome)
	s.position, s.token = s.welcome.Position.Offset, s.welcome.Audience
	return s
}

func (s *screen) decode(data []byte, dst any) {
	s.t.Helper()
	if err := json.Unmarshal(data, dst); err != nil {
		testkit.Wrong(s.t, "a message cannot be read", "%v in %s", err, data)
	}
}

// read takes in all that is there and returns how the cursor ended, if it did.
func (s *screen) read() *stream.End {
	s.t.Helper()
	for {
		data, end := s.cursor.Next()
		if end != nil || data == nil {
			return end
		}
		s.raw = append(s.raw, data)
		s.take(data)
	}
}

func (s *screen) take(data []byte) {
	s.t.Helper()
	var kind struct {
		Type string `json:"type"`
	}
	s.decode(data, &kind)
	switch kind.Type {
	case "entries":
		var f wire.EntriesFrame
		s.decode(data, &f)
		s.apply(f)
	case "welcome":
		s.decode(data, &s.welcome)
		s.position, s.token = s.welcome.Position.Offset, s.welcome.Audience
		clear(s.held)
	case "presence":
		var p wire.Presence
		s.decode(data, &p)
		s.presence = append(s.presence, p)
	case "progress":
		var p wire.Progress
		s.decode(data, &p)
		s.progress = append(s.progress, p)
	case "heartbeat":
		var b wire.Heartbeat
		s.decode(data, &b)
		if b.Offset != s.position {
			testkit.Wrong(s.t, "[SL20] a heartbeat at another offset than the screen's", "heartbeat at %d, screen at %d", b.Offset, s.position)
		}
		s.beats = append(s.beats, b)
	default:
		testkit.Wrong(s.t, "an unknown message", "%s", data)
	}
}

func (s *screen) apply(f wire.EntriesFrame) {
	s.t.Helper()
	if f.After != s.position || f.UpTo <= f.After {
		testkit.Wrong(s.t, "[SL6] a frame that does not follow", "(%d, %d] to a screen at %d", f.After, f.UpTo, s.position)
	}
	s.position = f.UpTo
	if f.Audience != "" {
		s.token = f.Audience
	}
	s.frames = append(s.frames, f)
	for _, e := range f.Entries {
		if e.Offset <= f.After || e.Offset > f.UpTo || len(e.Ops) == 0 {
			testkit.Wrong(s.t, "[SL7] an entry that does not belong into its frame", "entry %d with %d ops in (%d, %d]", e.Offset, len(e.Ops), f.After, f.UpTo)
		}
		s.forgetComments(e.Ops)
		for _, op := range e.Ops {
			s.applyOp(op)
		}
	}
}

// forgetComments is what a client does with the comments it held on records
// that an entry shows anew or takes away, see SL10.
func (s *screen) forgetComments(ops []wire.Op) {
	turned := map[any]bool{}
	for _, op := range ops {
		if op.Op != wire.OpSet && op.Type != string(crm.TypeComment) {
			turned[op.ID], s.untold[op.ID] = true, true
		}
	}
	maps.DeleteFunc(s.held, func(_ string, held wire.Op) bool {
		return held.Type == string(crm.TypeComment) && turned[held.Fields["recordId"]]
	})
}

func (s *screen) applyOp(op wire.Op) {
	if s.overlooks != nil && s.overlooks(op) {
		return
	}
	switch op.Op {
	case wire.OpShow:
		s.held[op.ID] = op
	case wire.OpSet:
		old, ok := s.held[op.ID]
		if !ok {
			return // it came with the first load, which these screens do not do
		}
		old.Fields = maps.Clone(old.Fields)
		maps.Copy(old.Fields, op.Fields)
		for _, k := range op.Unset {
			delete(old.Fields, k)
		}
		old.Version = op.Version
		s.held[op.ID] = old
	default:
		delete(s.held, op.ID)
	}
}

// ops returns the ops of the entry at offset as the screen got them, nil if it
// got none of it.
func (s *screen) ops(offset uint64) []wire.Op {
	for _, f := range s.frames {
		for _, e := range f.Entries {
			if e.Offset == offset {
				return e.Ops
			}
		}
	}
	return nil
}
