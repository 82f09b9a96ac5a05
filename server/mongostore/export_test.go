package mongostore

import (
	"context"
	"errors"
	"time"

	"rapport/server/synclog"
)

// RawWrite returns a function that writes a batch with nothing around the
// transaction: the yardstick of Append.
func (s *Store) RawWrite(ctx context.Context, batch synclog.Batch) (func() error, error) {
	if err := s.ensureCollections(ctx, batch.Workspace, batch.Records); err != nil {
		return nil, err
	}
	w, err := encode(batch)
	return func() error { return s.transact(ctx, w) }, err
}

// ClientOptions are those of every client of the store.
var ClientOptions = clientOptions

// SetClock sets the clock by which neighbours are told and heard.
func (s *Store) SetClock(now func() time.Time) { s.clock = now }

// Beat does what a node does every few seconds.
func (s *Store) Beat(ctx context.Context) error { return errors.Join(s.sayHere(ctx), s.checkLog(ctx)) }

// AwaitTidy waits until what callers left behind has been tried to be tidied up.
func (s *Store) AwaitTidy() { s.tidying.Wait() }

// AwaitStream waits until the change stream has been opened for the nth time.
func (s *Store) AwaitStream(ctx context.Context, n uint64) error {
	for {
		s.watch.mu.Lock()
		opening, changed := s.watch.opening, s.watch.changed
		s.watch.mu.Unlock()
		if opening >= n {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
