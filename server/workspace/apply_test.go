package workspace_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"rapport/server/crm"
	"rapport/server/synclog"
	"rapport/server/testkit"
	"rapport/server/workspace"
)

// dictated is a store whose log is what a test says.
type dictated struct {
	synclog.Store
	log     []synclog.Entry
	deliver []synclog.Entry // by Follow, in this order
	appends int
}

func (d *dictated) Append(context.Context, synclog.Batch) error {
	d.appends++
	return synclog.ErrRejected
}

func (d *dictated) Follow(ctx context.Context, _ crm.WorkspaceID, _ uint64, each func(synclog.Entry) error) error {
	for _, e := range d.deliver {
		if err := each(e); err != nil {
			return err
		}
	}
	return errors.New("no more")
}

func (d *dictated) Entries(_ context.Context, _ crm.WorkspaceID, after, upTo uint64) ([]synclog.Entry, error) {
	return slices.DeleteFunc(slices.Clone(d.log), func(e synclog.Entry) bool { return e.Offset <= after || e.Offset > upTo }), nil
}

// [SL1] What the log delivers is applied in order, once; a log that cannot be
// right ends the workspace, before anybody is shown what never was.
func TestTheLogIsFollowedToTheLetter(t *testing.T) {
	id := newID()
	named := func(offset, version uint64, name string) synclog.Entry {
		set := crm.Pack(crm.Fields{"name": name})
		return synclog.Entry{Offset: offset, Actor: crm.System, Command: "test", Ops: []synclog.Op{{Type: crm.TypeCustomer, ID: id, Version: version, Set: set}}}
	}
	first, second, third := named(1, 1, "First"), named(2, 2, "Second"), named(3, 3, "Third")
	for _, tt := range []struct {
		name    string
		log     []synclog.Entry
		deliver []synclog.Entry
		at      uint64
		holds   string
		broken  bool
	}{
		{"one after the other", nil, []synclog.Entry{first, second, third}, 3, "Third", false},
		{"what comes twice counts once", nil, []synclog.Entry{first, second, first, second, third}, 3, "Third", false},
		{"what is left out is fetched", []synclog.Entry{first, second, third}, []synclog.Entry{first, third}, 3, "Third", false},
		{"a gap that is in the log, too", []synclog.Entry{first, third}, []synclog.Entry{first, third}, 1, "First", true},
		{"a version that does not follow", nil, []synclog.Entry{first, named(2, 3, "Odd")}, 1, "First", true},
		{"a version that is there already", nil, []synclog.Entry{first, named(2, 1, "Again")}, 1, "First", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			store := &dictated{Store: testkit.SQLite(t), log: tt.log, deliver: tt.deliver}
			w := open(t, store)
			if err := w.Run(t.Context()); err == nil {
				t.Error("the end of the log is no error")
			}
			if at := w.Position().Offset; at != tt.at {
				t.Errorf("stands at %d, want %d", at, tt.at)
			}
			if got := get(t, w, id).Fields.String("name"); got != tt.holds {
				t.Errorf("holds %q, want %q", got, tt.holds)
			}
			if broken := w.Healthy() != nil; broken != tt.broken {
				t.Errorf("says it is broken: %v, want %v", broken, tt.broken)
			}
			if !tt.broken {
				return
			}
			if _, err := w.Commit(t.Context(), create(newID(), crm.Fields{"name": "x"})); crm.CodeOf(err) != crm.CodeUnavailable {
				t.Errorf("a command on top of it: %v", err)
			}
			if store.appends > 0 {
				t.Error("the store was asked to keep something on top of it")
			}
			if err := w.Ready(t.Context()); err == nil {
				t.Error("it says that it is ready")
			}
		})
	}
}

// [SL17] Whose values come into sight, or out of it, because a definition does is
// told to load again; a definition that is new has no values yet.
func TestWhenRecordsLookAnotherWayThoughNothingWasWrittenToThem(t *testing.T) {
	w := open(t, testkit.SQLite(t))
	var regrouped bool
	w.OnChange(func(c workspace.Change) { regrouped = c.Regrouped })
	size, twin := newID(), newID()
	definition := crm.Fields{"recordType": "deal", "key": "size", "kind": "text", "group": "standard", "labels": map[string]any{"en": "Size"}}
	for _, step := range []struct {
		name string
		plan func(*workspace.Tx) error
		want bool
	}{
		{"a new definition", func(tx *workspace.Tx) error { return tx.Create(crm.TypeField, size, definition) }, false},
		{"another label", func(tx *workspace.Tx) error {
			return tx.Edit(size, crm.Fields{"labels": map[string]any{"en": "How large"}}, nil)
		}, false},
		{"it is thrown away", func(tx *workspace.Tx) error { return tx.Trash(size) }, true},
		{"it comes back", func(tx *workspace.Tx) error { return tx.Restore(size) }, true},
		{"it is thrown away again", func(tx *workspace.Tx) error { return tx.Trash(size) }, true},
		{"its key is defined anew", func(tx *workspace.Tx) error { return tx.Create(crm.TypeField, twin, definition) }, true},
	} {
		must(t, w, workspace.Command{Name: "test", Actor: crm.System, Plan: step.plan})
		if regrouped != step.want {
			t.Errorf("%s: records look another way: %v", step.name, regrouped)
		}
	}
}
