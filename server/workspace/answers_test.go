package workspace_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/synclog"
	"rapport/server/testkit"
	"rapport/server/workspace"
)

// flaky lets a test decide what becomes of an Append.
type flaky struct {
	synclog.Store
	append func(ctx context.Context, b synclog.Batch, real func(context.Context, synclog.Batch) error) error
	ping   func() error // nil: as the real one
}

func (f *flaky) Ping(ctx context.Context) error {
	if f.ping != nil {
		return f.ping()
	}
	return f.Store.Ping(ctx)
}

func (f *flaky) Append(ctx context.Context, b synclog.Batch) error {
	return f.append(ctx, b, f.Store.Append)
}

func TestWhatTheStoreAnswers(t *testing.T) {
	lost := errors.New("connection lost")
	for _, tt := range []struct {
		name   string
		first  func(ctx context.Context, b synclog.Batch, real func(context.Context, synclog.Batch) error) error
		code   crm.Code
		stored uint64
	}{
		{"stored, but the answer was lost: done, once", func(ctx context.Context, b synclog.Batch, real func(context.Context, synclog.Batch) error) error {
			if err := real(ctx, b); err != nil {
				return err
			}
			return lost
		}, "", 1},
		{"not stored and the answer was lost: tried again", func(context.Context, synclog.Batch, func(context.Context, synclog.Batch) error) error {
			return lost
		}, "", 1},
		{"refused: nothing changed, and the caller is told", func(context.Context, synclog.Batch, func(context.Context, synclog.Batch) error) error {
			return fmt.Errorf("disk full: %w", synclog.ErrRejected)
		}, crm.CodeUnavailable, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var calls atomic.Int32
			store := &flaky{Store: testkit.SQLite(t)}
			store.append = func(ctx context.Context, b synclog.Batch, real func(context.Context, synclog.Batch) error) error {
				if calls.Add(1) == 1 {
					return tt.first(ctx, b, real)
				}
				return real(ctx, b)
			}
			w := open(t, store)
			id := newID()
			_, err := w.Commit(t.Context(), create(id, crm.Fields{"name": "Olivar del Sur"}))
			if got := crm.CodeOf(err); got != tt.code {
				t.Fatalf("code = %q (%v), want %q", got, err, tt.code)
			}
			if p := w.Position().Offset; p != tt.stored {
				t.Errorf("position = %d, want %d", p, tt.stored)
			}
			if healthy := w.Healthy() == nil; healthy != (tt.code == "") {
				t.Errorf("healthy = %v after %q", healthy, tt.code)
			}
			must(t, w, create(newID(), crm.Fields{"name": "next"}))
			if w.Healthy() != nil {
				t.Error("still unhealthy after the store took a command")
			}
		})
	}
}

// Two nodes may do nearly the same in the same millisecond; what is not this
// node's own to the last value is the other one's.
func TestWhatAnotherNodeWroteInOnesPlaceIsTakenAsItIs(t *testing.T) {
	id := newID()
	store := &flaky{Store: testkit.SQLite(t)}
	store.append = func(ctx context.Context, b synclog.Batch, real func(context.Context, synclog.Batch) error) error {
		store.append = func(ctx context.Context, b synclog.Batch, real func(context.Context, synclog.Batch) error) error {
			return real(ctx, b)
		}
		theirs := b.Entries[0]
		theirs.Ops = slices.Clone(theirs.Ops)
		theirs.Ops[0].Set = theirs.Ops[0].Set.With(crm.Pack(crm.Fields{"name": "Theirs"}), nil)
		rec := b.Records[0]
		rec.Fields = theirs.Ops[0].Set
		if err := real(ctx, synclog.Batch{Workspace: b.Workspace, Entries: []synclog.Entry{theirs}, Records: []crm.Record{rec}}); err != nil {
			return err
		}
		return synclog.ErrOffsetTaken
	}
	w := open(t, store)
	ours := create(id, crm.Fields{"name": "Ours"})
	ours.ID = ""
	if _, err := w.Commit(t.Context(), ours); crm.CodeOf(err) != crm.CodeConflict {
		t.Errorf("the id is taken: %v", err)
	}
	if got := get(t, w, id).Fields.String("name"); got != "Theirs" {
		t.Errorf("this node has %q, the log says Theirs", got)
	}
}

