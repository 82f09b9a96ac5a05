package sqlitestore

import (
	"context"
	"database/sql"
	"strings"
)

// insertTable is a table with what an insert into it looks like.
type insertTable struct {
	head    string
	columns int
	tail    string
}

var (
	insertEntries = insertTable{"INSERT INTO entries (offset, body) VALUES ", 2, ""}
	insertRecords = insertTable{"INSERT INTO records (id, type, body) VALUES ", 3, " ON CONFLICT (id) DO UPDATE SET body = excluded.body"}
	insertFresh   = insertTable{"INSERT INTO records (id, type, body) VALUES ", 3, ""}
	insertTouched = insertTable{"INSERT INTO touched (record, offset) VALUES ", 2, " ON CONFLICT DO NOTHING"}
	insertGrouped = insertTable{"INSERT INTO grouped (grp, offset) VALUES ", 2, ""}
)

// insertSizes are the rows per statement: one call into the database for many
// rows is several times cheaper than one each.
var insertSizes = []int{64, 16, 4, 1}

// inserter prepares each insert once. It is used under Store.mu.
type inserter struct{ prepared map[insertKey]*sql.Stmt }

type insertKey struct {
	table insertTable
	rows  int
}

// all inserts values, which holds whole rows one after another.
func (i *inserter) all(ctx context.Context, tx *sql.Tx, t insertTable, values []any) error {
	for len(values) > 0 {
		rows := len(values) / t.columns
		size := 1
		for _, s := range insertSizes {
			if s <= rows {
				size = s
				break
			}
		}
		n := size * t.columns
		if _, err := tx.StmtContext(ctx, i.prepared[insertKey{t, size}]).ExecContext(ctx, values[:n]...); err != nil {
			return err
		}
		values = values[n:]
	}
	return nil
}

// prepare makes all statements ahead of the first transaction: during one, the
// pool has no connection left to prepare on.
func (i *inserter) prepare(ctx context.Context, db *sql.DB) error {
	for _, t := range []insertTable{insertEntries, insertRecords, insertFresh, insertTouched, insertGrouped} {
		for _, size := range insertSizes {
			row := "(" + strings.TrimSuffix(strings.Repeat("?,", t.columns), ",") + ")"
			text := t.head + strings.TrimSuffix(strings.Repeat(row+",", size), ",") + t.tail
			stmt, err := db.PrepareContext(ctx, text)
			if err != nil {
				return err
			}
			i.prepared[insertKey{t, size}] = stmt
		}
	}
	return nil
}

func (i *inserter) close() {
	for _, stmt := range i.prepared {
		_ = stmt.Close()
	}
}
