package testkit

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"rapport/server/synclog"
)

// followLimit is how long a row waits for an entry before it fails.
const followLimit = 20 * time.Second

// follower collects what Follow delivers.
type follower struct {
	t       testing.TB
	offsets chan uint64
	ended   chan error
	stop    context.CancelFunc
}

// Follower follows a store from after on. It ends with the test, and fails it
// when following ends for another reason.
func Follower(t testing.TB, s synclog.Store, after uint64) *follower {
	ctx, stop := context.WithCancel(context.Background())
	f := &follower{t: t, offsets: make(chan uint64, 100_000), ended: make(chan error, 1), stop: stop}
	go func() {
		f.ended <- s.Follow(ctx, ws, after, func(e synclog.Entry) error {
			f.offsets <- e.Offset
			return nil
		})
	}()
	t.Cleanup(f.Stop)
	return f
}

// Stop ends following. It may be called again.
func (f *follower) Stop() {
	f.stop()
	if err := <-f.ended; !errors.Is(err, context.Canceled) {
		f.t.Errorf("Follow ended with %v, want %v", err, context.Canceled)
	}
	f.ended <- context.Canceled
}

// Want waits for the entries from to upTo, each once and in order.
func (f *follower) Want(from, upTo uint64) {
	f.t.Helper()
	limit := time.After(followLimit)
	for want := from; want <= upTo; want++ {
		select {
		case got := <-f.offsets:
			if got != want {
				f.t.Fatalf("Follow delivered entry %d where %d belongs", got, want)
			}
		case err := <-f.ended:
			f.ended <- err
			f.t.Fatalf("Follow ended before entry %d: %v", want, err)
		case <-limit:
			f.t.Fatalf("Follow did not deliver entry %d in %v", want, followLimit)
		}
	}
}

var followRows = []storeRow{
	{"following delivers what was there and what comes, in order and once", func(t *testing.T, b *bench) {
		b.append(entryOf(1, 1, id()), entryOf(2, 1, id()))
		f := Follower(t, b.store, 0)
		f.Want(1, 2)
		for offset := uint64(3); offset <= 6; offset++ {
			b.append(entryOf(offset, 1, id()))
		}
		f.Want(3, 6)
		f.Stop()
	}},
	{"following begins after the given offset", func(t *testing.T, b *bench) {
		b.append(entryOf(1, 1, id()), entryOf(2, 1, id()), entryOf(3, 1, id()))
		f := Follower(t, b.store, 2)
		f.Want(3, 3)
		f.Stop()
	}},
	{"following reads on past the first thousand", func(t *testing.T, b *bench) {
		var entries []synclog.Entry
		for offset := uint64(1); offset <= 1500; offset++ {
			entries = append(entries, entryOf(offset, 1, id()))
		}
		b.append(entries[:700]...)
		b.append(entries[700:]...)
		f := Follower(t, b.store, 0)
		f.Want(1, 1500)
		f.Stop()
	}},
	{"several follow what several handles write", func(t *testing.T, b *bench) {
		const n = 60
		handles := []synclog.Store{b.store, b.handle()}
		followers := []*follower{Follower(t, handles[0], 0), Follower(t, handles[1], 0), Follower(t, handles[1], 0)}
		var writing sync.WaitGroup
		writing.Go(func() {
			for offset := uint64(1); offset <= n; offset++ {
				if err := handles[offset%2].Append(t.Context(), batchOf(entryOf(offset, 1, id()))); err != nil {
					t.Errorf("Append: %v", err)
					return
				}
			}
		})
		for _, f := range followers {
			f.Want(1, n)
		}
		writing.Wait()
		for _, f := range followers {
			f.Stop()
		}
	}},
	{"an error of the caller ends following", func(t *testing.T, b *bench) {
		b.append(entryOf(1, 1, id()))
		enough := errors.New("enough")
		wantError(t, b.store.Follow(t.Context(), ws, 0, func(synclog.Entry) error { return enough }), enough)
	}},
	{"what is followed is the entry as it is stored", func(t *testing.T, b *bench) {
		writer := b.handle()
		e := entryOf(1, 1, id())
		got := make(chan synclog.Entry, 1)
		ctx, stop := context.WithTimeout(t.Context(), followLimit)
		defer stop()
		ended := make(chan error, 1)
		go func() {
			ended <- b.store.Follow(ctx, ws, 0, func(e synclog.Entry) error {
				got <- e
				return context.Canceled
			})
		}()
		if err := writer.Append(t.Context(), batchOf(e)); err != nil {
			t.Fatal(err)
		}
		<-ended
		followed := <-got
		if followed.CommandID != e.CommandID || followed.Actor != e.Actor || !followed.At.Equal(e.At) || followed.Ops[0].Set.Get("name") != e.Ops[0].Set.Get("name") {
			t.Errorf("followed %+v, want %+v", followed, e)
		}
	}},
}
