package workspace_test

import (
	"context"
	"fmt"
	"testing"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/synclog"
	"rapport/server/testkit"
	"rapport/server/workspace"
)

// held is a workspace whose store holds the next Appends back until the test
// gives a verdict on each.
type held struct {
	*workspace.Workspace
	t       *testing.T
	store   synclog.Store // that holds nothing back
	reached chan struct{}
	verdict chan error
}

func holdNext(t *testing.T, prepare ...workspace.Command) *held { return hold(t, 1, prepare...) }

// hold holds a number of Appends back, after those of the commands that prepare.
func hold(t *testing.T, appends int, prepare ...workspace.Command) *held {
	t.Helper()
	h := &held{t: t, store: testkit.SQLite(t), reached: make(chan struct{}), verdict: make(chan error)}
	holding := 0
	store := &flaky{Store: h.store}
	store.append = func(ctx context.Context, b synclog.Batch, real func(context.Context, synclog.Batch) error) error {
		if holding == 0 {
			return real(ctx, b)
		}
		holding--
		h.reached <- struct{}{}
		if err := <-h.verdict; err != nil {
			return err
		}
		return real(ctx, b)
	}
	h.Workspace = open(t, store)
	for _, c := range prepare {
		must(t, h.Workspace, c)
	}
	holding = appends // no Append is under way
	return h
}

// given is a command on its way.
type given struct {
	planned chan struct{} // gets a value each time it is planned
	done    chan error
	result  workspace.Result
}

func (h *held) give(c workspace.Command) *given {
	g := &given{planned: make(chan struct{}, 10), done: make(chan error, 1)}
	plan := c.Plan
	c.Plan = func(tx *workspace.Tx) error {
		g.planned <- struct{}{}
		return plan(tx)
	}
	go func() {
		var err error
		g.result, err = h.Commit(context.WithoutCancel(h.t.Context()), c)
		g.done <- err
	}()
	return g
}

func (g *given) answered() bool { return len(g.done) > 0 }

// While one batch is on its way to the store, the next is planned on top of it.
func TestABatchPlannedOnAnotherStandsAndFallsWithIt(t *testing.T) {
	refused := fmt.Errorf("disk full: %w", synclog.ErrRejected)
	id := newID()
	rename := func(name string) workspace.Command { return set(id, crm.Fields{"name": name}) }
	for _, tt := range []struct {
		name    string
		second  workspace.Command
		verdict error
		codes   [2]crm.Code
		left    string // the name in the end
	}{
		{"an edit of what the batch before made is stored behind it", rename("Kestrel"), nil, [2]crm.Code{"", ""}, "Kestrel"},
		{"and is refused when that was not stored", rename("Kestrel"), refused, [2]crm.Code{crm.CodeUnavailable, crm.CodeNotFound}, ""},
		{"an id taken by the batch before is a conflict", create(id, crm.Fields{"name": "Twin"}), nil, [2]crm.Code{"", crm.CodeConflict}, "First"},
		{"and free when that was not stored", create(id, crm.Fields{"name": "Twin"}), refused, [2]crm.Code{crm.CodeUnavailable, ""}, "Twin"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := holdNext(t)
			first := h.give(create(id, crm.Fields{"name": "First"}))
			<-h.reached
			second := h.give(tt.second)
			<-second.planned
			if second.answered() {
				t.Error("it was answered before what it was planned on was durable")
			}
			h.verdict <- tt.verdict
			if codes := [2]crm.Code{crm.CodeOf(<-first.done), crm.CodeOf(<-second.done)}; codes != tt.codes {
				t.Fatalf("answers %q, want %q", codes, tt.codes)
			}
			if got := get(t, h.Workspace, id).Fields.String("name"); got != tt.left {
				t.Errorf("the name is %q, want %q", got, tt.left)
			}
		})
	}
}

