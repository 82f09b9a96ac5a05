package sqlitestore

import (
	"context"
	"fmt"

	"rapport/server/synclog"
)

// LimitPages makes the disk seem full once the file has n pages; 0 lifts it.
func (s *Store) LimitPages(ctx context.Context, n int) error {
	if n == 0 {
		n = 1 << 30
	}
	_, err := s.write.ExecContext(ctx, fmt.Sprintf("PRAGMA max_page_count = %d", n))
	return err
}

// RawWrite returns a function that writes a batch with nothing around the
// transaction: the yardstick of Append.
func (s *Store) RawWrite(ctx context.Context, batch synclog.Batch) (func() error, error) {
	rows, err := encode(batch)
	return func() error { return s.insert(ctx, rows) }, err
}
