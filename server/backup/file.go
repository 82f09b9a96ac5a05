package backup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"rapport/server/synclog"
)

// WriteFile writes a backup to a file, which appears whole or not at all; one
// that was there is replaced then. Only the user who runs it may read it: it
// holds what policy hides from everybody.
func WriteFile(ctx context.Context, path string, from synclog.Source, o Options) (sums Sums, err error) {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".rapport-backup-*")
	if err != nil {
		return Sums{}, fmt.Errorf("backup: %w", err)
	}
	defer func() {
		if err != nil {
			_, _ = tmp.Close(), os.Remove(tmp.Name()) // one of them may be done already
		}
	}()
	if sums, err = Write(ctx, tmp, from, o); err != nil {
		return Sums{}, err
	}
	if err = errors.Join(tmp.Sync(), tmp.Close()); err != nil {
		return Sums{}, fmt.Errorf("backup: %w", err)
	}
	if err = os.Rename(tmp.Name(), path); err != nil {
		return Sums{}, fmt.Errorf("backup: %w", err)
	}
	return sums, syncDir(filepath.Dir(path))
}

// syncDir makes a rename durable. Where folders cannot be synced (Windows), the
// file system journals the rename itself.
func syncDir(path string) error {
	dir, err := os.Open(path) //nolint:gosec // where the operator wants his backup
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	err = dir.Sync()
	if runtime.GOOS == "windows" {
		err = nil
	}
	return errors.Join(err, dir.Close())
}
