package workspace_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/synclog"
	"rapport/server/testkit"
	"rapport/server/workspace"
)

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

func open(t *testing.T, store synclog.Store) *workspace.Workspace {
	t.Helper()
	w, err := workspace.Open(t.Context(), store, workspace.Options{Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return w
}

func newID() crm.ID { return crm.NewID(time.Now()) }

func create(id crm.ID, fields crm.Fields) workspace.Command {
	return workspace.Command{ID: newID(), Name: "record.create", Actor: crm.System, Plan: func(tx *workspace.Tx) error {
		return tx.Create(crm.TypeCustomer, id, fields)
	}}
}

func set(id crm.ID, fields crm.Fields) workspace.Command {
	return workspace.Command{ID: newID(), Name: "record.edit", Actor: crm.System, Plan: func(tx *workspace.Tx) error {
		return tx.Edit(id, fields, nil)
	}}
}

func must(t *testing.T, w *workspace.Workspace, c workspace.Command) workspace.Result {
	t.Helper()
	r, err := w.Commit(t.Context(), c)
	if err != nil {
		t.Fatalf("commit %s: %v", c.Name, err)
	}
	return r
}

func get(t *testing.T, w *workspace.Workspace, id crm.ID) crm.Record {
	t.Helper()
	var rec crm.Record
	if err := w.Read(t.Context(), nil, func(s *workspace.State) error {
		rec, _ = s.Get(id)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return rec
}

func TestACommittedCommandIsThereAfterReopening(t *testing.T) {
	store := testkit.SQLite(t)
	w := open(t, store)
	id := newID()
	first := must(t, w, create(id, crm.Fields{"name": "Kestrel Logistics"}))
	second := must(t, w, set(id, crm.Fields{"name": "Kestrel", "kind": "company"}))
	if first.Offset != 1 || second.Offset != 2 {
		t.Errorf("offsets = %d, %d, want 1, 2", first.Offset, second.Offset)
	}
	again := open(t, store)
	rec := get(t, again, id)
	if rec.Version != 2 || rec.Fields.String("name") != "Kestrel" {
		t.Errorf("after reopening: %+v", rec)
	}
	if p := again.Position(); p != second.Position {
		t.Errorf("position after reopening = %v, want %v", p, second.Position)
	}
}

func TestAFailedPlanLeavesNothingAndHoldsNobodyUp(t *testing.T) {
	w := open(t, testkit.SQLite(t))
	kept, dropped := newID(), newID()
	must(t, w, create(kept, crm.Fields{"name": "Nordhavn Foods"}))
	boom := errors.New("no")
	plans := map[string]func(*workspace.Tx) error{
		"a plan that fails after writing": func(tx *workspace.Tx) error {
			if err := tx.Create(crm.TypeCustomer, dropped, crm.Fields{"name": "x"}); err != nil {
				return err
			}
			if err := tx.Edit(kept, crm.Fields{"name": "changed"}, nil); err != nil {
				return err
			}
			return boom
		},
		"a plan that panics": func(*workspace.Tx) error { panic("broken") },
	}
	for name, plan := range plans {
		t.Run(name, func(t *testing.T) {
			_, err := w.Commit(t.Context(), workspace.Command{Name: "x", Actor: crm.System, Plan: plan})
			if err == nil {
				t.Fatal("want an error")
			}
			if text := err.Error(); strings.Contains(text, "broken") || name == "a plan that panics" && !strings.Contains(text, "workspace_test.go") {
				t.Errorf("the error tells what somebody wrote, or no place: %s", text)
			}
			if rec := get(t, w, dropped); rec.Version != 0 {
				t.Errorf("the failed create is visible: %+v", rec)
			}
			if got := get(t, w, kept); got.Version != 1 {
				t.Errorf("the failed edit is visible: %+v", got)
			}
			must(t, w, create(newID(), crm.Fields{"name": "next"}))
		})
	}
}

func TestACommandWithoutChangeMakesNoEntry(t *testing.T) {
	w := open(t, testkit.SQLite(t))
	id := newID()
	must(t, w, create(id, crm.Fields{"name": "Tern Ferries"}))
	r := must(t, w, set(id, crm.Fields{"name": "Tern Ferries"}))
	if r.Offset != 0 || w.Position().Offset != 1 {
		t.Errorf("offset = %d, position = %d; want no entry", r.Offset, w.Position().Offset)
	}
}

// [C11]
func TestRepeatedCommands(t *testing.T) {
	store := testkit.SQLite(t)
	w := open(t, store)
	anna, ben := crm.Actor{UserID: newID(), Source: crm.SourceApp}, crm.Actor{UserID: newID(), Source: crm.SourceApp}
	command := func(id crm.ID, actor crm.Actor, hash string) workspace.Command {
		return workspace.Command{ID: id, Name: "n", Hash: hash, Actor: actor, Plan: func(tx *workspace.Tx) error {
			return tx.Create(crm.TypeCustomer, tx.NewID(), crm.Fields{"name": "once"})
		}}
	}
	id := newID()
	first := must(t, w, command(id, anna, "h1"))
	reopened := open(t, store)
	for _, tt := range []struct {
		name    string
		on      *workspace.Workspace
		command workspace.Command
		repeat  bool
		code    crm.Code
	}{
		{"the same command gets the first result", w, command(id, anna, "h1"), true, ""},
		{"also after a restart", reopened, command(id, anna, "h1"), true, ""},
		{"the same id with another content is refused", w, command(id, anna, "h2"), false, crm.CodeInvalid},
		{"another person's id is a new command, which tells nothing of the first", w, command(id, ben, "h1"), false, ""},
		{"an id that is none is refused", w, command("nonsense", anna, "h1"), false, crm.CodeInvalid},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := tt.on.Commit(t.Context(), tt.command)
			if got := crm.CodeOf(err); got != tt.code {
				t.Fatalf("code = %q (%v), want %q", got, err, tt.code)
			}
			if r.Repeated != tt.repeat {
				t.Errorf("repeated = %v, want %v", r.Repeated, tt.repeat)
			}
			if tt.repeat && (r.Offset != first.Offset || len(r.IDs) != 1 || r.IDs[0] != first.IDs[0]) {
				t.Errorf("result = %+v, want that of the first: %+v", r, first)
			}
		})
	}
}

// [C11] For a day a commandId stands for what it did; a second later, once anything
// else has been committed, it is a new one, also after a restart.
func TestACommandIsRememberedForADay(t *testing.T) {
	now := time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name   string
		later  time.Duration
		repeat bool
	}{
		{"a day less a second later", synclog.CommandMemory - time.Second, true},
		{"a day and a second later", synclog.CommandMemory + time.Second, false},
	} {
		for _, restarted := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, restarted %v", tt.name, restarted), func(t *testing.T) {
				clock, store := now, testkit.SQLite(t)
				openAt := func() *workspace.Workspace {
					w, err := workspace.Open(t.Context(), store, workspace.Options{Log: quiet, Now: func() time.Time { return clock }})
					if err != nil {
						t.Fatal(err)
					}
					t.Cleanup(w.Close)
					return w
				}
				w, id := openAt(), newID()
				must(t, w, create(id, crm.Fields{"name": "First"}))
				again := repeatable(set(id, crm.Fields{"name": "Second"}))
				must(t, w, again)
				clock = now.Add(tt.later)
				if restarted {
					w.Close()
					w = openAt()
				}
				must(t, w, set(id, crm.Fields{"name": "Third"}))
				if r := must(t, w, again); r.Repeated != tt.repeat {
					t.Errorf("repeated = %v, want %v", r.Repeated, tt.repeat)
				}
			})
		}
	}
}

