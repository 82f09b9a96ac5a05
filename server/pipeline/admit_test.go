package pipeline_test

import (
	"errors"
	"testing"

	"rapport/server/crm"
	"rapport/server/pipeline"
	"rapport/server/workspace"
)

// ruled gives the stage won of the world's pipeline the rule that deals enter it
// from offer only, and adds a second pipeline, Retail, whose stages have the
// same ids: new can be entered from anywhere, won from offer only.
func (w *world) ruled() (retail crm.ID) {
	w.t.Helper()
	const why = "Nobody buys without an offer."
	w.System(func(tx *workspace.Tx) error {
		stages := pipeline.Parse(w.Get(w.pipeline)).Stages
		stages[2].From, stages[2].Why = []string{"offer"}, why
		return tx.Edit(w.pipeline, crm.Fields{"stages": pipeline.StagesValue(stages)}, nil)
	})
	return w.Add(crm.TypePipeline, crm.Fields{
		"name": "Retail", crm.KeyDepartment: string(w.Departments["Sales"]),
		"stages": pipeline.StagesValue([]pipeline.Stage{
			{ID: "new", Name: "New", Kind: pipeline.StageOpen},
			{ID: "offer", Name: "Offer", Kind: pipeline.StageOpen},
			{ID: "won", Name: "Won", Kind: pipeline.StageWon, From: []string{"new", "offer"}},
		}),
	})
}

func TestAStageSaysWhereDealsComeFrom(t *testing.T) {
	tests := []struct {
		name      string
		begin     string // stage of the deal
		elsewhere bool   // to the other pipeline
		to        string
		refused   bool
	}{
		{"from a stage that is named", "offer", false, "won", false},
		{"from a stage that is not named", "new", false, "won", true},
		{"into a stage that names none, from anywhere", "new", false, "lost", false},
		{"backwards is a move like others", "won", false, "new", false},
		{"within its stage a deal may be shifted whatever the stage names", "won", false, "won", false},
		{"from another pipeline into a stage that names none", "new", true, "new", false},
		{"from another pipeline into one that names stages, though a stage of that id is named", "offer", true, "won", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			retail := w.ruled()
			w.deal("other", tt.begin, "Leo")
			id := w.deal("a", tt.begin, "Leo")
			args := pipeline.MoveArgs{ID: id, StageID: tt.to, LostReason: "price"}
			if tt.elsewhere {
				args.PipelineID = retail
			}
			before := w.Get(id)
			err := w.move("Leo", args)
			if !tt.refused {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			refused(t, err, crm.CodeInvalid, "stage_not_from", "stageId")
			if w.Get(id).Version != before.Version {
				t.Fatal("the deal was moved all the same")
			}
		})
	}
}

func TestTheRefusalOfAMoveNamesTheStagesAndTheReason(t *testing.T) {
	w := newWorld(t)
	w.ruled()
	err := w.move("Leo", pipeline.MoveArgs{ID: w.deal("a", "new", "Leo"), StageID: "won"})
	var e *crm.Error
	if !errors.As(err, &e) {
		t.Fatal(err)
	}
	want := map[string]string{"stage": "Won", "from": "Offer", "why": "Nobody buys without an offer."}
	for key, value := range want {
		if e.Params[key] != value {
			t.Errorf("%s = %q, want %q", key, e.Params[key], value)
		}
	}
}

func TestARuleAboutMovesIsNoRuleAboutBeginnings(t *testing.T) {
	w := newWorld(t)
	w.ruled()
	id := w.deal("won long ago, entered today", "won", "Leo")
	if got := w.Get(id).Fields.String("stageId"); got != "won" {
		t.Fatalf("the deal began in %s", got)
	}
}

func TestAConflictIsToldBeforeTheRule(t *testing.T) {
	w := newWorld(t)
	w.ruled()
	id := w.deal("a", "offer", "Leo")
	if err := w.move("Leo", pipeline.MoveArgs{ID: id, StageID: "new", BasedOn: 1}); err != nil {
		t.Fatal(err)
	}
	// To his eyes the deal still stood in offer, which may go to won: he must
	// learn that it moved, not that a rule he kept was broken.
	err := w.move("Hanna", pipeline.MoveArgs{ID: id, StageID: "won", BasedOn: 1})
	refused(t, err, crm.CodeConflict, "conflict", "stageId")
}
