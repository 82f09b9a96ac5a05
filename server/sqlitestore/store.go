// Package sqlitestore keeps a workspace in one SQLite file, so that Rapport
// starts with nothing else installed. One process at a time may open it.
package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"modernc.org/sqlite" // the driver "sqlite", in Go, no cgo
	sqlite3 "modernc.org/sqlite/lib"

	"rapport/server/bsoncodec"
	"rapport/server/crm"
	"rapport/server/synclog"
)

// Store implements synclog.Store. A file holds one workspace: whatever workspace
// a method names, it is that one.
type Store struct {
	dir  string
	lock *dirLock
	// write has one connection, so that transactions queue up instead of
	// failing with "busy"; read has several, which see the last commit.
	write, read *sql.DB
	inserts     inserter
	epoch       crm.ID // the log's identity, as long as the file lives

	mu       sync.Mutex // serialises Append; guards head and appended
	head     uint64
	appended chan struct{} // closed and replaced after each Append
}

var _ synclog.Store = (*Store)(nil)

const selectHead = "SELECT coalesce(max(offset), 0) FROM entries"

const tables = `
CREATE TABLE IF NOT EXISTS meta    (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS entries (offset INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS records (id TEXT PRIMARY KEY, type TEXT NOT NULL, body BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS touched (record TEXT NOT NULL, offset INTEGER NOT NULL, PRIMARY KEY (record, offset)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS grouped (grp TEXT NOT NULL, offset INTEGER NOT NULL, PRIMARY KEY (grp, offset)) WITHOUT ROWID;
`

// Open opens or makes the store in a folder.
// Errors: another process has it open; the folder cannot be written; the file is damaged.
func Open(ctx context.Context, dir string) (*Store, error) {
	if err := os.MkdirAll(filepath.Join(dir, "files"), 0o700); err != nil {
		return nil, fmt.Errorf("sqlitestore: make folder: %w", err)
	}
	lock, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	s := &Store{dir: dir, lock: lock, appended: make(chan struct{})}
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Store) open(ctx context.Context) error {
	path := filepath.Join(s.dir, "rapport.db")
	var err error
	if s.write, err = sql.Open("sqlite", dsn(path, "immediate")); err != nil {
		return fmt.Errorf("sqlitestore: open: %w", err)
	}
	s.write.SetMaxOpenConns(1)
	s.write.SetConnMaxLifetime(0)
	if s.read, err = sql.Open("sqlite", dsn(path, "deferred")); err != nil {
		return fmt.Errorf("sqlitestore: open: %w", err)
	}
	s.read.SetMaxOpenConns(4)
	s.read.SetMaxIdleConns(4)
	if _, err := s.write.ExecContext(ctx, tables); err != nil {
		return fmt.Errorf("sqlitestore: %s: %w", path, err)
	}
	s.inserts = inserter{prepared: map[insertKey]*sql.Stmt{}}
	if err := s.inserts.prepare(ctx, s.write); err != nil {
		return fmt.Errorf("sqlitestore: prepare: %w", err)
	}
	if err := s.loadEpoch(ctx); err != nil {
		return fmt.Errorf("sqlitestore: epoch: %w", err)
	}
	if err := s.write.QueryRowContext(ctx, selectHead).Scan(&s.head); err != nil {
		return fmt.Errorf("sqlitestore: %s: %w", path, err)
	}
	return nil
}

// loadEpoch reads the log's identity, made at the first opening.
func (s *Store) loadEpoch(ctx context.Context) error {
	_, err := s.write.ExecContext(ctx, "INSERT INTO meta (key, value) VALUES ('epoch', ?) ON CONFLICT DO NOTHING",
		string(crm.NewID(time.Now())))
	if err != nil {
		return err
	}
	return s.write.QueryRowContext(ctx, "SELECT value FROM meta WHERE key = 'epoch'").Scan(&s.epoch)
}

