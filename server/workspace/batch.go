package workspace

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"rapport/server/crm"
	"rapport/server/synclog"
)

// errReplan: the log moved on under the batch; plan again from the new state.
var errReplan = errors.New("workspace: the log moved on")

// planned is a batch ready for the store.
type planned struct {
	batch synclog.Batch
	base  synclog.Position // the batch follows directly after it
	taken int              // how many requests it answers
}

// plan runs the requests' plans one after another, each against the state the
// one before leaves, and gathers their entries. It stops early when the batch
// is full or an entry changes policy or schema: what follows is then judged by
// the new ones.
func (w *Workspace) plan(requests []*request) planned {
	w.mu.RLock()
	defer w.mu.RUnlock()
	view := *w.state()
	view.over = newOverlay()
	p := planned{base: w.position, batch: synclog.Batch{Workspace: w.id}}
	inBatch := map[commandKey]*request{}
	ops := 0
	for _, r := range requests {
		// A part of an import or bulk edit (they have a Group) is that large.
		if ops >= maxBatchOps || ops > maxBatchOps-synclog.MaxOps && r.command.Group != "" {
			break
		}
		p.taken++
		r.entry, r.outcome = nil, nil
		if r.outcome = w.already(r, inBatch); r.outcome != nil {
			continue
		}
		e, err := w.planOne(r, view, p.base.Offset+uint64(len(p.batch.Entries))+1)
		if err != nil {
			r.outcome = &outcome{err: err}
			continue
		}
		r.outcome = &outcome{result: Result{Position: w.position}}
		if e == nil {
			continue // nothing had to change
		}
		r.entry = e
		if r.command.ID != "" {
			inBatch[keyOf(r.command.Actor.UserID, r.command.ID)] = r
		}
		p.batch.Entries = append(p.batch.Entries, *e)
		r.outcome.result = Result{
			Position: synclog.Position{Epoch: w.position.Epoch, Offset: e.Offset},
			Offset:   e.Offset, IDs: idsOf(e),
		}
		ops += len(e.Ops)
		if governsAny(e.Ops) {
			break
		}
	}
	p.batch.Records = finalRecords(view.over, p.batch.Entries)
	return p
}

// already answers a command that needs no planning: done before, given twice
// in this batch, or abandoned by its caller.
func (w *Workspace) already(r *request, inBatch map[commandKey]*request) *outcome {
	if w.broken != nil {
		return &outcome{err: crm.Errorf(crm.CodeUnavailable, "store_unavailable", "%w", w.broken)}
	}
	if r.ctx.Err() != nil {
		return &outcome{err: crm.Errorf(crm.CodeUnavailable, "busy", "the command waited too long; nothing was changed")}
	}
	offset, found, err := w.remembered.find(r.command)
	if err != nil {
		return &outcome{err: err}
	}
	if found {
		at := w.position
		return &outcome{result: Result{Position: at, Offset: offset, Repeated: true}}
	}
	if r.command.ID == "" {
		return nil
	}
	twin := inBatch[keyOf(r.command.Actor.UserID, r.command.ID)]
	if twin == nil {
		return nil
	}
	if twin.command.Hash != r.command.Hash {
		return &outcome{err: crm.Errorf(crm.CodeInvalid, "command_id_reused", "this commandId was used for another command")}
	}
	// It stands or falls with its twin; fail finds it by its entry.
	r.entry = twin.entry
	result := twin.outcome.result
	return &outcome{result: result}
}

func (w *Workspace) planOne(r *request, view State, offset uint64) (*synclog.Entry, error) {
	at := r.command.At
	if at.IsZero() {
		at = w.now()
	}
	at = at.UTC().Truncate(time.Millisecond)
	tx := &Tx{State: view, actor: r.command.Actor, now: at, writes: map[crm.ID]*write{}, recent: w.recent}
	if err := tx.run(r.command.Plan); err != nil {
		tx.discard()
		return nil, err
	}
	ops := tx.ops()
	if len(ops) == 0 {
		return nil, nil
	}
	return &synclog.Entry{
		Offset: offset, At: at, Actor: r.command.Actor,
		CommandID: r.command.ID, CommandHash: r.command.Hash, Command: r.command.Name,
		Group: r.command.Group, Undoes: r.command.Undoes, Ops: ops,
	}, nil
}

func governsAny(ops []synclog.Op) bool {
	for _, op := range ops {
		if p, s := governs(op); p || s {
			return true
		}
	}
	return false
}

// finalRecords returns each record the entries change as the last of them leaves it.
func finalRecords(over *overlay, entries []synclog.Entry) []crm.Record {
	seen := map[crm.ID]bool{}
	var records []crm.Record
	for _, e := range entries {
		for _, op := range e.Ops {
			if !seen[op.ID] {
				seen[op.ID] = true
				rec, _ := over.get(op.ID)
				records = append(records, rec)
			}
		}
	}
	return records
}

// append makes a planned batch durable and applies it.
// Errors: errReplan; CodeUnknown; anything else: nothing was stored.
func (w *Workspace) append(ctx context.Context, p planned) error {
	for {
		err := w.store.Append(ctx, p.batch)
		if err == nil {
			break
		}
		if errors.Is(err, synclog.ErrRejected) {
			return err
		}
		// Taken by another node, or by this very batch on a try whose answer
		// was lost: the entry at the offset tells.
		mine, lookErr := w.lookUp(ctx, p)
		switch {
		case lookErr != nil:
			w.log.Error("outcome of a batch unknown", "offset", p.base.Offset+1, "error", err)
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
	for _, e := range p.batch.Entries {
		if err := w.apply(e); err != nil {
			return err
		}
	}
	w.mu.Lock()
	w.remembered.forget(w.now())
	w.mu.Unlock()
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
func (w *Workspace) lookUp(ctx context.Context, p planned) (found, error) {
	last := p.base.Offset + uint64(len(p.batch.Entries))
	for delay := 10 * time.Millisecond; ; delay = min(2*delay, time.Second) {
		entries, err := w.store.Entries(ctx, w.id, p.base.Offset, last)
		switch {
		case err != nil:
			pause(ctx, delay)
			if ctx.Err() != nil {
				return absent, fmt.Errorf("workspace: look up offset %d: %w", last, err)
			}
		case len(entries) == 0:
			return absent, nil
		case slices.EqualFunc(entries, p.batch.Entries, sameEntry):
			return ours, nil
		default:
			return theirs, nil
		}
	}
}

// sameEntry compares what makes an entry this node's own: another node that is
// given the same command stamps it with its own moment.
func sameEntry(a, b synclog.Entry) bool {
	if a.CommandID != b.CommandID || a.Actor != b.Actor || !a.At.Equal(b.At) || len(a.Ops) != len(b.Ops) {
		return false
	}
	return a.Ops[0].ID == b.Ops[0].ID && a.Ops[0].Version == b.Ops[0].Version
}
