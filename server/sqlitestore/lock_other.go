//go:build !unix

package sqlitestore

import (
	"fmt"
	"os"
	"path/filepath"
)

// dirLock keeps a second process out by holding a file open that Windows does
// not let anybody else remove.
type dirLock struct{ file *os.File }

func lockDir(dir string) (*dirLock, error) {
	path := filepath.Join(dir, lockFile)
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		return nil, fmt.Errorf("sqlitestore: %s is in use by another Rapport; stop it first, or choose another folder with RAPPORT_DATA", dir)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("sqlitestore: lock: %w", err)
	}
	return &dirLock{f}, nil
}

func (l *dirLock) release() error { return l.file.Close() }
