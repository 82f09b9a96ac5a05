package mongostore_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"rapport/server/crm"
	"rapport/server/mongostore"
	"rapport/server/synclog"
	"rapport/server/testkit"
)

// inject makes the server fail commands in the given way until the returned
// function is called.
func inject(t *testing.T, db testkit.Database, times int, data bson.D) (lift func()) {
	t.Helper()
	admin := db.Client(t).Database("admin")
	configure := func(mode any, data bson.D) {
		t.Helper()
		command := bson.D{{Key: "configureFailPoint", Value: "failCommand"}, {Key: "mode", Value: mode}}
		if data != nil {
			command = append(command, bson.E{Key: "data", Value: data})
		}
		if err := admin.RunCommand(t.Context(), command).Err(); err != nil {
			t.Fatalf("the server injects no faults; start it with --setParameter enableTestCommands=1: %v", err)
		}
	}
	configure(bson.D{{Key: "times", Value: times}}, data)
	return func() {
		t.Helper()
		configure("off", nil)
	}
}

func failing(command string, more ...bson.E) bson.D {
	return append(bson.D{{Key: "failCommands", Value: bson.A{command}}}, more...)
}

var (
	closed    = bson.E{Key: "closeConnection", Value: true}
	transient = bson.E{Key: "errorLabels", Value: bson.A{"TransientTransactionError"}}
)

func code(n int) bson.E { return bson.E{Key: "errorCode", Value: n} }

