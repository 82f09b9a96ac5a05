package stream

// The ring's bounds, unless Options say otherwise: a client that is further
// behind loads a snapshot.
const (
	ringEntries = 4096
	ringOps     = 20_000 // imports have entries of hundreds of ops; this bounds what the ring keeps alive
)

// ring holds the newest entries. It is guarded by Stream.mu, but a slice that
// window returned stays readable without it: elements are never overwritten.
type ring struct {
	most    int    // entries
	first   uint64 // offset of entries[0]; of the next entry while the ring is empty
	entries []*entry
	ops     int
}

func newRing(most int, head uint64) ring { return ring{most: most, first: head + 1} }

func (r *ring) head() uint64 { return r.first + uint64(len(r.entries)) - 1 }

// push appends the entry after head and drops the oldest ones over the bounds.
// The newest entry stays whatever its size.
func (r *ring) push(e *entry) {
	r.entries = append(r.entries, e)
	r.ops += len(e.changes)
	drop := 0
	for len(r.entries)-drop > r.most || (r.ops > ringOps && len(r.entries)-drop > 1) {
		r.ops -= len(r.entries[drop].changes)
		drop++
	}
	// The front of the backing array is let go when append next moves the slice.
	r.entries = r.entries[drop:]
	r.first += uint64(drop)
}

// reset empties the ring; the next entry will have the offset after head.
func (r *ring) reset(head uint64) { *r = newRing(r.most, head) }

// window returns up to limit entries after offset, oldest first. ok is false
// when some of them have left the ring, or offset is beyond the head.
func (r *ring) window(offset uint64, limit int) (entries []*entry, ok bool) {
	if offset+1 < r.first || offset > r.head() {
		return nil, false
	}
	rest := r.entries[offset+1-r.first:]
	return rest[:min(limit, len(rest)):min(limit, len(rest))], true
}
