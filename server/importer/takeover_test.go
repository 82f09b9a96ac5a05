package importer_test

import (
	"context"
	"io"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rapport/server/crm"
	"rapport/server/identity"
	"rapport/server/importer"
	"rapport/server/synclog"
	"rapport/server/testkit"
	"rapport/server/wire"
	"rapport/server/workspace"
)

// sharedStore makes an embedded store look like one that several nodes write to,
// and remembers the files in it.
type sharedStore struct {
	synclog.Store

	kept func() // called when a file is there; nil: nothing is

	mu    sync.Mutex
	files map[crm.ID]bool
}

func (s *sharedStore) Show(context.Context, crm.WorkspaceID, []synclog.Screen) error { return nil }

func (s *sharedStore) Elsewhere(context.Context, crm.WorkspaceID) ([]synclog.Screen, error) {
	return nil, nil
}

func (s *sharedStore) PutFile(ctx context.Context, ws crm.WorkspaceID, id crm.ID, r io.Reader) error {
	s.mu.Lock()
	s.files[id] = true
	err := s.Store.PutFile(ctx, ws, id, r)
	s.mu.Unlock()
	if s.kept != nil {
		s.kept()
	}
	return err
}

func (s *sharedStore) DeleteFile(ctx context.Context, ws crm.WorkspaceID, id crm.ID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.files, id)
	return s.Store.DeleteFile(ctx, ws, id)
}

// pair is two nodes on one store: ana imports on the first one. Neither follows
// the log by itself: what the other one does is known after Confirm.
type pair struct {
	*office
	other *office
	store *sharedStore
}

func newPair(t *testing.T) *pair {
	t.Helper()
	store := &sharedStore{Store: testkit.SQLite(t), files: map[crm.ID]bool{}}
	first := newOfficeOn(t, store)
	ws := openWorkspace(t, store)
	second := &office{
		t: t, store: store, ws: ws, people: identity.New(ws, identity.Options{}),
		ana: first.ana, root: first.root, ended: map[crm.ID]chan wire.Progress{},
	}
	t.Cleanup(second.people.Close)
	for _, o := range []*office{first, second} {
		o.lookEvery = time.Hour
		o.open()
	}
	return &pair{office: first, other: second, store: store}
}

func (o *office) confirm() {
	o.t.Helper()
	if err := o.ws.Confirm(context.Background()); err != nil {
		o.t.Error(err)
	}
}

// join lets the other node run the import as well.
func (p *pair) join(id string) {
	p.other.confirm()
	p.other.imports.Run(crm.ID(id))
}

// once calls do at the first report of an office for which when holds, which is
// before the import goes on.
func (o *office) once(when func(wire.Progress) bool, do func()) {
	var first sync.Once
	o.mu.Lock()
	defer o.mu.Unlock()
	o.each = func(p wire.Progress) {
		if p.State == string(wire.ImportRunning) && when(p) {
			first.Do(do)
		}
	}
}

func atLeast(done int) func(wire.Progress) bool {
	return func(p wire.Progress) bool { return p.Done >= done }
}

// check makes sure that an import ended once: as it says on both nodes, with all
// its rows in the one file that is left.
func (p *pair) check(id string, want wire.ImportState) wire.Import {
	p.t.Helper()
	var found []wire.Import
	for _, o := range []*office{p.office, p.other} {
		o.imports.Close() // whatever still runs has come to its end
		o.confirm()
		v, err := o.imports.Get(p.t.Context(), o.ana, crm.ID(id))
		if err != nil {
			p.t.Fatal(err)
		}
		found = append(found, v)
	}
	v := found[0]
	if v.State != want || v.Problem != "" || v.Counts != found[1].Counts || v.State != found[1].State {
		p.t.Errorf("it ended as %s %q %+v and %s %q %+v", v.State, v.Problem, v.Counts, found[1].State, found[1].Problem, found[1].Counts)
	}
	if rows := p.result(id)[1:]; len(rows) != v.Counts.Done || v.Counts.Done == 0 {
		p.t.Errorf("%d rows in the result, and %d done", len(rows), v.Counts.Done)
	}
	if left := slices.Collect(maps.Keys(p.store.files)); len(left) != 1 || left[0] == crm.ID(id) {
		p.t.Errorf("files %v are left of import %s", left, id)
	}
	return v
}

func TestANodeThatComesLateLeavesAnImportAsItEnded(t *testing.T) {
	const n = 400
	for _, row := range []struct {
		name string
		at   int // rows that it has done when the first node ends the import; -1: it begins only then
	}{
		{"it begins when the file is gone", -1},
		{"it is in the middle", 1},
		{"it has done all rows", n},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := newPair(t)
			v := p.upload("deals.csv", generated(n))
			id, reached, goOn := crm.ID(v.ID), make(chan struct{}), make(chan struct{})
			if row.at < 0 {
				p.once(atLeast(0), p.other.confirm) // it knows that the import runs, and nothing else
			} else {
				p.other.once(atLeast(row.at), func() { close(reached); <-goOn })
				p.once(atLeast(1), func() { p.join(v.ID); <-reached })
			}
			p.begin(v)
			ended := p.finish(v.ID)
			close(goOn)
			if row.at < 0 {
				p.other.imports.Run(id)
			}
			told := <-p.other.end(id)
			if told.State != string(wire.ImportDone) || told.Created != n {
				t.Errorf("it tells the screens %+v", told)
			}
			v = p.check(v.ID, wire.ImportDone)
			if v.Counts != ended.Counts || v.Counts.Created != n || p.count(crm.TypeDeal) != n {
				t.Errorf("%+v, then %+v; %d deals", ended.Counts, v.Counts, p.count(crm.TypeDeal))
			}
		})
	}
}

