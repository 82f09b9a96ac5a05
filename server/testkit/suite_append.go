package testkit

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"rapport/server/crm"
	"rapport/server/synclog"
)

var appendRows = []storeRow{
	{"an entry and the documents it changes are stored together", func(t *testing.T, b *bench) {
		customer, other := id(), id()
		b.append(entryOf(1, 1, customer, other), entryOf(2, 2, customer))
		p, records := b.load()
		if p.Offset != 2 || len(records) != 2 || records[customer].Version != 2 || records[other].Version != 1 {
			t.Errorf("loaded %+v at %d", records, p.Offset)
		}
		if got := b.entries(0, 2); len(got) != 2 {
			t.Errorf("%d entries, want 2", len(got))
		}
	}},
	{"a batch with something that cannot be stored leaves nothing", func(t *testing.T, b *bench) {
		for _, key := range []string{"a.b", "$set", "_id", "version", "fields", "fields.a.b", "", "a\x00b"} {
			bad := entryOf(2, 1, id())
			bad.Ops[0].Set = crm.Pack(crm.Fields{key: "x"})
			wantError(t, b.store.Append(t.Context(), batchOf(entryOf(1, 1, id()), bad)), synclog.ErrRejected)
		}
		for _, value := range []any{"\xff", []any{"\xff"}, map[string]any{"a\x00": "b"}} {
			bad := entryOf(1, 1, id())
			bad.Ops[0].Set = crm.Pack(crm.Fields{"name": value})
			wantError(t, b.store.Append(t.Context(), batchOf(bad)), synclog.ErrRejected)
		}
		if p, records := b.load(); p.Offset != 0 || len(records) != 0 || len(b.entries(0, 9)) != 0 {
			t.Errorf("%d records at %d", len(records), p.Offset)
		}
	}},
	{"a batch that would leave a gap is refused", func(t *testing.T, b *bench) {
		wantError(t, b.store.Append(t.Context(), batchOf(entryOf(2, 1, id()))), synclog.ErrRejected)
		b.append(entryOf(1, 1, id()))
		wantError(t, b.store.Append(t.Context(), batchOf(entryOf(3, 1, id()))), synclog.ErrRejected)
	}},
	{"a taken offset is refused and nothing of the batch stays", func(t *testing.T, b *bench) {
		first, second := id(), id()
		b.append(entryOf(1, 1, first), entryOf(2, 1, second))
		for _, entries := range [][]synclog.Entry{
			{entryOf(1, 9, first)},
			{entryOf(2, 9, first)},
			{entryOf(2, 9, first), entryOf(3, 9, id())},
		} {
			wantError(t, b.handle().Append(t.Context(), batchOf(entries...)), synclog.ErrOffsetTaken)
		}
		if p, records := b.load(); p.Offset != 2 || len(records) != 2 || records[first].Version != 1 {
			t.Errorf("loaded %+v at %d", records, p.Offset)
		}
	}},
	{"an empty batch does nothing", func(t *testing.T, b *bench) {
		b.append()
		if p, _ := b.load(); p.Offset != 0 {
			t.Errorf("offset %d", p.Offset)
		}
	}},
	{"a context that has ended stores nothing", func(t *testing.T, b *bench) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		wantError(t, b.store.Append(ctx, batchOf(entryOf(1, 1, id()))), synclog.ErrRejected)
		if got := b.entries(0, 9); len(got) != 0 {
			t.Errorf("%d entries", len(got))
		}
	}},
	{"of writers that race for an offset exactly one gets it", func(t *testing.T, b *bench) {
		race(t, b)
	}},
}

// race lets four writers on two handles count in one record, each committing on
// top of what it last read, until it stands at rounds.
func race(t *testing.T, b *bench) {
	const writers, rounds = 4, 40
	counter := id()
	handles := []synclog.Store{b.store, b.handle()}
	var mu sync.Mutex
	wins := map[uint64]int{}
	var all sync.WaitGroup
	for i := range writers {
		all.Go(func() {
			store := handles[i%len(handles)]
			for {
				p, err := store.Head(t.Context(), ws)
				if err != nil {
					t.Errorf("Head: %v", err)
					return
				}
				if p.Offset >= rounds {
					return
				}
				next := p.Offset + 1
				switch err := store.Append(t.Context(), batchOf(entryOf(next, next, counter))); {
				case err == nil:
					mu.Lock()
					wins[next]++
					mu.Unlock()
				case !errors.Is(err, synclog.ErrOffsetTaken):
					t.Errorf("Append: %v", err)
					return
				}
			}
		})
	}
	all.Wait()
	for offset := uint64(1); offset <= rounds; offset++ {
		if wins[offset] != 1 {
			t.Errorf("offset %d was given to %d writers", offset, wins[offset])
		}
	}
	p, records := b.load()
	if p.Offset != records[counter].Version || p.Offset < rounds {
		t.Errorf("counter %d at %d", records[counter].Version, p.Offset)
	}
	if name := fmt.Sprintf("Nadeln & Garn %d", p.Offset); records[counter].Fields.Get("name") != name {
		t.Errorf("name %v, want %s", records[counter].Fields.Get("name"), name)
	}
}
