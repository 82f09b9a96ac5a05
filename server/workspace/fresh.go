package workspace

import (
	"context"
	"errors"
	"sync"
	"time"

	"rapport/server/synclog"
)

const (
	// staleAfter is how long a node takes its state for current without asking.
	staleAfter = 3 * time.Second
	// confirmEvery is how often it asks while it runs, so that nobody has to wait.
	confirmEvery = time.Second
	// confirmLimit bounds how long somebody waits for the store's word. When the
	// store is silent, what the node has is better than nothing, as long as it
	// is not said to be current.
	confirmLimit = time.Second
)

// freshness knows how current the state is. On a store that several nodes share
// a node can be behind without noticing: it was paused, or cut off. Then it
// asks before it answers.
type freshness struct {
	shared  bool // false: nobody else writes to the store
	catchUp func(context.Context) error

	mu      sync.Mutex // guards all below
	current time.Time  // the state held all that was in the log then
	failed  time.Time  // the store last did not answer
	next    *confirmation
	asking  bool
}

// confirmation is one question to the store, for all who asked before it began.
type confirmation struct {
	done chan struct{} // closed when the answer is there
	err  error
}

func newFreshness(store synclog.Store, catchUp func(context.Context) error) *freshness {
	_, shared := store.(synclog.Neighbours)
	return &freshness{shared: shared, catchUp: catchUp, current: time.Now()}
}

// elapsed is the time since a moment, by the clock that says more: the monotonic
// one stands still while a machine sleeps, the other one can be set back.
func elapsed(since time.Time) time.Duration {
	now := time.Now()
	return max(now.Sub(since), now.Round(0).Sub(since.Round(0)))
}

// age is for how long the state has not been known to be current; 0 while it
// counts as current.
func (f *freshness) age() time.Duration {
	if !f.shared {
		return 0
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if age := elapsed(f.current); age > staleAfter {
		return age
	}
	return 0
}

// ensure asks the store when the state may be behind. It gives up after a
// moment, and at once while the store is known to be silent.
func (f *freshness) ensure(ctx context.Context) {
	if f.age() == 0 {
		return
	}
	if f.silent() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, confirmLimit)
	defer cancel()
	_ = f.confirm(ctx) // age tells
}

// silent reports whether the store did not answer a moment ago.
func (f *freshness) silent() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return elapsed(f.failed) < confirmLimit
}

// confirm returns when the state holds all that was in the log when it was called.
func (f *freshness) confirm(ctx context.Context) error {
	if !f.shared {
		return nil
	}
	f.mu.Lock()
	if f.next == nil {
		f.next = &confirmation{done: make(chan struct{})}
	}
	mine := f.next
	if !f.asking {
		f.asking = true
		go f.ask()
	}
	f.mu.Unlock()
	select {
	case <-mine.done:
		return mine.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// ask answers who waits, together, until nobody does.
func (f *freshness) ask() {
	for {
		f.mu.Lock()
		c := f.next
		f.next = nil
		if c == nil {
			f.asking = false
			f.mu.Unlock()
			return
		}
		f.mu.Unlock()
		c.err = f.askOnce()
		close(c.done)
	}
}

func (f *freshness) askOnce() error {
	ctx, cancel := context.WithTimeout(context.Background(), appendLimit)
	defer cancel()
	began := time.Now()
	err := f.catchUp(ctx)
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil {
		f.failed = time.Now()
	} else {
		f.current = began
	}
	return err
}

// keep asks again and again until ctx ends.
func (f *freshness) keep(ctx context.Context) {
	if !f.shared {
		return
	}
	ticker := time.NewTicker(confirmEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			_ = f.confirm(ctx) // age tells
		}
	}
}

// Confirm returns when the state holds all that was in the log when it was
// called. Ask it when something is unknown here that another node may have made
// a moment ago. On a store that one node has to itself it returns at once.
// Errors: CodeUnavailable (the store does not answer).
func (w *Workspace) Confirm(ctx context.Context) error {
	if w.fresh.silent() {
		return storeError(errors.New("workspace: the store does not answer"))
	}
	ctx, cancel := context.WithTimeout(ctx, behindLimit)
	defer cancel()
	return storeError(w.fresh.confirm(ctx))
}

// goneOn confirms, and reports whether the state has gone on from a position.
// Errors: CodeUnavailable (nobody knows).
func (w *Workspace) goneOn(ctx context.Context, at synclog.Position) (bool, error) {
	if !w.fresh.shared {
		return false, nil
	}
	if err := w.Confirm(ctx); err != nil {
		return false, err
	}
	return w.Position() != at, nil
}

// Age is for how long this node has not been able to make sure that its state
// is current; 0 while it counts as current.
func (w *Workspace) Age() time.Duration { return w.fresh.age() }

// Peek calls fn with the state as this node has it, without waiting for anything
// and without asking whether it is current.
func (w *Workspace) Peek(fn func(*State)) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	fn(w.state())
}
