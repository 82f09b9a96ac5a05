package testkit

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"rapport/server/crm"
	"rapport/server/synclog"
)

// Stores is a kind of store that RunStoreSuite holds to the contract.
type Stores struct {
	// New makes an empty place for one test and returns the function that opens
	// a store on it. The suite closes what it opens.
	New func(t testing.TB) func() synclog.Store
	// OneHandle: a place can be open only once at a time.
	OneHandle bool
	// Many is how many entries the row about many of them appends.
	Many int
}

// ws is the workspace of the suite.
const ws = crm.MainWorkspace

// storeRow is one promise of synclog.Store.
type storeRow struct {
	name string
	test func(t *testing.T, b *bench)
}

// RunStoreSuite checks that stores keep what synclog.Store promises.
func RunStoreSuite(t *testing.T, stores Stores) {
	var rows []storeRow
	rows = append(rows, appendRows...)
	rows = append(rows, readRows...)
	rows = append(rows, valueRows...)
	rows = append(rows, followRows...)
	rows = append(rows, fileRows...)
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			b := &bench{t: t, stores: stores, open: stores.New(t)}
			t.Cleanup(b.closeAll)
			b.store = b.handle()
			row.test(t, b)
		})
	}
}

// bench is the place of one row with what is open on it.
type bench struct {
	t       *testing.T
	stores  Stores
	open    func() synclog.Store
	store   synclog.Store // the first handle
	handles []synclog.Store
}

// handle opens the place once more, or returns the first handle where only one
// is possible.
func (b *bench) handle() synclog.Store {
	if b.store != nil && b.stores.OneHandle {
		return b.store
	}
	s := b.open()
	b.handles = append(b.handles, s)
	return s
}

// reopen closes everything and opens the place again.
func (b *bench) reopen() {
	b.t.Helper()
	b.closeAll()
	b.store = nil
	b.store = b.handle()
}

func (b *bench) closeAll() {
	for _, s := range b.handles {
		if err := s.Close(); err != nil {
			b.t.Errorf("Close: %v", err)
		}
	}
	b.handles = nil
}

func (b *bench) append(entries ...synclog.Entry) {
	b.t.Helper()
	if err := b.store.Append(b.t.Context(), batchOf(entries...)); err != nil {
		b.t.Fatalf("Append: %v", err)
	}
}

func (b *bench) entries(after, upTo uint64) []synclog.Entry {
	b.t.Helper()
	entries, err := b.store.Entries(b.t.Context(), ws, after, upTo)
	if err != nil {
		b.t.Fatalf("Entries: %v", err)
	}
	return entries
}

func (b *bench) load() (synclog.Position, map[crm.ID]crm.Record) {
	b.t.Helper()
	return load(b.t, b.store)
}

func load(t testing.TB, s synclog.Store) (synclog.Position, map[crm.ID]crm.Record) {
	t.Helper()
	records := map[crm.ID]crm.Record{}
	p, err := s.Load(t.Context(), ws, func(rec crm.Record) error {
		if _, twice := records[rec.ID]; twice {
			return fmt.Errorf("record %s came twice", rec.ID)
		}
		records[rec.ID] = rec
		return nil
	})
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	return p, records
}

// at is the moment of the suite's entries.
var at = time.Date(2026, 11, 24, 9, 30, 0, 123e6, time.UTC)

func id() crm.ID { return crm.NewID(at) }

// entryOf makes an entry whose ops each write one version of a customer.
func entryOf(offset uint64, version uint64, ids ...crm.ID) synclog.Entry {
	e := synclog.Entry{
		Offset: offset, At: at, Command: "record.edit",
		Actor: crm.Actor{UserID: id(), Source: crm.SourceApp}, CommandID: id(), CommandHash: "hash",
	}
	for _, recordID := range ids {
		e.Ops = append(e.Ops, synclog.Op{
			Type: crm.TypeCustomer, ID: recordID, Version: version,
			Set: crm.Pack(crm.Fields{"name": fmt.Sprintf("Nadeln & Garn %d", version)}),
		})
	}
	return e
}

// batchOf makes the batch of entries whose ops set everything a record has.
func batchOf(entries ...synclog.Entry) synclog.Batch {
	b := synclog.Batch{Workspace: ws, Entries: entries}
	at := map[crm.ID]int{}
	for _, e := range entries {
		for _, op := range e.Ops {
			rec := op.Apply(crm.Record{})
			if i, known := at[op.ID]; known {
				b.Records[i] = rec
				continue
			}
			at[op.ID] = len(b.Records)
			b.Records = append(b.Records, rec)
		}
	}
	return b
}

func offsets(entries []synclog.Entry) []uint64 {
	out := make([]uint64, len(entries))
	for i, e := range entries {
		out[i] = e.Offset
	}
	return out
}

func wantError(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("error %v, want %v", err, want)
	}
}
