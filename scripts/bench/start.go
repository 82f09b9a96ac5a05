package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"time"

	"rapport/server/crm"
	"rapport/server/sqlitestore"
	"rapport/server/workspace"
)

const (
	startRuns      = 5
	startCustomers = 50_000
	startContacts  = 50_000
	startDeals     = 100_000
)

// measureStart opens a workspace of 200,000 records. The yardstick reads and
// decodes the same records and keeps none; for memory it keeps them as JSON, with
// nothing by which one is found.
func measureStart(ctx context.Context, s setting) ([]Figure, error) {
	c, err := founded(ctx, filepath.Join(s.dir, "start"), 10)
	if err != nil {
		return nil, err
	}
	if err := c.seedMany(ctx, startCustomers, startContacts, startDeals); err != nil {
		return nil, err
	}
	var ours, raw, perRecord, asText []float64
	for range startRuns {
		seconds, bytesEach, err := openOnce(ctx, c.dir, startCustomers+startContacts+startDeals)
		if err != nil {
			return nil, err
		}
		ours, perRecord = append(ours, seconds), append(perRecord, bytesEach/1000)
		if seconds, err = readOnce(ctx, c.dir); err != nil {
			return nil, err
		}
		raw = append(raw, seconds)
		if bytesEach, err = keepOnce(ctx, c.dir); err != nil {
			return nil, err
		}
		asText = append(asText, bytesEach/1000)
	}
	var ready []float64
	for range startRuns {
		began := time.Now()
		p, err := startServer(ctx, s.server, c.dir)
		if err != nil {
			return nil, err
		}
		ready = append(ready, time.Since(began).Seconds())
		p.stop()
	}
	return []Figure{
		beside("start with 200,000 records, embedded", "s", ours, raw, "read and decode only", "", nil).absolute(3, "≤ 3 s"),
		Figure{What: "the same: the program until it says that it is ready", Unit: "s", Ours: sampleOf(ready)}.absolute(3, "≤ 3 s"),
		beside("the same: heap per record", "kB", perRecord, asText, "kept as JSON", "", nil).absolute(3, "≤ 3 kB"),
	}, nil
}

// seedMany keeps nothing of what it makes, so that it does not count as heap.
func (c *company) seedMany(ctx context.Context, customers, contacts, deals int) error {
	v := newInventor(c)
	companies := v.customers(customers)
	if err := c.seed(ctx, companies); err != nil {
		return err
	}
	if err := c.seed(ctx, v.contacts(contacts, companies)); err != nil {
		return err
	}
	return c.seed(ctx, v.deals(deals, companies))
}

// openOnce returns the seconds from opening the store to a usable workspace,
// and the bytes of heap that stay in use per record; want is how many there are.
func openOnce(ctx context.Context, dir string, want int) (seconds, bytesEach float64, err error) {
	before := heap()
	began := time.Now()
	store, err := sqlitestore.Open(ctx, dir, sqlitestore.Options{})
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	ws, err := workspace.Open(ctx, store, workspace.Options{})
	if err != nil {
		return 0, 0, err
	}
	defer ws.Close()
	seconds = time.Since(began).Seconds()
	used := heap() - before
	records := 0
	err = ws.Read(ctx, nil, func(s *workspace.State) error {
		for _, t := range []crm.RecordType{crm.TypeCustomer, crm.TypeContact, crm.TypeDeal} {
			s.Each(t, func(crm.Record) bool { records++; return true })
		}
		return nil
	})
	if err == nil && records != want {
		err = fmt.Errorf("%d records were loaded", records)
	}
	return seconds, used / float64(records), err
}

// heap returns the bytes in use after a full collection.
func heap() float64 {
	runtime.GC()
	runtime.GC() // the second frees what finalizers and pools kept over the first
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

func readOnce(ctx context.Context, dir string) (seconds float64, err error) {
	began := time.Now()
	store, err := sqlitestore.Open(ctx, dir, sqlitestore.Options{})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	_, err = store.Load(ctx, crm.MainWorkspace, func(crm.Record) error { return nil })
	return time.Since(began).Seconds(), err
}

// keepOnce returns the bytes of heap per record that is kept as JSON.
func keepOnce(ctx context.Context, dir string) (bytesEach float64, err error) {
	store, err := sqlitestore.Open(ctx, dir, sqlitestore.Options{})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	before := heap()
	var kept [][]byte
	_, err = store.Load(ctx, crm.MainWorkspace, func(rec crm.Record) error {
		kept = append(kept, asJSON(map[string]any{"id": rec.ID, "type": rec.Type, "version": rec.Version, "fields": rec.Fields.Unpack()}))
		return nil
	})
	each := (heap() - before) / float64(len(kept))
	runtime.KeepAlive(kept)
	return each, err
}