// open opens a store that notices at once when a server is back.
func open(t *testing.T, db testkit.Database) *mongostore.Store {
	t.Helper()
	db.URI += "&serverMonitoringMode=poll&heartbeatFrequencyMS=500&serverSelectionTimeoutMS=2000"
	s := db.Open(t)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func mustAppend(t *testing.T, s *mongostore.Store, batch synclog.Batch) {
	t.Helper()
	if err := s.Append(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
}

// stored counts the entries, and fails the test unless as many documents are there.
func stored(t *testing.T, s *mongostore.Store) int {
	t.Helper()
	records := 0
	if _, err := s.Load(t.Context(), crm.MainWorkspace, func(crm.Record) error { records++; return nil }); err != nil {
		t.Fatal(err)
	}
	entries, err := s.Entries(t.Context(), crm.MainWorkspace, 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	if records != len(entries) {
		t.Errorf("%d entries, but %d documents", len(entries), records)
	}
	return len(entries)
}

func TestAppendWhenTheServerFails(t *testing.T) {
	const writeConflict, notPrimary, diskFull, always = 112, 10107, 14031, 100_000
	for _, tt := range []struct {
		name  string
		times int
		fault bson.D
		want  error // nil: stored all the same
		left  int   // entries afterwards
	}{
		{"when the connection is lost at the commit, the commit is sent again", 1, failing("commitTransaction", closed), nil, 1},
		{"[A8] when the primary steps down at the commit, it is found again", 1, failing("commitTransaction", code(notPrimary)), nil, 1},
		{"a conflict over the offset is tried again", 2, failing("insert", code(writeConflict), transient), nil, 1},
		{"a conflict over a document is tried again", 2, failing("update", code(writeConflict), transient), nil, 1},
		{"a conflict without end is refused", always, failing("update", code(writeConflict), transient), synclog.ErrRejected, 0},
		{"[A5] a full disk is named", always, failing("insert", code(diskFull)), synclog.ErrFull, 0},
		{"a connection lost before the commit leaves nothing", always, failing("update", closed), synclog.ErrRejected, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			db := testkit.Mongo(t)
			s := open(t, db)
			mustAppend(t, s, testkit.Batch(1, 1, "first"))
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			lift := inject(t, db, tt.times, tt.fault)
			err := s.Append(ctx, testkit.Batch(2, 1, "second"))
			lift()
			if !errors.Is(err, tt.want) {
				t.Errorf("Append = %v, want %v", err, tt.want)
			}
			if got := stored(t, s) - 1; got != tt.left {
				t.Errorf("%d entries left, want %d", got, tt.left)
			}
		})
	}
}

func TestACommitInDoubtIsSaidToBeInDoubt(t *testing.T) {
	db := testkit.Mongo(t)
	s := open(t, db)
	mustAppend(t, s, testkit.Batch(1, 1, "first"))
	batch := testkit.Batch(2, 3, "in doubt")
	// Twice: as long as the first commit may still arrive, the same batch again
	// must not be called refused either.
	for range 2 {
		lift := inject(t, db, 5, failing("commitTransaction", closed))
		err := s.Append(t.Context(), batch)
		lift()
		if err == nil || errors.Is(err, synclog.ErrRejected) || errors.Is(err, synclog.ErrOffsetTaken) {
			t.Fatalf("Append = %v; neither success nor a refusal is known", err)
		}
	}
	if err := s.Append(t.Context(), batch); err != nil && !errors.Is(err, synclog.ErrOffsetTaken) {
		t.Fatal(err)
	}
	if got := stored(t, s); got != 4 {
		t.Errorf("%d entries, want 4", got)
	}
}

// As long as a commit may still be carried out, its batch is not refused, however
// little time the next one who offers it has: the open transaction holds the offset.
func TestABatchWhoseCommitMayComeLateIsNotCalledRefused(t *testing.T) {
	const timeOver, always = 50, 100_000
	for _, tt := range []struct {
		name  string
		fault bson.D
	}{
		{"the connection is lost at every commit", failing("commitTransaction", closed)},
		// The driver adds the label that nobody knows whether the commit is in.
		{"every commit runs out of time, and the transaction is said to be worth another try", failing("commitTransaction", code(timeOver), transient)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			db := testkit.Mongo(t)
			s := open(t, db)
			mustAppend(t, s, testkit.Batch(1, 1, "first"))
			batch := testkit.Batch(2, 3, "in doubt")
			lift := inject(t, db, always, tt.fault)
			for _, within := range []time.Duration{2 * time.Second, 500 * time.Millisecond} {
				ctx, cancel := context.WithTimeout(t.Context(), within)
				err := s.Append(ctx, batch)
				cancel()
				if err == nil || errors.Is(err, synclog.ErrRejected) || errors.Is(err, synclog.ErrOffsetTaken) {
					t.Errorf("within %v: Append = %v; neither success nor a refusal is known", within, err)
				}
			}
			lift()
			// Another batch for the same place finds it taken by the one that came late.
			if err := s.Append(t.Context(), testkit.Batch(2, 3, "another")); !errors.Is(err, synclog.ErrOffsetTaken) {
				t.Errorf("Append = %v, want %v", err, synclog.ErrOffsetTaken)
			}
			if got := stored(t, s); got != 4 {
				t.Errorf("%d entries, want 4", got)
			}
			mustAppend(t, s, testkit.Batch(5, 1, "next"))
		})
	}
}

// A commit that is carried out when its caller has gone already.
func TestACommitThatComesLate(t *testing.T) {
	db := testkit.Mongo(t)
	s := open(t, db)
	mustAppend(t, s, testkit.Batch(1, 1, "first"))
	batch := testkit.Batch(2, 3, "late")
	lift := inject(t, db, 1, failing("commitTransaction", bson.E{Key: "blockConnection", Value: true}, bson.E{Key: "blockTimeMS", Value: 1000}))
	defer lift()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := s.Append(ctx, batch); err == nil || errors.Is(err, synclog.ErrRejected) || errors.Is(err, synclog.ErrOffsetTaken) {
		t.Fatalf("Append = %v; neither success nor a refusal is known", err)
	}
	if err := s.Append(t.Context(), batch); !errors.Is(err, synclog.ErrOffsetTaken) {
		t.Errorf("Append = %v, want %v", err, synclog.ErrOffsetTaken)
	}
	if got := stored(t, s); got != 4 {
		t.Errorf("%d entries, want 4", got)
	}
}

func TestFollowingGoesOnWhenTheStreamEnds(t *testing.T) {
	const historyLost, cursorKilled = 286, 237
	for _, tt := range []struct {
		name  string
		fault bson.D
	}{
		{"[A8] because the history was lost", failing("getMore", code(historyLost))},
		{"because the cursor was killed", failing("getMore", code(cursorKilled))},
		{"because the connection broke", failing("getMore", closed)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			db := testkit.Mongo(t)
			writer, reader := open(t, db), open(t, db)
			f := testkit.Follower(t, reader, 0)
			mustAppend(t, writer, testkit.Batch(1, 1, "before"))
			f.Want(1, 1)
			lift := inject(t, db, 3, tt.fault)
			mustAppend(t, writer, testkit.Batch(2, 1, "meanwhile"))
			mustAppend(t, writer, testkit.Batch(3, 1, "meanwhile"))
			f.Want(2, 3)
			lift()
			for offset := uint64(4); offset <= 20; offset++ {
				mustAppend(t, writer, testkit.Batch(offset, 1, "after"))
			}
			f.Want(4, 20)
			f.Stop()
		})
	}
}

