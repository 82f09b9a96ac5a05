package testkit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"sync"
	"testing"
	"time"

	"rapport/server/crm"
	"rapport/server/synclog"
)

// StoreFactory makes places for stores and opens them.
type StoreFactory struct {
	// New returns a function that opens a store on a fresh place, again and
	// again: each call is a new handle on the same data. Handles it returned
	// before are closed first if the store admits only one.
	New func(t *testing.T) func() synclog.Store
	// Shared says that several handles may be open on one place at once.
	Shared bool
	// Many is how many entries the test of a long log writes.
	Many int
}

const ws = crm.MainWorkspace

// RunStoreSuite holds a store to the contract of synclog.Store.
func RunStoreSuite(t *testing.T, f StoreFactory) {
	for _, tt := range []struct {
		name string
		run  func(*testing.T, StoreFactory)
	}{
		{"a new place has an epoch and nothing in it", suiteEmpty},
		{"an entry and its documents appear together", suiteAtomic},
		{"a taken offset is refused and changes nothing", suiteTaken},
		{"of many who race for an offset one wins", suiteRace},
		{"every field kind survives the round trip", suiteKinds},
		{"an entry comes back as it was", suiteEntry},
		{"entries are read by range and page", suiteRange},
		{"history is newest first and page by page", suiteHistory},
		{"a group names its entries", suiteGroup},
		{"commands since a moment are remembered", suiteCommands},
		{"following delivers every entry once, in order", suiteFollow},
		{"files are there whole or not at all", suiteFiles},
		{"a long log is loaded at its position", suiteLong},
	} {
		t.Run(tt.name, func(t *testing.T) { tt.run(t, f) })
	}
}

func ids(n int) []crm.ID {
	made := make([]crm.ID, n)
	for i := range made {
		made[i] = crm.NewID(time.Now())
	}
	return made
}

// creation is a batch with one entry that creates one record.
func creation(offset uint64, id crm.ID, fields crm.Fields) synclog.Batch {
	return synclog.Batch{
		Workspace: ws,
		Entries: []synclog.Entry{{
			Offset: offset, At: time.Now().UTC().Truncate(time.Millisecond), Actor: crm.System, Command: "record.create",
			Ops: []synclog.Op{{Type: crm.TypeCustomer, ID: id, Version: 1, Set: fields, Before: crm.Fields{}}},
		}},
		Records: []crm.Record{{Type: crm.TypeCustomer, ID: id, Version: 1, Fields: fields}},
	}
}

func mustAppend(t *testing.T, s synclog.Store, b synclog.Batch) {
	t.Helper()
	if err := s.Append(t.Context(), b); err != nil {
		t.Fatalf("append %d: %v", b.Entries[0].Offset, err)
	}
}

