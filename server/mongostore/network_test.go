package mongostore_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"rapport/server/bsoncodec"
	"rapport/server/crm"
	"rapport/server/mongostore"
	"rapport/server/synclog"
	"rapport/server/testkit"
)

const (
	// answerLimit is how long the committer waits for an answer (workspace.appendLimit).
	answerLimit = 10 * time.Second
	// backLimit is how long it may take until all is as before.
	backLimit = 15 * time.Second
)

// distant is a store behind a network that fails.
type distant struct {
	t       *testing.T
	store   *mongostore.Store
	network *testkit.Network
	next    uint64
	offered map[uint64]bool // offsets whose outcome is unknown or refused
}

func newDistant(t *testing.T) *distant {
	t.Helper()
	db, network := testkit.Mongo(t).Through(t)
	store := db.Open(t)
	t.Cleanup(func() {
		network.Mend()
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return &distant{t: t, store: store, network: network, next: 1, offered: map[uint64]bool{}}
}

// give appends one entry as the committer does, within the time it has.
func (d *distant) give() error {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), answerLimit)
	defer cancel()
	began := time.Now()
	err := d.store.Append(ctx, testkit.Batch(d.next, 1, "x"))
	if took := time.Since(began); took > answerLimit+2*time.Second {
		d.t.Errorf("[A6] an answer after %v", took)
	}
	switch {
	case err == nil, errors.Is(err, synclog.ErrOffsetTaken) && d.offered[d.next]:
		d.next++
		return nil
	case errors.Is(err, synclog.ErrOffsetTaken):
		d.t.Errorf("[A6] entry %d was taken by nobody", d.next)
	}
	d.offered[d.next] = true
	return err
}

func (d *distant) mustGive(n int) {
	d.t.Helper()
	for range n {
		if err := d.give(); err != nil {
			d.t.Fatal(err)
		}
	}
}

// back waits until changes are taken again.
func (d *distant) back() {
	d.t.Helper()
	began := time.Now()
	for {
		err := d.give()
		if err == nil {
			d.t.Logf("back after %v", time.Since(began).Round(time.Millisecond))
			return
		}
		if time.Since(began) > backLimit {
			d.t.Fatalf("[A6] not back after %v: %v", time.Since(began), err)
		}
	}
}

// settledGoroutines waits until there are no more than before, and some.
func settledGoroutines(t *testing.T, before int) {
	t.Helper()
	const some = 15 // connections of a pool that is larger now
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(backLimit)
	for {
		now := runtime.NumGoroutine()
		if now <= before+some {
			return
		}
		select {
		case <-tick.C:
		case <-limit:
			stacks := make([]byte, 1<<20)
			t.Fatalf("[A6] %d goroutines, %d before\n%s", now, before, stacks[:runtime.Stack(stacks, true)])
		}
	}
}

// [A6] Whatever the network does, an answer comes in time, nothing is lost or
// doubled, and when it is over everything goes on by itself.
func TestTheNetworkFails(t *testing.T) {
	goroutines := runtime.NumGoroutine()
	t.Run("[A6]", func(t *testing.T) {
		for _, tt := range []struct {
			name string
			fail func(*testkit.Network)
			long time.Duration // until it is mended; 0: it never is
		}{
			{"every answer takes a while", func(n *testkit.Network) { n.Slow(100 * time.Millisecond) }, *outage},
			{"it is cut", (*testkit.Network).Cut, *outage},
			{"it swallows everything", (*testkit.Network).Swallow, *outage},
			{"it swallows the answers", (*testkit.Network).SwallowAnswers, *outage},
			{"it swallows the requests", (*testkit.Network).SwallowRequests, *outage},
			{"it forgets the connections that are open", (*testkit.Network).Forget, 0},
		} {
			t.Run("[A6] "+tt.name, func(t *testing.T) {
				t.Parallel() // most of it is waiting
				outlive(t, tt.fail, tt.long)
			})
		}
	})
	settledGoroutines(t, goroutines)
}

