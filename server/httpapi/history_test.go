package httpapi_test

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"rapport/server/crm"
	"rapport/server/synclog"
	"rapport/server/wire"
	"rapport/server/workspace"
)

// [D15]
func TestHistoryShowsWhatTheViewerMaySee(t *testing.T) {
	o := newOffice(t).staffed()
	id := crm.NewID(time.Now())
	by := crm.Actor{UserID: o.users["lead"], Source: crm.SourceApp}
	step := func(plan func(*workspace.Tx) error) {
		if _, err := o.ws.Commit(t.Context(), workspace.Command{Name: "record.edit", Actor: by, Plan: plan}); err != nil {
			t.Fatal(err)
		}
	}
	step(func(tx *workspace.Tx) error {
		return tx.Create(crm.TypeCustomer, id, crm.Fields{"name": "Harbour", "departmentId": string(o.north)})
	})
	step(func(tx *workspace.Tx) error { return tx.Edit(id, crm.Fields{"name": "Harbour Yards"}, nil) })
	step(func(tx *workspace.Tx) error {
		return tx.Edit(id, crm.Fields{"emails": []any{"secret@example.com"}}, nil)
	})
	step(func(tx *workspace.Tx) error {
		return tx.Edit(id, crm.Fields{"name": "Harbour Yards Ltd", "notes": "secret"}, []string{"emails"})
	})

	tests := []struct {
		name, role string
		changes    []string // of each entry, newest first
		mayUndo    bool
	}{
		{"a member sees every change", "member", []string{"emails name notes", "emails", "name", "departmentId name"}, true},
		{"a guest neither masked fields nor entries of them alone, and undoes nothing", "guest", []string{"name", "name", "departmentId name"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			res, body := o.as(tt.role, "GET", "/api/v1/records/"+string(id)+"/history", nil)
			if res.StatusCode != 200 || res.Header.Get("Rapport-Position") == "" {
				t.Fatalf("%d %s", res.StatusCode, body)
			}
			var history wire.History
			if err := json.Unmarshal([]byte(body), &history); err != nil {
				t.Fatal(err)
			}
			if len(history.Entries) != len(tt.changes) {
				t.Fatalf("%d entries, want %d: %s", len(history.Entries), len(tt.changes), body)
			}
			for i, e := range history.Entries {
				var keys []string
				for _, c := range e.Changes {
					keys = append(keys, c.Key)
				}
				if got := strings.Join(keys, " "); got != tt.changes[i] {
					t.Errorf("entry %d changes %s, want %s", i, got, tt.changes[i])
				}
				if e.By != string(o.users["lead"]) {
					t.Errorf("entry %d is by %q", i, e.By)
				}
			}
			for i, e := range history.Entries {
				if e.Created != (i == len(history.Entries)-1) {
					t.Errorf("entry %d created it: %v", i, e.Created)
				}
			}
			if got := history.Entries[1].MayUndo; got != tt.mayUndo {
				t.Errorf("may undo: %v", got)
			}
			if tt.role == "guest" && strings.Contains(body, "secret") {
				t.Error("a masked value is in the history")
			}
		})
	}
}

func TestHistoryOffersNoUndoOfAPartOfAnImport(t *testing.T) {
	o := newOffice(t).staffed()
	cmd := workspace.Command{
		Name: "import.part", Actor: crm.Actor{UserID: o.users["lead"], Source: crm.SourceImport}, Group: crm.NewID(time.Now()),
		Plan: func(tx *workspace.Tx) error { return tx.Edit(o.deal, crm.Fields{"product": "Assam"}, nil) },
	}
	if _, err := o.ws.Commit(t.Context(), cmd); err != nil {
		t.Fatal(err)
	}
	_, body := o.as("lead", "GET", "/api/v1/records/"+string(o.deal)+"/history", nil)
	var history wire.History
	if err := json.Unmarshal([]byte(body), &history); err != nil || history.Entries[0].Source != "import" || history.Entries[0].MayUndo {
		t.Errorf("%s %v", body, err)
	}
}

// dismiss takes all roles of a person away and writes a title into the deal that
// he is not to read any more.
func (o *office) dismiss(role string) {
	o.t.Helper()
	o.commit(func(tx *workspace.Tx) error {
		var held []crm.ID
		tx.Each(crm.TypeMembership, func(rec crm.Record) bool {
			if rec.Fields.ID("userId") == o.users[role] {
				held = append(held, rec.ID)
			}
			return true
		})
		for _, id := range held {
			if err := tx.Trash(id); err != nil {
				return err
			}
		}
		return nil
	})
	o.commit(func(tx *workspace.Tx) error { return tx.Edit(o.deal, crm.Fields{"title": "SECRET"}, nil) })
}

// [D15] The store is shared, and a node may not yet have come to the entry
// after which somebody may see a record no more.
func TestHistoryEndsWhereTheNodeStands(t *testing.T) {
	for _, row := range []struct {
		name  string
		later int // how many more changes are in the log that the node has not come to
		query func(head uint64) string
	}{
		{"what was written after rights were withdrawn", 0, func(uint64) string { return "" }},
		{"more than a page of it", 60, func(uint64) string { return "" }},
		{"a page asked for from beyond", 0, func(head uint64) string { return "?before=" + strconv.FormatUint(head+1, 10) }},
	} {
		t.Run(row.name, func(t *testing.T) {
			o := newOffice(t).staffed()
			behind := o.node(nil)
			stands := behind.ws.Position().Offset
			o.dismiss("member")
			for i := range row.later {
				o.commit(func(tx *workspace.Tx) error {
					return tx.Edit(o.deal, crm.Fields{"title": "SECRET " + strconv.Itoa(i)}, nil)
				})
			}
			path := "/api/v1/records/" + string(o.deal) + "/history"
			if res, _ := o.as("member", "GET", path, nil); res.StatusCode != 404 {
				t.Fatalf("elsewhere he still sees it: %d", res.StatusCode)
			}
			res, body := behind.as("member", "GET", path+row.query(o.ws.Position().Offset), nil)
			var history wire.History
			if err := json.Unmarshal([]byte(body), &history); err != nil || res.StatusCode != 200 {
				t.Fatalf("%d %s", res.StatusCode, body)
			}
			if strings.Contains(body, "SECRET") {
				t.Errorf("it tells what was written after he lost the right: %s", body)
			}
			if len(history.Entries) != 1 || history.Entries[0].Offset > stands || history.Next != 0 {
				t.Errorf("the page is not what the node has: %s", body)
			}
		})
	}
}

// meanwhile is a store in which something happens before a history is read.
type meanwhile struct {
	synclog.Store
	happens func()
}

func (m *meanwhile) History(ctx context.Context, ws crm.WorkspaceID, id crm.ID, page synclog.Page) ([]synclog.Entry, error) {
	m.happens()
	return m.Store.History(ctx, ws, id, page)
}

// [D15]
func TestHistoryIsRefusedToWhomLosesTheRightWhileTheStoreIsAsked(t *testing.T) {
	o := newOffice(t).staffed()
	store := &meanwhile{}
	o = o.node(func(s synclog.Store) synclog.Store { store.Store = s; return store })
	store.happens = func() { o.dismiss("member") }
	res, body := o.as("member", "GET", "/api/v1/records/"+string(o.deal)+"/history", nil)
	if res.StatusCode != 404 || strings.Contains(body, "Assam") {
		t.Errorf("%d %s", res.StatusCode, body)
	}
}