func loadAll(t *testing.T, s synclog.Store) (map[crm.ID]crm.Record, synclog.Position) {
	t.Helper()
	records := map[crm.ID]crm.Record{}
	p, err := s.Load(t.Context(), ws, func(rec crm.Record) error {
		records[rec.ID] = rec
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return records, p
}

func suiteEmpty(t *testing.T, f StoreFactory) {
	open := f.New(t)
	records, p := loadAll(t, open())
	if len(records) != 0 || p.Offset != 0 || !p.Epoch.Valid() {
		t.Errorf("%d records at %v", len(records), p)
	}
	if _, again := loadAll(t, open()); again != p {
		t.Errorf("opened again: %v, want %v", again, p)
	}
}

func suiteAtomic(t *testing.T, f StoreFactory) {
	open := f.New(t)
	s := open()
	id := ids(1)[0]
	mustAppend(t, s, creation(1, id, crm.Fields{"name": "a"}))
	edit := synclog.Batch{
		Workspace: ws,
		Entries: []synclog.Entry{
			{Offset: 2, At: time.Now(), Actor: crm.System, Command: "e", Ops: []synclog.Op{{Type: crm.TypeCustomer, ID: id, Version: 2, Set: crm.Fields{"name": "b"}, Before: crm.Fields{"name": "a"}}}},
			{Offset: 3, At: time.Now(), Actor: crm.System, Command: "e", Ops: []synclog.Op{{Type: crm.TypeCustomer, ID: id, Version: 3, Set: crm.Fields{"name": "c"}, Before: crm.Fields{"name": "b"}}}},
		},
		Records: []crm.Record{{Type: crm.TypeCustomer, ID: id, Version: 3, Fields: crm.Fields{"name": "c"}}},
	}
	mustAppend(t, s, edit)
	check := func(name string, s synclog.Store) {
		records, p := loadAll(t, s)
		if p.Offset != 3 || len(records) != 1 || records[id].Version != 3 || records[id].Fields.String("name") != "c" {
			t.Errorf("%s: %v at %v", name, records, p)
		}
		if head, err := s.Head(t.Context(), ws); err != nil || head != p {
			t.Errorf("%s: head = %v (%v), want %v", name, head, err, p)
		}
	}
	check("in the same handle", s)
	check("opened again", open())
}

func suiteTaken(t *testing.T, f StoreFactory) {
	s := f.New(t)()
	loadAll(t, s)
	made := ids(2)
	mustAppend(t, s, creation(1, made[0], crm.Fields{"name": "first"}))
	if err := s.Append(t.Context(), creation(1, made[1], crm.Fields{"name": "late"})); !errors.Is(err, synclog.ErrOffsetTaken) {
		t.Errorf("second append of offset 1: %v, want ErrOffsetTaken", err)
	}
	records, p := loadAll(t, s)
	if _, there := records[made[1]]; there || p.Offset != 1 {
		t.Errorf("the refused batch left something: %v at %v", records, p)
	}
}

func suiteRace(t *testing.T, f StoreFactory) {
	open := f.New(t)
	stores := []synclog.Store{open()}
	if f.Shared {
		stores = append(stores, open())
	} else {
		stores = append(stores, stores[0])
	}
	loadAll(t, stores[0])
	const rounds, racers = 10, 4
	for offset := uint64(1); offset <= rounds; offset++ {
		var won sync.Map
		var wg sync.WaitGroup
		for i := range racers {
			wg.Go(func() {
				id := crm.NewID(time.Now())
				err := stores[i%2].Append(t.Context(), creation(offset, id, crm.Fields{"name": "x"}))
				switch {
				case err == nil:
					won.Store(id, true)
				case !errors.Is(err, synclog.ErrOffsetTaken) && !errors.Is(err, synclog.ErrRejected):
					t.Errorf("offset %d: %v", offset, err)
				}
			})
		}
		wg.Wait()
		winners := 0
		won.Range(func(any, any) bool { winners++; return true })
		if winners != 1 {
			t.Fatalf("offset %d has %d winners", offset, winners)
		}
	}
	if records, p := loadAll(t, stores[0]); len(records) != rounds || p.Offset != rounds {
		t.Errorf("%d records at %v, want %d", len(records), p, rounds)
	}
}

// everyKind has a value of each kind that crm.Fields allows, and what has been
// known to get lost.
var everyKind = crm.Fields{
	"name":            "Ёлка & 北辰 \U0001F33F \"x\" \\ <b>",
	"kind":            "company",
	"whole":           int64(1) << 62,
	"small":           int64(-3),
	"fraction":        0.1,
	"wholeFloat":      2.0,
	"yes":             true,
	"no":              false,
	"amount":          crm.Money{Amount: -1234567890123, Currency: "JPY"},
	"emails":          []any{"a@x.example", "b@x.example"},
	"mixed":           []any{int64(1), "two", 3.5, true, crm.Money{Amount: 5, Currency: "EUR"}, []any{"deep"}},
	"address":         map[string]any{"street": "Calle 1\n2º", "city": "Jaén"},
	"stages":          []any{map[string]any{"id": "s1", "probability": int64(10), "requires": []any{}}},
	"notes":           "line\r\nline\ttab",
	"since":           "2026-11-24T10:00:00.123Z",
	"fields.industry": "food",
	"fields.revenue":  crm.Money{Amount: 1, Currency: "USD"},
	"fields.tags":     []any{"x"},
}

func suiteKinds(t *testing.T, f StoreFactory) {
	open := f.New(t)
	s := open()
	loadAll(t, s)
	id := ids(1)[0]
	mustAppend(t, s, creation(1, id, everyKind))
	records, _ := loadAll(t, open())
	got := records[id].Fields
	for key, want := range everyKind {
		if !reflect.DeepEqual(got[key], want) {
			t.Errorf("%s: %#v, want %#v", key, got[key], want)
		}
	}
	if len(got) != len(everyKind) {
		t.Errorf("%d fields, want %d", len(got), len(everyKind))
	}
}

func suiteEntry(t *testing.T, f StoreFactory) {
	s := f.New(t)()
	loadAll(t, s)
	made := ids(6)
	want := synclog.Entry{
		Offset: 1, At: time.Date(2026, 11, 24, 10, 0, 0, 123e6, time.UTC),
		Actor:     crm.Actor{UserID: made[0], SessionID: made[1], Source: crm.SourceImport},
		CommandID: made[2], CommandHash: "hash", Command: "deal.move", Group: made[3], Undoes: 7,
		Ops: []synclog.Op{
			{Type: crm.TypeDeal, ID: made[4], Version: 1, Set: everyKind, Before: crm.Fields{}},
			{Type: crm.TypeCustomer, ID: made[5], Version: 9, Set: crm.Fields{"name": "n"}, Unset: []string{"fields.old", "notes"}, Before: crm.Fields{"notes": "o", "fields.old": int64(1)}},
		},
	}
	mustAppend(t, s, synclog.Batch{Workspace: ws, Entries: []synclog.Entry{want}, Records: []crm.Record{
		{Type: crm.TypeDeal, ID: made[4], Version: 1, Fields: everyKind}, {Type: crm.TypeCustomer, ID: made[5], Version: 9, Fields: crm.Fields{"name": "n"}},
	}})
	entries, err := s.Entries(t.Context(), ws, 0, 1)
	if err != nil || len(entries) != 1 {
		t.Fatalf("%d entries, %v", len(entries), err)
	}
	if !reflect.DeepEqual(entries[0], want) {
		t.Errorf("got  %+v\nwant %+v", entries[0], want)
	}
}

func suiteRange(t *testing.T, f StoreFactory) {
	s := f.New(t)()
	loadAll(t, s)
	for offset, id := range ids(5) {
		mustAppend(t, s, creation(uint64(offset+1), id, crm.Fields{"name": "x"}))
	}
	for _, tt := range []struct {
		name        string
		after, upTo uint64
		want        []uint64
	}{
		{"all", 0, 5, []uint64{1, 2, 3, 4, 5}},
		{"the middle: after is left out, upTo is in it", 1, 3, []uint64{2, 3}},
		{"beyond the head there is nothing more", 3, 1 << 62, []uint64{4, 5}},
		{"nothing after the head", 5, 9, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			entries, err := s.Entries(t.Context(), ws, tt.after, tt.upTo)
			if err != nil {
				t.Fatal(err)
			}
			if got := offsetsOf(entries); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("offsets = %v, want %v", got, tt.want)
			}
		})
	}
}

