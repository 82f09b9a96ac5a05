package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"rapport/server/bsoncodec"
	"rapport/server/crm"
	"rapport/server/synclog"
)

// source implements synclog.Source in one read transaction. It neither takes
// the folder's lock nor keeps the server that has it from writing: readers of a
// write-ahead log see one state and block nobody.
type source struct {
	lost     error // that changes are gone which had been acknowledged; nil while none are
	dir      string
	db       *sql.DB
	tx       *sql.Tx
	position synclog.Position
}

// OpenSource opens the workspace in a folder for reading, also while a server
// has it open. As long as it is open, the write-ahead log of that server only
// grows.
// Errors: there is none; synclog.ErrUnfinished; synclog.ErrDamaged.
func OpenSource(ctx context.Context, dir string) (synclog.Source, error) {
	return openSource(ctx, dir, false)
}

// openSource opens a folder; filling allows one that is just being filled.
func openSource(ctx context.Context, dir string, filling bool) (*source, error) {
	path := databasePath(dir)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("sqlitestore: there is no workspace in %s: it has no %s", dir, databaseFile)
	}
	db, err := sql.Open("sqlite", readOnlyDSN(path))
	if err != nil {
		return nil, failedIn(dir, "open", err)
	}
	db.SetMaxOpenConns(1)
	s := &source{dir: dir, db: db}
	// Before the state is fixed: a running server may write on meanwhile.
	before, err := readNote(dir)
	if err == nil {
		err = s.begin(ctx, filling)
	}
	if err == nil && s.position.Offset < before.head {
		s.lost = lostIn(dir, s.position.Offset, before.head)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func readOnlyDSN(path string) string {
	q := url.Values{"mode": {"ro"}, "_txlock": {"deferred"}}
	for _, pragma := range []string{"query_only(1)", "busy_timeout(5000)", "cache_size(-32000)", "temp_store(MEMORY)"} {
		q.Add("_pragma", pragma)
	}
	return fileURI(path, q)
}

func (s *source) begin(ctx context.Context, filling bool) error {
	var err error
	if s.tx, err = s.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true}); err != nil {
		return s.opening(err)
	}
	// The first statement fixes the state that all others see.
	unfinished, err := isFilling(ctx, s.tx)
	if err != nil {
		return s.opening(err)
	}
	if unfinished && !filling {
		return unfinishedIn(s.dir)
	}
	if err := s.tx.QueryRowContext(ctx, selectHead).Scan(&s.position.Offset); err != nil {
		return s.opening(err)
	}
	err = s.tx.QueryRowContext(ctx, selectEpoch).Scan(&s.position.Epoch)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return s.opening(err)
	}
	return nil
}

// opening explains why a folder cannot be read.
func (s *source) opening(err error) error {
	if damaged(err) {
		return damagedIn(s.dir, err)
	}
	return notWritable(s.dir, err) // what SQLite shares between processes is a file, too
}

// Position implements synclog.Source.
func (s *source) Position() synclog.Position { return s.position }

// Records implements synclog.Source.
func (s *source) Records(ctx context.Context, each func(crm.Record, error) error) error {
	var decoder bsoncodec.Decoder
	err := eachRecord(ctx, s.tx, func(id []byte, typ crm.RecordType, sealed []byte) error {
		rec := crm.Record{Type: typ, ID: crm.ID(id)}
		body, err := unseal(sealed)
		if err != nil {
			return each(rec, err)
		}
		read, err := decoder.Record(typ, body)
		switch {
		case err != nil:
			return each(rec, fmt.Errorf("%w: %w", synclog.ErrDamaged, err))
		case read.ID != rec.ID:
			rec.Version, rec.Fields = read.Version, read.Fields
			return each(rec, fmt.Errorf("%w: in it stands the id %s", synclog.ErrDamaged, read.ID))
		}
		return each(read, nil)
	})
	return s.failed("records", err)
}

// Entries implements synclog.Source. At its end it says that changes which had been
// acknowledged do not follow: a backup without them is none, and would replace one
// that has them.
func (s *source) Entries(ctx context.Context, each func(synclog.Entry, error) error) error {
	rows, err := s.tx.QueryContext(ctx, "SELECT offset, body FROM entries ORDER BY offset")
	if err != nil {
		return s.failed("entries", err)
	}
	defer rows.Close() //nolint:errcheck // Err tells
	var decoder bsoncodec.Decoder
	for rows.Next() {
		var offset int64
		var sealed sql.RawBytes
		if err := rows.Scan(&offset, &sealed); err != nil {
			return s.failed("entries", err)
		}
		if err := each(entryAt(&decoder, uint64(offset), sealed)); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return s.failed("entries", err)
	}
	return s.lost
}

// entryAt reads an entry and says what is wrong with it where it lies.
func entryAt(decoder *bsoncodec.Decoder, offset uint64, sealed []byte) (synclog.Entry, error) {
	body, err := unseal(sealed)
	if err != nil {
		return synclog.Entry{Offset: offset}, err
	}
	e, err := decoder.Entry(body)
	if err != nil {
		return synclog.Entry{Offset: offset}, fmt.Errorf("%w: %w", synclog.ErrDamaged, err)
	}
	if e.Offset != offset {
		err = fmt.Errorf("%w: in it stands the offset %d", synclog.ErrDamaged, e.Offset)
		e.Offset = offset
	}
	return e, err
}

// Commands implements synclog.Source.
func (s *source) Commands(ctx context.Context, since time.Time, each func(synclog.CommandKey) error) error {
	young, err := commands(ctx, s.tx, since)
	if err != nil {
		return s.failed("commands", err)
	}
	return young.Each(each)
}

// Files implements synclog.Source.
func (s *source) Files(_ context.Context, each func(synclog.StoredFile) error) error {
	folder := filepath.Join(s.dir, filesFolder)
	names, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("sqlitestore: files: %w", err)
	}
	for _, name := range names {
		id := crm.ID(name.Name())
		if !id.Valid() {
			continue // an upload under way
		}
		info, err := name.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("sqlitestore: files: %w", err)
		}
		file := synclog.StoredFile{ID: id, Size: info.Size(), Open: func(context.Context) (io.ReadCloser, error) {
			return openFile(filepath.Join(folder, string(id)))
		}}
		if err := each(file); err != nil {
			return err
		}
	}
	return nil
}

func (s *source) failed(what string, err error) error {
	if err == nil {
		return nil
	}
	return failedIn(s.dir, what, err)
}

// Close implements synclog.Source.
func (s *source) Close() error {
	if s.tx != nil {
		_ = s.tx.Rollback() // only read
	}
	return s.db.Close()
}
