// Package sqlitestore keeps a workspace in one SQLite file, so that Rapport
// starts with nothing else installed. One process at a time may open it for
// writing; others may read it meanwhile (OpenSource).
package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite", in Go, no cgo

	"rapport/server/crm"
	"rapport/server/synclog"
)

// Options of a store.
type Options struct {
	Log *slog.Logger // default slog.Default()
}

// Store implements synclog.Store. A file holds one workspace: whatever workspace
// a method names, it is that one.
type Store struct {
	dir   string
	log   *slog.Logger
	lock  *dirLock
	read  *sql.DB // several connections, which see the last commit
	epoch crm.ID  // the log's identity

	mu       sync.Mutex // serialises Append; guards all below
	write    *sql.DB    // one connection, so that transactions queue up instead of failing with "busy"
	inserts  inserter
	head     uint64
	appended chan struct{} // closed and replaced after each Append
	newest   synclog.Newest
	note     *headNote
	opened   openedFiles
	trouble  trouble

	settlePause time.Duration // how long no other try is made after one that failed
}

var _ synclog.Store = (*Store)(nil)

const lockFile = "rapport.lock"

const (
	selectHead  = "SELECT coalesce(max(offset), 0) FROM entries"
	selectEpoch = "SELECT value FROM meta WHERE key = 'epoch'"
)

const tables = `
CREATE TABLE IF NOT EXISTS meta    (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS entries (offset INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS records (id TEXT PRIMARY KEY, type TEXT NOT NULL, body BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS touched (record TEXT NOT NULL, offset INTEGER NOT NULL, PRIMARY KEY (record, offset)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS grouped (grp TEXT NOT NULL, offset INTEGER NOT NULL, PRIMARY KEY (grp, offset)) WITHOUT ROWID;
`

