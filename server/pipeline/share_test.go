package pipeline_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/pipeline"
	"rapport/server/workspace"
)

// sees says what a person sees of a record, group by group.
func (w *world) sees(name string, id crm.ID) []string {
	w.t.Helper()
	var groups crm.Groups
	w.Look(func(s *workspace.State) {
		rec, _ := s.Get(id)
		groups = s.See(w.People[name], rec)
	})
	return groups.Names()
}

func (w *world) share(by string, fields, actions []string) error {
	w.t.Helper()
	_, err := w.service.ShareBoard(w.t.Context(), w.As(by), pipeline.ShareArgs{
		BoardID: w.board, DepartmentID: w.Departments["Marketing"], Fields: fields, Actions: actions,
	})
	return err
}

func TestSharingABoard(t *testing.T) {
	w := newWorld(t)
	deal := w.deal("a", "new", "Mia")
	elsewhere := w.deal("b", "new", "Mia", crm.Fields{crm.KeyDepartment: string(w.Departments["Nordwind"])})
	sales := string(w.Departments["Sales"])
	customer := w.Add(crm.TypeCustomer, crm.Fields{"name": "Harbour Yards", "emails": []any{"a@example.com"}, crm.KeyDepartment: sales})
	contact := w.Add(crm.TypeContact, crm.Fields{"name": "Ivan", crm.KeyDepartment: sales})
	everything := []crm.ID{w.board, deal, elsewhere, customer, contact}
	expect := func(step string, want ...[]string) {
		t.Helper()
		for i, id := range everything {
			if got := w.sees("Mark", id); !slices.Equal(got, want[i]) {
				t.Fatalf("%s: Mark sees %v of %s, want %v", step, got, w.Get(id).Type, want[i])
			}
		}
	}
	none, std := []string(nil), []string{"standard"}
	expect("before", none, none, none, none, none)
	if err := w.share("Hanna", nil, nil); err != nil {
		t.Fatal(err)
	}
	expect("shared", std, std, none, std, none)
	if err := w.share("Hanna", []string{"money"}, []string{"move"}); err != nil {
		t.Fatal(err)
	}
	expect("shared with amounts", []string{"standard", "money"}, []string{"standard", "money"}, none, std, none)
	if err := w.move("Mark", pipeline.MoveArgs{ID: deal, StageID: "won"}); err != nil {
		t.Fatalf("moving was shared: %v", err)
	}
	if err := w.share("Hanna", nil, nil); err != nil {
		t.Fatal(err)
	}
	expect("shared without amounts again", std, std, none, std, none)
	refused(t, w.move("Mark", pipeline.MoveArgs{ID: deal, StageID: "new"}), crm.CodeForbidden, "forbidden", "")

	rules := w.count(crm.TypeRule)
	_, err := w.service.UnshareBoard(t.Context(), w.As("Hanna"), pipeline.UnshareArgs{BoardID: w.board, DepartmentID: w.Departments["Marketing"]})
	if err != nil {
		t.Fatal(err)
	}
	expect("taken back", none, none, none, none, none)
	if gone := rules - w.count(crm.TypeRule); gone != 2 {
		t.Fatalf("%d rules are gone, want the two of the share", gone)
	}
}

func (w *world) count(t crm.RecordType) int {
	n := 0
	w.Look(func(s *workspace.State) {
		s.Each(t, func(crm.Record) bool { n++; return true })
	})
	return n
}

// [E7]
func TestTwoSharesDoNotTouchEachOther(t *testing.T) {
	w := newWorld(t)
	w.Hire("Hugo", access.RoleMember, "Harbour")
	deal := w.deal("a", "new", "Mia")
	if err := w.share("Hanna", nil, nil); err != nil {
		t.Fatal(err)
	}
	other := pipeline.ShareArgs{BoardID: w.board, DepartmentID: w.Departments["Harbour"]}
	if _, err := w.service.ShareBoard(t.Context(), w.As("Hanna"), other); err != nil {
		t.Fatal(err)
	}
	if _, err := w.service.UnshareBoard(t.Context(), w.As("Hanna"), pipeline.UnshareArgs{BoardID: w.board, DepartmentID: w.Departments["Marketing"]}); err != nil {
		t.Fatal(err)
	}
	if got := w.sees("Hugo", deal); len(got) == 0 {
		t.Fatal("taking one share back took the other with it")
	}
}

