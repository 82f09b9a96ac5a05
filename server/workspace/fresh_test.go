package workspace_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"rapport/server/crm"
	"rapport/server/synclog"
	"rapport/server/testkit"
	"rapport/server/workspace"
)

// sharedStore makes an embedded store look like one that other nodes write to,
// and one that can fall silent.
type sharedStore struct {
	synclog.Store

	mu     sync.Mutex // guards all below
	silent bool
	asked  int
}

func (s *sharedStore) Show(context.Context, crm.WorkspaceID, []synclog.Screen) error { return nil }

func (s *sharedStore) Elsewhere(context.Context, crm.WorkspaceID) ([]synclog.Screen, error) {
	return nil, nil
}

func (s *sharedStore) Entries(ctx context.Context, ws crm.WorkspaceID, after, upTo uint64) ([]synclog.Entry, error) {
	s.mu.Lock()
	silent := s.silent
	s.asked++
	s.mu.Unlock()
	if silent {
		return nil, errors.New("silent")
	}
	return s.Store.Entries(ctx, ws, after, upTo)
}

func (s *sharedStore) set(silent bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.silent = silent
}

func (s *sharedStore) questions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

// twoNodes opens a workspace twice on one store; the second one does not follow.
func twoNodes(t *testing.T) (writer, reader *workspace.Workspace, store *sharedStore) {
	t.Helper()
	store = &sharedStore{Store: testkit.SQLite(t)}
	open := func(s synclog.Store) *workspace.Workspace {
		ws, err := workspace.Open(t.Context(), s, workspace.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(ws.Close)
		return ws
	}
	return open(store.Store), open(store), store
}

func putCustomer(t *testing.T, ws *workspace.Workspace, id crm.ID) {
	t.Helper()
	_, err := ws.Commit(t.Context(), workspace.Command{
		Name: "test", Actor: crm.Actor{Source: crm.SourceSystem},
		Plan: func(tx *workspace.Tx) error { return tx.Create(crm.TypeCustomer, id, crm.Fields{"name": "A"}) },
	})
	if err != nil {
		t.Fatal(err)
	}
}

func has(t *testing.T, ws *workspace.Workspace, id crm.ID) bool {
	t.Helper()
	found := false
	err := ws.Read(t.Context(), nil, func(s *workspace.State) error {
		_, found = s.Lookup(crm.TypeCustomer, id)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestANodeThatMayBeBehindAsksBeforeItAnswers(t *testing.T) {
	writer, reader, store := twoNodes(t)
	id := crm.NewID(time.Now())
	putCustomer(t, writer, id)
	if asked := store.questions(); has(t, reader, id) || store.questions() != asked {
		t.Fatal("it asks while it counts as current: each read would wait for the store")
	}
	reader.Sleep(time.Minute)
	if reader.Age() < time.Minute {
		t.Errorf("age %s after a minute's sleep", reader.Age())
	}
	if !has(t, reader, id) {
		t.Error("answered from a state of a minute ago")
	}
	if reader.Age() != 0 {
		t.Errorf("age %s after it asked", reader.Age())
	}
}

// A node that is paused in the middle of an answer does not give it as if no time had passed.
func TestANodePausedWhileItReadsReadsAgain(t *testing.T) {
	writer, reader, _ := twoNodes(t)
	id, tries, found := crm.NewID(time.Now()), 0, false
	err := reader.Read(t.Context(), nil, func(s *workspace.State) error {
		_, found = s.Lookup(crm.TypeCustomer, id)
		if tries++; tries == 1 {
			putCustomer(t, writer, id)
			reader.Sleep(time.Minute)
		}
		return nil
	})
	if err != nil || !found {
		t.Errorf("answered from before the pause, after %d tries: %v", tries, err)
	}
}

// Without its store a node goes on showing what it has, and says how old it is.
func TestANodeWhoseStoreIsSilentSaysHowOldItIs(t *testing.T) {
	writer, reader, store := twoNodes(t)
	id := crm.NewID(time.Now())
	putCustomer(t, writer, id)
	store.set(true)
	reader.Sleep(time.Minute)
	if has(t, reader, id) || reader.Age() < time.Minute {
		t.Errorf("age %s", reader.Age())
	}
	asked := store.questions()
	for range 100 {
		has(t, reader, id)
	}
	if store.questions() > asked+2 {
		t.Errorf("a silent store was asked %d times", store.questions()-asked)
	}
}

func TestWhatAnotherNodeMadeAMomentAgoIsFound(t *testing.T) {
	writer, reader, _ := twoNodes(t)
	id := crm.NewID(time.Now())
	putCustomer(t, writer, id)
	err := reader.Read(t.Context(), nil, func(s *workspace.State) error {
		if _, ok := s.Lookup(crm.TypeCustomer, id); !ok {
			return workspace.NotFound()
		}
		return nil
	})
	if err != nil {
		t.Errorf("not found: %v", err)
	}
	contact, tries := crm.NewID(time.Now()), 0
	customer := crm.NewID(time.Now())
	putCustomer(t, writer, customer)
	_, err = reader.Commit(t.Context(), workspace.Command{
		Name: "test", Actor: crm.Actor{Source: crm.SourceSystem},
		Plan: func(tx *workspace.Tx) error {
			tries++
			if _, ok := tx.Lookup(crm.TypeCustomer, customer); !ok {
				return crm.Invalid("customerId", "unknown")
			}
			return tx.Create(crm.TypeContact, contact, crm.Fields{"name": "B", "customerId": string(customer)})
		},
	})
	if err != nil || tries < 2 {
		t.Errorf("refused by what held a moment ago: %v", err)
	}
}

// [C1] Another node may have changed a moment ago what seems to be so already.
func TestWhatIsSoAlreadyIsSoInTheLog(t *testing.T) {
	writer, reader, _ := twoNodes(t)
	id := crm.NewID(time.Now())
	putCustomer(t, writer, id)
	if err := reader.Confirm(t.Context()); err != nil {
		t.Fatal(err)
	}
	must(t, writer, set(id, crm.Fields{"name": "B"}))
	must(t, reader, set(id, crm.Fields{"name": "A"})) // as the reader has it
	if rec := get(t, reader, id); rec.Version != 3 || rec.Fields.String("name") != "A" {
		t.Errorf("acknowledged and not done: version %d, name %q", rec.Version, rec.Fields.String("name"))
	}
}

// A node that cannot make sure does not say that nothing had to be done, nor that
// something may not be done.
func TestASilentStoreIsNoReasonToSayDone(t *testing.T) {
	writer, reader, store := twoNodes(t)
	id := crm.NewID(time.Now())
	putCustomer(t, writer, id)
	if err := reader.Confirm(t.Context()); err != nil {
		t.Fatal(err)
	}
	must(t, writer, set(id, crm.Fields{"name": "B"}))
	store.set(true)
	for name, c := range map[string]workspace.Command{
		"what is so already, as it has it": set(id, crm.Fields{"name": "A"}),
		"what is taken, as it has it":      create(id, nil),
		"what is not there, as it has it":  set(newID(), crm.Fields{"name": "A"}),
	} {
		if result, err := reader.Commit(t.Context(), c); crm.CodeOf(err) != crm.CodeUnavailable {
			t.Errorf("%s: %+v, %v", name, result, err)
		}
	}
}

func TestQuestionsOfManyAreOne(t *testing.T) {
	_, reader, store := twoNodes(t)
	reader.Sleep(time.Minute)
	asked := store.questions()
	var readers sync.WaitGroup
	for range 200 {
		readers.Go(func() { has(t, reader, "x") })
	}
	readers.Wait()
	// How many come too late for the one that is on its way, the scheduler decides.
	if n := store.questions() - asked; n > 20 {
		t.Errorf("200 readers asked %d times", n)
	}
}
