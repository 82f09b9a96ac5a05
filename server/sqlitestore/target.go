package sqlitestore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"rapport/server/crm"
	"rapport/server/synclog"
)

// fillingKey is in the meta table while a folder is being filled.
const fillingKey = "filling"

func isFilling(ctx context.Context, q querier) (bool, error) {
	var n int
	err := q.QueryRowContext(ctx, "SELECT count(*) FROM meta WHERE key = '"+fillingKey+"'").Scan(&n)
	return n > 0, err
}

// unfinishedIn says what to do about a folder that was not filled to the end.
func unfinishedIn(dir string) error {
	return fmt.Errorf("%w: a restore or copy into %s was interrupted; start it again, it begins anew", synclog.ErrUnfinished, dir)
}

// target implements synclog.Target. It fills the place itself, under a mark that
// keeps everybody else out and goes in the same transaction that brings the epoch.
type target struct {
	store    *Store
	made     bool // the folder was not there before
	finished bool
}

// NewTarget begins to fill a folder, which must hold no workspace. It is made
// if it is not there.
// Errors: synclog.ErrOccupied; another process has it open.
func NewTarget(ctx context.Context, dir string, o Options) (synclog.Target, error) {
	_, err := os.Stat(dir)
	t := &target{made: errors.Is(err, fs.ErrNotExist)}
	if err := os.MkdirAll(filepath.Join(dir, filesFolder), 0o700); err != nil {
		return nil, notWritable(dir, err)
	}
	lock, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	t.store = &Store{dir: dir, log: o.Log, lock: lock}
	if err := requireEmpty(ctx, dir); err != nil {
		return nil, errors.Join(err, lock.release())
	}
	if err := t.begin(ctx); err != nil {
		return nil, errors.Join(err, t.Close())
	}
	return t, nil
}

// requireEmpty refuses a folder that holds anything of a workspace, unless it is
// what an interrupted filling left.
func requireEmpty(ctx context.Context, dir string) error {
	info, err := os.Stat(databasePath(dir))
	if err == nil && info.Size() > 0 {
		src, err := openSource(ctx, dir, true)
		if err != nil {
			return fmt.Errorf("cannot tell whether %s is empty: %w", dir, err)
		}
		defer src.Close() //nolint:errcheck // only asked
		unfinished, err := isFilling(ctx, src.tx)
		if err != nil {
			return fmt.Errorf("cannot tell whether %s is empty: %w", dir, err)
		}
		if unfinished {
			return nil
		}
		if src.position.Offset > 0 {
			return fmt.Errorf("%w: %s holds a workspace already (%d changes); choose another folder, or move it away", synclog.ErrOccupied, dir, src.position.Offset)
		}
	}
	names, err := os.ReadDir(filepath.Join(dir, filesFolder))
	if err != nil {
		return notWritable(dir, err)
	}
	if len(names) > 0 {
		return fmt.Errorf("%w: %s holds files of a workspace; choose another folder, or move it away", synclog.ErrOccupied, filepath.Join(dir, filesFolder))
	}
	return nil
}

func (t *target) begin(ctx context.Context) error {
	if err := t.wipe(); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(t.store.dir, filesFolder), 0o700); err != nil {
		return notWritable(t.store.dir, err)
	}
	if err := t.store.connect(ctx); err != nil {
		return t.store.opening(err)
	}
	_, err := t.store.write.ExecContext(ctx, "INSERT INTO meta (key, value) VALUES (?, '')", fillingKey)
	if err != nil {
		return t.store.opening(err)
	}
	return nil
}

// wipe removes what a filling makes, the files before the mark. The database
// goes before its write-ahead log: SQLite throws away a log without a database,
// but would open a database without its log.
func (t *target) wipe() error {
	dir := t.store.dir
	errs := []error{os.RemoveAll(filepath.Join(dir, filesFolder))}
	path := databasePath(dir)
	for _, name := range []string{filepath.Join(dir, noteFile), path, path + walSuffix, path + "-shm"} {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return notWritable(dir, err)
	}
	return nil
}

// AddRecords implements synclog.Target.
func (t *target) AddRecords(ctx context.Context, records []crm.Record) error {
	r, err := encode(synclog.Batch{Workspace: crm.MainWorkspace, Records: records})
	if err != nil {
		return err
	}
	r.fresh, r.records = r.records, nil
	return t.add(ctx, r)
}

// AddEntries implements synclog.Target.
func (t *target) AddEntries(ctx context.Context, entries []synclog.Entry) error {
	r, err := encode(synclog.Batch{Workspace: crm.MainWorkspace, Entries: entries})
	if err != nil {
		return err
	}
	return t.add(ctx, r)
}

func (t *target) add(ctx context.Context, r rows) error {
	if err := t.store.insert(ctx, r); err != nil {
		return fmt.Errorf("sqlitestore: fill %s: %w", t.store.dir, sayFull(err))
	}
	return nil
}

// AddFile implements synclog.Target.
func (t *target) AddFile(ctx context.Context, id crm.ID, r io.Reader) error {
	path, err := t.store.path(id)
	if err != nil {
		return fmt.Errorf("sqlitestore: fill: %q is not an id", id)
	}
	if _, err := os.Stat(path); err == nil {
		return fmt.Errorf("sqlitestore: fill: the file %s came twice", id)
	}
	return t.store.PutFile(ctx, crm.MainWorkspace, id, r)
}

// Source implements synclog.Target.
func (t *target) Source(ctx context.Context) (synclog.Source, error) {
	return openSource(ctx, t.store.dir, true)
}

// Finish implements synclog.Target.
func (t *target) Finish(ctx context.Context, epoch crm.ID) error {
	dir := t.store.dir
	if err := errors.Join(syncDir(filepath.Join(dir, filesFolder)), syncDir(dir)); err != nil {
		return err
	}
	var head uint64
	if err := t.store.write.QueryRowContext(ctx, selectHead).Scan(&head); err != nil {
		return t.store.failed("fill", err)
	}
	// By this note the first start knows that the file is no copy.
	note := &headNote{dir: dir, file: identity(databasePath(dir))}
	if err := note.begin(head); err != nil {
		return notWritable(dir, err)
	}
	if err := errors.Join(note.end(head, false), t.store.finish(ctx, epoch)); err != nil {
		return err
	}
	t.finished = true
	return nil
}

// finish takes the mark away and gives the log its identity.
func (s *Store) finish(ctx context.Context, epoch crm.ID) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return s.failed("fill", err)
	}
	defer tx.Rollback() //nolint:errcheck // after Commit there is nothing to roll back
	if _, err := tx.ExecContext(ctx, "DELETE FROM meta WHERE key = ?", fillingKey); err != nil {
		return s.failed("fill", err)
	}
	if err := s.setEpoch(ctx, tx, epoch); err != nil {
		return s.failed("fill", err)
	}
	if err := tx.Commit(); err != nil {
		return s.failed("fill", err)
	}
	return nil
}

// Close implements synclog.Target.
func (t *target) Close() error {
	s := t.store
	err := s.disconnect()
	if !t.finished {
		err = errors.Join(err, t.wipe())
	}
	err = errors.Join(err, s.lock.release())
	if t.made && !t.finished {
		_ = os.Remove(filepath.Join(s.dir, lockFile))
		_ = os.Remove(s.dir)
	}
	return err
}