// [A15] What was committed while the clock was far ahead must not keep all that
// came after it from being forgotten.
func TestAClockThatWasAheadKeepsNothingForEver(t *testing.T) {
	now := time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC)
	clock := now
	store := testkit.SQLite(t)
	o := workspace.Options{Log: quiet, Now: func() time.Time { return clock }}
	w, err := workspace.Open(t.Context(), store, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	id := newID()
	must(t, w, create(id, crm.Fields{"name": "First"}))
	clock = now.AddDate(10, 0, 0)
	for range 3 {
		must(t, w, repeatable(set(id, crm.Fields{"name": string(newID())})))
	}
	clock = now
	again := repeatable(set(id, crm.Fields{"name": "Later"}))
	must(t, w, again)
	if r := must(t, w, again); !r.Repeated {
		t.Error("not remembered at once")
	}
	for _, hours := range []time.Duration{1, 26} {
		clock = now.Add(hours * time.Hour)
		must(t, w, set(id, crm.Fields{"name": fmt.Sprint(hours)}))
	}
	if r := must(t, w, again); r.Repeated {
		t.Error("remembered after more than a day")
	}
}

// What was changed so long ago that nobody remembers which fields it was may have
// been any field: an edit from before is a conflict, not somebody else's loss.
func TestAnEditFromBeforeWhatIsRememberedIsAConflict(t *testing.T) {
	store := testkit.SQLite(t)
	w := open(t, store)
	id, other := newID(), newID()
	must(t, w, create(id, crm.Fields{"name": "First", "notes": "none"}))
	must(t, w, create(other, crm.Fields{"name": "Other"}))
	must(t, w, set(id, crm.Fields{"name": "Theirs"}))
	for n := range 600 {
		must(t, w, set(other, crm.Fields{"name": fmt.Sprint(n)}))
	}
	w.Close()
	again := open(t, store)
	_, err := again.Commit(t.Context(), workspace.Command{Name: "test", Actor: crm.System, Plan: func(tx *workspace.Tx) error {
		rec, _ := tx.Get(id)
		return tx.Merge(rec, 1, crm.Fields{"name": "Mine"}, nil)
	}})
	if crm.CodeOf(err) != crm.CodeConflict {
		t.Errorf("%v, want a conflict", err)
	}
}

