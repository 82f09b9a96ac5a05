package mongostore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"rapport/server/bsoncodec"
	"rapport/server/crm"
	"rapport/server/synclog"
)

const (
	// awaitLimit is how long the server holds a request for the next event; an
	// ending context waits no longer.
	awaitLimit = time.Second
	// reopenMost is the longest pause before a broken stream is opened again.
	reopenMost = 2 * time.Second
)

// errStop carries an error of each out of the loop that reopens streams.
type errStop struct{ error }

// Follow implements synclog.Store. It depends on no resume token: whenever a
// stream has to be opened – at the start, after history was lost (286), after
// an invalidate or any other end – what was missed is read by offset, and the
// stream only says that there is more. Offsets make repetitions harmless.
func (s *Store) Follow(ctx context.Context, ws crm.WorkspaceID, after uint64, each func(synclog.Entry) error) error {
	pause := 10 * time.Millisecond
	for {
		at, err := s.followOnce(ctx, ws, after, each)
		var stop errStop
		if errors.As(err, &stop) {
			return stop.error
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if at > after {
			pause = 10 * time.Millisecond
		}
		after = at
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
		pause = min(2*pause, reopenMost)
	}
}

// followOnce opens one stream and follows it to its end. It returns the last
// offset delivered.
func (s *Store) followOnce(ctx context.Context, ws crm.WorkspaceID, after uint64, each func(synclog.Entry) error) (uint64, error) {
	pipeline := mongo.Pipeline{{{Key: "$match", Value: bson.D{{Key: "operationType", Value: "insert"}}}}}
	stream, err := s.db.Collection(entriesName).Watch(ctx, pipeline, options.ChangeStream().SetMaxAwaitTime(awaitLimit))
	if err != nil {
		return after, fmt.Errorf("mongostore: watch: %w", err)
	}
	defer stream.Close(context.WithoutCancel(ctx)) //nolint:errcheck // it ended or is abandoned
	// First the stream, then what was missed: nothing falls between.
	if after, err = s.catchUp(ctx, ws, after, each); err != nil {
		return after, err
	}
	var d bsoncodec.Decoder
	for stream.Next(ctx) {
		var event struct {
			Document bson.Raw `bson:"fullDocument"`
		}
		if err := stream.Decode(&event); err != nil {
			return after, fmt.Errorf("mongostore: event: %w", err)
		}
		e, err := d.Entry(event.Document)
		if err != nil {
			return after, err
		}
		switch {
		case e.Offset <= after:
		case e.Offset == after+1:
			if err := each(e); err != nil {
				return after, errStop{err}
			}
			after = e.Offset
		default: // a gap: the log knows
			if after, err = s.catchUp(ctx, ws, after, each); err != nil {
				return after, err
			}
		}
	}
	return after, stream.Err()
}

func (s *Store) catchUp(ctx context.Context, ws crm.WorkspaceID, after uint64, each func(synclog.Entry) error) (uint64, error) {
	for {
		entries, err := s.Entries(ctx, ws, after, highestOffset)
		if err != nil {
			return after, err
		}
		for _, e := range entries {
			if err := each(e); err != nil {
				return after, errStop{err}
			}
			after = e.Offset
		}
		if len(entries) < entriesPage {
			return after, nil
		}
	}
}
