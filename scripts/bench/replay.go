package main

import (
	"context"
	"errors"
	"time"

	"rapport/server/crm"
	"rapport/server/sqlitestore"
	"rapport/server/synclog"
)

// replayWindow is how many entries are read at a time.
const replayWindow = 200

// replayed returns the seconds that it takes to append the log of one embedded
// store straight to an empty one, a transaction for each entry: what writing alone
// costs of what was done there.
func replayed(ctx context.Context, from, to string) (seconds float64, err error) {
	source, err := sqlitestore.Open(ctx, from, sqlitestore.Options{})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	target, err := sqlitestore.Open(ctx, to, sqlitestore.Options{})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	if _, err := target.Load(ctx, crm.MainWorkspace, func(crm.Record) error { return nil }); err != nil {
		return 0, err
	}
	head, err := source.Head(ctx, crm.MainWorkspace)
	if err != nil {
		return 0, err
	}
	stands := map[crm.ID]crm.Record{}
	var writing time.Duration
	for after := uint64(0); after < head.Offset; after += replayWindow {
		entries, err := source.Entries(ctx, crm.MainWorkspace, after, min(after+replayWindow, head.Offset))
		if err != nil {
			return 0, err
		}
		for _, e := range entries {
			b := synclog.Batch{Workspace: crm.MainWorkspace, Entries: []synclog.Entry{e}}
			for _, op := range e.Ops {
				stands[op.ID] = op.Apply(stands[op.ID])
				b.Records = append(b.Records, stands[op.ID])
			}
			began := time.Now()
			if err := target.Append(ctx, b); err != nil {
				return 0, err
			}
			writing += time.Since(began)
		}
	}
	return writing.Seconds(), nil
}