func repeatable(c workspace.Command) workspace.Command {
	c.ID, c.Hash = newID(), "hash"
	return c
}

// [A9] Two nodes that race for every offset must lose and double nothing: each
// plan reads the counter and writes it one higher.
func TestTwoNodesWritingAtOnceLoseAndDoubleNothing(t *testing.T) {
	store := testkit.SQLite(t)
	nodes := []*workspace.Workspace{open(t, store), open(t, store)}
	id := newID()
	must(t, nodes[0], create(id, crm.Fields{"n": int64(0)}))
	const writers, each = 8, 20
	var wg sync.WaitGroup
	for i := range writers {
		w := nodes[i%2]
		wg.Go(func() {
			for range each {
				_, err := w.Commit(t.Context(), workspace.Command{ID: newID(), Name: "count", Actor: crm.System, Plan: func(tx *workspace.Tx) error {
					rec, ok := tx.Get(id)
					if !ok {
						return workspace.NotFound()
					}
					return tx.Edit(id, crm.Fields{"n": rec.Fields.Int("n") + 1}, nil)
				}})
				// A node that has not heard of the create yet may say so.
				if err != nil && crm.CodeOf(err) != crm.CodeNotFound {
					t.Errorf("commit: %v", err)
				}
			}
		})
	}
	wg.Wait()
	final := open(t, store)
	rec := get(t, final, id)
	if got := rec.Fields.Int("n"); uint64(got)+1 != rec.Version || got < writers/2*each {
		t.Errorf("counter = %d at version %d", got, rec.Version)
	}
	entries, err := store.Entries(t.Context(), crm.MainWorkspace, 0, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range entries {
		if e.Offset != uint64(i+1) {
			t.Fatalf("entry %d has offset %d", i+1, e.Offset)
		}
	}
}

// [A9] A node loses the race for an offset to a revocation: what it had planned is
// planned anew, by whoever may do what now.
func TestALoserOfTheRaceIsAuthorizedAnew(t *testing.T) {
	store := testkit.SQLite(t)
	winner := open(t, store)
	office := newSmallOffice(t, winner)
	var lost atomic.Bool
	loser := open(t, &flaky{Store: store, append: func(ctx context.Context, b synclog.Batch, real func(context.Context, synclog.Batch) error) error {
		if lost.CompareAndSwap(false, true) {
			must(t, winner, office.revoke())
			err := real(ctx, b)
			if !errors.Is(err, synclog.ErrOffsetTaken) {
				t.Errorf("[A9] Append = %v, want %v", err, synclog.ErrOffsetTaken)
			}
			return err
		}
		return real(ctx, b)
	}})
	if _, err := loser.Commit(t.Context(), office.edit("too late")); crm.CodeOf(err) != crm.CodeNotFound {
		t.Errorf("[A9] after the lost race: %v, want not_found", err)
	}
	if got := get(t, winner, office.deal).Fields.String("title"); !lost.Load() || got != "Fleet terminals" {
		t.Errorf("[A9] title = %q, lost a race: %v", got, lost.Load())
	}
}

func TestEditsBasedOnVersionsFromBeforeARestartMerge(t *testing.T) {
	store, id := testkit.SQLite(t), newID()
	w := open(t, store)
	must(t, w, create(id, crm.Fields{"name": "First", "city": "Leiden"}))
	must(t, w, set(id, crm.Fields{"name": "Second"}))
	w.Close()
	w = open(t, store)
	edit := func(key string) error {
		_, err := w.Commit(t.Context(), workspace.Command{Name: "test", Actor: crm.System, Plan: func(tx *workspace.Tx) error {
			rec, _ := tx.Get(id)
			if err := tx.Merge(rec, 1, crm.Fields{key: "Third"}, nil); err != nil {
				return err
			}
			return tx.Edit(id, crm.Fields{key: "Third"}, nil)
		}})
		return err
	}
	if err := edit("city"); err != nil {
		t.Errorf("a field that nobody has changed: %v", err)
	}
	if err := edit("name"); crm.CodeOf(err) != crm.CodeConflict {
		t.Errorf("a field that was changed: %v", err)
	}
}

func TestAReadWaitsForThePositionItsScreenStandsAt(t *testing.T) {
	store := testkit.SQLite(t)
	ahead, behind := open(t, store), open(t, store)
	r := must(t, ahead, create(newID(), crm.Fields{"name": "Vostok Agro"}))
	nothing := func(*workspace.State) error { return nil }

	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := behind.Read(ctx, &r.Position, nothing); crm.CodeOf(err) != crm.CodeBehind {
		t.Errorf("a node that does not follow answered %v, want behind", err)
	}
	follow, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- behind.Run(follow) }()
	if err := behind.Read(t.Context(), &r.Position, nothing); err != nil {
		t.Errorf("a node that follows: %v", err)
	}
	other := synclog.Position{Epoch: newID(), Offset: 1}
	if err := behind.Read(t.Context(), &other, nothing); crm.CodeOf(err) != crm.CodeConflict {
		t.Errorf("a position of another epoch: %v, want conflict", err)
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// [SL1]
func TestHooksSeeEachEntryOnceInOrder(t *testing.T) {
	store := testkit.SQLite(t)
	writer, reader := open(t, store), open(t, store)
	const n = 50
	seen := make(chan uint64, 2*n)
	reader.OnChange(func(c workspace.Change) { seen <- c.Entry.Offset })
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go func() { _ = reader.Run(ctx) }()
	for range n {
		must(t, writer, create(newID(), crm.Fields{"name": "x"}))
	}
	for want := uint64(1); want <= n; want++ {
		if got := <-seen; got != want {
			t.Fatalf("hook saw %d, want %d", got, want)
		}
	}
}

func TestChangedTellsWhichKeysOthersTouched(t *testing.T) {
	w := open(t, testkit.SQLite(t))
	id := newID()
	must(t, w, create(id, crm.Fields{"name": "a", "website": "https://a.example"}))
	ana, ben := newID(), newID()
	by := func(person crm.ID, c workspace.Command) workspace.Command {
		c.Actor = crm.Actor{UserID: person, Source: crm.SourceApp}
		return c
	}
	must(t, w, by(ana, set(id, crm.Fields{"name": "b"})))
	must(t, w, by(ben, set(id, crm.Fields{"website": "https://b.example"})))
	must(t, w, by(ben, set(id, crm.Fields{"industry": "Boats"})))
	for _, tt := range []struct {
		name  string
		since uint64
		want  map[string]crm.ID
	}{
		{"since the first version all, each by whoever did it", 1, map[string]crm.ID{"name": ana, "website": ben, "industry": ben}},
		{"since the second what Ben did, one after another", 2, map[string]crm.ID{"website": ben, "industry": ben}},
		{"since the third the last", 3, map[string]crm.ID{"industry": ben}},
		{"since now nothing", 4, map[string]crm.ID{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			must(t, w, workspace.Command{Name: "look", Actor: crm.System, Plan: func(tx *workspace.Tx) error {
				keys, known := tx.Changed(id, tt.since)
				maps.DeleteFunc(keys, func(key string, _ crm.ID) bool { return key == crm.KeyUpdatedAt || key == crm.KeyUpdatedBy })
				if !known || !maps.Equal(keys, tt.want) {
					t.Errorf("Changed(%d) = %v, %v", tt.since, keys, known)
				}
				return nil
			}})
		})
	}
}

func TestTheTrashIsOutOfEverySight(t *testing.T) {
	w := open(t, testkit.SQLite(t))
	customer, contact := newID(), newID()
	must(t, w, create(customer, crm.Fields{"name": "Papelería Mirto", "emails": []any{"Hola@Mirto.example"}}))
	must(t, w, workspace.Command{Name: "c", Actor: crm.System, Plan: func(tx *workspace.Tx) error {
		return tx.Create(crm.TypeContact, contact, crm.Fields{"name": "Inés", "customerId": string(customer)})
	}})
	sights := func(want bool) {
		t.Helper()
		_ = w.Read(t.Context(), nil, func(s *workspace.State) error {
			each := false
			s.Each(crm.TypeContact, func(crm.Record) bool { each = true; return true })
			got := []bool{each, len(s.Linked(customer)) == 1, len(s.Find(crm.TypeContact, "name", "  INÉS ")) == 1}
			for i, g := range got {
				if g != want {
					t.Errorf("sight %d = %v, want %v", i, g, want)
				}
			}
			return nil
		})
	}
	sights(true)
	must(t, w, workspace.Command{Name: "t", Actor: crm.System, Plan: func(tx *workspace.Tx) error { return tx.Trash(contact) }})
	sights(false)
	must(t, w, workspace.Command{Name: "r", Actor: crm.System, Plan: func(tx *workspace.Tx) error { return tx.Restore(contact) }})
	sights(true)
}

// A command that follows a revocation in the same batch must be judged by the
// policy after it.
// smallOffice is a department where Anna may edit a deal, by one rule.
type smallOffice struct{ anna, rule, deal crm.ID }

func newSmallOffice(t *testing.T, w *workspace.Workspace) smallOffice {
	t.Helper()
	o, dept := smallOffice{newID(), newID(), newID()}, newID()
	must(t, w, workspace.Command{Name: "setup", Actor: crm.System, Plan: func(tx *workspace.Tx) error {
		return errors.Join(
			tx.Create(crm.TypeDepartment, dept, crm.Fields{"name": "Sales"}),
			tx.Create(crm.TypeUser, o.anna, crm.Fields{"name": "Anna"}),
			tx.Create(crm.TypeMembership, tx.NewID(), crm.Fields{"userId": string(o.anna), "departmentId": string(dept), "role": "member"}),
			tx.Create(crm.TypeRule, o.rule, crm.Fields{"who": "role:member", "effect": "may", "action": "*", "what": "deal", "whose": "department", "fieldGroups": "all"}),
			tx.Create(crm.TypeDeal, o.deal, crm.Fields{"title": "Fleet terminals", "departmentId": string(dept)}),
		)
	}})
	return o
}

func (o smallOffice) edit(title string) workspace.Command {
	return workspace.Command{ID: newID(), Name: "edit", Actor: crm.Actor{UserID: o.anna, Source: crm.SourceApp}, Plan: func(tx *workspace.Tx) error {
		rec, _ := tx.Get(o.deal)
		if _, err := tx.Require(access.ActionEdit, rec); err != nil {
			return err
		}
		return tx.Edit(o.deal, crm.Fields{"title": title}, nil)
	}}
}

func (o smallOffice) revoke() workspace.Command {
	return workspace.Command{Name: "revoke", Actor: crm.System, Plan: func(tx *workspace.Tx) error { return tx.Trash(o.rule) }}
}

func TestARevocationActsOnTheVeryNextCommand(t *testing.T) {
	w := open(t, testkit.SQLite(t))
	office := newSmallOffice(t, w)
	must(t, w, office.edit("while allowed"))
	must(t, w, office.revoke())
	if _, err := w.Commit(t.Context(), office.edit("too late")); crm.CodeOf(err) != crm.CodeNotFound {
		t.Errorf("after the revocation: %v, want not_found", err)
	}
	if got := get(t, w, office.deal).Fields.String("title"); got != "while allowed" {
		t.Errorf("title = %q", got)
	}
}
