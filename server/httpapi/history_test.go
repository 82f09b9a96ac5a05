package httpapi_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"rapport/server/crm"
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
