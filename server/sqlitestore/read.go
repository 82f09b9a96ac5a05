package sqlitestore

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"time"

	"rapport/server/bsoncodec"
	"rapport/server/crm"
	"rapport/server/synclog"
)

// entriesPage is how many entries one call of Entries returns at most.
const entriesPage = 1000

// Load implements synclog.Store.
func (s *Store) Load(ctx context.Context, _ crm.WorkspaceID, each func(crm.Record) error) (synclog.Position, error) {
	// One transaction sees one state: position and records belong together.
	tx, err := s.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return synclog.Position{}, fmt.Errorf("sqlitestore: load: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // only read
	p := synclog.Position{Epoch: s.epoch}
	if err := tx.QueryRowContext(ctx, selectHead).Scan(&p.Offset); err != nil {
		return synclog.Position{}, fmt.Errorf("sqlitestore: load: %w", err)
	}
	read := func(ctx context.Context, emit func(crm.RecordType, []byte) error) error {
		return readRecords(ctx, tx, emit)
	}
	if err := bsoncodec.DecodeRecords(ctx, read, each); err != nil {
		return synclog.Position{}, fmt.Errorf("sqlitestore: load: %w", err)
	}
	return p, nil
}

func readRecords(ctx context.Context, tx *sql.Tx, emit func(crm.RecordType, []byte) error) error {
	rows, err := tx.QueryContext(ctx, "SELECT type, body FROM records")
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // Err tells
	types := map[string]crm.RecordType{}
	for rows.Next() {
		var typ string
		var body []byte
		if err := rows.Scan(&typ, &body); err != nil {
			return err
		}
		if types[typ] == "" {
			types[typ] = crm.RecordType(typ) // one string for all records of a type
		}
		if err := emit(types[typ], body); err != nil {
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
	rows, err := s.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("sqlitestore: entries: %w", err)
	}
	defer rows.Close() //nolint:errcheck // Err tells
	var entries []synclog.Entry
	var decoder bsoncodec.Decoder
	for rows.Next() {
		var body sql.RawBytes
		if err := rows.Scan(&body); err != nil {
			return nil, fmt.Errorf("sqlitestore: entries: %w", err)
		}
		e, err := decoder.Entry(body)
		if err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("sqlitestore: entries: %w", err)
	}
	return entries, nil
}

// Group implements synclog.Store.
func (s *Store) Group(ctx context.Context, _ crm.WorkspaceID, group crm.ID) ([]uint64, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT offset FROM grouped WHERE grp = ? ORDER BY offset", string(group))
	if err != nil {
		return nil, fmt.Errorf("sqlitestore: group: %w", err)
	}
	defer rows.Close() //nolint:errcheck // Err tells
	var offsets []uint64
	for rows.Next() {
		var offset uint64
		if err := rows.Scan(&offset); err != nil {
			return nil, fmt.Errorf("sqlitestore: group: %w", err)
		}
		offsets = append(offsets, offset)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("sqlitestore: group: %w", err)
	}
	return offsets, nil
}

// outOfOrder is how many entries older than asked for are read over before
// Commands believes that no younger one comes before them: the clocks of nodes differ.
const outOfOrder = 1000

// Commands implements synclog.Store. It reads backwards from the head, because
// only the last day is ever asked for.
func (s *Store) Commands(ctx context.Context, _ crm.WorkspaceID, since time.Time, each func(synclog.CommandKey) error) error {
	rows, err := s.read.QueryContext(ctx, "SELECT body FROM entries ORDER BY offset DESC")
	if err != nil {
		return fmt.Errorf("sqlitestore: commands: %w", err)
	}
	defer rows.Close() //nolint:errcheck // Err tells
	var young []synclog.CommandKey
	for old := 0; old < outOfOrder && rows.Next(); {
		var body sql.RawBytes
		if err := rows.Scan(&body); err != nil {
			return fmt.Errorf("sqlitestore: commands: %w", err)
		}
		c, err := bsoncodec.UnmarshalCommand(body)
		if err != nil {
			return err
		}
		if c.At.Before(since) {
			old++
		} else if c.CommandID != "" {
			young = append(young, c)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("sqlitestore: commands: %w", err)
	}
	for i := len(young) - 1; i >= 0; i-- {
		if err := each(young[i]); err != nil {
			return err
		}
	}
	return nil
}

// Follow implements synclog.Store. All entries come from this process, so
// waking up after Append is enough.
func (s *Store) Follow(ctx context.Context, ws crm.WorkspaceID, after uint64, each func(synclog.Entry) error) error {
	for {
		// Taken before reading: an Append in between wakes us again.
		s.mu.Lock()
		appended := s.appended
		s.mu.Unlock()
		for {
			entries, err := s.Entries(ctx, ws, after, math.MaxInt64)
			if err != nil {
				return err
			}
			for _, e := range entries {
				if err := each(e); err != nil {
					return err
				}
				after = e.Offset
			}
			if len(entries) < entriesPage {
				break
			}
		}
		select {
		case <-appended:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