func TestASilentStreamIsNotTrusted(t *testing.T) {
	db := testkit.Mongo(t)
	writer, reader := open(t, db), open(t, db)
	f := testkit.Follower(t, reader, 0)
	mustAppend(t, writer, testkit.Batch(1, 1, "x"))
	f.Want(1, 1)
	// The request that waits already is answered; the next ones hang.
	lift := inject(t, db, 1000, failing("getMore", bson.E{Key: "blockConnection", Value: true}, bson.E{Key: "blockTimeMS", Value: 30_000}))
	defer lift()
	for offset := uint64(2); offset <= 4; offset++ {
		mustAppend(t, writer, testkit.Batch(offset, 1, "x"))
		f.Want(offset, offset)
	}
}

func TestALoadIsRepeatedWhenItsTransactionIsGone(t *testing.T) {
	const noSuchTransaction = 251
	db := testkit.Mongo(t)
	s := open(t, db)
	mustAppend(t, s, testkit.Batch(1, 20, "x"))
	lift := inject(t, db, 1, failing("commitTransaction", code(noSuchTransaction), transient))
	defer lift()
	if got := stored(t, s); got != 20 {
		t.Errorf("%d entries, want 20", got)
	}
}

func TestAServerComesBackWithAllThatWasAcknowledged(t *testing.T) {
	for _, tt := range []struct {
		name string
		end  func(*testkit.MongoServer)
	}{
		{"[A7] after it was killed", (*testkit.MongoServer).Kill},
		{"[A7] after it was shut down", (*testkit.MongoServer).Terminate},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel() // most of it is waiting
			server := testkit.KillableMongo(t)
			writer, reader := open(t, server.Database), open(t, server.Database)
			f := testkit.Follower(t, reader, 0)
			next := uint64(1)
			write := func() {
				t.Helper()
				for range 5 {
					mustAppend(t, writer, testkit.Batch(next, 2, "x"))
					next += 2
				}
			}
			write()
			for range 2 {
				tt.end(server)
				if err := writer.Append(t.Context(), testkit.Batch(next, 1, "nobody there")); !errors.Is(err, synclog.ErrRejected) {
					t.Errorf("without a server: %v, want %v", err, synclog.ErrRejected)
				}
				server.Restart()
				write()
			}
			f.Want(1, next-1)
			f.Stop()
			if got := uint64(stored(t, writer)); got != next-1 { //nolint:gosec // small
				t.Errorf("%d entries, want %d", got, next-1)
			}
		})
	}
}

