package testkit

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"rapport/server/crm"
	"rapport/server/synclog"
)

var readRows = []storeRow{
	{"a new workspace has an epoch and nothing in it", func(t *testing.T, b *bench) {
		p, records := b.load()
		if !p.Epoch.Valid() || p.Offset != 0 || len(records) != 0 {
			t.Errorf("%d records at %+v", len(records), p)
		}
		head, err := b.handle().Head(t.Context(), ws)
		if err != nil || head != p {
			t.Errorf("Head = %+v, %v; want %+v", head, err, p)
		}
	}},
	{"what was stored is there after opening again, in the same epoch", func(t *testing.T, b *bench) {
		customer := id()
		before, _ := b.load()
		b.append(entryOf(1, 1, customer))
		b.reopen()
		p, records := b.load()
		if p != (synclog.Position{Epoch: before.Epoch, Offset: 1}) || records[customer].Version != 1 {
			t.Errorf("loaded %+v at %+v, want epoch %s", records, p, before.Epoch)
		}
		b.append(entryOf(2, 2, customer))
	}},
	{"records in the trash are loaded too", func(t *testing.T, b *bench) {
		e := entryOf(1, 1, id())
		e.Ops[0].Set = e.Ops[0].Set.With(crm.Pack(crm.Fields{crm.KeyTrashedAt: "2026-11-24T09:30:00Z"}), nil)
		b.append(e)
		if _, records := b.load(); !records[e.Ops[0].ID].Trashed() {
			t.Errorf("loaded %+v", records)
		}
	}},
	{"an error of the caller ends a load", func(t *testing.T, b *bench) {
		b.append(entryOf(1, 1, id(), id(), id()))
		enough := errors.New("enough")
		_, err := b.store.Load(t.Context(), ws, func(crm.Record) error { return enough })
		wantError(t, err, enough)
	}},
	{"a load shows one position while others write", loadWhileWriting},
	{"entries come in order, at most a thousand at a time", manyEntries},
	{"entries are asked for by a range that may go beyond the head", func(t *testing.T, b *bench) {
		for offset := uint64(1); offset <= 5; offset++ {
			b.append(entryOf(offset, 1, id()))
		}
		for _, tt := range []struct {
			after, upTo uint64
			want        []uint64
		}{
			{0, 2, []uint64{1, 2}}, {2, 4, []uint64{3, 4}}, {3, 1 << 63, []uint64{4, 5}},
			{5, 9, []uint64{}}, {1 << 63, 1<<64 - 1, []uint64{}}, {3, 3, []uint64{}}, {4, 2, []uint64{}},
		} {
			if got := offsets(b.entries(tt.after, tt.upTo)); !slices.Equal(got, tt.want) {
				t.Errorf("(%d, %d] = %v, want %v", tt.after, tt.upTo, got, tt.want)
			}
		}
	}},
	{"history comes newest first, page by page", history},
	{"a group names its entries, oldest first", func(t *testing.T, b *bench) {
		group := id()
		for offset := uint64(1); offset <= 6; offset++ {
			e := entryOf(offset, 1, id())
			if offset%2 == 0 {
				e.Group = group
			}
			b.append(e)
		}
		got, err := b.store.Group(t.Context(), ws, group)
		if err != nil || !slices.Equal(got, []uint64{2, 4, 6}) {
			t.Errorf("Group = %v, %v", got, err)
		}
	}},
	{"commands since a moment come oldest first", commands},
	{"[A15] when the clock jumps, the order is that of the offsets", func(t *testing.T, b *bench) {
		record := id()
		jumps := []time.Duration{0, -time.Hour, 10 * 365 * 24 * time.Hour, time.Minute}
		for i, jump := range jumps {
			e := entryOf(uint64(i+1), uint64(i+1), record)
			e.At = at.Add(jump)
			b.append(e)
		}
		if got := offsets(b.entries(0, 9)); !slices.Equal(got, []uint64{1, 2, 3, 4}) {
			t.Errorf("entries %v", got)
		}
		history, err := b.store.History(t.Context(), ws, record, synclog.Page{Limit: 10})
		if err != nil || !slices.Equal(offsets(history), []uint64{4, 3, 2, 1}) {
			t.Errorf("history %v, %v", offsets(history), err)
		}
		wantCommands(t, b, at.Add(-time.Minute), 1, 3, 4)
	}},
	{"[A16] commands of nodes whose clocks differ are all found", func(t *testing.T, b *bench) {
		var all []uint64
		for offset := uint64(1); offset <= 20; offset++ {
			e := entryOf(offset, 1, id())
			e.At = at.Add(time.Duration(offset) * time.Second)
			if offset%2 == 0 {
				e.At = e.At.Add(-5 * time.Minute)
			} else if offset > 4 {
				all = append(all, offset)
			}
			b.append(e)
		}
		wantCommands(t, b, at.Add(5*time.Second), all...)
	}},
	{"what is unknown gives an empty answer", func(t *testing.T, b *bench) {
		b.append(entryOf(1, 1, id()))
		entries, err := b.store.History(t.Context(), ws, id(), synclog.Page{Limit: 10})
		if err != nil || len(entries) != 0 {
			t.Errorf("History = %v, %v", entries, err)
		}
		for _, group := range []crm.ID{id(), ""} {
			if got, err := b.store.Group(t.Context(), ws, group); err != nil || len(got) != 0 {
				t.Errorf("Group(%q) = %v, %v", group, got, err)
			}
		}
	}},
	{"a store that is open answers", func(t *testing.T, b *bench) {
		if err := b.store.Ping(t.Context()); err != nil {
			t.Error(err)
		}
	}},
}