func offsetsOf(entries []synclog.Entry) (offsets []uint64) {
	for _, e := range entries {
		offsets = append(offsets, e.Offset)
	}
	return offsets
}

func suiteHistory(t *testing.T, f StoreFactory) {
	s := f.New(t)()
	loadAll(t, s)
	made := ids(2)
	mustAppend(t, s, creation(1, made[0], crm.Fields{"name": "v1"}))
	mustAppend(t, s, creation(2, made[1], crm.Fields{"name": "other"}))
	for v := uint64(2); v <= 6; v++ {
		fields := crm.Fields{"name": fmt.Sprint("v", v)}
		mustAppend(t, s, synclog.Batch{Workspace: ws,
			Entries: []synclog.Entry{{Offset: v + 1, At: time.Now(), Actor: crm.System, Command: "e", Ops: []synclog.Op{{Type: crm.TypeCustomer, ID: made[0], Version: v, Set: fields, Before: crm.Fields{"name": "x"}}}}},
			Records: []crm.Record{{Type: crm.TypeCustomer, ID: made[0], Version: v, Fields: fields}}})
	}
	for _, tt := range []struct {
		name string
		id   crm.ID
		page synclog.Page
		want []uint64
	}{
		{"the newest", made[0], synclog.Page{Limit: 3}, []uint64{7, 6, 5}},
		{"the next page", made[0], synclog.Page{Before: 5, Limit: 3}, []uint64{4, 3, 1}},
		{"another record has its own", made[1], synclog.Page{Limit: 3}, []uint64{2}},
		{"an unknown record has none", "01ARZ3NDEKTSV4RRFFQ69G5FAV", synclog.Page{Limit: 3}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			entries, err := s.History(t.Context(), ws, tt.id, tt.page)
			if got := offsetsOf(entries); err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("offsets = %v (%v), want %v", got, err, tt.want)
			}
		})
	}
}

