// Package stream brings the log to the sockets: it follows the state of a
// workspace, decides per audience what of an entry is visible, and hands out
// cursors that read at their own pace. SPEC.md in synclog holds its rules.
//
// It knows nothing of sockets. wsapi turns a Cursor into a connection.
package stream

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/synclog"
	"rapport/server/wire"
	"rapport/server/workspace"
)

// Options of a stream.
type Options struct {
	// Position and Policy are those of the state at the moment from which on
	// Apply is called.
	Position synclog.Position
	Policy   *access.Policy
	// Records returns those of ids that exist now. Presence asks it; it is
	// never called within Apply, so that it may lock the state.
	Records func(ids []crm.ID) map[crm.ID]crm.Record
	Now     func() time.Time // default time.Now
	// Age is for how long this node has not been able to make sure that the
	// state is current, 0 while it is. Default: always 0.
	Age   func() time.Duration
	Build string // version of the program, for Welcome
	// Envelope makes of a message in JSON the bytes that Next gives. It is asked
	// once for a message, however many sockets share it. Default: the JSON itself.
	Envelope func(json []byte) []byte
	// RingEntries is how many entries are kept for those who are behind; default 4096.
	RingEntries int
	// Neighbours, if set, carries presence between the nodes of Workspace.
	Neighbours synclog.Neighbours
	Workspace  crm.WorkspaceID
}

// Stream fans the log of one workspace out to the sockets of this node. All
// methods are safe for concurrent use.
//
// No socket has a queue. Entries lie once in a ring; a socket is a cursor into
// it and a wake-up, and the entries it missed are joined into one frame when it
// gets to read. Who falls out of the ring is cut off and resumes.
type Stream struct {
	o          Options
	rooms      *rooms
	presence   *presence
	neighbours *neighbours
	pulse      pulse
	beat       beat
	head       atomic.Uint64 // of the ring; a thousand cursors that are up to date need no lock to see that they are

	mu     sync.RWMutex // guards all below
	epoch  crm.ID
	ring   ring
	policy *access.Policy
	// policyBefore was in force before policy, and most sockets are about to ask it
	// what they lose with it; nil while there was none.
	policyBefore *access.Policy
	people       map[crm.ID][]*Cursor  // oldest first
	shards       [beatShards][]*Cursor // in no order; each knows its place
	opened       int                   // sockets so far; spreads them over the shards
	moved        chan struct{}         // closed when the head moves; nil while nobody waits
	closed       bool
}

// New starts a stream; Close ends it. Hand Apply to workspace.OnChange before
// the first command.
func New(o Options) *Stream { return newStream(o, time.Tick(tickEvery)) }

func newStream(o Options, ticks <-chan time.Time) *Stream {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Records == nil {
		o.Records = func([]crm.ID) map[crm.ID]crm.Record { return nil }
	}
	if o.Age == nil {
		o.Age = func() time.Duration { return 0 }
	}
	if o.Envelope == nil {
		o.Envelope = func(json []byte) []byte { return json }
	}
	if o.RingEntries == 0 {
		o.RingEntries = ringEntries
	}
	s := &Stream{
		o: o, rooms: newRooms(o.Envelope), presence: newPresence(o.Now),
		epoch: o.Position.Epoch, ring: newRing(o.RingEntries, o.Position.Offset), policy: o.Policy,
		people: map[crm.ID][]*Cursor{},
	}
	s.head.Store(s.ring.head())
	s.pulse.start(s, ticks)
	s.neighbours = startNeighbours(o, s.presence)
	return s
}

// Close ends all cursors with ByeRestart and stops the stream.
func (s *Stream) Close() {
	s.EndAll(wire.ByeRestart)
	s.neighbours.stop()
	s.pulse.stop()
}

// EndAll ends all cursors, and those opened from now on, for the given reason.
// Each is told to wait a random part of five seconds before it comes back, so
// that they do not come back all at once.
func (s *Stream) EndAll(reason wire.ByeReason) {
	s.mu.Lock()
	s.closed = true
	cursors := s.all()
	s.mu.Unlock()
	for _, c := range cursors {
		c.finish(&End{Reason: reason, RetryMs: rand.IntN(restartSpreadMs + 1)}) //nolint:gosec // spreads load, guards nothing
	}
}

// restartSpreadMs is the window over which clients of a stopping node come back.
const restartSpreadMs = 5000