func wantCommands(t *testing.T, b *bench, since time.Time, want ...uint64) {
	t.Helper()
	var got []uint64
	err := b.store.Commands(t.Context(), ws, since, func(c synclog.CommandKey) error {
		got = append(got, c.Offset)
		return nil
	})
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("commands since %v: %v, %v; want %v", since, got, err, want)
	}
}

func loadWhileWriting(t *testing.T, b *bench) {
	const writes = 60
	a, c := id(), id()
	b.append(entryOf(1, 1, a, c))
	writer := b.handle()
	var writing sync.WaitGroup
	writing.Go(func() {
		for offset := uint64(2); offset <= writes; offset++ {
			if err := writer.Append(t.Context(), batchOf(entryOf(offset, offset, a, c))); err != nil {
				t.Errorf("Append: %v", err)
				return
			}
		}
	})
	for done := false; !done; {
		p, records := b.load()
		if records[a].Version != p.Offset || records[c].Version != p.Offset {
			t.Errorf("versions %d and %d at %d", records[a].Version, records[c].Version, p.Offset)
			break
		}
		done = p.Offset == writes || t.Failed()
	}
	writing.Wait()
}

func manyEntries(t *testing.T, b *bench) {
	const size = 500
	many := uint64(b.stores.Many)
	for offset := uint64(1); offset <= many; {
		var entries []synclog.Entry
		for ; len(entries) < size && offset <= many; offset++ {
			entries = append(entries, entryOf(offset, 1, id()))
		}
		b.append(entries...)
	}
	var after uint64
	for after < many {
		page := b.entries(after, many)
		if len(page) == 0 || len(page) > 1000 {
			t.Fatalf("%d entries after %d", len(page), after)
		}
		for _, e := range page {
			if after++; e.Offset != after {
				t.Fatalf("entry %d where %d belongs", e.Offset, after)
			}
		}
	}
	if p, records := b.load(); p.Offset != many || uint64(len(records)) != many {
		t.Errorf("%d records at %d, want %d", len(records), p.Offset, many)
	}
}

func history(t *testing.T, b *bench) {
	busy, other := id(), id()
	for offset := uint64(1); offset <= 9; offset++ {
		if offset%3 == 0 {
			b.append(entryOf(offset, offset/3, other))
		} else {
			b.append(entryOf(offset, offset, busy, id()))
		}
	}
	for _, tt := range []struct {
		page synclog.Page
		want []uint64
	}{
		{synclog.Page{Limit: 200}, []uint64{8, 7, 5, 4, 2, 1}},
		{synclog.Page{Limit: 2}, []uint64{8, 7}},
		{synclog.Page{Limit: 2, Before: 7}, []uint64{5, 4}},
		{synclog.Page{Limit: 3, Before: 4}, []uint64{2, 1}},
		{synclog.Page{Limit: 3, Before: 1}, []uint64{}},
	} {
		entries, err := b.store.History(t.Context(), ws, busy, tt.page)
		if err != nil || !slices.Equal(offsets(entries), tt.want) {
			t.Errorf("%+v = %v, %v; want %v", tt.page, offsets(entries), err, tt.want)
		}
	}
}

func commands(t *testing.T, b *bench) {
	var made []synclog.Entry
	for offset := uint64(1); offset <= 5; offset++ {
		e := entryOf(offset, 1, id())
		e.At = at.Add(time.Duration(offset) * time.Hour)
		made = append(made, e)
	}
	made[3].CommandID, made[3].CommandHash = "", "" // cannot be repeated, so need not be remembered
	b.append(made...)
	for _, tt := range []struct {
		since time.Time
		want  []uint64
	}{
		{at, []uint64{1, 2, 3, 5}},
		{at.Add(2 * time.Hour), []uint64{2, 3, 5}},
		{at.Add(24 * time.Hour), nil},
	} {
		var got []uint64
		err := b.store.Commands(t.Context(), ws, tt.since, func(c synclog.CommandKey) error {
			e := made[c.Offset-1]
			if c.Actor != e.Actor.UserID || c.CommandID != e.CommandID || c.Hash != e.CommandHash || !c.At.Equal(e.At) {
				t.Errorf("command %+v of entry %+v", c, e)
			}
			got = append(got, c.Offset)
			return nil
		})
		if err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("since %v: %v, %v; want %v", tt.since, got, err, tt.want)
		}
	}
	enough := errors.New("enough")
	wantError(t, b.store.Commands(t.Context(), ws, at, func(synclog.CommandKey) error { return enough }), enough)
}
