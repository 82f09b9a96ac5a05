package workspace

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/synclog"
)

// errReplan: the log moved on under the batch; plan again from the new state.
var errReplan = errors.New("workspace: the log moved on")

// batch is commands on their way into one transaction of the store. It belongs
// to the goroutine that plans it until it is handed on, then to the one that
// makes it durable.
type batch struct {
	on       *batch           // planned on top of it, while it was not durable; nil: on the state
	base     synclog.Position // the batch follows directly after it
	requests []*request       // planned so far; all answered together
	entries  []synclog.Entry
	over     *overlay // what it writes
	ops      int
	governs  bool           // its last entry changes policy or schema: what follows is judged by the new ones
	policy   *access.Policy // after its last entry, if that changes it
	byKey    map[commandKey]twin

	stored  bool          // as it was planned; set before settled is closed
	settled chan struct{} // closed when its commands are answered
}

// plan makes a batch of as many of the requests as fit, on top of another that
// is not durable yet; ahead is nil if there is none.
func (w *Workspace) plan(requests []*request, ahead *batch) *batch {
	b := &batch{byKey: map[commandKey]twin{}, settled: make(chan struct{})}
	w.mu.RLock()
	defer w.mu.RUnlock()
	b.base, b.over = w.position, newOverlay()
	if ahead != nil && !ahead.isSettled() {
		b.on, b.base.Offset = ahead, ahead.end()
		b.over = ahead.over.above()
	}
	w.planMore(b, requests)
	return b
}

// extend adds as many of the requests as fit to a batch that has not been handed on.
func (w *Workspace) extend(b *batch, requests []*request) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	w.planMore(b, requests)
}

// planMore runs the requests' plans one after another, each against the state
// the one before leaves, and gathers their entries. It requires mu.
func (w *Workspace) planMore(b *batch, requests []*request) {
	view := *w.state()
	view.over = b.over
	for _, r := range requests {
		if b.full(r) {
			return
		}
		b.requests = append(b.requests, r)
		r.entry, r.outcome = nil, nil
		if r.outcome = w.already(r, b); r.outcome != nil {
			continue
		}
		view.position.Offset = b.end()
		e, policy, err := w.planOne(r, view, b.end()+1)
		if err != nil {
			r.outcome = &outcome{err: err}
			continue
		}
		r.outcome = &outcome{result: Result{Position: view.position}}
		if e == nil {
			continue // nothing had to change
		}
		b.take(r, e)
		b.policy = policy
	}
}

// full reports whether a request has to go into the next batch; nil is any that
// is no part of bulk work. Such a part begins a batch: nobody else waits for more
// than one of them.
func (b *batch) full(r *request) bool {
	if r != nil && r.bulk() && len(b.requests) > 0 {
		return true
	}
	return b.governs || b.ops >= maxBatchOps || len(b.requests) >= maxBatchCommands
}

// take adds the entry that a request was planned to.
func (b *batch) take(r *request, e *synclog.Entry) {
	r.entry = e
	b.entries = append(b.entries, *e)
	at := synclog.Position{Epoch: b.base.Epoch, Offset: e.Offset}
	r.outcome.result = Result{Position: at, Offset: e.Offset, IDs: idsOf(e)}
	if r.command.ID != "" {
		b.byKey[r.key] = twin{hash: r.command.Hash, result: r.outcome.result}
	}
	b.ops += len(e.Ops)
	policy, fields := governsAny(e.Ops)
	b.governs = policy || fields
}

// end returns the offset of the last entry, the base's while there is none.
func (b *batch) end() uint64 { return b.base.Offset + uint64(len(b.entries)) }

func (b *batch) isSettled() bool {
	select {
	case <-b.settled:
		return true
	default:
		return false
	}
}

// answer gives every command its outcome.
func (b *batch) answer() {
	for _, r := range b.requests {
		r.done <- *r.outcome
	}
}

// already answers a command that needs no planning: done before, given twice
// in this batch or the one it is planned on, or abandoned by its caller.
func (w *Workspace) already(r *request, b *batch) *outcome {
	if w.broken != nil {
		return &outcome{err: crm.Errorf(crm.CodeUnavailable, "store_unavailable", "%w", w.broken)}
	}
	if r.ctx.Err() != nil {
		return &outcome{stands: true, err: crm.Errorf(crm.CodeUnavailable, "busy", "the command waited too long; nothing was changed")}
	}
	if r.command.ID == "" {
		return nil
	}
	offset, found, err := w.remembered.find(r.key, r.command)
	if err != nil {
		return &outcome{stands: true, err: err}
	}
	if found {
		return &outcome{stands: true, result: Result{Position: w.position, Offset: offset, Repeated: true}}
	}
	twin, below, given := b.twin(r.key)
	if !given {
		return nil
	}
	if twin.hash != r.command.Hash {
		return &outcome{err: crm.Errorf(crm.CodeInvalid, "command_id_reused", "this commandId was used for another command")}
	}
	// It stands or falls with its twin.
	return &outcome{stands: below, result: twin.result}
}

// twin is a command with an id as it was planned. It never changes, unlike the
// request it came in, which the other loop answers or plans again.
type twin struct {
	hash   string
	result Result
}

// twin finds the same command in the batch or in the one below.
func (b *batch) twin(key commandKey) (found twin, below, given bool) {
	if found, given = b.byKey[key]; given || b.on == nil {
		return found, false, given
	}
	found, given = b.on.byKey[key]
	return found, true, given
}

