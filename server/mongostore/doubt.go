package mongostore

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/mongo"
)

// A commit whose answer was lost may still be on its way, or its transaction may
// be open and hold the offset. A second transaction with the same batch would
// lose against it and be called "refused, nothing stored", which the first could
// prove wrong later. So the session of such a commit is kept, and the next Append
// first sends the same commit again, which a server carries out at most once.

// remember keeps the session of a commit in doubt.
func (s *Store) remember(session *mongo.Session) {
	s.doubtMu.Lock()
	defer s.doubtMu.Unlock()
	s.doubts = append(s.doubts, session)
}

// settle finds out what became of earlier commits in doubt. An error means that
// at least one still is.
func (s *Store) settle(ctx context.Context) error {
	s.doubtMu.Lock()
	defer s.doubtMu.Unlock()
	for len(s.doubts) > 0 {
		session := s.doubts[0]
		if err := session.CommitTransaction(ctx); err != nil && !aborted(err) {
			return fmt.Errorf("mongostore: an earlier commit is still in doubt: %w", err)
		}
		s.end(ctx, session, nil)
		s.doubts = s.doubts[1:]
	}
	return nil
}

// aborted reports whether an error of a commit means that the transaction left
// nothing and never will.
func aborted(err error) bool {
	return hasLabel(err, labelTransient) && !hasLabel(err, labelUnknownCommit)
}

// end ends a session and aborts what it has not committed, also when the caller
// has given up: an open transaction would keep its offset until the server
// notices. err is what went wrong in it; when the database does not answer,
// nobody waits for that.
func (s *Store) end(ctx context.Context, session *mongo.Session, err error) {
	tidy := func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tidyUp)
		defer cancel()
		session.EndSession(ctx)
	}
	if ctx.Err() != nil || mongo.IsNetworkError(err) || mongo.IsTimeout(err) {
		s.tidying.Go(tidy)
		return
	}
	tidy()
}

// disconnect ends a client, of which the database is told if it answers.
func disconnect(client *mongo.Client) error {
	ctx, cancel := context.WithTimeout(context.Background(), serverSelection)
	defer cancel()
	return client.Disconnect(ctx)
}
