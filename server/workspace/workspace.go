// Package workspace holds the current documents of a workspace in memory and is
// the one way to change them. Every form, import and automation ends in Commit;
// every board, list and search begins with Read.
package workspace

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/schema"
	"rapport/server/synclog"
)

// Options of a workspace.
type Options struct {
	Workspace crm.WorkspaceID  // default crm.MainWorkspace
	Now       func() time.Time // default time.Now
	Log       *slog.Logger     // default slog.Default()
	Full      func() bool      // whether there is no memory for more records; default never
}

// Workspace is one company's state. All methods are safe for concurrent use.
//
// mu guards everything below it. It is held for writing only while an entry
// that is already durable is applied; no call to the store is made under it.
// The hooks run under it, so they must neither block nor call back.
type Workspace struct {
	id    crm.WorkspaceID
	store synclog.Store
	now   func() time.Time
	log   *slog.Logger
	full  func() bool

	queue   chan *request
	planned chan *batch // unbuffered: a batch grows until the store is ready for it
	stop    context.CancelFunc
	stopped chan struct{} // closed when the committer has ended
	trouble atomic.Pointer[crm.Error]
	fresh   *freshness

	mu         sync.RWMutex
	tables     *tables
	position   synclog.Position
	policy     *access.Policy
	schema     *schema.Schema
	recent     *recentChanges
	remembered *rememberedCommands
	moved      chan struct{} // closed and replaced when the position moves; nil while nobody waits
	hooks      []func(Change)
	broken     error // log and documents disagree: nothing is applied or accepted any more
}

