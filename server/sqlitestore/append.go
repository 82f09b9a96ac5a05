package sqlitestore

import (
	"context"
	"errors"
	"fmt"

	"rapport/server/bsoncodec"
	"rapport/server/synclog"
)

// Append implements synclog.Store. Once begun it is not cut short by ctx.
func (s *Store) Append(ctx context.Context, batch synclog.Batch) error {
	if len(batch.Entries) == 0 {
		return nil
	}
	rows, err := encode(batch)
	if err != nil {
		return rejected(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	// First of all: this may be a batch in doubt, which must not be called refused.
	if err := s.settle(); err != nil {
		if s.trouble.inDoubt(rows) {
			return fmt.Errorf("sqlitestore: an earlier commit is still in doubt: %w", err)
		}
		return rejected(err)
	}
	if err := ctx.Err(); err != nil {
		return rejected(err)
	}
	first := batch.Entries[0].Offset
	if first <= s.head {
		return synclog.ErrOffsetTaken
	}
	if first != s.head+1 {
		return rejected(fmt.Errorf("entry %d cannot follow %d", first, s.head))
	}
	if err := s.opened.stillThere(); err != nil {
		return rejected(s.stop(err, nil))
	}
	if err := s.insert(context.WithoutCancel(ctx), rows); err != nil {
		return s.insertFailed(err, rows)
	}
	s.advance(batch.Entries[len(batch.Entries)-1].Offset)
	s.newest.Add(batch.Entries...)
	return nil
}

// advance takes note of a new head and wakes the followers, who take mu. It requires mu.
func (s *Store) advance(head uint64) {
	s.head = head
	s.note.advance(head)
	close(s.appended)
	s.appended = make(chan struct{})
}

// errCommit marks an error that came when the commit had been begun.
var errCommit = errors.New("commit")

func (s *Store) insert(ctx context.Context, r rows) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after Commit there is nothing to roll back
	for _, part := range r.parts() {
		if err := s.inserts.all(ctx, tx, part.table, part.values); err != nil {
			return err
		}
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("%w: %w", errCommit, err)
	}
	return nil
}

// insertFailed tells a refusal from a doubt. It requires mu.
//
// Nothing of a transaction stays unless its commit was begun. When the disk is
// full, the frame that would complete it was never written. After any other
// error of a commit, a failed sync above all, that frame may lie in the
// write-ahead log and be found valid by the next process that opens the file.
func (s *Store) insertFailed(err error, r rows) error {
	switch {
	case errors.Is(err, errCommit) && !outOfRoom(err):
		return s.stop(err, r.entries)
	case damaged(err):
		return rejected(s.stop(damagedIn(s.dir, err), nil))
	default:
		s.trouble.refused = true
		return rejected(err)
	}
}

func rejected(err error) error {
	return fmt.Errorf("%w: sqlitestore: append: %w", synclog.ErrRejected, sayFull(err))
}

// rows are the values of a batch, row after row. fresh are records that are not
// there yet.
type rows struct{ entries, records, fresh, touched, grouped []any }

type part struct {
	table  insertTable
	values []any
}

func (r rows) parts() []part {
	return []part{
		{insertEntries, r.entries}, {insertRecords, r.records}, {insertFresh, r.fresh},
		{insertTouched, r.touched}, {insertGrouped, r.grouped},
	}
}

func encode(b synclog.Batch) (rows, error) {
	var r rows
	for _, e := range b.Entries {
		body, err := bsoncodec.MarshalEntry(b.Workspace, e)
		if err != nil {
			return rows{}, err
		}
		offset := int64(e.Offset)
		r.entries = append(r.entries, offset, seal(body))
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
		r.records = append(r.records, string(rec.ID), string(rec.Type), seal(body))
	}
	return r, nil
}