// [A8] The collection that is followed is not there for a moment: the change
// stream is invalid from then on, and the log is the same afterwards.
func TestFollowingGoesOnWhenTheStreamIsInvalid(t *testing.T) {
	db := testkit.Mongo(t)
	writer, reader := open(t, db), open(t, db)
	before, err := reader.Head(t.Context(), crm.MainWorkspace)
	if err != nil {
		t.Fatal(err)
	}
	f := testkit.Follower(t, reader, 0)
	mustAppend(t, writer, testkit.Batch(1, 5, "before"))
	f.Want(1, 5)
	admin, name := db.Client(t).Database("admin"), db.Name+".entries"
	within, cancel := context.WithTimeout(t.Context(), backLimit)
	defer cancel()
	for i, move := range [][2]string{{name, name + "_aside"}, {name + "_aside", name}} {
		err := admin.RunCommand(within, bson.D{{Key: "renameCollection", Value: move[0]}, {Key: "to", Value: move[1]}}).Err()
		if err == nil && i == 0 {
			err = reader.AwaitStream(within, 2) // the first one has ended
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for offset := uint64(6); offset <= 15; offset++ {
		if err := writer.Append(within, testkit.Batch(offset, 1, "after")); err != nil {
			t.Fatal(err)
		}
	}
	f.Want(6, 15)
	f.Stop()
	if after, err := reader.Head(t.Context(), crm.MainWorkspace); err != nil || after.Epoch != before.Epoch {
		t.Errorf("[A8] epoch %s after %s, %v", after.Epoch, before.Epoch, err)
	}
}

func TestOpenSaysWhetherWaitingHelps(t *testing.T) {
	t.Run("a standalone server is refused with a sentence that says what to do", func(t *testing.T) {
		_, err := mongostore.Open(t.Context(), testkit.StandaloneMongo(t), "rapport_test")
		if err == nil || errors.Is(err, synclog.ErrRejected) {
			t.Fatalf("Open = %v", err)
		}
		for _, want := range []string{"standalone", "--replSet", "rs.initiate()", "MONGODB_URI"} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q lacks %q", err, want)
			}
		}
	})
	t.Run("a server that does not answer may be waited for", func(t *testing.T) {
		_, err := mongostore.Open(t.Context(), "mongodb://127.0.0.1:1/?replicaSet=x&serverSelectionTimeoutMS=200", "rapport_test")
		if !errors.Is(err, synclog.ErrRejected) {
			t.Errorf("Open = %v, want %v", err, synclog.ErrRejected)
		}
	})
	t.Run("a wrong URI is not, and its password is not told", func(t *testing.T) {
		_, err := mongostore.Open(t.Context(), "mongodb://ana:hush@127.0.0.1:1/?replicaSet=x&maxPoolSize=many", "rapport_test")
		if err == nil || errors.Is(err, synclog.ErrRejected) || strings.Contains(err.Error(), "hush") {
			t.Errorf("Open = %v", err)
		}
	})
}

func TestDocumentsLieWhereAPersonLooks(t *testing.T) {
	db := testkit.Mongo(t)
	s := open(t, db)
	batch := testkit.Batch(1, 1, "")
	op := &batch.Entries[0].Ops[0]
	op.Set = crm.Pack(crm.Fields{"name": "Nadeln & Garn", "fields.industry": "craft"})
	batch.Records[0].Fields = op.Set
	mustAppend(t, s, batch)
	database := db.Client(t).Database(db.Name)
	for collection, filter := range map[string]bson.D{
		"customers": {{Key: "_id", Value: op.ID}, {Key: "version", Value: 1}, {Key: "fields.industry", Value: "craft"}},
		"entries":   {{Key: "_id", Value: "main/000000000001"}, {Key: "at", Value: bson.D{{Key: "$type", Value: "date"}}}, {Key: "ops.set.fields.industry", Value: "craft"}},
	} {
		n, err := database.Collection(collection).CountDocuments(t.Context(), filter)
		if err != nil || n != 1 {
			t.Errorf("%s: %d documents like %v, %v", collection, n, filter, err)
		}
	}
}

func TestAFileOnAFullDisk(t *testing.T) {
	db := testkit.Mongo(t)
	s := open(t, db)
	put := func() error {
		return s.PutFile(t.Context(), crm.MainWorkspace, "01K00000000000000000000000", strings.NewReader("title"))
	}
	lift := inject(t, db, 100_000, failing("insert", code(14031)))
	if err := put(); !errors.Is(err, synclog.ErrFull) {
		t.Errorf("[A5] PutFile = %v, want %v", err, synclog.ErrFull)
	}
	lift()
	if err := put(); err != nil {
		t.Errorf("[A5] once there is room: %v", err)
	}
}