// dsn sets what every connection needs. FULL syncs the write-ahead log at each
// commit: an acknowledged entry survives a power cut, not only kill -9.
func dsn(path, lock string) string {
	q := url.Values{"_txlock": {lock}}
	for _, pragma := range []string{
		"journal_mode(WAL)", "synchronous(FULL)", "busy_timeout(5000)",
		"cache_size(-32000)", "wal_autocheckpoint(4000)", "temp_store(MEMORY)",
	} {
		q.Add("_pragma", pragma)
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

// Append implements synclog.Store. Once begun it is not cut short by ctx.
func (s *Store) Append(ctx context.Context, batch synclog.Batch) error {
	if len(batch.Entries) == 0 {
		return nil
	}
	rows, err := encode(batch)
	if err != nil {
		return fmt.Errorf("%w: %w", synclog.ErrRejected, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%w: %w", synclog.ErrRejected, err)
	}
	first := batch.Entries[0].Offset
	if first <= s.head {
		return synclog.ErrOffsetTaken
	}
	if first != s.head+1 {
		return fmt.Errorf("%w: sqlitestore: entry %d cannot follow %d", synclog.ErrRejected, first, s.head)
	}
	if err := s.insert(context.WithoutCancel(ctx), rows); err != nil {
		return err
	}
	s.head = batch.Entries[len(batch.Entries)-1].Offset
	close(s.appended)
	s.appended = make(chan struct{})
	return nil
}

func (s *Store) insert(ctx context.Context, r rows) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return rejected(err)
	}
	defer tx.Rollback() //nolint:errcheck // after Commit there is nothing to roll back
	for _, part := range []struct {
		table  insertTable
		values []any
	}{{insertEntries, r.entries}, {insertRecords, r.records}, {insertTouched, r.touched}, {insertGrouped, r.grouped}} {
		if err := s.inserts.all(ctx, tx, part.table, part.values); err != nil {
			return rejected(err)
		}
	}
	if err := tx.Commit(); err != nil {
		return commitFailed(err)
	}
	return nil
}

// rejected: nothing of a transaction stays unless its commit was begun.
func rejected(err error) error {
	return fmt.Errorf("%w: sqlitestore: append: %w", synclog.ErrRejected, err)
}

// commitFailed tells a refusal from a doubt. When the disk is full, the frame
// that would complete the transaction was never written. After any other error,
// a failed fsync above all, it may lie in the write-ahead log and be found
// valid by the next process that opens the file.
func commitFailed(err error) error {
	const primaryCode = 0xff // the low byte; the rest says more precisely what happened
	var e *sqlite.Error
	if errors.As(err, &e) && e.Code()&primaryCode == sqlite3.SQLITE_FULL {
		return rejected(err)
	}
	return fmt.Errorf("sqlitestore: commit: %w", err)
}

// rows are the values of a batch, row after row.
type rows struct{ entries, records, touched, grouped []any }

func encode(b synclog.Batch) (rows, error) {
	var r rows
	for _, e := range b.Entries {
		body, err := bsoncodec.MarshalEntry(b.Workspace, e)
		if err != nil {
			return rows{}, err
		}
		offset := int64(e.Offset)
		r.entries = append(r.entries, offset, body)
		if e.Group != "" {
			r.grouped = append(r.grouped, string(e.Group), offset)
		}
		for _, op := range e.Ops {
			r.touched = append(r.touched, string(op.ID), offset)
		}
	}
	for _, rec := range b.Records {
		body, err := bsoncodec.MarshalRecord(rec)
		if err != nil {
			return rows{}, err
		}
		r.records = append(r.records, string(rec.ID), string(rec.Type), body)
	}
	return r, nil
}

// Ping implements synclog.Store.
func (s *Store) Ping(ctx context.Context) error {
	var one int
	if err := s.read.QueryRowContext(ctx, "SELECT 1").Scan(&one); err != nil {
		return fmt.Errorf("sqlitestore: ping: %w", err)
	}
	return nil
}

// Close implements synclog.Store.
func (s *Store) Close() error {
	s.inserts.close()
	var errs []error
	for _, db := range []*sql.DB{s.read, s.write} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(append(errs, s.lock.release())...)
}