// outlive writes before, while and after the network fails for so long, and
// reads all of it.
func outlive(t *testing.T, fail func(*testkit.Network), long time.Duration) {
	d := newDistant(t)
	f := testkit.Follower(t, d.store, 0)
	d.mustGive(5)
	f.Want(1, 5)
	fail(d.network)
	for end := time.Now().Add(long); long > 0 && time.Now().Before(end); {
		_ = d.give() // what it says is checked by give
	}
	if long > 0 {
		d.network.Mend()
	}
	d.back()
	d.mustGive(5)
	f.Want(6, d.next-1)
	if got := uint64(stored(t, d.store)); got != d.next-1 { //nolint:gosec // small
		t.Errorf("[A6] %d entries, want %d", got, d.next-1)
	}
	f.Stop()
	t.Logf("held %d entries", d.next-1)
}

// [A6] The server has a transaction of which this node does not know that it
// is open, and could not be told to end it: it holds the offset for a minute.
func TestAnOwnTransactionThatStayedOpenIsPutAside(t *testing.T) {
	db := testkit.Mongo(t)
	distant, network := db.Through(t)
	s := distant.Open(t)
	defer s.Close() //nolint:errcheck // after Mend it answers
	mustAppend(t, s, testkit.Batch(1, 1, "x"))

	// The entry is in when the documents have to wait.
	lift := inject(t, db, 1000, failing("update", bson.E{Key: "blockConnection", Value: true}, bson.E{Key: "blockTimeMS", Value: 2000}))
	ctx, giveUp := context.WithCancel(t.Context())
	appended := make(chan error, 1)
	go func() { appended <- s.Append(ctx, testkit.Batch(2, 1, "x")) }()
	awaitHeld(t, db, bsoncodec.EntryID(crm.MainWorkspace, 2))
	network.Swallow()
	lift()
	giveUp()
	if err := <-appended; !errors.Is(err, synclog.ErrRejected) {
		t.Errorf("[A6] Append = %v, want %v", err, synclog.ErrRejected)
	}
	s.AwaitTidy()
	network.Mend()
	within, cancel := context.WithTimeout(t.Context(), answerLimit)
	defer cancel()
	if err := s.Append(within, testkit.Batch(2, 1, "x")); err != nil {
		t.Errorf("[A6] afterwards: %v", err)
	}
	if got := stored(t, s); got != 2 {
		t.Errorf("%d entries, want 2", got)
	}
}

// awaitHeld waits until some open transaction holds the id of an entry.
func awaitHeld(t *testing.T, db testkit.Database, id string) {
	t.Helper()
	client := db.Client(t)
	entries := client.Database(db.Name).Collection("entries")
	for limit := time.Now().Add(answerLimit); ; {
		session, err := client.StartSession()
		if err != nil {
			t.Fatal(err)
		}
		err = session.StartTransaction()
		if err == nil {
			_, err = entries.InsertOne(mongo.NewSessionContext(t.Context(), session), bson.D{{Key: "_id", Value: id}})
		}
		session.EndSession(t.Context()) // which takes it back
		if err != nil {
			return
		}
		if time.Now().After(limit) {
			t.Fatalf("nobody holds %s", id)
		}
	}
}

// [A6] Reading ends in time, too.
func TestReadingEndsWhenTheNetworkSwallowsEverything(t *testing.T) {
	d := newDistant(t)
	d.mustGive(3)
	d.network.Swallow()
	for name, read := range map[string]func(ctx context.Context) error{
		"entries": func(ctx context.Context) error { _, err := d.store.Entries(ctx, crm.MainWorkspace, 0, 3); return err },
		"history": func(ctx context.Context) error {
			_, err := d.store.History(ctx, crm.MainWorkspace, crm.NewID(time.Now()), synclog.Page{Limit: 1})
			return err
		},
		"a file": func(ctx context.Context) error {
			_, err := d.store.OpenFile(ctx, crm.MainWorkspace, crm.NewID(time.Now()))
			return err
		},
		"whether it is there": d.store.Ping,
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		began := time.Now()
		if err := read(ctx); err == nil || time.Since(began) > 5*time.Second {
			t.Errorf("[A6] %s: %v after %v", name, err, time.Since(began))
		}
		cancel()
	}
	d.network.Mend()
	d.back()
}
