package mongostore

import (
	"context"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"rapport/server/crm"
)

const (
	writersCollection = "writers"
	// stuckAfter is how long a conflicting transaction may stay open before it is
	// taken for that of a dead node. A batch is written in milliseconds.
	stuckAfter = time.Second
	// mostFreed is how often one Append ends others' transactions before it gives up.
	mostFreed = 3
	// forgetWriters is when the entry of a node that never said goodbye goes.
	forgetWriters = 7 * 24 * time.Hour
	// beatEvery is how often a node says that it is there and asks whether the
	// log still is; one that was silent for writerGone counts as gone.
	beatEvery  = 5 * time.Second
	writerGone = 3 * beatEvery
)

// When a node dies in the middle of a transaction, MongoDB keeps its locks for up
// to a minute (transactionLifetimeLimitSeconds). So each node announces under
// which sessions it writes, and the others can end them.

// register makes this node's document.
func (s *Store) register(ctx context.Context) error {
	s.writer, s.announced = string(crm.NewID(time.Now())), map[string]bson.RawValue{}
	return s.sayHere(ctx)
}

// sayHere renews this node's document, or makes it again should it be gone.
func (s *Store) sayHere(ctx context.Context) error {
	s.announcedMu.Lock()
	sessions := bson.A{}
	for _, id := range s.announced {
		sessions = append(sessions, id)
	}
	s.announcedMu.Unlock()
	_, err := s.writers().UpdateByID(ctx, s.writer, bson.D{
		{Key: "$addToSet", Value: bson.D{{Key: "sessions", Value: bson.D{{Key: "$each", Value: sessions}}}}},
		{Key: "$currentDate", Value: bson.D{{Key: "at", Value: true}}},
	}, options.UpdateOne().SetUpsert(true))
	if err != nil {
		return fmt.Errorf("mongostore: register writer: %w", err)
	}
	return nil
}

// beat keeps this node's document young until Close, and looks after the log.
func (s *Store) beat() {
	ctx, cancel := context.WithCancel(context.Background())
	s.stopBeating = cancel
	s.beating.Go(func() {
		for {
			pause(ctx, beatEvery)
			if ctx.Err() != nil {
				return
			}
			limited, cancel := context.WithTimeout(ctx, beatEvery)
			// A database that is away is nothing new to those who use it.
			_, _ = s.sayHere(limited), s.checkLog(limited)
			cancel()
		}
	})
}

func (s *Store) writers() *mongo.Collection { return s.db.Collection(writersCollection) }

// announce adds a session to this node's document. The driver uses few
// sessions again and again, so this is rarely a write.
func (s *Store) announce(ctx context.Context, session *mongo.Session) error {
	id := session.ID().Lookup("id")
	s.announcedMu.Lock()
	defer s.announcedMu.Unlock()
	if _, known := s.announced[string(id.Value)]; known {
		return nil
	}
	_, err := s.writers().UpdateByID(ctx, s.writer, bson.D{{Key: "$addToSet", Value: bson.D{{Key: "sessions", Value: id}}}})
	if err != nil {
		return fmt.Errorf("mongostore: announce session: %w", err)
	}
	s.announced[string(id.Value)] = id
	return nil
}

// unregister is the goodbye of a node that stops in order.
func (s *Store) unregister(ctx context.Context) {
	// What stays is harmless.
	_, _ = s.writers().DeleteOne(ctx, bson.D{{Key: "_id", Value: s.writer}})
	_, _ = s.screens().DeleteMany(ctx, s.myScreens())
}

// freeOffset ends the open transactions of all nodes: this one has none under
// way, but the server may not have heard that one was given up. A node that is
// alive after all finds its transaction gone and writes again.
func (s *Store) freeOffset(ctx context.Context) error {
	cursor, err := s.writers().Find(ctx, bson.D{}, options.Find().SetLimit(1000))
	if err != nil {
		return err
	}
	var writers []struct {
		Sessions []bson.RawValue `bson:"sessions"`
	}
	if err := cursor.All(ctx, &writers); err != nil {
		return err
	}
	var sessions bson.A
	for _, w := range writers {
		for _, id := range w.Sessions {
			sessions = append(sessions, bson.D{{Key: "id", Value: id}})
		}
	}
	if len(sessions) == 0 {
		return nil
	}
	if err := s.client.Database("admin").RunCommand(ctx, bson.D{{Key: "killSessions", Value: sessions}}).Err(); err != nil {
		return err
	}
	_, err = s.writers().DeleteMany(ctx, bson.D{
		{Key: "_id", Value: bson.D{{Key: "$ne", Value: s.writer}}},
		{Key: "at", Value: bson.D{{Key: "$lt", Value: time.Now().Add(-forgetWriters)}}},
	})
	return err
}