// [E7] A share is set, or ended, against what its giver saw.
func TestAShareIsSetAgainstWhatWasSeen(t *testing.T) {
	nothing := pipeline.Terms{}
	seen := pipeline.Terms{Actions: []string{"see"}}
	money := pipeline.Terms{Fields: []string{"money"}, Actions: []string{"move", "see"}}
	notes := pipeline.Terms{Fields: []string{"notes"}, Actions: []string{"see"}}
	for _, tt := range []struct {
		name    string
		first   string // who shares what is there
		there   pipeline.Terms
		was     pipeline.Terms
		wanted  pipeline.Terms // nothing: the share is ended
		differs []string
	}{
		{"what is there was seen", "Hugo", money, money, notes, nil},
		{"in whatever order", "Hugo", money, pipeline.Terms{Fields: []string{"money"}, Actions: []string{"see", "move"}}, notes, nil},
		{"somebody else has shared meanwhile", "Hugo", money, nothing, notes, []string{"actions", "fields"}},
		{"somebody else has taken an action back", "Hugo", seen, pipeline.Terms{Actions: []string{"see", "move"}}, notes, []string{"actions"}},
		{"somebody else has ended it", "", nothing, seen, notes, []string{"actions"}},
		{"it is ended in view of less", "Hugo", money, seen, nothing, []string{"actions", "fields"}},
		{"it is ended in view of what is there", "Hugo", seen, seen, nothing, nil},
		{"what is wanted is there already", "Hugo", money, nothing, money, nil},
		{"what is to be ended has been", "", nothing, seen, nothing, nil},
		{"one has widened it oneself", "Hanna", money, nothing, notes, nil},
		{"one has narrowed it oneself, which might be another's work", "Hanna", seen, money, notes, []string{"actions", "fields"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.Hire("Hugo", access.RoleHead, "Sales")
			marketing := w.Departments["Marketing"]
			if tt.first != "" {
				if err := w.share(tt.first, tt.there.Fields, tt.there.Actions); err != nil {
					t.Fatal(err)
				}
			}
			var err error
			if len(tt.wanted.Actions) == 0 {
				_, err = w.service.UnshareBoard(t.Context(), w.As("Hanna"), pipeline.UnshareArgs{BoardID: w.board, DepartmentID: marketing, Was: &tt.was})
			} else {
				_, err = w.service.ShareBoard(t.Context(), w.As("Hanna"), pipeline.ShareArgs{
					BoardID: w.board, DepartmentID: marketing, Fields: tt.wanted.Fields, Actions: tt.wanted.Actions, Was: &tt.was,
				})
			}
			if len(tt.differs) == 0 {
				if err != nil {
					t.Error(err)
				}
				return
			}
			refused(t, err, crm.CodeConflict, "conflict", tt.differs[0])
			var e *crm.Error
			if errors.As(err, &e); !slices.Equal(slices.Sorted(maps.Keys(e.Fields)), tt.differs) || e.Params["actions"] != strings.Join(tt.there.Actions, " ") {
				t.Errorf("%v differ, %v is there", e.Fields, e.Params)
			}
		})
	}
}

func TestShareRefusals(t *testing.T) {
	tests := []struct {
		name            string
		by              string
		fields, actions []string
		code            crm.Code
		field           string
	}{
		{"who does not see the board learns nothing of it", "Mark", nil, nil, crm.CodeNotFound, ""},
		{"a member may not share", "Mia", nil, nil, crm.CodeForbidden, ""},
		{"a group that does not exist", "Hanna", []string{"secrets"}, nil, crm.CodeInvalid, "fields"},
		{"an action that cannot be shared", "Hanna", nil, []string{"delete"}, crm.CodeInvalid, "actions"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			if tt.by == "Mia" { // who sees the board
				if _, err := w.service.ShareBoard(t.Context(), w.As("Hanna"), pipeline.ShareArgs{BoardID: w.board, DepartmentID: w.Departments["Sales"]}); err != nil {
					t.Fatal(err)
				}
			}
			reason := map[crm.Code]string{crm.CodeNotFound: "not_found", crm.CodeForbidden: "forbidden", crm.CodeInvalid: "invalid"}[tt.code]
			refused(t, w.share(tt.by, tt.fields, tt.actions), tt.code, reason, tt.field)
		})
	}
}

func TestNobodyPassesOnMoreThanHeHas(t *testing.T) {
	w := newWorld(t)
	w.System(func(tx *workspace.Tx) error {
		return tx.Create(crm.TypeRule, tx.NewID(), crm.Fields{
			"who": "role:head", "effect": "never", "action": "see", "what": "deal", "whose": "department", "fieldGroups": "money",
		})
	})
	refused(t, w.share("Hanna", []string{"money"}, nil), crm.CodeForbidden, "forbidden", "")
	if err := w.share("Hanna", []string{"notes"}, nil); err != nil {
		t.Fatal(err)
	}
}

func TestCreateBoard(t *testing.T) {
	tests := []struct {
		name, by string
		change   func(*world, *pipeline.BoardArgs)
		code     crm.Code
		field    string
	}{
		{"a head makes one in his department", "Hanna", nil, "", ""},
		{"a lead may not", "Leo", nil, crm.CodeForbidden, ""},
		{"not in somebody else's department", "Hanna", func(w *world, a *pipeline.BoardArgs) { a.DepartmentID = w.Departments["Marketing"] }, crm.CodeForbidden, ""},
		{"not without a name", "Hanna", func(_ *world, a *pipeline.BoardArgs) { a.Name = " " }, crm.CodeInvalid, "name"},
		{"not of a pipeline that is none", "Hanna", func(w *world, a *pipeline.BoardArgs) { a.PipelineID = w.board }, crm.CodeInvalid, "pipelineId"},
		{"not in a department that is none", "Hanna", func(w *world, a *pipeline.BoardArgs) { a.DepartmentID = w.board }, crm.CodeInvalid, "departmentId"},
		{"not under an id that is taken", "Hanna", func(w *world, a *pipeline.BoardArgs) { a.ID = w.board }, crm.CodeConflict, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			args := pipeline.BoardArgs{ID: crm.NewID(w.Now()), Name: "Teas", PipelineID: w.pipeline, DepartmentID: w.Departments["Sales"]}
			if tt.change != nil {
				tt.change(w, &args)
			}
			_, err := w.service.CreateBoard(t.Context(), w.As(tt.by), args)
			if crm.CodeOf(err) != tt.code {
				t.Fatalf("%v, want %q", err, tt.code)
			}
			if tt.field != "" {
				refused(t, err, tt.code, "invalid", tt.field)
			}
		})
	}
}