// Open opens or makes the store in a folder.
// Errors: another process has it open; the folder cannot be written;
// synclog.ErrDamaged (also: it has lost changes that were acknowledged);
// synclog.ErrUnfinished.
func Open(ctx context.Context, dir string, o Options) (*Store, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if err := os.MkdirAll(filepath.Join(dir, filesFolder), 0o700); err != nil {
		return nil, notWritable(dir, err)
	}
	lock, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	s := &Store{dir: dir, log: o.Log, lock: lock, appended: make(chan struct{}), settlePause: settlePause}
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func databasePath(dir string) string { return filepath.Join(dir, databaseFile) }

func (s *Store) open(ctx context.Context) error {
	path := databasePath(s.dir)
	if err := removeUploads(s.dir); err != nil {
		return err
	}
	before, err := readNote(s.dir)
	if err != nil {
		return err
	}
	if before.state == stateStopped {
		// What is in memory need not be what is on the disk.
		dropCached(path, path+walSuffix)
	}
	if err := s.connect(ctx); err != nil {
		return s.opening(err)
	}
	unfinished, err := isFilling(ctx, s.write)
	if err != nil {
		return s.opening(err)
	}
	if unfinished {
		return unfinishedIn(s.dir)
	}
	if before.state == stateStopped {
		if err := checkPages(ctx, s.write); err != nil {
			return s.opening(err)
		}
	}
	if err := s.write.QueryRowContext(ctx, selectHead).Scan(&s.head); err != nil {
		return s.opening(err)
	}
	if s.head < before.head {
		return lostIn(s.dir, s.head, before.head)
	}
	return s.takeOver(ctx, before)
}

// takeOver makes sure of the log's identity and notes that the store is open.
func (s *Store) takeOver(ctx context.Context, before noted) error {
	var err error
	if s.opened, err = openedIn(s.dir); err != nil {
		return s.opening(err)
	}
	file := identity(databasePath(s.dir))
	if err := s.loadEpoch(ctx, before.file != "" && before.file == file); err != nil {
		return s.opening(err)
	}
	s.note = &headNote{dir: s.dir, file: file}
	if err := s.note.begin(s.head); err != nil {
		return notWritable(s.dir, err)
	}
	return nil
}

// opening explains why a folder cannot be opened.
func (s *Store) opening(err error) error {
	if damaged(err) {
		return damagedIn(s.dir, err)
	}
	return notWritable(s.dir, err)
}

// connect opens the database and makes its tables.
func (s *Store) connect(ctx context.Context) error {
	if err := keepPrivate(databasePath(s.dir)); err != nil {
		return err
	}
	var err error
	if s.read, err = sql.Open("sqlite", dsn(databasePath(s.dir), "deferred")); err != nil {
		return err
	}
	s.read.SetMaxOpenConns(readers)
	s.read.SetMaxIdleConns(readers)
	if err := s.connectWriter(ctx); err != nil {
		return err
	}
	return s.connectReaders(ctx)
}

// keepPrivate makes the file, and with it what SQLite puts beside it, readable for
// the server alone, also in a folder that others may enter: it holds what policy
// hides from everybody.
func keepPrivate(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // the folder is the operator's choice
	if err != nil {
		return err
	}
	return errors.Join(f.Chmod(0o600), f.Close())
}

// readers is how many connections read at once.
const readers = 4

// connectReaders opens all connections that read: should the folder be taken
// away, reading goes on.
func (s *Store) connectReaders(ctx context.Context) error {
	var conns []*sql.Conn
	var err error
	for len(conns) < readers && err == nil {
		var conn *sql.Conn
		if conn, err = s.read.Conn(ctx); err == nil {
			conns = append(conns, conn)
			err = conn.QueryRowContext(ctx, selectHead).Scan(new(uint64))
		}
	}
	for _, conn := range conns {
		err = errors.Join(err, conn.Close())
	}
	return err
}

func (s *Store) connectWriter(ctx context.Context) error {
	var err error
	if s.write, err = sql.Open("sqlite", dsn(databasePath(s.dir), "immediate")); err != nil {
		return err
	}
	s.write.SetMaxOpenConns(1)
	s.write.SetConnMaxLifetime(0)
	if _, err := s.write.ExecContext(ctx, tables); err != nil {
		return err
	}
	s.inserts = inserter{prepared: map[insertKey]*sql.Stmt{}}
	return s.inserts.prepare(ctx, s.write)
}

// loadEpoch reads the log's identity. A log whose past is not known – new, or
// the file is a copy of another – gets a new one.
func (s *Store) loadEpoch(ctx context.Context, known bool) error {
	err := s.write.QueryRowContext(ctx, selectEpoch).Scan(&s.epoch)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if known && s.epoch != "" {
		return nil
	}
	if s.head > 0 {
		s.log.Warn("this is a copy of a workspace, or its rapport.head was removed: every screen will load again", "folder", s.dir)
	}
	return s.setEpoch(ctx, s.write, crm.NewID(time.Now()))
}

// execer is a database or a transaction.
type execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

func (s *Store) setEpoch(ctx context.Context, x execer, epoch crm.ID) error {
	s.epoch = epoch
	_, err := x.ExecContext(ctx, "INSERT INTO meta (key, value) VALUES ('epoch', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", string(epoch))
	return err
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
	return fileURI(path, q)
}

func fileURI(path string, q url.Values) string {
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

// removeUploads removes what a crash left of files that were not whole yet.
func removeUploads(dir string) error {
	names, err := os.ReadDir(filepath.Join(dir, filesFolder))
	if err != nil {
		return notWritable(dir, err)
	}
	for _, name := range names {
		if strings.HasPrefix(name.Name(), uploading) {
			if err := os.Remove(filepath.Join(dir, filesFolder, name.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return notWritable(dir, err)
			}
		}
	}
	return nil
}

// Close implements synclog.Store.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	errs := []error{s.disconnect()}
	if s.note != nil {
		errs = append(errs, s.note.end(s.head, s.trouble.err != nil))
	}
	return errors.Join(append(errs, s.lock.release())...)
}

// disconnect closes the database. It requires mu.
func (s *Store) disconnect() error {
	s.inserts.close()
	var errs []error
	for _, db := range []*sql.DB{s.read, s.write} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("sqlitestore: close: %w", err)
	}
	return nil
}