func TestTwoNodesThatRunOneImportMakeNothingTwice(t *testing.T) {
	const n = 3000
	p := newPair(t)
	v := p.upload("deals.csv", generated(n))
	p.once(atLeast(1), func() { p.join(v.ID) })
	p.begin(v)
	p.finish(v.ID)
	<-p.other.end(crm.ID(v.ID))
	v = p.check(v.ID, wire.ImportDone)
	if v.Counts.Created != n || p.count(crm.TypeDeal) != n || p.count(crm.TypeCustomer) != 85 {
		t.Errorf("%+v, %d deals, %d customers", v.Counts, p.count(crm.TypeDeal), p.count(crm.TypeCustomer))
	}
	p.undo(v.ID)
	if left := p.count(crm.TypeDeal); left != 0 {
		t.Errorf("undo left %d deals", left)
	}
}

// Both got as far as they got. Who keeps his result first closes the import last.
func TestAnImportCancelledOnTwoNodesCountsOnce(t *testing.T) {
	p := newPair(t)
	v := p.upload("deals.csv", generated(3000))
	reached, ended := make(chan struct{}), make(chan struct{})
	var join, reach, end sync.Once
	var kept atomic.Bool
	atEnd := func(told wire.Progress) {
		if told.State != string(wire.ImportRunning) {
			end.Do(func() { close(ended) })
		}
	}
	p.other.each = func(told wire.Progress) {
		atEnd(told)
		if told.Done > 0 {
			reach.Do(func() { close(reached) })
		}
	}
	p.each = func(told wire.Progress) {
		atEnd(told)
		if told.Done < 1000 {
			return
		}
		join.Do(func() {
			p.join(v.ID)
			<-reached
			if _, err := p.imports.Cancel(context.Background(), p.command("import.cancel"), importer.IDArgs{ID: crm.ID(v.ID)}); err != nil {
				t.Error(err)
			}
		})
	}
	p.store.kept = func() {
		if kept.CompareAndSwap(false, true) {
			<-ended
		}
	}
	p.begin(v)
	p.finish(v.ID)
	<-p.other.end(crm.ID(v.ID))
	if v = p.check(v.ID, wire.ImportCancelled); !v.Undoable {
		t.Error("what it wrote cannot be undone")
	}
}

// What one node completed the other one finds complete.
func TestAnImportThatOnlyMatchesCanBeUndoneWhoeverEndsIt(t *testing.T) {
	p := newPair(t)
	p.load("a.csv", "opportunity_id,title,deal_stage\nX1,First,New\n")
	v := p.upload("b.csv", "opportunity_id,title,deal_stage,product\nX1,First,New,Lamp\n")
	p.once(atLeast(1), func() {
		p.join(v.ID)
		<-p.other.end(crm.ID(v.ID))
	})
	p.begin(v)
	if v = p.finish(v.ID); v.State != wire.ImportDone || !v.Undoable {
		t.Fatalf("%+v", v)
	}
	p.undo(v.ID)
	if p.deals()["X1"].Has("product") {
		t.Error("undo left what it completed")
	}
}

func TestAnotherNodeTakesOverFromOneThatDied(t *testing.T) {
	const n = 2000
	p := newPair(t)
	v := p.upload("deals.csv", generated(n))
	stop := make(chan struct{})
	p.once(atLeast(n/4), func() { close(stop) })
	p.begin(v)
	<-stop
	p.imports.Close()
	p.other.imports.Close()
	p.other.confirm()
	p.other.lookEvery = time.Millisecond
	p.other.open()
	if err := p.other.imports.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	if v = p.other.finish(v.ID); v.State != wire.ImportDone || v.Counts.Created != n || p.other.count(crm.TypeDeal) != n {
		t.Errorf("%s %+v, %d deals", v.State, v.Counts, p.other.count(crm.TypeDeal))
	}
}

func TestANodeLeavesAnImportAloneThatGetsOn(t *testing.T) {
	p := newPair(t)
	v := p.upload("deals.csv", generated(1000))
	looks := 0
	look := func() {
		looks++
		p.other.confirm()
		if err := p.other.imports.Look(t.Context()); err != nil {
			t.Error(err)
		}
	}
	var told int
	p.other.each = func(wire.Progress) { told++ }
	p.each = func(wire.Progress) { look() }
	p.begin(v)
	p.finish(v.ID)
	p.other.imports.Close()
	if looks < 5 || told > 0 {
		t.Errorf("after %d looks it ran the import as well, and told so %d times", looks, told)
	}
}

func TestAnImportThatStandsStillIsFoundAtTheSecondLook(t *testing.T) {
	p := newPair(t)
	v := p.upload("deals.csv", generated(3))
	p.imports.Close()
	_, err := p.ws.Commit(t.Context(), workspace.Command{Name: "test", Actor: crm.System, Plan: func(tx *workspace.Tx) error {
		return tx.Edit(crm.ID(v.ID), crm.Fields{"state": string(wire.ImportRunning)}, nil) // and then it died
	}})
	if err != nil {
		t.Fatal(err)
	}
	p.other.confirm()
	if err := p.other.imports.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	known, err := p.other.imports.Get(t.Context(), p.ana, crm.ID(v.ID))
	if err != nil || known.State != wire.ImportRunning || p.other.imports.Runs(crm.ID(v.ID)) {
		t.Fatalf("taken over before it can have stood still: %s %v", known.State, err)
	}
	if err := p.other.imports.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	if v = p.other.finish(v.ID); v.State != wire.ImportDone || v.Counts.Created != 3 {
		t.Errorf("%s %+v", v.State, v.Counts)
	}
}
