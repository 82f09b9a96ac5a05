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
		end(ctx, session)
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
// has given up: an open transaction would keep its offset until the server notices.
func end(ctx context.Context, session *mongo.Session) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tidyUp)
	defer cancel()
	session.EndSession(ctx)
}
