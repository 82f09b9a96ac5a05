package mongostore_test

import (
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

// [SL2] A server that goes on with a log that is no more would mix two logs.
func TestANodeWhoseLogWasReplacedTakesNoMoreChanges(t *testing.T) {
	for _, tt := range []struct {
		name    string
		replace func(t *testing.T, db testkit.Database)
	}{
		{"by a restore", func(t *testing.T, db testkit.Database) {
			dropped(t, db)
			target, err := mongostore.NewTarget(t.Context(), db.URI, db.Name, crm.MainWorkspace)
			if err != nil {
				t.Fatal(err)
			}
			batch := testkit.Batch(1, 1, "of another log")
			err = errors.Join(target.AddRecords(t.Context(), batch.Records), target.AddEntries(t.Context(), batch.Entries),
				target.Finish(t.Context(), crm.NewID(time.Now())), target.Close())
			if err != nil {
				t.Fatal(err)
			}
		}},
		{"by nothing", dropped},
	} {
		t.Run(tt.name, func(t *testing.T) {
			db := testkit.Mongo(t)
			s := open(t, db)
			if _, err := s.Head(t.Context(), crm.MainWorkspace); err != nil {
				t.Fatal(err)
			}
			mustAppend(t, s, testkit.Batch(1, 3, "first"))
			following := make(chan error, 1)
			go func() {
				following <- s.Follow(t.Context(), crm.MainWorkspace, 3, func(synclog.Entry) error { return nil })
			}()
			if err := s.Beat(t.Context()); err != nil {
				t.Fatal(err)
			}
			tt.replace(t, db)
			if err := s.Beat(t.Context()); err == nil {
				t.Error("the node noticed nothing")
			}
			if err := s.Append(t.Context(), testkit.Batch(4, 1, "late")); !errors.Is(err, synclog.ErrRejected) {
				t.Errorf("Append = %v, want %v", err, synclog.ErrRejected)
			}
			if err := <-following; err == nil || !strings.Contains(err.Error(), "start it again") {
				t.Errorf("following ended with %v", err)
			}
		})
	}
}

// dropped drops a database in the moment before a node says again that it is there.
func dropped(t *testing.T, db testkit.Database) {
	t.Helper()
	if err := db.Client(t).Database(db.Name).Drop(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestANodeSaysThatItIsThere(t *testing.T) {
	db := testkit.Mongo(t)
	s := open(t, db)
	mustAppend(t, s, testkit.Batch(1, 1, "x")) // announces a session
	writers := db.Client(t).Database(db.Name).Collection("writers")
	var before, after struct {
		ID       string          `bson:"_id"`
		Sessions []bson.RawValue `bson:"sessions"`
		At       time.Time       `bson:"at"`
	}
	read := func(into any) {
		t.Helper()
		if err := writers.FindOne(t.Context(), bson.D{}).Decode(into); err != nil {
			t.Fatal(err)
		}
	}
	read(&before)
	for range 2 { // the second time its document is gone
		if err := s.Beat(t.Context()); err != nil {
			t.Fatal(err)
		}
		read(&after)
		if after.ID != before.ID || len(after.Sessions) != len(before.Sessions) || len(after.Sessions) == 0 || after.At.Before(before.At) {
			t.Errorf("said %+v after %+v", after, before)
		}
		if _, err := writers.DeleteMany(t.Context(), bson.D{}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestADatabaseWithoutAWorkspaceIsNoSource(t *testing.T) {
	db := testkit.Mongo(t)
	if _, err := mongostore.OpenSource(t.Context(), db.URI, db.Name, crm.MainWorkspace); err == nil || !strings.Contains(err.Error(), "no workspace") {
		t.Errorf("error %v", err)
	}
	_, err := mongostore.OpenSource(t.Context(), "mongodb://127.0.0.1:1/?replicaSet=x&serverSelectionTimeoutMS=200", db.Name, crm.MainWorkspace)
	if !errors.Is(err, synclog.ErrRejected) {
		t.Errorf("error %v, want %v", err, synclog.ErrRejected)
	}
}
