package sqlitestore

import (
	"context"
	"fmt"
)

// LimitPages makes the disk seem full once the file has n pages; 0 lifts it.
func (s *Store) LimitPages(ctx context.Context, n int) error {
	if n == 0 {
		n = 1 << 30
	}
	_, err := s.write.ExecContext(ctx, fmt.Sprintf("PRAGMA max_page_count = %d", n))
	return err
}