// planOne returns the entry that a request makes of the view, nil when nothing has
// to change, and the policy after it when the entry governs it: rules and
// departments that make no policy never get into the log, which no node could read
// any more.
func (w *Workspace) planOne(r *request, view State, offset uint64) (e *synclog.Entry, policy *access.Policy, err error) {
	at := r.command.At
	if at.IsZero() {
		at = w.now()
	}
	at = at.UTC().Truncate(time.Millisecond)
	tx := &Tx{State: view, actor: r.command.Actor, now: at, writes: map[crm.ID]*write{}, recent: w.recent}
	defer func() {
		if err != nil {
			tx.discard()
		}
	}()
	if err := tx.run(r.command.Plan); err != nil {
		return nil, nil, err
	}
	ops := tx.ops()
	if len(ops) == 0 {
		return nil, nil, nil
	}
	if w.full() && slices.ContainsFunc(ops, grows) {
		return nil, nil, crm.Errorf(crm.CodeUnavailable, "memory_full", "the server has no memory for more records; nothing was changed")
	}
	if policyChanges, _ := governsAny(ops); policyChanges {
		if policy, err = access.NewPolicy(directoryOf(&tx.State)); err != nil {
			return nil, nil, err
		}
	}
	return &synclog.Entry{
		Offset: offset, At: at, Actor: r.command.Actor,
		CommandID: r.command.ID, CommandHash: r.command.Hash, Command: r.command.Name,
		Group: r.command.Group, Undoes: r.command.Undoes, Ops: ops,
	}, policy, nil
}

// bulky are the types of which there may be any number. People who come and go,
// and admins at work, always find room.
var bulky = map[crm.RecordType]bool{
	crm.TypeCustomer: true, crm.TypeContact: true, crm.TypeDeal: true, crm.TypeComment: true, crm.TypeImport: true,
}

// grows reports whether an op makes another one of those records.
func grows(op synclog.Op) bool { return op.Version == 1 && bulky[op.Type] }

// governsAny reports what a list of ops changes, as governs does of one.
func governsAny(ops []synclog.Op) (policy, fields bool) {
	for _, op := range ops {
		p, f := governs(op)
		policy, fields = policy || p, fields || f
	}
	return policy, fields
}

// forStore returns the batch as the store takes it: its entries, and each record
// as the last of them leaves it.
func (b *batch) forStore(ws crm.WorkspaceID) synclog.Batch {
	seen := make(map[crm.ID]bool, len(b.entries))
	out := synclog.Batch{Workspace: ws, Entries: b.entries}
	for _, e := range b.entries {
		for _, op := range e.Ops {
			if !seen[op.ID] {
				seen[op.ID] = true
				rec, _ := b.over.get(op.ID)
				out.Records = append(out.Records, rec)
			}
		}
	}
	return out
}

// append makes a batch durable and applies it.
// Errors: errReplan; CodeUnknown, also for what is stored but cannot be applied;
// anything else: nothing was stored.
func (w *Workspace) append(ctx context.Context, b *batch) error {
	if len(b.entries) == 0 {
		return nil
	}
	stored := b.forStore(w.id)
	for {
		err := w.store.Append(ctx, stored)
		if err == nil {
			break
		}
		if errors.Is(err, synclog.ErrRejected) {
			return err
		}
		// Taken by another node, or by this very batch on a try whose answer
		// was lost: the entry at the offset tells.
		mine, lookErr := w.lookUp(ctx, b)
		switch {
		case lookErr != nil:
			w.log.Error("outcome of a batch unknown", "offset", b.base.Offset+1, "error", err)
			return &crm.Error{Code: crm.CodeUnknown, Reason: "outcome_unknown", Message: "the store did not confirm; repeat the command", Err: err}
		case mine == ours:
		case mine == absent:
			// Not there now, but a transaction in doubt may still commit: the
			// same batch again can only find that out, never double it.
			pause(ctx, 20*time.Millisecond)
			continue
		default:
			if err := w.catchUp(ctx); err != nil {
				return err
			}
			return errReplan
		}
		break
	}
	w.trouble.Store(nil)
	for i, e := range b.entries {
		plan := planned{get: b.over.get}
		if i == len(b.entries)-1 { // one that governs is the last of its batch
			plan.policy = b.policy
		}
		if err := w.apply(e, plan); err != nil {
			return &crm.Error{Code: crm.CodeUnknown, Reason: "outcome_unknown", Message: "the change is stored, but this server has stopped", Err: err}
		}
	}
	return nil
}

type found int

const (
	absent found = iota
	ours
	theirs
)

// lookUp finds out whose entries stand where the batch's would, asking again
// until ctx ends when the store does not answer. A batch is atomic, so either
// all of its entries are there or none.
func (w *Workspace) lookUp(ctx context.Context, b *batch) (found, error) {
	last := b.base.Offset + uint64(len(b.entries))
	for delay := 10 * time.Millisecond; ; delay = min(2*delay, time.Second) {
		entries, err := w.store.Entries(ctx, w.id, b.base.Offset, last)
		switch {
		case err != nil:
			pause(ctx, delay)
			if ctx.Err() != nil {
				return absent, fmt.Errorf("workspace: look up offset %d: %w", last, err)
			}
		case len(entries) == 0:
			return absent, nil
		case slices.EqualFunc(entries, b.entries, sameEntry):
			return ours, nil
		default:
			return theirs, nil
		}
	}
}

// sameEntry compares what makes an entry this node's own: another node that is
// given the same command stamps it with its own moment.
func sameEntry(a, b synclog.Entry) bool {
	return a.CommandID == b.CommandID && a.Actor == b.Actor && a.At.Equal(b.At) && slices.EqualFunc(a.Ops, b.Ops, sameOp)
}

func sameOp(a, b synclog.Op) bool {
	return a.ID == b.ID && a.Version == b.Version && a.Set.Equal(b.Set) && slices.Equal(a.Unset, b.Unset)
}
