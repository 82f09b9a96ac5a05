package sqlitestore

import (
	"context"
	"fmt"
	"time"

	"rapport/server/synclog"
)

// RawWrite returns a function that writes a batch with nothing around the
// transaction: the yardstick of Append.
func (s *Store) RawWrite(ctx context.Context, batch synclog.Batch) (func() error, error) {
	rows, err := encode(batch)
	return func() error { return s.insert(ctx, rows) }, err
}

// SetSettlePause sets how long a store that has stopped waits between two tries.
func (s *Store) SetSettlePause(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settlePause, s.trouble.retryAt = d, time.Time{}
}

// SetCheckpoint makes the write-ahead log be brought into the database after n pages.
func (s *Store) SetCheckpoint(ctx context.Context, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, _ = s.write.ExecContext(ctx, fmt.Sprintf("PRAGMA wal_autocheckpoint = %d", n))
}

// NewestOps is how many ops are in memory for those who follow.
func (s *Store) NewestOps() (ops int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	first, _, _ := s.newest.Span()
	entries, _ := s.newest.After(first - 1)
	for _, e := range entries {
		ops += len(e.Ops)
	}
	return ops
}