func suiteGroup(t *testing.T, f StoreFactory) {
	s := f.New(t)()
	loadAll(t, s)
	group := ids(1)[0]
	for i, id := range ids(4) {
		b := creation(uint64(i+1), id, crm.Fields{"name": "x"})
		if i%2 == 1 {
			b.Entries[0].Group = group
		}
		mustAppend(t, s, b)
	}
	if got, err := s.Group(t.Context(), ws, group); err != nil || !reflect.DeepEqual(got, []uint64{2, 4}) {
		t.Errorf("group = %v (%v)", got, err)
	}
	if got, err := s.Group(t.Context(), ws, ids(1)[0]); err != nil || len(got) != 0 {
		t.Errorf("unknown group = %v (%v)", got, err)
	}
}

func suiteCommands(t *testing.T, f StoreFactory) {
	s := f.New(t)()
	loadAll(t, s)
	now := time.Now().UTC().Truncate(time.Millisecond)
	made := ids(6)
	for i, age := range []time.Duration{48 * time.Hour, 2 * time.Hour, time.Hour} {
		b := creation(uint64(i+1), made[i], crm.Fields{"name": "x"})
		b.Entries[0].At, b.Entries[0].CommandID, b.Entries[0].CommandHash = now.Add(-age), made[i+3], "h"
		b.Entries[0].Actor.UserID = made[0]
		mustAppend(t, s, b)
	}
	mustAppend(t, s, creation(4, ids(1)[0], crm.Fields{"name": "without a command id"}))
	var got []synclog.CommandKey
	err := s.Commands(t.Context(), ws, now.Add(-24*time.Hour), func(c synclog.CommandKey) error {
		got = append(got, c)
		return nil
	})
	want := []synclog.CommandKey{
		{Actor: made[0], CommandID: made[4], Hash: "h", Offset: 2, At: now.Add(-2 * time.Hour)},
		{Actor: made[0], CommandID: made[5], Hash: "h", Offset: 3, At: now.Add(-time.Hour)},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("commands = %v (%v), want %v", got, err, want)
	}
}