func TestARefusalSaysWhatAPersonCanDoAboutIt(t *testing.T) {
	for _, tt := range []struct {
		cause  error
		reason string
	}{
		{synclog.ErrFull, "disk_full"},
		{fmt.Errorf("%w: %w", synclog.ErrStopped, errors.New("a sync failed")), "store_stopped"},
		{fmt.Errorf("%w: %w", synclog.ErrFull, synclog.ErrStopped), "disk_full"},
		{errors.New("nobody there"), "store_unavailable"},
	} {
		store := &flaky{Store: testkit.SQLite(t)}
		store.append = func(context.Context, synclog.Batch, func(context.Context, synclog.Batch) error) error {
			return fmt.Errorf("%w: %w", synclog.ErrRejected, tt.cause)
		}
		_, err := open(t, store).Commit(t.Context(), create(newID(), crm.Fields{"name": "x"}))
		var refused *crm.Error
		if !errors.As(err, &refused) || refused.Code != crm.CodeUnavailable || refused.Reason != tt.reason {
			t.Errorf("after %v: %v, want the reason %s", tt.cause, err, tt.reason)
		}
	}
}

// Nobody sends commands to a server that says it is not ready.
func TestAServerIsReadyAgainWithoutACommand(t *testing.T) {
	store := &flaky{Store: testkit.SQLite(t)}
	store.append = func(context.Context, synclog.Batch, func(context.Context, synclog.Batch) error) error {
		return synclog.ErrRejected
	}
	w := open(t, store)
	if _, err := w.Commit(t.Context(), create(newID(), crm.Fields{"name": "x"})); err == nil || w.Healthy() == nil {
		t.Fatalf("error %v, healthy %v", err, w.Healthy())
	}
	store.ping = func() error { return errors.New("nobody there") }
	if err := w.Ready(t.Context()); crm.CodeOf(err) != crm.CodeUnavailable {
		t.Errorf("while the store does not answer: %v", err)
	}
	store.ping = nil
	if err := w.Ready(t.Context()); err != nil || w.Healthy() != nil {
		t.Errorf("when it answers again: %v, %v", err, w.Healthy())
	}
}

// [L10] Without memory for more records, people go on with those that are there.
func TestAFullMemoryTakesNoNewRecords(t *testing.T) {
	var full atomic.Bool
	w, err := workspace.Open(t.Context(), testkit.SQLite(t), workspace.Options{Log: quiet, Full: full.Load})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	id := newID()
	must(t, w, create(id, crm.Fields{"name": "First"}))
	full.Store(true)
	_, err = w.Commit(t.Context(), create(newID(), crm.Fields{"name": "Second"}))
	var refused *crm.Error
	if !errors.As(err, &refused) || refused.Code != crm.CodeUnavailable || refused.Reason != "memory_full" {
		t.Errorf("a new record: %v", err)
	}
	must(t, w, set(id, crm.Fields{"name": "Renamed"}))
	must(t, w, workspace.Command{Name: "session.open", Actor: crm.System, Plan: func(tx *workspace.Tx) error {
		return tx.Create(crm.TypeSession, newID(), crm.Fields{"tokenHash": "x"})
	}})
	full.Store(false)
	must(t, w, create(newID(), crm.Fields{"name": "Second"}))
}

// overtaken delivers, while it stores a batch, an entry that cannot be right.
type overtaken struct {
	synclog.Store
	deliver chan synclog.Entry
	taken   chan error
}

func (s *overtaken) Append(ctx context.Context, b synclog.Batch) error {
	err := s.Store.Append(ctx, b)
	s.deliver <- synclog.Entry{Offset: b.Entries[0].Offset, Actor: crm.System, Ops: []synclog.Op{{Type: crm.TypeDeal, ID: newID(), Version: 9}}}
	<-s.taken
	return err
}