// What says "no", or "it is so already", in a batch that is not stored was judged
// by what is not there.
func TestWhatWasJudgedByABatchThatIsNotStoredIsNoAnswer(t *testing.T) {
	id := newID()
	rename := func(name string) workspace.Command { return set(id, crm.Fields{"name": name}) }
	h := hold(t, 2, create(id, crm.Fields{"name": "First"}))
	ahead := h.give(create(newID(), crm.Fields{"name": "Ahead"}))
	<-h.reached
	var batch []*given
	for _, c := range []workspace.Command{rename("First"), rename("Kestrel"), rename("Kestrel"), create(id, nil)} {
		g := h.give(c)
		<-g.planned
		batch = append(batch, g)
	}
	h.verdict <- nil
	<-h.reached
	h.verdict <- fmt.Errorf("disk full: %w", synclog.ErrRejected)
	if err := <-ahead.done; err != nil {
		t.Error(err)
	}
	for i, want := range []crm.Code{"", crm.CodeUnavailable, crm.CodeUnavailable, crm.CodeUnavailable} {
		if got := crm.CodeOf(<-batch[i].done); got != want {
			t.Errorf("command %d of the batch: %q, want %q", i, got, want)
		}
	}
}

// What is stored is never called refused, whoever asks again in the meantime.
func TestARepeatStandsWithTheBatchBelow(t *testing.T) {
	for _, order := range []string{"ahead of", "behind"} {
		t.Run("the repeat comes "+order+" what is refused", func(t *testing.T) {
			h := hold(t, 2)
			command := create(newID(), crm.Fields{"name": "Once"})
			first := h.give(command)
			<-h.reached
			other := create(newID(), crm.Fields{"name": "Other"})
			var again, refused *given
			if order == "behind" {
				refused = h.give(other)
				<-refused.planned
				again = h.give(command)
				marker := h.give(create(newID(), crm.Fields{"name": "Marker"}))
				<-marker.planned // commands are planned in the order they come in
			} else {
				again, refused = h.give(command), h.give(other)
				<-refused.planned
			}
			h.verdict <- nil
			<-h.reached
			h.verdict <- fmt.Errorf("disk full: %w", synclog.ErrRejected)
			if err := <-first.done; err != nil {
				t.Fatal(err)
			}
			if err := <-again.done; err != nil || again.result.Offset != first.result.Offset {
				t.Errorf("what is stored as entry %d is answered with %v, entry %d", first.result.Offset, err, again.result.Offset)
			}
			if code := crm.CodeOf(<-refused.done); code != crm.CodeUnavailable {
				t.Errorf("what is not stored: %q", code)
			}
		})
	}
}

// A batch is planned like one command after another.
func TestWithinABatchEachSeesWhatTheOneBeforeLeft(t *testing.T) {
	id := newID()
	edit := func(name string, basedOn uint64) workspace.Command {
		return workspace.Command{ID: newID(), Name: "record.edit", Actor: crm.System, Plan: func(tx *workspace.Tx) error {
			rec, _ := tx.Get(id)
			if err := tx.Merge(rec, basedOn, crm.Fields{"name": name}, nil); err != nil {
				return err
			}
			return tx.Edit(id, crm.Fields{"name": name}, nil)
		}}
	}
	failing := workspace.Command{ID: newID(), Name: "test", Actor: crm.System, Plan: func(tx *workspace.Tx) error {
		if err := tx.Edit(id, crm.Fields{"city": "Leiden"}, nil); err != nil {
			return err
		}
		return crm.Invalid("city", "unknown")
	}}
	h := holdNext(t, create(id, crm.Fields{"name": "First"}))
	ahead := h.give(create(newID(), crm.Fields{"name": "Ahead"}))
	<-h.reached
	var batch []*given
	for _, c := range []workspace.Command{failing, edit("Kestrel", 1), edit("Merlin", 1), edit("Merlin", 2)} {
		g := h.give(c)
		<-g.planned
		batch = append(batch, g)
	}
	h.verdict <- nil
	if err := <-ahead.done; err != nil {
		t.Fatal(err)
	}
	for i, want := range []crm.Code{crm.CodeInvalid, "", crm.CodeConflict, ""} {
		if got := crm.CodeOf(<-batch[i].done); got != want {
			t.Errorf("command %d of the batch: %q, want %q", i, got, want)
		}
	}
	rec := get(t, h.Workspace, id)
	if rec.Version != 3 || rec.Fields.String("name") != "Merlin" || rec.Fields.Has("city") {
		t.Errorf("version %d: %v", rec.Version, rec.Fields)
	}
}