func suiteFollow(t *testing.T, f StoreFactory) {
	open := f.New(t)
	writer := open()
	loadAll(t, writer)
	follower := writer
	if f.Shared {
		follower = open()
	}
	const n = 30
	made := ids(n)
	mustAppend(t, writer, creation(1, made[0], crm.Fields{"name": "before"}))
	ctx, stop := context.WithCancel(t.Context())
	seen, ended := make(chan uint64, n), make(chan error, 1)
	go func() {
		ended <- follower.Follow(ctx, ws, 0, func(e synclog.Entry) error {
			seen <- e.Offset
			return nil
		})
	}()
	for i := 1; i < n; i++ {
		mustAppend(t, writer, creation(uint64(i+1), made[i], crm.Fields{"name": "x"}))
	}
	for want := uint64(1); want <= n; want++ {
		select {
		case got := <-seen:
			if got != want {
				t.Fatalf("got entry %d, want %d", got, want)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("entry %d never came", want)
		}
	}
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("Follow ended with %v", err)
	}
	fail := errors.New("enough")
	if err := follower.Follow(t.Context(), ws, n-1, func(synclog.Entry) error { return fail }); !errors.Is(err, fail) {
		t.Errorf("Follow with a failing receiver: %v", err)
	}
}

// broken gives a part of a file and then an error.
type broken struct{ r io.Reader }

func (b broken) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if errors.Is(err, io.EOF) {
		err = errors.New("the upload broke off")
	}
	return n, err
}

func suiteFiles(t *testing.T, f StoreFactory) {
	open := f.New(t)
	s := open()
	loadAll(t, s)
	made := ids(2)
	content := bytes.Repeat([]byte("opportunity_id,sales_agent\n"), 40_000)
	if err := s.PutFile(t.Context(), ws, made[0], bytes.NewReader(content)); err != nil {
		t.Fatal(err)
	}
	if err := s.PutFile(t.Context(), ws, made[1], broken{bytes.NewReader(content)}); err == nil {
		t.Error("a broken upload was taken")
	}
	s = open()
	r, err := s.OpenFile(t.Context(), ws, made[0])
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil || !bytes.Equal(got, content) {
		t.Errorf("read %d bytes (%v), want %d", len(got), err, len(content))
	}
	for _, id := range []crm.ID{made[1], "../../etc/passwd", ""} {
		if _, err := s.OpenFile(t.Context(), ws, id); !errors.Is(err, synclog.ErrNotFound) {
			t.Errorf("open %q: %v, want ErrNotFound", id, err)
		}
	}
	if err := errors.Join(s.DeleteFile(t.Context(), ws, made[0]), s.DeleteFile(t.Context(), ws, made[0])); err != nil {
		t.Errorf("delete, twice: %v", err)
	}
	if _, err := s.OpenFile(t.Context(), ws, made[0]); !errors.Is(err, synclog.ErrNotFound) {
		t.Errorf("after delete: %v", err)
	}
}

func suiteLong(t *testing.T, f StoreFactory) {
	open := f.New(t)
	s := open()
	loadAll(t, s)
	const perBatch = 500
	for offset := 1; offset <= f.Many; offset += perBatch {
		b := synclog.Batch{Workspace: ws}
		for i, id := range ids(perBatch) {
			one := creation(uint64(offset+i), id, crm.Fields{"name": "x"})
			b.Entries, b.Records = append(b.Entries, one.Entries...), append(b.Records, one.Records...)
		}
		mustAppend(t, s, b)
	}
	s = open()
	records, p := loadAll(t, s)
	if len(records) != f.Many || p.Offset != uint64(f.Many) {
		t.Fatalf("%d records at %d, want %d", len(records), p.Offset, f.Many)
	}
	next := uint64(1)
	for {
		entries, err := s.Entries(t.Context(), ws, next-1, 1<<62)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if e.Offset != next {
				t.Fatalf("entry %d where %d belongs", e.Offset, next)
			}
			next++
		}
		if len(entries) == 0 {
			break
		}
	}
	if next != uint64(f.Many)+1 {
		t.Errorf("the log ends before %d", next)
	}
}
