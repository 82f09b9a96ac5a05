package importer

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/wire"
	"rapport/server/workspace"
)

// StartArgs is the body of import.start.
type StartArgs struct {
	ID       crm.ID              `json:"id"`
	Settings wire.ImportSettings `json:"settings"`
}

// IDArgs is the body of import.cancel.
type IDArgs struct {
	ID crm.ID `json:"id"`
}

// errStopped ends a run whose import is not running any more.
var errStopped = errors.New("importer: stopped")

// Start begins an import with the given settings. It returns as soon as the
// decision is durable; the rows follow in the background.
// Errors: CodeNotFound, CodeForbidden, CodeInvalid (Fields names the setting),
// CodeConflict (it was started before).
func (s *Service) Start(ctx context.Context, cmd workspace.Command, a StartArgs) (workspace.Result, error) {
	o, err := s.check(ctx, cmd.Actor, a)
	if err != nil {
		return workspace.Result{}, err
	}
	set := a.Settings // of a command that was done before
	if o != nil {
		set = o.set
	}
	kept, err := keepSettings(set)
	if err != nil {
		return workspace.Result{}, err
	}
	cmd.Plan = func(tx *workspace.Tx) error {
		rec, err := mine(&tx.State, cmd.Actor.UserID, a.ID)
		if err != nil {
			return err
		}
		if _, err := tx.Require(access.ActionEdit, rec); err != nil {
			return err
		}
		if stateOf(rec) != wire.ImportUploaded {
			return started()
		}
		return tx.Edit(rec.ID, crm.Fields{keyState: string(wire.ImportRunning), keySettings: kept, keyBoard: string(o.target.board)}, nil)
	}
	result, err := s.ws.Commit(ctx, cmd)
	if err == nil && !result.Repeated {
		s.launch(a.ID)
	}
	return result, err
}

// check reads the file as the run will, so that what is wrong with the settings
// is said now. It returns nil for an import that was started before: whether
// this is the same command again is known to Commit only.
func (s *Service) check(ctx context.Context, by crm.Actor, a StartArgs) (*opened, error) {
	rec, _, err := s.load(ctx, by, a.ID)
	if err != nil || stateOf(rec) != wire.ImportUploaded {
		return nil, err
	}
	release, err := acquire(ctx, s.reading)
	if err != nil {
		return nil, err
	}
	defer release()
	raw, err := s.file(ctx, a.ID)
	if err != nil {
		return nil, err
	}
	o, err := s.open(ctx, by.UserID, rec, raw, a.Settings)
	if err != nil {
		return nil, err
	}
	for i, c := range o.reading.columns {
		if c.order == wire.OrderAsk {
			return nil, crm.Invalid("settings.columns."+itoa(i)+".dateOrder", "date_order")
		}
	}
	for _, to := range []string{"title", toCustomer, "product", "externalId"} {
		if o.reading.columnOf(to) >= 0 {
			return o, nil
		}
	}
	return nil, crm.Invalid("settings.columns", "no_title")
}

// Cancel stops an import between two parts. What it has written stays until it
// is undone.
// Errors: CodeNotFound, CodeConflict (it does not run).
func (s *Service) Cancel(ctx context.Context, cmd workspace.Command, a IDArgs) (workspace.Result, error) {
	cmd.Plan = func(tx *workspace.Tx) error {
		rec, err := mine(&tx.State, cmd.Actor.UserID, a.ID)
		if err != nil {
			return err
		}
		if _, err := tx.Require(access.ActionEdit, rec); err != nil {
			return err
		}
		switch stateOf(rec) {
		case wire.ImportRunning:
			return tx.Edit(rec.ID, crm.Fields{keyState: string(wire.ImportCancelled)}, nil)
		case wire.ImportCancelled:
			return nil
		default:
			return crm.Errorf(crm.CodeConflict, "import_not_running", "this import does not run")
		}
	}
	return s.ws.Commit(ctx, cmd)
}

// launch runs an import in the background, unless it runs here already.
func (s *Service) launch(id crm.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.here[id] {
		return
	}
	s.here[id] = true
	s.work.Go(func() {
		release, err := acquire(s.ctx, s.running)
		if err != nil {
			return // shutting down; Resume goes on with it
		}
		defer release()
		if err := s.guarded(id); err != nil {
			if s.ctx.Err() == nil {
				s.log.Error("import not finished", "importId", string(id), "error", err)
			}
			return // still noted as here: this node does not begin it again and again
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.here, id)
	})
}

// guarded runs an import to its end. A fault ends the import and not the server,
// which would come to it again at each start.
func (s *Service) guarded(id crm.ID) (err error) {
	r := &run{s: s, id: id}
	defer func() {
		if fault := recover(); fault != nil {
			// Without the rest of the run: the fault may lie there.
			counted := &run{s: s, id: id, counts: r.counts}
			err = errors.Join(faultOf(fault), counted.finish(s.ctx, wire.ImportFailed, "internal"))
		}
	}()
	return r.toEnd(s.ctx)
}

func faultOf(fault any) error { return fmt.Errorf("importer: %w", crm.Fault(fault)) }