// Apply takes in one change. It is a change hook of the workspace: called in
// offset order, under the lock of the state, so it only takes down what is
// valid there and leaves deciding and encoding to the readers.
func (s *Stream) Apply(c workspace.Change) {
	e := newEntry(c)
	ended := endedBy(c)
	s.mu.Lock()
	if c.Epoch != s.epoch || e.offset != s.ring.head()+1 {
		// Whoever is behind finds his position outside the ring and starts over.
		s.epoch = c.Epoch
		s.ring.reset(e.offset - 1)
	}
	if c.Policy != c.PolicyBefore && c.Census != nil {
		e.step = s.newStep(c)
	}
	s.ring.push(e)
	s.head.Store(e.offset)
	s.policy = c.Policy
	var old *access.Policy
	if c.Policy != c.PolicyBefore {
		old, s.policyBefore = s.policyBefore, c.PolicyBefore
	}
	if s.moved != nil {
		close(s.moved)
		s.moved = nil
	}
	finished := s.matching(ended)
	s.mu.Unlock()

	for _, cur := range finished {
		cur.finish(&End{Reason: wire.ByeSessionEnded})
	}
	if old != nil {
		old.Forget() // entries of the ring hold it still, for the few who are that far behind
	}
	if c.Policy != c.PolicyBefore {
		s.presence.touchAll()
	}
	for i := range e.changes {
		s.presence.touch(&e.changes[i])
	}
	s.pulse.entry()
}

// newStep takes a census at c, when somebody connected sees otherwise from there
// on. It requires mu.
func (s *Stream) newStep(c workspace.Change) *step {
	waiting := map[*Cursor]struct{}{}
	for person, cursors := range s.people {
		if c.PolicyBefore.Audience(person).Token() == c.Policy.Audience(person).Token() {
			continue
		}
		for _, cur := range cursors {
			waiting[cur] = struct{}{}
		}
	}
	if len(waiting) == 0 {
		return nil
	}
	return newStep(c.Census(), waiting)
}

// endings names the sessions and people that a change shuts out.
type endings struct{ sessions, people map[crm.ID]bool }

func endedBy(c workspace.Change) endings {
	e := endings{sessions: map[crm.ID]bool{}, people: map[crm.ID]bool{}}
	for _, r := range c.Records {
		switch r.After.Type {
		case crm.TypeSession:
			if r.After.Trashed() {
				e.sessions[r.After.ID] = true
			}
		case crm.TypeUser:
			if r.After.Trashed() || r.After.Fields.Has("disabledAt") {
				e.people[r.After.ID] = true
			}
		}
	}
	return e
}

// matching requires mu.
func (s *Stream) matching(e endings) []*Cursor {
	var found []*Cursor
	if len(e.sessions) > 0 {
		for _, cursors := range s.people {
			for _, c := range cursors {
				if e.sessions[c.session] {
					found = append(found, c)
				}
			}
		}
	}
	for person := range e.people {
		found = append(found, s.people[person]...)
	}
	return found
}

// SendTo reports progress to each screen of one person. A report that has not
// been sent when the next one about the same import comes is replaced by it.
func (s *Stream) SendTo(user crm.ID, p wire.Progress) {
	p.Type = "progress"
	data := s.message(p)
	s.mu.RLock()
	cursors := s.people[user]
	for _, c := range cursors {
		c.box.progress(p.ImportID, data)
	}
	s.mu.RUnlock()
}

// Stats are figures of this node.
type Stats struct {
	Sockets   int
	Audiences int // with at least one socket
	Ring      int // entries that can be replayed
	RingOps   int // changes of records in those
	RoomBytes int // kept so that sockets of one audience share them
	Decisions int // that the policy in force remembers
}

// Stats returns the figures of this moment.
func (s *Stream) Stats() Stats {
	s.mu.RLock()
	st, policy := Stats{Ring: len(s.ring.entries), RingOps: s.ring.ops}, s.policy
	for _, cursors := range s.people {
		st.Sockets += len(cursors)
	}
	s.mu.RUnlock()
	st.Audiences, st.RoomBytes, st.Decisions = s.rooms.count(), s.rooms.kept(), policy.Remembered()
	return st
}

// message encodes what does not come from the log.
func (s *Stream) message(v any) []byte { return s.o.Envelope(encode(v)) }

// all requires mu.
func (s *Stream) all() []*Cursor {
	var all []*Cursor
	for _, cursors := range s.people {
		all = append(all, cursors...)
	}
	return all
}
