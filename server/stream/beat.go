package stream

import (
	"sync"
	"time"

	"rapport/server/wire"
	"rapport/server/workspace"
)

// beatFresh is for how long a heartbeat says what time it is.
const beatFresh = 10 * time.Millisecond

// beat keeps the last heartbeat: the sockets of one shard, most of which are at the
// same offset, share it.
type beat struct {
	mu     sync.Mutex // guards all below
	offset uint64
	made   time.Time
	data   []byte
}

// of returns a heartbeat that proves the log up to offset.
func (b *beat) of(s *Stream, offset uint64) []byte {
	now := s.o.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	if since := now.Sub(b.made); b.data == nil || b.offset != offset || since < 0 || since >= beatFresh {
		b.offset, b.made = offset, now
		b.data = s.message(wire.Heartbeat{
			Type: "heartbeat", Offset: offset, Time: workspace.Timestamp(now), AgeMs: s.o.Age().Milliseconds(),
		})
	}
	return b.data
}
