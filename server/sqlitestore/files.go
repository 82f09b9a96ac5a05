package sqlitestore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"rapport/server/crm"
	"rapport/server/synclog"
)

const (
	filesFolder = "files"
	uploading   = "upload-" // begins the name of a file that is not whole yet
)

// path names a file beside the database. Ids have no characters that mean
// anything to a file system.
func (s *Store) path(id crm.ID) (string, error) {
	if !id.Valid() {
		return "", synclog.ErrNotFound
	}
	return filepath.Join(s.dir, filesFolder, string(id)), nil
}

// PutFile implements synclog.Store: a file appears whole, by renaming.
func (s *Store) PutFile(_ context.Context, _ crm.WorkspaceID, id crm.ID, r io.Reader) (err error) {
	path, err := s.path(id)
	if err != nil {
		return fmt.Errorf("sqlitestore: put file: %q is not an id", id)
	}
	if _, err := os.Stat(path); err == nil {
		_, err := io.Copy(io.Discard, r)
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), uploading+"*")
	if err != nil {
		return notKept(err)
	}
	defer func() {
		if err != nil {
			_, _ = tmp.Close(), os.Remove(tmp.Name()) // one of them may be done already
			err = notKept(err)
		}
	}()
	if _, err = io.Copy(tmp, r); err != nil {
		return err
	}
	if err = tmp.Sync(); err != nil {
		return err
	}
	if err = tmp.Close(); err != nil {
		return err
	}
	if err = os.Rename(tmp.Name(), path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func notKept(err error) error {
	return fmt.Errorf("sqlitestore: put file: %w", sayFull(err))
}

// syncDir makes a rename durable. Where folders cannot be synced (Windows), the
// file system journals the rename itself.
func syncDir(path string) error {
	dir, err := os.Open(path) //nolint:gosec // our own folder
	if err != nil {
		return fmt.Errorf("sqlitestore: put file: %w", err)
	}
	err = dir.Sync()
	if runtime.GOOS == "windows" {
		err = nil
	}
	return errors.Join(err, dir.Close())
}

// OpenFile implements synclog.Store.
func (s *Store) OpenFile(_ context.Context, _ crm.WorkspaceID, id crm.ID) (io.ReadCloser, error) {
	path, err := s.path(id)
	if err != nil {
		return nil, err
	}
	return openFile(path)
}

func openFile(path string) (io.ReadCloser, error) {
	f, err := os.Open(path) //nolint:gosec // made of an id that was checked
	if errors.Is(err, fs.ErrNotExist) {
		return nil, synclog.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("sqlitestore: open file: %w", err)
	}
	return f, nil
}

// DeleteFile implements synclog.Store.
func (s *Store) DeleteFile(_ context.Context, _ crm.WorkspaceID, id crm.ID) error {
	path, err := s.path(id)
	if err != nil {
		return nil //nolint:nilerr // what cannot exist is gone
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("sqlitestore: delete file: %w", err)
	}
	return nil
}