func (s *overtaken) Follow(_ context.Context, _ crm.WorkspaceID, _ uint64, each func(synclog.Entry) error) error {
	err := each(<-s.deliver)
	s.taken <- err
	return err
}

// What is in the log is not called unchanged, also when this node cannot go on from it.
func TestWhatIsStoredButCannotBeShownIsNotCalledRefused(t *testing.T) {
	store := &overtaken{Store: testkit.SQLite(t), deliver: make(chan synclog.Entry), taken: make(chan error)}
	w := open(t, store)
	ended := make(chan error, 1)
	go func() { ended <- w.Run(t.Context()) }()
	_, err := w.Commit(t.Context(), create(newID(), crm.Fields{"name": "First"}))
	if crm.CodeOf(err) != crm.CodeUnknown {
		t.Errorf("answered %v", err)
	}
	if err := <-ended; err == nil {
		t.Error("a log that cannot be right is followed on")
	}
	if head, err := store.Head(t.Context(), w.ID()); err != nil || head.Offset != 1 {
		t.Errorf("the log ends at %d: %v", head.Offset, err)
	}
}

// A log with rules that make no policy could be read by no server any more.
func TestWhatMakesNoPolicyIsNotStored(t *testing.T) {
	store := testkit.SQLite(t)
	w := open(t, store)
	top, below := newID(), newID()
	must(t, w, workspace.Command{Name: "test", Actor: crm.System, Plan: func(tx *workspace.Tx) error {
		return errors.Join(
			tx.Create(crm.TypeDepartment, top, crm.Fields{"name": "Top"}),
			tx.Create(crm.TypeDepartment, below, crm.Fields{"name": "Below", "parentId": string(top)}),
		)
	}})
	for name, plan := range map[string]func(*workspace.Tx) error{
		"a rule that nobody understands": func(tx *workspace.Tx) error {
			return tx.Create(crm.TypeRule, newID(), crm.Fields{"effect": "perhaps"})
		},
		"departments in a circle": func(tx *workspace.Tx) error {
			return tx.Edit(top, crm.Fields{"parentId": string(below)}, nil)
		},
	} {
		_, err := w.Commit(t.Context(), workspace.Command{Name: "test", Actor: crm.System, Plan: plan})
		if crm.CodeOf(err) != crm.CodeInvalid || w.Healthy() != nil {
			t.Errorf("%s: %v, %v", name, err, w.Healthy())
		}
	}
	must(t, w, create(newID(), crm.Fields{"name": "Goes on"}))
	if head, err := store.Head(t.Context(), w.ID()); err != nil || head.Offset != 2 {
		t.Errorf("the log ends at %d: %v", head.Offset, err)
	}
}

// Where two rules allow the same, the reason given is the same before and after a
// start, in whatever order they were written.
func TestTheReasonIsTheSameAfterAStart(t *testing.T) {
	store := testkit.SQLite(t)
	w := open(t, store)
	who, first, second := newID(), newID(), newID()
	if first > second { // ids of one millisecond come in any order
		first, second = second, first
	}
	must(t, w, workspace.Command{Name: "test", Actor: crm.System, Plan: func(tx *workspace.Tx) error {
		rule := crm.Fields{"who": "everyone", "effect": "may", "action": "see", "what": "deal", "whose": "all", "fieldGroups": "all"}
		return errors.Join(
			tx.Create(crm.TypeUser, who, crm.Fields{"name": "Ana"}),
			tx.Create(crm.TypeRule, second, rule), tx.Create(crm.TypeRule, first, rule),
		)
	}})
	again := open(t, store)
	for name, ws := range map[string]*workspace.Workspace{"where it was written": w, "after a start": again} {
		ws.Peek(func(st *workspace.State) {
			ex := st.Policy().Explain(who, access.ActionSee, access.Target{Type: crm.TypeDeal})
			if ex.Rule == nil || ex.Rule.ID != first {
				t.Errorf("%s: %+v", name, ex)
			}
		})
	}
}
