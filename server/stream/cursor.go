package stream

import (
	"slices"
	"sync"
	"sync/atomic"

	"rapport/server/crm"
	"rapport/server/wire"
)

// End says why a cursor has nothing more to give. An empty Reason means that
// the client itself is gone.
type End struct {
	Reason  wire.ByeReason
	RetryMs int // wait that long before connecting again
}

// Error makes End usable as an error.
func (e *End) Error() string { return "stream: ended: " + string(e.Reason) }

// Cursor is one socket's place in the log. Next is called by one goroutine at a
// time, the one that writes to the socket; the other methods are safe for
// concurrent use.
type Cursor struct {
	s       *Stream
	user    crm.ID
	session crm.ID
	screen  string
	shard   int
	place   int // in the shard; guarded by Stream.mu
	onWake  func()
	onEnd   func()
	end     atomic.Pointer[End]
	closing sync.Once
	box     mailbox

	// Only Next touches these, and Close after it.
	room    *room
	welcome []byte
	read    uint64 // entries up to here have been looked at
	sent    uint64 // the client stands here; entries in between were all hidden
}

// Next returns the next message to send, in its envelope; nil when there is
// none now. An End means that there will be none any more. The bytes are shared
// with other sockets: they must not be changed.
func (c *Cursor) Next() ([]byte, *End) {
	if end := c.end.Load(); end != nil {
		return nil, end
	}
	if data := c.welcome; data != nil {
		c.welcome = nil
		return data, nil
	}
	if data, end := c.nextFrame(); data != nil || end != nil {
		return data, end
	}
	if !c.box.waiting.Load() {
		return nil, nil
	}
	if data := c.box.takeProgress(); data != nil {
		return data, nil
	}
	if c.box.takePresence() {
		if data := c.s.presence.list(c.s, c); data != nil {
			return data, nil
		}
	}
	return c.nextBeat(), nil
}

// nextFrame returns the visible entries after read, joined.
func (c *Cursor) nextFrame() ([]byte, *End) {
	for c.read != c.s.head.Load() {
		c.s.mu.RLock()
		epoch := c.s.epoch
		entries, ok := c.s.ring.window(c.read, frameEntries)
		c.s.mu.RUnlock()
		if !ok {
			return nil, c.finishWith(&End{Reason: wire.ByeLagging})
		}
		if len(entries) == 0 {
			return nil, nil
		}
		plain := slices.IndexFunc(entries, func(e *entry) bool { return e.turnsFor(c.user) })
		if plain == 0 {
			return c.cross(epoch, entries[0]), nil
		}
		if plain > 0 {
			entries = entries[:plain]
		}
		key := frameKey{c.sent, c.read, entries[len(entries)-1].offset}
		f := c.room.frame(key, epoch, entries, c.user)
		if has(f.concerned, c.user) {
			f = c.room.own(key, epoch, entries, c.user)
		}
		c.read = f.upTo
		if f.visible > 0 {
			c.sent = f.upTo
			return f.data, nil
		}
	}
	return nil, nil
}

// turnsFor reports whether a person sees the whole workspace otherwise after e.
func (e *entry) turnsFor(person crm.ID) bool {
	return e.reload || e.policy != e.policyBefore &&
		e.policy.Audience(person).Token() != e.policyBefore.Audience(person).Token()
}

// cross takes the cursor over an entry that changed what its person may see:
// with a frame that shows and hides, or by ordering a snapshot.
func (c *Cursor) cross(epoch crm.ID, e *entry) []byte {
	before, after := e.policyBefore.Audience(c.user), e.policy.Audience(c.user)
	var data []byte
	if e.step != nil && !e.reload {
		data, _ = e.step.frame(e, before, after, c.user, c.sent, func(ops [][]byte) []byte {
			v := viewer{before: before, after: after, person: c.user}
			var parts [][]byte
			if part := encodeEntry(e, v, ops); part != nil {
				parts = append(parts, part)
			}
			return c.s.o.Envelope(frameJSON(epoch, c.sent, e.offset, after.Token(), parts))
		})
	}
	if e.step != nil {
		e.step.pass(c)
	}
	if data == nil {
		data = c.s.greeting(wire.ModeSnapshot, wire.Position{Epoch: string(epoch), Offset: e.offset}, after.Token())
	}
	c.moveTo(after.Token())
	c.read, c.sent = e.offset, e.offset
	return data
}

// moveTo changes the audience the cursor reads with.
func (c *Cursor) moveTo(token string) {
	if c.room.token == token {
		return
	}
	left := c.room
	c.room = c.s.rooms.enter(token)
	c.s.rooms.leave(left)
}

// nextBeat returns the heartbeat when one is due. Hidden entries before it are
// accounted for with an empty range first, so that the client's position
// advances at the same pace whether or not there was something hidden.
func (c *Cursor) nextBeat() []byte {
	if !c.box.beatDue() {
		return nil
	}
	if c.read > c.sent {
		c.s.mu.RLock()
		epoch := c.s.epoch
		c.s.mu.RUnlock()
		data := c.s.o.Envelope(frameJSON(epoch, c.sent, c.read, "", nil))
		c.sent = c.read
		return data
	}
	c.box.beaten()
	return c.s.beat.of(c.s, c.sent)
}

// Watch says what the client's screen shows. Errors: *End when the client says
// what no client of ours says.
func (c *Cursor) Watch(w wire.Watch) error {
	for _, id := range []string{w.BoardID, w.Record, w.Holding} {
		if id != "" && !crm.ID(id).Valid() {
			return &End{Reason: wire.ByeProtocol}
		}
	}
	c.s.presence.watch(c, watched{board: crm.ID(w.BoardID), record: crm.ID(w.Record), holding: crm.ID(w.Holding)})
	return nil
}

// End ends the cursor for a reason of the caller's, which Next then returns; ""
// when the client is gone.
func (c *Cursor) End(reason wire.ByeReason) { c.finish(&End{Reason: reason}) }

// finishWith is finish that returns the reason that counts.
func (c *Cursor) finishWith(e *End) *End {
	c.finish(e)
	return c.end.Load()
}

// finish ends the cursor; the first reason counts.
func (c *Cursor) finish(e *End) {
	if !c.end.CompareAndSwap(nil, e) {
		return
	}
	c.onWake()
	if c.onEnd != nil {
		c.onEnd()
	}
}

// Close gives the cursor up. Call it when nobody calls Next any more; more than
// once does no harm.
func (c *Cursor) Close() {
	c.closing.Do(func() {
		c.finish(&End{})
		c.s.remove(c)
		c.s.presence.leave(c)
		c.s.rooms.leave(c.room)
	})
}

func has(sorted []crm.ID, id crm.ID) bool {
	_, found := slices.BinarySearch(sorted, id)
	return found
}
