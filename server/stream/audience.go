package stream

import (
	"sync"
	"sync/atomic"

	"rapport/server/crm"
)

// room is what the sockets of one audience share: each entry written once, and
// the frames joined of them.
type room struct {
	token   string
	sockets int // guarded by rooms.mu

	latest atomic.Pointer[keyedFrame] // the last frame made, to be found without mu

	mu        sync.Mutex // guards all below; held while writing, so that nothing is written twice
	fragments map[uint64]*fragment
	frames    map[frameKey]*frame
	order     []frameKey // of frames, oldest first
}

// frameKey says what a frame was made of.
type frameKey struct{ sent, read, last uint64 }

type keyedFrame struct {
	key frameKey
	*frame
}

// roomFrames bounds the joined frames kept; sockets that are up to date all ask for the newest.
const roomFrames = 32

// frame returns the joined frame of entries, which follow key.read and end at
// key.last. person is any member: the audiences are looked up through him.
func (r *room) frame(key frameKey, epoch crm.ID, entries []*entry, person crm.ID) *frame {
	if f := r.latest.Load(); f != nil && f.key == key {
		return f.frame
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	f, ok := r.frames[key]
	if !ok {
		f = join(epoch, key.sent, entries, func(e *entry) *fragment { return r.fragment(e, person) })
		if len(r.order) == roomFrames {
			delete(r.frames, r.order[0])
			r.order = append(r.order[:0], r.order[1:]...)
		}
		r.frames[key] = f
		r.order = append(r.order, key)
	}
	r.latest.Store(&keyedFrame{key, f})
	return f
}

// own is frame for a person who owns something in it; nothing of it is kept
// but the fragments that are shared.
func (r *room) own(key frameKey, epoch crm.ID, entries []*entry, person crm.ID) *frame {
	return join(epoch, key.sent, entries, func(e *entry) *fragment {
		r.mu.Lock()
		shared := r.fragment(e, person)
		r.mu.Unlock()
		if !has(shared.concerned, person) {
			return shared
		}
		v := viewer{before: e.policyBefore.Audience(person), after: e.policy.Audience(person), person: person}
		return &fragment{bytes: encodeEntry(e, v, nil)}
	})
}

// fragment requires mu.
func (r *room) fragment(e *entry, person crm.ID) *fragment {
	f, ok := r.fragments[e.offset]
	if !ok {
		f = fragmentFor(e, e.policyBefore.Audience(person), e.policy.Audience(person))
		r.fragments[e.offset] = f
	}
	return f
}

// forget drops what was written of entries before first.
func (r *room) forget(first uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for offset := range r.fragments {
		if offset < first {
			delete(r.fragments, offset)
		}
	}
}

// rooms holds a room per audience that has sockets here.
type rooms struct {
	mu      sync.Mutex
	byToken map[string]*room
}

func newRooms() *rooms { return &rooms{byToken: map[string]*room{}} }

func (r *rooms) enter(token string) *room {
	r.mu.Lock()
	defer r.mu.Unlock()
	found, ok := r.byToken[token]
	if !ok {
		found = &room{token: token, fragments: map[uint64]*fragment{}, frames: map[frameKey]*frame{}}
		r.byToken[token] = found
	}
	found.sockets++
	return found
}

func (r *rooms) leave(room *room) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if room.sockets--; room.sockets == 0 {
		delete(r.byToken, room.token)
	}
}

// forget drops what all rooms wrote of entries before first, and returns how
// many rooms there are.
func (r *rooms) forget(first uint64) int {
	r.mu.Lock()
	all := make([]*room, 0, len(r.byToken))
	for _, room := range r.byToken {
		all = append(all, room)
	}
	r.mu.Unlock()
	for _, room := range all {
		room.forget(first)
	}
	return len(all)
}
