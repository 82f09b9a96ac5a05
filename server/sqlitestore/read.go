package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"time"

	"rapport/server/bsoncodec"
	"rapport/server/crm"
	"rapport/server/synclog"
)

// entriesPage is how many entries one call of Entries returns at most.
const entriesPage = 1000

// querier is a database, or one of its transactions, which sees one state.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Load implements synclog.Store.
func (s *Store) Load(ctx context.Context, _ crm.WorkspaceID, each func(crm.Record) error) (synclog.Position, error) {
	// One transaction sees one state: position and records belong together.
	tx, err := s.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return synclog.Position{}, s.failed("load", err)
	}
	defer tx.Rollback() //nolint:errcheck // only read
	p := synclog.Position{Epoch: s.epoch}
	if err := tx.QueryRowContext(ctx, selectHead).Scan(&p.Offset); err != nil {
		return synclog.Position{}, s.failed("load", err)
	}
	read := func(ctx context.Context, emit func(crm.RecordType, []byte) error) error {
		return eachRecord(ctx, tx, func(id []byte, typ crm.RecordType, sealed []byte) error {
			body, err := unseal(sealed)
			if err != nil {
				return fmt.Errorf("%s %s: %w", typ, id, err)
			}
			return emit(typ, body)
		})
	}
	if err := bsoncodec.DecodeRecords(ctx, read, each); err != nil {
		return synclog.Position{}, s.failed("load", err)
	}
	return p, nil
}

// eachRecord hands over every row of the documents. sealed is the callee's own,
// id is not.
func eachRecord(ctx context.Context, q querier, each func(id []byte, typ crm.RecordType, sealed []byte) error) error {
	rows, err := q.QueryContext(ctx, "SELECT id, type, body FROM records")
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // Err tells
	types := map[string]crm.RecordType{}
	for rows.Next() {
		var id, typ sql.RawBytes
		var sealed []byte
		if err := rows.Scan(&id, &typ, &sealed); err != nil {
			return err
		}
		known, ok := types[string(typ)]
		if !ok {
			known = crm.RecordType(typ) // one string for all records of a type
			types[string(known)] = known
		}
		if err := each(id, known, sealed); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Head implements synclog.Store.
func (s *Store) Head(context.Context, crm.WorkspaceID) (synclog.Position, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return synclog.Position{Epoch: s.epoch, Offset: s.head}, nil
}

// Entries implements synclog.Store.
func (s *Store) Entries(ctx context.Context, _ crm.WorkspaceID, after, upTo uint64) ([]synclog.Entry, error) {
	return s.entries(ctx, "SELECT body FROM entries WHERE offset > ? AND offset <= ? ORDER BY offset LIMIT ?",
		rowID(after), rowID(upTo), entriesPage)
}

// rowID is the offset as SQLite keeps it; what no entry can have becomes the largest.
func rowID(offset uint64) int64 { return int64(min(offset, math.MaxInt64)) }

// History implements synclog.Store.
func (s *Store) History(ctx context.Context, _ crm.WorkspaceID, id crm.ID, page synclog.Page) ([]synclog.Entry, error) {
	if page.Before == 0 {
		page.Before = math.MaxInt64
	}
	return s.entries(ctx, `SELECT e.body FROM touched t JOIN entries e ON e.offset = t.offset
		WHERE t.record = ? AND t.offset < ? ORDER BY t.offset DESC LIMIT ?`,
		string(id), rowID(page.Before), min(max(page.Limit, 1), 200))
}

func (s *Store) entries(ctx context.Context, query string, args ...any) ([]synclog.Entry, error) {
	var entries []synclog.Entry
	var decoder bsoncodec.Decoder
	err := eachBody(ctx, s.read, func(body []byte) error {
		e, err := decoder.Entry(body)
		entries = append(entries, e)
		return err
	}, query, args...)
	if err != nil {
		return nil, s.failed("entries", err)
	}
	return entries, nil
}

// eachBody hands over the bodies of entries, which are not the callee's own.
func eachBody(ctx context.Context, q querier, each func(body []byte) error, query string, args ...any) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // Err tells
	for rows.Next() {
		var sealed sql.RawBytes
		if err := rows.Scan(&sealed); err != nil {
			return err
		}
		body, err := unseal(sealed)
		if err != nil {
			return fmt.Errorf("an entry: %w", err)
		}
		if err := each(body); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Group implements synclog.Store.
func (s *Store) Group(ctx context.Context, _ crm.WorkspaceID, group crm.ID) ([]uint64, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT offset FROM grouped WHERE grp = ? ORDER BY offset", string(group))
	if err != nil {
		return nil, s.failed("group", err)
	}
	defer rows.Close() //nolint:errcheck // Err tells
	var offsets []uint64
	for rows.Next() {
		var offset uint64
		if err := rows.Scan(&offset); err != nil {
			return nil, s.failed("group", err)
		}
		offsets = append(offsets, offset)
	}
	if err := rows.Err(); err != nil {
		return nil, s.failed("group", err)
	}
	return offsets, nil
}

// Commands implements synclog.Store.
func (s *Store) Commands(ctx context.Context, _ crm.WorkspaceID, since time.Time, each func(synclog.CommandKey) error) error {
	young, err := commands(ctx, s.read, since)
	if err != nil {
		return s.failed("commands", err)
	}
	return young.Each(each)
}

func commands(ctx context.Context, q querier, since time.Time) (*synclog.Young, error) {
	young, enough := &synclog.Young{Since: since}, errors.New("enough")
	err := eachBody(ctx, q, func(body []byte) error {
		c, err := bsoncodec.UnmarshalCommand(body)
		if err == nil && young.Add(c) {
			return enough
		}
		return err
	}, "SELECT body FROM entries ORDER BY offset DESC")
	if errors.Is(err, enough) {
		err = nil
	}
	return young, err
}

// Follow implements synclog.Store. All entries come from this process, so
// waking up after Append is enough, and who keeps up reads nothing.
func (s *Store) Follow(ctx context.Context, ws crm.WorkspaceID, after uint64, each func(synclog.Entry) error) error {
	for {
		// Taken before reading: an Append in between wakes us again.
		s.mu.Lock()
		appended, head := s.appended, s.head
		entries, known := s.newest.After(after)
		s.mu.Unlock()
		if !known && after < head {
			var err error
			if entries, err = s.Entries(ctx, ws, after, math.MaxInt64); err != nil {
				return err
			}
		}
		for _, e := range entries {
			if err := each(e); err != nil {
				return err
			}
			after = e.Offset
		}
		if after < head {
			continue
		}
		select {
		case <-appended:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
