package mongostore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"rapport/server/bsoncodec"
	"rapport/server/crm"
	"rapport/server/synclog"
)

const (
	// quietCheck is how long a follower trusts silence. A change stream may be
	// open and silent while entries are committed; asking costs one small query.
	quietCheck = 2 * time.Second
	// retryPause is how long a follower waits before it asks a server again that
	// did not answer.
	retryPause = 200 * time.Millisecond
)

// errUnreadable: the server answered, but what is stored cannot be read.
// Asking again does not help.
var errUnreadable = errors.New("mongostore: unreadable entry")

// Follow implements synclog.Store. The change stream says that there is
// something new, and mostly what; offsets alone decide what is delivered.
func (s *Store) Follow(ctx context.Context, ws crm.WorkspaceID, after uint64, each func(synclog.Entry) error) error {
	s.watch.start()
	deliver := func(entries []synclog.Entry) error {
		for _, e := range entries {
			if e.Offset != after+1 {
				return fmt.Errorf("mongostore: the log has no entry %d, but an entry %d", after+1, e.Offset)
			}
			if err := each(e); err != nil {
				return err
			}
			after = e.Offset
		}
		return nil
	}
	var opening uint64 // of the stream, up to which the collection has been read
	for stale := true; ; {
		news := s.watch.since(after)
		if !stale && news.complete && news.opening == opening {
			if err := deliver(news.entries); err != nil {
				return err
			}
			stale = quiet(ctx, news.changed)
		} else if err := s.readOn(ctx, ws, &after, deliver); err == nil {
			stale, opening = false, news.opening
		} else if permanent(err) {
			return err
		} else {
			pause(ctx, retryPause)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := s.serves(); err != nil {
			return err
		}
	}
}

// readOn delivers what the collection holds beyond *after. Errors of the caller's
// function come back marked as permanent.
func (s *Store) readOn(ctx context.Context, ws crm.WorkspaceID, after *uint64, deliver func([]synclog.Entry) error) error {
	for {
		entries, err := s.Entries(ctx, ws, *after, bsoncodec.MaxOffset)
		if err != nil {
			return err
		}
		if err := deliver(entries); err != nil {
			return stopError{err}
		}
		if len(entries) < entriesPage {
			return nil
		}
	}
}

// stopError marks an error that ends following.
type stopError struct{ error }

func (e stopError) Unwrap() error { return e.error }

func permanent(err error) bool {
	return errors.As(err, &stopError{}) || errors.Is(err, errUnreadable) || errors.Is(err, mongo.ErrClientDisconnected)
}

// quiet waits for news and reports whether there has been none for long.
func quiet(ctx context.Context, changed <-chan struct{}) bool {
	timer := time.NewTimer(quietCheck)
	defer timer.Stop()
	select {
	case <-changed:
	case <-ctx.Done():
	case <-timer.C:
		return true
	}
	return false
}