// toEnd runs an import and writes what became of it.
func (r *run) toEnd(ctx context.Context) error {
	defer func() {
		r.s.mu.Lock()
		delete(r.s.counts, r.id)
		r.s.mu.Unlock()
	}()
	err := r.rows(ctx)
	var known *crm.Error
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err == nil:
		return r.finish(ctx, wire.ImportDone, "")
	case errors.Is(err, errStopped):
		return r.finish(ctx, wire.ImportCancelled, "")
	case errors.As(err, &known) && known.Code != crm.CodeInternal:
		return r.finish(ctx, wire.ImportFailed, known.Reason)
	default:
		return errors.Join(err, r.finish(ctx, wire.ImportFailed, "internal"))
	}
}

// run is one import under way on this node.
type run struct {
	s        *Service
	id       crm.ID
	actor    crm.Actor
	o        *opened
	counts   wire.ImportCounts
	touched  crm.ID // the first deal it created or completed; without one, somebody or something it prepared
	outcomes []outcome
	waiting  []*draft
}

// draftsAtOnce is how many rows are read ahead of the command that takes them.
const draftsAtOnce = 500

// rows writes everything. It may be called again after it was interrupted:
// what is there already is found by its id.
func (r *run) rows(ctx context.Context) error {
	if err := r.open(ctx); err != nil {
		return err
	}
	if err := r.prepare(ctx); err != nil {
		return err
	}
	ahead, stop := context.WithCancel(ctx)
	defer stop()
	drafts, failed := r.read(ahead)
	for batch := range drafts {
		for r.waiting = batch; len(r.waiting) > 0; {
			if err := r.part(ctx); err != nil {
				return err
			}
		}
	}
	return <-failed
}

// read reads rows while the store is busy with those before. The second channel
// says how it ended, once the first is closed.
func (r *run) read(ctx context.Context) (<-chan []*draft, <-chan error) {
	drafts, failed := make(chan []*draft, 1), make(chan error, 1)
	r.s.work.Go(func() {
		defer close(drafts)
		defer func() {
			if fault := recover(); fault != nil {
				failed <- faultOf(fault)
			}
		}()
		var batch []*draft
		send := func() error {
			select {
			case drafts <- batch:
				batch = nil
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		err := r.o.reading.each(func(row int, cells []string) error {
			d := r.o.reading.read(row, cells)
			placing{o: r.o}.checkStage(d)
			d.cells = slices.Clone(cells)
			if batch = append(batch, d); len(batch) < draftsAtOnce {
				return nil
			}
			return send()
		})
		if err == nil && len(batch) > 0 {
			err = send()
		}
		failed <- err
	})
	return drafts, failed
}

func (r *run) open(ctx context.Context) error {
	var rec crm.Record
	err := r.s.ws.Read(ctx, nil, func(st *workspace.State) error {
		rec, _ = st.Lookup(crm.TypeImport, r.id)
		return nil
	})
	if err != nil {
		return err
	}
	r.actor = crm.Actor{UserID: rec.Fields.ID(crm.KeyOwner), Source: crm.SourceImport}
	if stateOf(rec) != wire.ImportRunning {
		return errStopped
	}
	raw, err := r.source(ctx)
	if err != nil {
		return err
	}
	o, err := r.s.open(ctx, r.actor.UserID, rec, raw, settingsOf(rec))
	if err != nil {
		return err
	}
	r.o = o
	r.counts.Total = r.o.survey.total
	r.report(wire.ImportRunning)
	return nil
}

// source reads the file. A store that does not answer says nothing about the
// import, with which another node may be well on.
func (r *run) source(ctx context.Context) (raw []byte, err error) {
	err = patiently(ctx, func() error {
		raw, err = r.s.file(ctx, r.id)
		return err
	})
	return raw, err
}

// commit runs a plan as one part of the import. A part whose outcome is unknown
// is planned again, which finds what it wrote.
func (r *run) commit(ctx context.Context, name string, plan func(*workspace.Tx) error) error {
	return patiently(ctx, func() error {
		_, err := r.s.ws.Commit(ctx, workspace.Command{
			Name: name, Actor: r.actor, Group: r.id,
			Plan: func(tx *workspace.Tx) error {
				// In the plan and not before: a cancelled import writes nothing more.
				rec, ok := tx.Lookup(crm.TypeImport, r.id)
				if !ok || stateOf(rec) != wire.ImportRunning {
					return errStopped
				}
				return plan(tx)
			},
		})
		r.waits(err)
		return err
	})
}

// part writes as many of the waiting drafts as fit into one command.
func (r *run) part(ctx context.Context) error {
	var done []outcome
	err := r.commit(ctx, "import.part", func(tx *workspace.Tx) error {
		// The plan may run again: it begins anew each time.
		done = done[:0]
		p := placer{placing: placing{&tx.State, r.o}, tx: tx, id: r.id, orders: newOrders(&tx.State, r.o.target.pipeline)}
		for _, d := range r.waiting {
			if p.full() {
				break
			}
			done = append(done, p.place(d))
		}
		return nil
	})
	if err != nil {
		return err
	}
	r.waiting = r.waiting[len(done):]
	for i := range done {
		r.count(&done[i])
	}
	r.outcomes = append(r.outcomes, done...)
	r.report(wire.ImportRunning)
	return nil
}
