package sqlitestore

import (
	"context"
	"fmt"
	"slices"

	"rapport/server/bsoncodec"
	"rapport/server/synclog"
)

// Inspect implements synclog.Source: SQLite's own pages, the log's identity,
// and the two indexes that Append keeps, against the entries they are made from.
func (s *source) Inspect(ctx context.Context, found func(error) error) error {
	if !s.position.Epoch.Valid() {
		if err := found(fmt.Errorf("%w: the log has no epoch", synclog.ErrDamaged)); err != nil {
			return err
		}
	}
	if err := s.inspectPages(ctx, found); err != nil {
		return err
	}
	for _, index := range []index{
		{"touched", "record", "the history of record", func(e synclog.Entry) []string {
			ids := make([]string, len(e.Ops))
			for i, op := range e.Ops {
				ids[i] = string(op.ID)
			}
			return ids
		}},
		{"grouped", "grp", "the group", func(e synclog.Entry) []string {
			if e.Group == "" {
				return nil
			}
			return []string{string(e.Group)}
		}},
	} {
		if err := s.inspectIndex(ctx, index, found); err != nil {
			return err
		}
	}
	return nil
}

func (s *source) inspectPages(ctx context.Context, found func(error) error) error {
	rows, err := s.tx.QueryContext(ctx, "PRAGMA integrity_check")
	if err != nil {
		return s.failed("integrity", err)
	}
	defer rows.Close() //nolint:errcheck // Err tells
	for rows.Next() {
		var said string
		if err := rows.Scan(&said); err != nil {
			return s.failed("integrity", err)
		}
		if said == "ok" {
			continue
		}
		if err := found(fmt.Errorf("%w: SQLite says: %s", synclog.ErrDamaged, said)); err != nil {
			return err
		}
	}
	return s.failed("integrity", rows.Err())
}

// index is a table of (key, offset) that Append fills from entries.
type index struct {
	table, column string
	what          string // the thing a key stands for, in a sentence
	keys          func(synclog.Entry) []string
}

func (s *source) inspectIndex(ctx context.Context, x index, found func(error) error) error {
	lookup, err := s.tx.PrepareContext(ctx, "SELECT count(*) FROM "+x.table+" WHERE "+x.column+" = ? AND offset = ?")
	if err != nil {
		return s.failed("index", err)
	}
	defer lookup.Close() //nolint:errcheck // only read
	expected, missing := 0, 0
	err = s.eachPage(ctx, func(page []synclog.Entry) error {
		for _, e := range page {
			keys := x.keys(e)
			slices.Sort(keys)
			for _, key := range slices.Compact(keys) {
				var there int
				if err := lookup.QueryRowContext(ctx, key, e.Offset).Scan(&there); err != nil {
					return s.failed("index", err)
				}
				expected++
				if there > 0 {
					continue
				}
				missing++
				if err := found(fmt.Errorf("%w: %s %s does not name entry %d", synclog.ErrDamaged, x.what, key, e.Offset)); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	var rows int
	if err := s.tx.QueryRowContext(ctx, "SELECT count(*) FROM "+x.table).Scan(&rows); err != nil {
		return s.failed("index", err)
	}
	if rows == expected-missing {
		return nil
	}
	return s.inspectExtra(ctx, x, found)
}

// inspectExtra finds the rows of an index that no entry stands for.
func (s *source) inspectExtra(ctx context.Context, x index, found func(error) error) error {
	rows, err := s.tx.QueryContext(ctx, "SELECT "+x.column+", offset FROM "+x.table)
	if err != nil {
		return s.failed("index", err)
	}
	defer rows.Close() //nolint:errcheck // Err tells
	for rows.Next() {
		var key string
		var offset int64
		if err := rows.Scan(&key, &offset); err != nil {
			return s.failed("index", err)
		}
		e, err := s.entry(ctx, offset)
		if err != nil {
			return err
		}
		if e.Offset != 0 && slices.Contains(x.keys(e), key) {
			continue
		}
		if err := found(fmt.Errorf("%w: %s %s names entry %d, which knows nothing of it", synclog.ErrDamaged, x.what, key, offset)); err != nil {
			return err
		}
	}
	return s.failed("index", rows.Err())
}

// entry reads one entry; the zero Entry if it is not there or unreadable, which
// Entries reports.
func (s *source) entry(ctx context.Context, offset int64) (found synclog.Entry, err error) {
	err = s.eachOf(ctx, func(_ int64, e synclog.Entry, readable bool) {
		if readable {
			found = e
		}
	}, "SELECT offset, body FROM entries WHERE offset = ?", offset)
	return found, err
}

// eachPage hands over the readable entries, a page at a time, with no statement
// open meanwhile.
func (s *source) eachPage(ctx context.Context, each func([]synclog.Entry) error) error {
	for after, rows := int64(0), entriesPage; rows == entriesPage; {
		var page []synclog.Entry
		rows = 0
		err := s.eachOf(ctx, func(offset int64, e synclog.Entry, readable bool) {
			after = offset
			rows++
			if readable {
				page = append(page, e)
			}
		}, "SELECT offset, body FROM entries WHERE offset > ? ORDER BY offset LIMIT ?", after, entriesPage)
		if err != nil {
			return err
		}
		if err := each(page); err != nil {
			return err
		}
	}
	return nil
}

func (s *source) eachOf(ctx context.Context, each func(offset int64, e synclog.Entry, readable bool), query string, args ...any) error {
	rows, err := s.tx.QueryContext(ctx, query, args...)
	if err != nil {
		return s.failed("entries", err)
	}
	defer rows.Close() //nolint:errcheck // Err tells
	var decoder bsoncodec.Decoder
	for rows.Next() {
		var offset int64
		var sealed []byte
		if err := rows.Scan(&offset, &sealed); err != nil {
			return s.failed("entries", err)
		}
		e, err := entryAt(&decoder, uint64(offset), sealed)
		each(offset, e, err == nil)
	}
	return s.failed("entries", rows.Err())
}
