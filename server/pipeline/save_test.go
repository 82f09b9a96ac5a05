package pipeline_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"rapport/server/crm"
	"rapport/server/pipeline"
)

func stages() []pipeline.StageArgs {
	return []pipeline.StageArgs{
		{ID: "new", Name: "New", Kind: "open", Probability: 10, IdleDays: 14},
		{ID: "offer", Name: "Offer", Kind: "open", Probability: 50, Requires: []string{"amount"}},
		{ID: "won", Name: "Won", Kind: "won", Probability: 7},
		{ID: "lost", Name: "Lost", Kind: "lost", Probability: 7},
	}
}

func TestSavePipeline(t *testing.T) {
	tests := []struct {
		name, by      string
		change        func(*pipeline.SaveArgs)
		code          crm.Code
		reason, field string
	}{
		{"a head changes the pipeline of his department", "Hanna", nil, "", "", ""},
		{"a lead may not", "Leo", nil, crm.CodeForbidden, "forbidden", ""},
		{"a name of spaces", "Hanna", func(a *pipeline.SaveArgs) { a.Name = "  " }, crm.CodeInvalid, "invalid", "name"},
		{"no stages", "Hanna", func(a *pipeline.SaveArgs) { a.Stages = nil }, crm.CodeInvalid, "invalid", "stages"},
		{"51 stages", "Hanna", func(a *pipeline.SaveArgs) { a.Stages = make([]pipeline.StageArgs, 51) }, crm.CodeInvalid, "invalid", "stages"},
		{"no open stage", "Hanna", func(a *pipeline.SaveArgs) { a.Stages = a.Stages[2:] }, crm.CodeInvalid, "invalid", "stages"},
		{"two stages of one id", "Hanna", func(a *pipeline.SaveArgs) { a.Stages[1].ID = "new" }, crm.CodeInvalid, "invalid", "stages[1].id"},
		{"two stages of one name", "Hanna", func(a *pipeline.SaveArgs) { a.Stages[1].Name = " NEW" }, crm.CodeInvalid, "invalid", "stages[1].name"},
		{"an id that is an operator", "Hanna", func(a *pipeline.SaveArgs) { a.Stages[1].ID = "$set" }, crm.CodeInvalid, "invalid", "stages[1].id"},
		{"an unknown kind", "Hanna", func(a *pipeline.SaveArgs) { a.Stages[0].Kind = "paused" }, crm.CodeInvalid, "invalid", "stages[0].kind"},
		{"a probability of 101", "Hanna", func(a *pipeline.SaveArgs) { a.Stages[0].Probability = 101 }, crm.CodeInvalid, "invalid", "stages[0].probability"},
		{"a required field that does not exist", "Hanna", func(a *pipeline.SaveArgs) { a.Stages[0].Requires = []string{"colour"} }, crm.CodeInvalid, "invalid", "stages[0].requires"},
		{"a required field nobody can fill in", "Hanna", func(a *pipeline.SaveArgs) { a.Stages[0].Requires = []string{"order"} }, crm.CodeInvalid, "invalid", "stages[0].requires"},
		{"a reason of 101 characters", "Hanna", func(a *pipeline.SaveArgs) { a.LostReasons = []string{strings.Repeat("a", 101)} }, crm.CodeInvalid, "invalid", "lostReasons[0]"},
		{"a stage entered from one that does not exist", "Hanna", func(a *pipeline.SaveArgs) { a.Stages[2].From = []string{"offer", "nowhere"} }, crm.CodeInvalid, "invalid", "stages[2].from"},
		{"a stage entered from itself", "Hanna", func(a *pipeline.SaveArgs) { a.Stages[2].From = []string{"won"} }, crm.CodeInvalid, "invalid", "stages[2].from"},
		{"a stage entered twice from the same one", "Hanna", func(a *pipeline.SaveArgs) { a.Stages[2].From = []string{"new", "new"} }, crm.CodeInvalid, "invalid", "stages[2].from"},
		{"a stage entered from 51 stages", "Hanna", func(a *pipeline.SaveArgs) { a.Stages[2].From = make([]string, 51) }, crm.CodeInvalid, "invalid", "stages[2].from"},
		{"taking away a stage that another one is entered from", "Hanna", func(a *pipeline.SaveArgs) {
			a.Stages[2].From = []string{"offer"}
			a.Stages = slices.Delete(a.Stages, 1, 2)
			a.Stages[0].Requires = []string{"amount"}
		}, crm.CodeInvalid, "invalid", "stages[1].from"},
		{"a stage entered from two others", "Hanna", func(a *pipeline.SaveArgs) { a.Stages[2].From = []string{"offer", "new"} }, "", "", ""},
		{"a department that does not exist", "Hanna", func(a *pipeline.SaveArgs) { a.DepartmentID = "01JD8ZK3N0M8Q4V5X6Y7Z8A9BC" }, crm.CodeInvalid, "invalid", "departmentId"},
		{"taking away a stage that holds a deal", "Hanna", func(a *pipeline.SaveArgs) { a.Stages = a.Stages[1:] }, crm.CodeInvalid, "stage_in_use", "stages"},
		{"taking away an empty stage", "Hanna", func(a *pipeline.SaveArgs) { a.Stages = a.Stages[:3] }, "", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.deal("a", "new", "Mia")
			args := pipeline.SaveArgs{ID: w.pipeline, BasedOn: 1, Name: "Wholesale", Stages: stages(), LostReasons: []string{"price"}}
			if tt.change != nil {
				tt.change(&args)
			}
			_, err := w.service.SavePipeline(t.Context(), w.As(tt.by), args)
			if tt.code != "" {
				refused(t, err, tt.code, tt.reason, tt.field)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			p := pipeline.Parse(w.Get(w.pipeline))
			if len(p.Stages) != len(args.Stages) || p.Stages[0].IdleDays != 14 || p.Stages[1].Requires[0] != "amount" {
				t.Fatalf("%+v", p)
			}
			if !slices.Equal(p.Stages[2].From, args.Stages[2].From) {
				t.Fatalf("won is entered from %v, want %v", p.Stages[2].From, args.Stages[2].From)
			}
			if won, _ := p.Stage("won"); won.ProbabilityPct != 100 {
				t.Fatal("what is won is certain")
			}
		})
	}
}

