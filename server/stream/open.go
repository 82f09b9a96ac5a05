package stream

import (
	"context"
	"slices"
	"time"

	"rapport/server/crm"
	"rapport/server/wire"
	"rapport/server/workspace"
)

// socketsPerPerson bounds the cursors of one person; the oldest makes room.
const socketsPerPerson = 10

// behindLimit is how long a client waits for this node to reach the position
// the client stands at already.
const behindLimit = 2 * time.Second

// Opening is what a cursor is opened with. Its functions may be called under
// the lock of the state and must not block.
type Opening struct {
	User, Session crm.ID
	Hello         wire.Hello
	// OnWake, if set, is called when Next may have something to give, for the first time
	// before Open returns. A call may be for nothing; whoever calls Next until it
	// gives nothing, after each of them, misses nothing.
	OnWake func()
	// OnEnd, if set, is called once when the cursor ends for whatever reason.
	OnEnd func()
}

// Open answers a hello: its cursor begins with a Welcome. The caller must Close
// it. It waits up to two seconds when the client is ahead of this node.
func (s *Stream) Open(ctx context.Context, o Opening) (*Cursor, *End) {
	switch {
	case o.Hello.Type != "hello", !crm.ID(o.Hello.Screen).Valid():
		return nil, &End{Reason: wire.ByeProtocol}
	case o.Hello.Protocol != wire.ProtocolVersion:
		return nil, &End{Reason: wire.ByeVersion}
	}
	if end := s.reach(ctx, o.Hello.Position); end != nil {
		return nil, end
	}
	c := &Cursor{
		s: s, user: o.User, session: o.Session, screen: o.Hello.Screen, onWake: o.OnWake, onEnd: o.OnEnd,
	}
	if c.onWake == nil {
		c.onWake = func() {}
	}
	c.box.onChange = c.onWake
	replaced, end := s.admit(c, o.Hello)
	if end != nil {
		return nil, end
	}
	for _, old := range replaced {
		old.finish(&End{Reason: wire.ByeReplaced})
	}
	c.onWake()
	return c, nil
}

// reach waits until the head is at p or beyond. A position of another epoch is
// no reason to wait.
func (s *Stream) reach(ctx context.Context, p *wire.Position) *End {
	if p == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, behindLimit)
	defer cancel()
	for {
		s.mu.Lock()
		if p.Epoch != string(s.epoch) || p.Offset <= s.ring.head() {
			s.mu.Unlock()
			return nil
		}
		if s.moved == nil {
			s.moved = make(chan struct{})
		}
		moved := s.moved
		s.mu.Unlock()
		select {
		case <-moved:
		case <-ctx.Done():
			return &End{Reason: wire.ByeBehind}
		}
	}
}

// admit registers c and decides where it begins, in one step: an entry applied
// later finds c, one applied before is behind its position or replayed.
func (s *Stream) admit(c *Cursor, h wire.Hello) (replaced []*Cursor, end *End) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, &End{Reason: wire.ByeRestart, RetryMs: restartSpreadMs}
	}
	token := s.policy.Audience(c.user).Token()
	mode, offset := wire.ModeSnapshot, s.ring.head()
	if s.mayReplay(c.user, h, token) {
		mode, offset = wire.ModeReplay, h.Position.Offset
	}
	c.read, c.sent = offset, offset
	c.welcome = s.greeting(mode, wire.Position{Epoch: string(s.epoch), Offset: offset}, token)
	c.room = s.rooms.enter(token)

	open := slices.DeleteFunc(slices.Clone(s.people[c.user]), func(o *Cursor) bool { return o.end.Load() != nil })
	if extra := len(open) + 1 - socketsPerPerson; extra > 0 {
		replaced = open[:extra]
	}
	s.people[c.user] = append(s.people[c.user], c)
	c.shard = s.opened % beatShards
	s.opened++
	c.place = len(s.shards[c.shard])
	s.shards[c.shard] = append(s.shards[c.shard], c)
	return replaced, nil
}

// mayReplay decides whether a client gets exactly the entries it missed. It
// does only when it saw the workspace with the same eyes all the while: what
// it lost sight of in between is not in the entries. It requires mu.
func (s *Stream) mayReplay(user crm.ID, h wire.Hello, token string) bool {
	if h.Position == nil || h.Position.Epoch != string(s.epoch) || h.Audience != token {
		return false
	}
	missed, ok := s.ring.window(h.Position.Offset, s.ring.most)
	return ok && !slices.ContainsFunc(missed, func(e *entry) bool { return e.turnsFor(user) })
}

func (s *Stream) greeting(mode wire.Mode, p wire.Position, token string) []byte {
	return s.message(wire.Welcome{
		Type: "welcome", Protocol: wire.ProtocolVersion, Mode: mode, Position: p, Audience: token,
		ServerTime:  workspace.Timestamp(s.o.Now()),
		HeartbeatMs: int(beatEvery / time.Millisecond), Build: s.o.Build, AgeMs: s.o.Age().Milliseconds(),
	})
}

// remove forgets a cursor.
func (s *Stream) remove(c *Cursor) {
	s.mu.Lock()
	left := slices.DeleteFunc(slices.Clone(s.people[c.user]), func(o *Cursor) bool { return o == c })
	if len(left) == 0 {
		delete(s.people, c.user)
	} else {
		s.people[c.user] = left
	}
	shard := s.shards[c.shard]
	last := shard[len(shard)-1]
	shard[c.place], last.place, shard[len(shard)-1] = last, c.place, nil
	s.shards[c.shard] = shard[:len(shard)-1]
	var ahead []*step
	for _, e := range s.ring.entries {
		if e.step != nil && e.offset > c.read {
			ahead = append(ahead, e.step)
		}
	}
	s.mu.Unlock()
	for _, st := range ahead {
		st.pass(c)
	}
}