// Open loads a workspace from the store and starts its committer. Close ends it.
func Open(ctx context.Context, store synclog.Store, o Options) (*Workspace, error) {
	if o.Workspace == "" {
		o.Workspace = crm.MainWorkspace
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Full == nil {
		o.Full = func() bool { return false }
	}
	w := &Workspace{
		id: o.Workspace, store: store, now: o.Now, log: o.Log, full: o.Full,
		queue: make(chan *request, maxBatchCommands), planned: make(chan *batch), stopped: make(chan struct{}),
		tables: newTables(), recent: newRecentChanges(), remembered: newRememberedCommands(),
	}
	w.fresh = newFreshness(store, w.catchUp)
	if err := w.load(ctx); err != nil {
		return nil, err
	}
	commitCtx, stop := context.WithCancel(context.WithoutCancel(ctx))
	w.stop = stop
	go w.planLoop(commitCtx)
	go w.appendLoop()
	return w, nil
}

// recentEntries is how many entries are read back at the start so that edits
// based on versions from before it still merge.
const recentEntries = 500

func (w *Workspace) load(ctx context.Context) error {
	var err error
	w.position, err = w.store.Load(ctx, w.id, func(rec crm.Record) error {
		w.tables.load(rec)
		return nil
	})
	if err != nil {
		return fmt.Errorf("workspace: load: %w", err)
	}
	w.tables.index()
	if err := w.rebuild(); err != nil {
		return err
	}
	since := w.now().Add(-synclog.CommandMemory)
	err = w.store.Commands(ctx, w.id, since, func(c synclog.CommandKey) error {
		// Entries committed since Load are applied, and remembered, later.
		if c.Offset <= w.position.Offset {
			w.remembered.add(c)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("workspace: load commands: %w", err)
	}
	after := uint64(0)
	if w.position.Offset > recentEntries {
		after = w.position.Offset - recentEntries
	}
	entries, err := w.store.Entries(ctx, w.id, after, w.position.Offset)
	if err != nil {
		return fmt.Errorf("workspace: load recent entries: %w", err)
	}
	for _, e := range entries {
		for _, op := range e.Ops {
			w.recent.add(e.Actor.UserID, op)
		}
	}
	return nil
}

// Close ends the committer; commands that wait are refused. The store stays open.
func (w *Workspace) Close() {
	w.stop()
	<-w.stopped
}

// Run follows the log until ctx ends, so that entries of other nodes arrive.
func (w *Workspace) Run(ctx context.Context) error {
	after := w.Position().Offset
	var asking sync.WaitGroup
	defer asking.Wait()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	asking.Go(func() { w.fresh.keep(ctx) })
	err := w.store.Follow(ctx, w.id, after, func(e synclog.Entry) error {
		return w.applyNext(ctx, e)
	})
	if ctx.Err() != nil {
		return nil //nolint:nilerr // asked to stop
	}
	return fmt.Errorf("workspace: follow: %w", err)
}

// OnChange adds a hook that sees each entry in offset order. Add hooks before
// the first command. A hook must not block and must not call the workspace.
func (w *Workspace) OnChange(hook func(Change)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hooks = append(w.hooks, hook)
}

// behindLimit is how long a read waits for this node to reach the position the
// asking screen stands at.
const behindLimit = 2 * time.Second

// Read calls fn with the state at one position, not older than atLeast (nil:
// whatever stands). A node that may be behind makes sure first that it is not;
// Age tells when it could not. fn may be called once more, with what the log holds
// by then, and begins anew: when it does not find something (CodeNotFound,
// CodeUnauthenticated) that another node may have made a moment ago, and when the
// node was paused in the middle of it. fn must be quick: changes wait for it.
// Errors: CodeBehind (this node did not get there in time), CodeConflict with
// reason epoch_changed, and what fn returns.
func (w *Workspace) Read(ctx context.Context, atLeast *synclog.Position, fn func(*State) error) error {
	if atLeast != nil {
		if err := w.reach(ctx, *atLeast); err != nil {
			return err
		}
	}
	w.fresh.ensure(ctx)
	at, err := w.read(fn)
	absent := crm.CodeOf(err) == crm.CodeNotFound || crm.CodeOf(err) == crm.CodeUnauthenticated
	switch {
	case w.Age() > 0: // paused just here, or the store is silent
		w.fresh.ensure(ctx)
		if w.Position() == at {
			return err
		}
	case !absent:
		return err
	default:
		if goneOn, _ := w.goneOn(ctx, at); !goneOn { // when the store is silent, Age tells
			return err
		}
	}
	_, err = w.read(fn)
	return err
}

func (w *Workspace) read(fn func(*State) error) (synclog.Position, error) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return w.position, fn(w.state())
}

func (w *Workspace) state() *State {
	return &State{base: w.tables, position: w.position, policy: w.policy, schema: w.schema}
}

func (w *Workspace) reach(ctx context.Context, p synclog.Position) error {
	ctx, cancel := context.WithTimeout(ctx, behindLimit)
	defer cancel()
	for {
		w.mu.Lock()
		epoch, offset := w.position.Epoch, w.position.Offset
		if w.moved == nil {
			w.moved = make(chan struct{})
		}
		moved := w.moved
		w.mu.Unlock()
		if p.Epoch != epoch {
			return crm.Errorf(crm.CodeConflict, "epoch_changed", "the log was replaced; load again")
		}
		if offset >= p.Offset {
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return crm.Errorf(crm.CodeBehind, "behind", "this node has not reached your position")
		}
	}
}

// Position returns where the state stands.
func (w *Workspace) Position() synclog.Position {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return w.position
}

// Healthy returns nil, or why commands are refused at the moment.
func (w *Workspace) Healthy() error {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.broken != nil {
		return w.broken
	}
	if e := w.trouble.Load(); e != nil {
		return e
	}
	return nil
}

// Ready returns nil when commands are taken and the store answers. What made it
// refuse may be over while nobody sends a command to a server that says it is
// not ready, so the store is asked.
func (w *Workspace) Ready(ctx context.Context) error {
	w.mu.RLock()
	broken := w.broken
	w.mu.RUnlock()
	if broken != nil {
		return broken
	}
	before := w.trouble.Load()
	if err := w.store.Ping(ctx); err != nil {
		return storeError(err)
	}
	w.trouble.CompareAndSwap(before, nil) // not what came up meanwhile
	return nil
}

// History returns the newest entries that touched a record, newest first.
func (w *Workspace) History(ctx context.Context, id crm.ID, page synclog.Page) ([]synclog.Entry, error) {
	entries, err := w.store.History(ctx, w.id, id, page)
	return entries, storeError(err)
}

// Entry returns one entry. Errors: CodeNotFound.
func (w *Workspace) Entry(ctx context.Context, offset uint64) (synclog.Entry, error) {
	if offset == 0 {
		return synclog.Entry{}, NotFound()
	}
	entries, err := w.store.Entries(ctx, w.id, offset-1, offset)
	if err != nil {
		return synclog.Entry{}, storeError(err)
	}
	if len(entries) == 0 {
		return synclog.Entry{}, NotFound()
	}
	return entries[0], nil
}

// Group returns the offsets of the entries tied together by group, oldest first.
func (w *Workspace) Group(ctx context.Context, group crm.ID) ([]uint64, error) {
	offsets, err := w.store.Group(ctx, w.id, group)
	return offsets, storeError(err)
}

// ID names the workspace.
func (w *Workspace) ID() crm.WorkspaceID { return w.id }

// Files are those that the store keeps beside the log.
func (w *Workspace) Files() synclog.Files { return w.store }

func storeError(err error) error {
	if err == nil {
		return nil
	}
	return StoreError(err, "the store does not answer")
}

// StoreError is CodeUnavailable for a store that did not do what it was asked:
// nothing was changed. Its reason says why, as far as a person can do something
// about it: disk_full, store_stopped, store_unavailable for everything else.
func StoreError(err error, message string) *crm.Error {
	reason := "store_unavailable"
	switch {
	case errors.Is(err, synclog.ErrFull):
		reason = "disk_full"
	case errors.Is(err, synclog.ErrStopped):
		reason = "store_stopped"
	}
	return &crm.Error{Code: crm.CodeUnavailable, Reason: reason, Message: message, Err: err}
}