func TestANewPipelineBelongsToItsMakersDepartment(t *testing.T) {
	w := newWorld(t)
	args := pipeline.SaveArgs{ID: crm.NewID(w.Now()), Name: "Retail", Stages: stages()}
	if _, err := w.service.SavePipeline(t.Context(), w.As("Hanna"), args); err != nil {
		t.Fatal(err)
	}
	if got := w.Get(args.ID).Fields.ID(crm.KeyDepartment); got != w.Departments["Sales"] {
		t.Fatal(got)
	}
	args.ID, args.DepartmentID = crm.NewID(w.Now()), w.Departments["Marketing"]
	_, err := w.service.SavePipeline(t.Context(), w.As("Hanna"), args)
	refused(t, err, crm.CodeForbidden, "forbidden", "")
}

func TestHandingAPipelineToAnotherDepartment(t *testing.T) {
	w := newWorld(t)
	save := func(by, department string) error {
		args := pipeline.SaveArgs{
			ID: w.pipeline, BasedOn: w.Get(w.pipeline).Version, Name: "Wholesale", Stages: stages(),
			DepartmentID: w.Departments[department],
		}
		_, err := w.service.SavePipeline(t.Context(), w.As(by), args)
		return err
	}
	refused(t, save("Hanna", "Marketing"), crm.CodeForbidden, "forbidden", "")
	if err := save("Ana", "Marketing"); err != nil {
		t.Fatal(err)
	}
	if got := w.Get(w.pipeline).Fields.ID(crm.KeyDepartment); got != w.Departments["Marketing"] {
		t.Fatalf("looked after by %s", got)
	}
	refused(t, save("Hanna", "Sales"), crm.CodeForbidden, "forbidden", "")
}

// [C6]
func TestEveryStageThatStillHoldsDealsIsNamed(t *testing.T) {
	w := newWorld(t)
	w.deal("a", "new", "Mia")
	w.deal("b", "won", "Mia")
	args := pipeline.SaveArgs{ID: w.pipeline, BasedOn: 1, Name: "Wholesale", Stages: stages()[1:2]}
	_, err := w.service.SavePipeline(t.Context(), w.As("Hanna"), args)
	refused(t, err, crm.CodeInvalid, "stage_in_use", "stages")
	var e *crm.Error
	if errors.As(err, &e); e.Params["stageIds"] != "new won" || e.Params["stage"] != "New, Won" {
		t.Fatalf("%v; lost holds nothing and may go", e.Params)
	}
}

func TestTwoPeopleChangeAPipeline(t *testing.T) {
	w := newWorld(t)
	save := func(by, name string, reasons ...string) error {
		args := pipeline.SaveArgs{ID: w.pipeline, BasedOn: 1, Name: name, LostReasons: reasons}
		for _, s := range pipeline.Parse(w.Get(w.pipeline)).Stages {
			args.Stages = append(args.Stages, pipeline.StageArgs{
				ID: s.ID, Name: s.Name, Kind: string(s.Kind), Probability: s.ProbabilityPct, Requires: s.Requires, Why: s.Why,
			})
		}
		_, err := w.service.SavePipeline(t.Context(), w.As(by), args)
		return err
	}
	if err := save("Hanna", "Harbour wholesale", "price", "no need"); err != nil {
		t.Fatal(err)
	}
	refused(t, save("Ana", "Wholesale tea", "price", "no need"), crm.CodeConflict, "conflict", "name")
}
