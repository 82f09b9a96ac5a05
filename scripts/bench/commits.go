package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"rapport/server/crm"
	"rapport/server/sqlitestore"
	"rapport/server/synclog"
	"rapport/server/testkit"
	"rapport/server/workspace"
)

const writers = 64

// recorder keeps what is appended, so that the raw store can be given exactly
// the same transactions.
type recorder struct {
	synclog.Store
	batches []synclog.Batch // by the committer's one goroutine; read when it has ended
}

// Append implements synclog.Store.
func (r *recorder) Append(ctx context.Context, b synclog.Batch) error {
	err := r.Store.Append(ctx, b)
	if err == nil {
		r.batches = append(r.batches, b)
	}
	return err
}

// opener opens an empty store; n tells them apart.
type opener func(ctx context.Context, n int) (synclog.Store, error)

func measureCommits(ctx context.Context, s setting) ([]Figure, error) {
	open := func(ctx context.Context, n int) (synclog.Store, error) {
		return sqlitestore.Open(ctx, filepath.Join(s.dir, fmt.Sprint("commits", n)), sqlitestore.Options{})
	}
	return commitFigures(ctx, "embedded", open, 5, 200)
}

// measureMongoCommits does the same on the MongoDB server that the tests use.
func measureMongoCommits(ctx context.Context, _ setting) (figures []Figure, err error) {
	err = onMongo(func(place *testPlace) error {
		open := func(context.Context, int) (synclog.Store, error) { return testkit.Mongo(place).Open(place), nil }
		figures, err = commitFigures(ctx, "MongoDB", open, 5, 15)
		return err
	})
	return figures, err
}

func commitFigures(ctx context.Context, name string, open opener, runs, each int) ([]Figure, error) {
	var ours, raw, sizes []float64
	for run := range runs {
		perSecond, batches, err := commitRun(ctx, open, 2*run, each)
		if err != nil {
			return nil, err
		}
		ours = append(ours, perSecond)
		sizes = append(sizes, float64(writers*each)/float64(len(batches)))
		if perSecond, err = rawRun(ctx, open, 2*run+1, batches, writers*each); err != nil {
			return nil, err
		}
		raw = append(raw, perSecond)
	}
	return []Figure{
		beside("commits per second, 64 writers, "+name, "/s", ours, raw, "raw store", "≥ 0.8 × raw store", atLeast(0.8)),
		{What: "the same: commits per transaction", Unit: "", Ours: sampleOf(sizes)},
	}, nil
}

// commitRun lets each writer edit a deal of its own again and again.
func commitRun(ctx context.Context, open opener, n, each int) (perSecond float64, batches []synclog.Batch, err error) {
	store, err := open(ctx, n)
	if err != nil {
		return 0, nil, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	deals, err := prepareDeals(ctx, store)
	if err != nil {
		return 0, nil, err
	}
	kept := &recorder{Store: store}
	ws, err := workspace.Open(ctx, kept, workspace.Options{})
	if err != nil {
		return 0, nil, err
	}
	errs := make([]error, writers)
	var running sync.WaitGroup
	began := time.Now()
	for i := range writers {
		running.Go(func() { errs[i] = edit(ctx, ws, deals[i].ID, each) })
	}
	running.Wait()
	took := time.Since(began)
	ws.Close()
	return float64(writers*each) / took.Seconds(), kept.batches, errors.Join(errs...)
}

func edit(ctx context.Context, ws *workspace.Workspace, deal crm.ID, times int) error {
	for n := range times {
		_, err := ws.Commit(ctx, workspace.Command{
			ID: crm.NewID(time.Now()), Name: "record.edit", Actor: crm.System, Hash: "bench",
			Plan: func(tx *workspace.Tx) error {
				return tx.Edit(deal, crm.Fields{"nextStep": fmt.Sprint("call again, round ", n)}, nil)
			},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// rawRun appends the batches straight to a store like the one they came from.
func rawRun(ctx context.Context, open opener, n int, batches []synclog.Batch, commits int) (perSecond float64, err error) {
	store, err := open(ctx, n)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if _, err := prepareDeals(ctx, store); err != nil {
		return 0, err
	}
	began := time.Now()
	for _, b := range batches {
		if err := store.Append(ctx, b); err != nil {
			return 0, err
		}
	}
	return float64(commits) / time.Since(began).Seconds(), nil
}

// prepareDeals puts one deal per writer into an empty store.
func prepareDeals(ctx context.Context, store synclog.Store) ([]crm.Record, error) {
	if _, err := store.Load(ctx, crm.MainWorkspace, func(crm.Record) error { return nil }); err != nil {
		return nil, err
	}
	v := newInventor(&company{admin: crm.NewID(time.Now()), pipeline: crm.NewID(time.Now()), stages: []string{"first"}})
	deals := v.deals(writers, v.customers(1))
	return deals, appendRecords(ctx, store, deals)
}