// Another node may fill the very offsets that a batch was to take and did not;
// what was planned on top of that batch does not stand all the same.
func TestABatchFallsThoughOthersFillTheGapBelowIt(t *testing.T) {
	id := newID()
	h := holdNext(t, create(id, crm.Fields{"name": "First"}))
	go func() { _ = h.Run(h.t.Context()) }()
	refused := h.give(set(id, crm.Fields{"name": "Kestrel"}))
	<-h.reached
	second := h.give(set(id, crm.Fields{"city": "Leiden"}))
	<-second.planned
	elsewhere := must(t, open(t, h.store), create(newID(), crm.Fields{"name": "Elsewhere"}))
	if err := h.Read(t.Context(), &elsewhere.Position, func(*workspace.State) error { return nil }); err != nil {
		t.Fatal(err)
	}
	h.verdict <- fmt.Errorf("no primary: %w", synclog.ErrRejected)
	if code := crm.CodeOf(<-refused.done); code != crm.CodeUnavailable {
		t.Errorf("the first: %q", code)
	}
	if err := <-second.done; err != nil {
		t.Fatal(err)
	}
	rec := get(t, h.Workspace, id)
	if rec.Version != 2 || rec.Fields.String("name") != "First" || rec.Fields.String("city") != "Leiden" {
		t.Errorf("version %d: %v", rec.Version, rec.Fields)
	}
	must(t, h.Workspace, set(id, crm.Fields{"name": "Merlin"}))
}

func TestACommandGivenAgainWhileItIsOnItsWayIsDoneOnce(t *testing.T) {
	for _, verdict := range []error{nil, fmt.Errorf("disk full: %w", synclog.ErrRejected)} {
		t.Run(fmt.Sprint("the store says ", verdict), func(t *testing.T) {
			h := holdNext(t)
			id := newID()
			command := create(id, crm.Fields{"name": "Once"})
			first := h.give(command)
			<-h.reached
			again, marker := h.give(command), h.give(create(newID(), crm.Fields{"name": "Marker"}))
			<-marker.planned // commands are planned in the order they come in
			h.verdict <- verdict
			firstErr, againErr, markerErr := <-first.done, <-again.done, <-marker.done
			if markerErr != nil || againErr != nil || (firstErr == nil) != (verdict == nil) {
				t.Fatalf("answers %v, %v, %v", firstErr, againErr, markerErr)
			}
			if rec := get(t, h.Workspace, id); rec.Version != 1 {
				t.Errorf("it stands at version %d", rec.Version)
			}
			if verdict == nil && again.result.Offset != first.result.Offset {
				t.Errorf("offsets %d and %d", first.result.Offset, again.result.Offset)
			}
		})
	}
}

func TestABatchGrowsUntilTheStoreIsReady(t *testing.T) {
	sizes := make(chan int, 10)
	store := &flaky{Store: testkit.SQLite(t)}
	hold := make(chan struct{})
	store.append = func(ctx context.Context, b synclog.Batch, real func(context.Context, synclog.Batch) error) error {
		sizes <- len(b.Entries)
		<-hold
		return real(ctx, b)
	}
	h := &held{Workspace: open(t, store), t: t}
	first := h.give(create(newID(), crm.Fields{"name": "First"}))
	if n := <-sizes; n != 1 {
		t.Fatalf("the first batch has %d entries", n)
	}
	others := make([]*given, 5)
	for i := range others {
		others[i] = h.give(create(newID(), crm.Fields{"name": fmt.Sprint(i)}))
		<-others[i].planned // one by one, each while the first is still on its way
	}
	close(hold)
	for _, g := range append(others, first) {
		if err := <-g.done; err != nil {
			t.Error(err)
		}
	}
	if n := <-sizes; n != len(others) {
		t.Errorf("the second batch has %d entries, want all %d that waited", n, len(others))
	}
}

