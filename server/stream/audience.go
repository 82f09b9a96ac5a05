package stream

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"rapport/server/crm"
)

// room is what the sockets of one audience share: each entry written once, and
// the frames joined of them. Both are made again when a slow reader asks for
// what has been dropped.
type room struct {
	token    string
	envelope func(json []byte) []byte
	part     *part // of what all rooms may keep; the same for each
	sockets  int   // guarded by rooms.mu

	latest atomic.Pointer[keyedFrame] // the last frame made, to be found without mu

	mu        sync.Mutex // guards all below; held while writing, so that nothing is written twice
	fragments shelf[uint64, *fragment]
	frames    shelf[frameKey, *frame]
}

// What all rooms keep together, and one of them at most, in bytes: enough for
// sockets that are up to date to share, and no more when each person is an
// audience of his own.
const (
	roomsBytes = 64 << 20
	roomMost   = 3 << 20
)

// part is how many bytes one room may keep, a third of them frames, and how many
// the newest thing may have to stay although it is over that.
type part struct{ kept, newest atomic.Int64 }

// divide makes it the part of one room among n.
func (p *part) divide(n int) {
	each := int64(roomsBytes / max(1, n))
	p.kept.Store(min(each, roomMost))
	p.newest.Store(each)
}

func newRoom(token string, envelope func(json []byte) []byte, p *part) *room {
	return &room{
		token: token, envelope: envelope, part: p,
		fragments: newShelf[uint64, *fragment](), frames: newShelf[frameKey, *frame](),
	}
}

// frameKey says what a frame was made of.
type frameKey struct{ sent, read, last uint64 }

type keyedFrame struct {
	key frameKey
	*frame
}

// frame returns the joined frame of entries, which follow key.read and end at
// key.last. person is any member: the audiences are looked up through him.
func (r *room) frame(key frameKey, epoch crm.ID, entries []*entry, person crm.ID) *frame {
	if f := r.latest.Load(); f != nil && f.key == key {
		return f.frame
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	f, ok := r.frames.get(key)
	if !ok {
		f = join(epoch, key.sent, entries, func(e *entry) *fragment { return r.fragment(e, person) })
		f.data = r.envelope(f.data)
		r.frames.put(key, f, len(f.data), int(r.part.kept.Load()/3), int(r.part.newest.Load()))
	}
	if len(f.data) <= int(r.part.newest.Load()) {
		r.latest.Store(&keyedFrame{key, f})
	} else {
		r.latest.Store(nil)
	}
	return f
}

// own is frame for a person who owns something in it; nothing of it is kept
// but the fragments that are shared.
func (r *room) own(key frameKey, epoch crm.ID, entries []*entry, person crm.ID) *frame {
	f := join(epoch, key.sent, entries, func(e *entry) *fragment {
		r.mu.Lock()
		shared := r.fragment(e, person)
		r.mu.Unlock()
		if !has(shared.concerned, person) {
			return shared
		}
		v := viewer{before: e.policyBefore.Audience(person), after: e.policy.Audience(person), person: person}
		return &fragment{bytes: encodeEntry(e, v, nil)}
	})
	f.data = r.envelope(f.data)
	return f
}

// fragment requires mu.
func (r *room) fragment(e *entry, person crm.ID) *fragment {
	f, ok := r.fragments.get(e.offset)
	if !ok {
		f = fragmentFor(e, e.policyBefore.Audience(person), e.policy.Audience(person))
		r.fragments.put(e.offset, f, len(f.bytes), int(r.part.kept.Load()*2/3), int(r.part.newest.Load()))
	}
	return f
}

// rooms holds a room per audience that has sockets here.
type rooms struct {
	envelope func(json []byte) []byte
	part     part

	mu      sync.Mutex
	byToken map[string]*room
}

func newRooms(envelope func(json []byte) []byte) *rooms {
	return &rooms{envelope: envelope, byToken: map[string]*room{}}
}

func (r *rooms) enter(token string) *room {
	r.mu.Lock()
	defer r.mu.Unlock()
	found, ok := r.byToken[token]
	if !ok {
		found = newRoom(token, r.envelope, &r.part)
		r.byToken[token] = found
		r.part.divide(len(r.byToken))
	}
	found.sockets++
	return found
}

func (r *rooms) leave(room *room) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if room.sockets--; room.sockets == 0 {
		delete(r.byToken, room.token)
		r.part.divide(len(r.byToken))
	}
}

func (r *rooms) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.byToken)
}

// kept returns how many bytes all rooms keep; the last frame of a room, which is
// often on its shelf as well, counts by itself.
func (r *rooms) kept() int {
	r.mu.Lock()
	all := slices.Collect(maps.Values(r.byToken))
	r.mu.Unlock()
	sum := 0
	for _, one := range all {
		one.mu.Lock()
		sum += one.fragments.size + one.frames.size
		if f := one.latest.Load(); f != nil {
			sum += len(f.data)
		}
		one.mu.Unlock()
	}
	return sum
}