// Whoever moves a deal during an import waits for the part of it that is on its
// way, and goes with the next one at the latest.
func TestPartsOfBulkWorkKeepNobodyWaiting(t *testing.T) {
	h := holdNext(t)
	part := func() workspace.Command {
		c := create(newID(), crm.Fields{"name": "Imported"})
		c.Group = newID()
		return c
	}
	under := h.give(part())
	<-h.reached
	next := h.give(part())
	<-next.planned
	later := h.give(part()) // has to wait for the next batch
	move := h.give(create(newID(), crm.Fields{"name": "By hand"}))
	<-move.planned // into the batch that is being held back, past the part that waits
	if len(later.planned) > 0 {
		t.Error("two parts are in one batch")
	}
	h.verdict <- nil
	for _, g := range []*given{under, next, move, later} {
		if err := <-g.done; err != nil {
			t.Error(err)
		}
	}
	if move.result.Offset != next.result.Offset+1 || later.result.Offset != move.result.Offset+1 {
		t.Errorf("the move is entry %d, between parts %d and %d", move.result.Offset, next.result.Offset, later.result.Offset)
	}
}

// [E12] What follows a change of policy is planned only when that is in force.
func TestNothingIsPlannedOnAPolicyThatIsNotInForce(t *testing.T) {
	dept, anna, rule, deal := newID(), newID(), newID(), newID()
	h := holdNext(t, workspace.Command{Name: "setup", Actor: crm.System, Plan: func(tx *workspace.Tx) error {
		for _, rec := range []struct {
			typ    crm.RecordType
			id     crm.ID
			fields crm.Fields
		}{
			{crm.TypeDepartment, dept, crm.Fields{"name": "Sales"}},
			{crm.TypeUser, anna, crm.Fields{"name": "Anna"}},
			{crm.TypeMembership, newID(), crm.Fields{"userId": string(anna), "departmentId": string(dept), "role": "member"}},
			{crm.TypeRule, rule, crm.Fields{"who": "role:member", "effect": "may", "action": "*", "what": "deal", "whose": "department", "fieldGroups": "all"}},
			{crm.TypeDeal, deal, crm.Fields{"title": "Desks", "departmentId": string(dept)}},
		} {
			if err := tx.Create(rec.typ, rec.id, rec.fields); err != nil {
				return err
			}
		}
		return nil
	}})
	revoke := h.give(workspace.Command{Name: "revoke", Actor: crm.System, Plan: func(tx *workspace.Tx) error { return tx.Trash(rule) }})
	<-h.reached
	edit := h.give(workspace.Command{Name: "edit", Actor: crm.Actor{UserID: anna, Source: crm.SourceApp}, Plan: func(tx *workspace.Tx) error {
		rec, _ := tx.Get(deal)
		if _, err := tx.Require(access.ActionEdit, rec); err != nil {
			return err
		}
		return tx.Edit(deal, crm.Fields{"title": "Chairs"}, nil)
	}})
	h.verdict <- nil
	if err := <-revoke.done; err != nil {
		t.Fatal(err)
	}
	if code := crm.CodeOf(<-edit.done); code != crm.CodeNotFound {
		t.Errorf("the edit behind the revocation: %q, want not_found", code)
	}
	if len(edit.planned) != 1 {
		t.Errorf("it was planned %d times", len(edit.planned))
	}
}
