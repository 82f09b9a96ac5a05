package pipeline_test

import (
	"encoding/json"
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"rapport/server/crm"
	"rapport/server/pipeline"
	"rapport/server/workspace"
)

func TestMovePlacesTheDeal(t *testing.T) {
	tests := []struct {
		name          string
		after, before string // titles; "gone" = an id nobody has
		want          string // of the stage "new" after moving d there
	}{
		{"below the named card", "a", "", "a d b c"},
		{"above the named card", "", "a", "d a b c"},
		{"between two cards", "b", "c", "a b d c"},
		{"to the end without a neighbour", "", "", "a b c d"},
		{"below the last card", "c", "", "a b c d"},
		{"to the end when the neighbour is gone", "gone", "", "a b c d"},
		{"above the one that is left when the other is gone", "gone", "b", "a d b c"},
		{"to the end when the neighbour stands in another stage", "x", "", "a b c d"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			ids := map[string]crm.ID{"gone": crm.NewID(w.Now())}
			for _, title := range []string{"a", "b", "c"} {
				ids[title] = w.deal(title, "new", "Mia")
			}
			ids["x"] = w.deal("x", "won", "Mia")
			ids["d"] = w.deal("d", "offer", "Mia")
			err := w.move("Mia", pipeline.MoveArgs{ID: ids["d"], StageID: "new", AfterID: ids[tt.after], BeforeID: ids[tt.before]})
			if err != nil {
				t.Fatal(err)
			}
			if got := w.titles("new"); got != tt.want {
				t.Fatalf("%s, want %s", got, tt.want)
			}
		})
	}
}

func TestAHiddenNeighbourIsAsGoodAsNone(t *testing.T) {
	w := newWorld(t)
	w.deal("a", "new", "Mia")
	hidden := w.deal("b", "new", "Leo", crm.Fields{crm.KeyDepartment: string(w.Departments["Marketing"])})
	w.deal("c", "new", "Mia")
	mine := w.deal("d", "offer", "Mia")
	if err := w.move("Mia", pipeline.MoveArgs{ID: mine, StageID: "new", AfterID: hidden}); err != nil {
		t.Fatal(err)
	}
	if got := w.titles("new"); got != "a b c d" {
		t.Fatalf("%s: the place of a hidden deal was used", got)
	}
}

// Whether something is written, and the answer with it, must not depend on what
// the mover does not see.
func TestHiddenDealsDoNotDecideWhetherAMoveMovesAnything(t *testing.T) {
	for _, tt := range []struct {
		name          string
		after, before string // cards that the move names
		moves         bool
	}{
		{"[C5] to the end, as far as he sees", "", "", false},
		{"[C5] below the card above, with a hidden one between", "a", "", false},
		{"[C5] above the card below, with a hidden one between", "", "z", false},
		{"[C5] behind a hidden card", "hidden", "", false},
		{"[C5] above the card above", "", "a", true},
		{"[C5] below the card below", "z", "", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			elsewhere := crm.Fields{crm.KeyDepartment: string(w.Departments["Marketing"])}
			ids := map[string]crm.ID{"a": w.deal("a", "new", "Mia"), "hidden": w.deal("h", "new", "Leo", elsewhere)}
			mine := w.deal("mine", "new", "Mia")
			w.deal("i", "new", "Leo", elsewhere)
			if tt.after+tt.before != "" {
				ids["z"] = w.deal("z", "new", "Mia")
			}
			version := w.Get(mine).Version
			if err := w.move("Mia", pipeline.MoveArgs{ID: mine, StageID: "new", AfterID: ids[tt.after], BeforeID: ids[tt.before]}); err != nil {
				t.Fatal(err)
			}
			if moved := w.Get(mine).Version != version; moved != tt.moves {
				t.Errorf("written: %v, want %v; %s", moved, tt.moves, w.titles("new"))
			}
		})
	}
}

func TestMovingWithinTheStage(t *testing.T) {
	w := newWorld(t)
	a, b := w.deal("a", "new", "Mia"), w.deal("b", "new", "Mia")
	since := w.Get(b).Fields.String("stageSince")
	w.Wait(time.Hour)
	if err := w.move("Mia", pipeline.MoveArgs{ID: b, StageID: "new", BeforeID: a}); err != nil {
		t.Fatal(err)
	}
	if got := w.titles("new"); got != "b a" {
		t.Fatal(got)
	}
	if w.Get(b).Fields.String("stageSince") != since {
		t.Fatal("the time in the stage began anew")
	}
	version := w.Get(b).Version
	if err := w.move("Mia", pipeline.MoveArgs{ID: b, StageID: "new", BeforeID: a}); err != nil {
		t.Fatal(err)
	}
	if w.Get(b).Version != version {
		t.Fatal("a move to where the deal stands already wrote something")
	}
}

func TestMoveRefusals(t *testing.T) {
	tests := []struct {
		name          string
		by            string
		args          pipeline.MoveArgs
		code          crm.Code
		reason, field string
	}{
		{"somebody who does not see the deal learns nothing of it", "Mark", pipeline.MoveArgs{StageID: "won"}, crm.CodeNotFound, "not_found", ""},
		{"a colleague who sees it may not move it", "Mia", pipeline.MoveArgs{StageID: "won"}, crm.CodeForbidden, "forbidden", ""},
		{"a stage that does not exist", "Leo", pipeline.MoveArgs{StageID: "nowhere"}, crm.CodeInvalid, "invalid", "stageId"},
		{"a pipeline that does not exist", "Leo", pipeline.MoveArgs{StageID: "won", PipelineID: "01JD8ZK3N0M8Q4V5X6Y7Z8A9BC"}, crm.CodeInvalid, "invalid", "pipelineId"},
		{"[A11] a version that no log has", "Leo", pipeline.MoveArgs{StageID: "won", BasedOn: 99}, crm.CodeConflict, "conflict", "stageId"},
		{"a stage that asks for a field", "Leo", pipeline.MoveArgs{StageID: "offer"}, crm.CodeInvalid, "stage_required_field", "amount"},
		{"losing without a reason", "Leo", pipeline.MoveArgs{StageID: "lost"}, crm.CodeInvalid, "lost_reason_required", "lostReason"},
		{"losing for a reason that is not on the list", "Leo", pipeline.MoveArgs{StageID: "lost", LostReason: "weather"}, crm.CodeInvalid, "lost_reason_required", "lostReason"},
		{"a bad value along the way", "Leo", pipeline.MoveArgs{StageID: "won", Values: map[string]any{"title": ""}}, crm.CodeInvalid, "invalid", "title"},
		{"a new owner along the way", "Leo", pipeline.MoveArgs{StageID: "won", Values: map[string]any{"ownerId": "01JD8ZK3N0M8Q4V5X6Y7Z8A9BC"}}, crm.CodeForbidden, "field_forbidden", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			tt.args.ID = w.deal("a", "new", "Hanna", crm.Fields{"amount": nil})
			before := w.Get(tt.args.ID).Version
			refused(t, w.move(tt.by, tt.args), tt.code, tt.reason, tt.field)
			if w.Get(tt.args.ID).Version != before {
				t.Fatal("the deal was changed all the same")
			}
		})
	}
}

func TestMoveBringsWhatTheStageAsksFor(t *testing.T) {
	w := newWorld(t)
	id := w.deal("a", "new", "Mia", crm.Fields{"amount": nil})
	err := w.move("Mia", pipeline.MoveArgs{ID: id, StageID: "offer", Values: map[string]any{
		"amount": map[string]any{"amount": json.Number("5000"), "currency": "EUR"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if m, _ := w.Get(id).Fields.Money("amount"); m.Amount != 5000 {
		t.Fatal(w.Get(id).Fields)
	}
}

func TestAFieldInTheTrashIsNotAskedOfAnybody(t *testing.T) {
	w := newWorld(t)
	field := w.Add(crm.TypeField, crm.Fields{"recordType": "deal", "key": "harvest", "kind": "text"})
	w.System(func(tx *workspace.Tx) error {
		stages := pipeline.Parse(w.Get(w.pipeline)).Stages
		stages[2].Requires = []string{"fields.harvest"}
		return tx.Edit(w.pipeline, crm.Fields{"stages": pipeline.StagesValue(stages)}, nil)
	})
	id := w.deal("a", "new", "Mia")
	refused(t, w.move("Mia", pipeline.MoveArgs{ID: id, StageID: "won"}), crm.CodeInvalid, "stage_required_field", "fields.harvest")
	w.System(func(tx *workspace.Tx) error { return tx.Trash(field) })
	if err := w.move("Mia", pipeline.MoveArgs{ID: id, StageID: "won"}); err != nil {
		t.Fatalf("nobody can fill it in, and so nobody could move: %v", err)
	}
}

func TestAMaskedFieldIsNotAskedOfTheMover(t *testing.T) {
	w := newWorld(t)
	id := w.deal("a", "new", "Hanna", crm.Fields{"amount": nil})
	_, err := w.service.ShareBoard(t.Context(), w.As("Hanna"), pipeline.ShareArgs{
		BoardID: w.board, DepartmentID: w.Departments["Marketing"], Actions: []string{"move"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.move("Mark", pipeline.MoveArgs{ID: id, StageID: "offer"}); err != nil {
		t.Fatalf("the refusal tells that a hidden field is empty: %v", err)
	}
}

func TestClosingAndReopening(t *testing.T) {
	w := newWorld(t)
	id := w.deal("a", "new", "Mia")
	// Half past five in the afternoon in London is the next day in Taipei.
	w.Wait(8*time.Hour + 30*time.Minute)
	steps := []struct {
		name               string
		args               pipeline.MoveArgs
		closedOn, lostNote string
	}{
		{"a won deal is closed today, where the workspace is", pipeline.MoveArgs{StageID: "won"}, "2026-11-25", ""},
		{"reopened it is not closed", pipeline.MoveArgs{StageID: "new"}, "", ""},
		{"a lost deal keeps the reason", pipeline.MoveArgs{StageID: "lost", LostReason: "price"}, "2026-11-25", "price"},
		{"won after all it was not lost", pipeline.MoveArgs{StageID: "won"}, "2026-11-25", ""},
		{"a date given with the move is kept", pipeline.MoveArgs{StageID: "lost", LostReason: "price", Values: map[string]any{"closedOn": "2026-11-20"}}, "2026-11-20", "price"},
		{"reopened the reason is gone", pipeline.MoveArgs{StageID: "offer", LostReason: "price"}, "", ""},
	}
	for _, step := range steps {
		step.args.ID = id
		if err := w.move("Mia", step.args); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		f := w.Get(id).Fields
		if f.String("closedOn") != step.closedOn || f.String("lostReason") != step.lostNote {
			t.Fatalf("%s: closedOn %q lostReason %q", step.name, f.String("closedOn"), f.String("lostReason"))
		}
		if f.String("stageSince") != workspace.Timestamp(w.Now()) {
			t.Fatalf("%s: stageSince %s", step.name, f.String("stageSince"))
		}
	}
}

func TestTwoMovesAtOnce(t *testing.T) {
	t.Run("to different stages are a conflict that carries the deal", func(t *testing.T) {
		w := newWorld(t)
		id := w.deal("a", "new", "Mia")
		if err := w.move("Mia", pipeline.MoveArgs{ID: id, StageID: "won", BasedOn: 1}); err != nil {
			t.Fatal(err)
		}
		err := w.move("Leo", pipeline.MoveArgs{ID: id, StageID: "offer", BasedOn: 1})
		refused(t, err, crm.CodeConflict, "conflict", "stageId")
		var e *crm.Error
		if errors.As(err, &e); e.Current.(crm.Record).Fields.String("stageId") != "won" {
			t.Fatal("the conflict does not carry the present values")
		}
	})
	t.Run("to the same stage are one wish", func(t *testing.T) {
		w := newWorld(t)
		id := w.deal("a", "new", "Mia")
		for _, by := range []string{"Mia", "Leo"} {
			if err := w.move(by, pipeline.MoveArgs{ID: id, StageID: "won", BasedOn: 1}); err != nil {
				t.Fatal(err)
			}
		}
	})
	t.Run("an edit of another field does not stand in the way", func(t *testing.T) {
		w := newWorld(t)
		id := w.deal("a", "new", "Mia")
		w.System(func(tx *workspace.Tx) error { return tx.Edit(id, crm.Fields{"title": "b"}, nil) })
		if err := w.move("Mia", pipeline.MoveArgs{ID: id, StageID: "won", BasedOn: 1}); err != nil {
			t.Fatal(err)
		}
	})
}

// [C4]
func TestANarrowPlaceGetsNewKeys(t *testing.T) {
	w := newWorld(t)
	top := w.deal("top", "new", "Leo")
	w.deal("bottom", "new", "Leo")
	// The same place again and again: each time the key between two gets longer.
	want := "top"
	ids := make([]crm.ID, 12)
	for i := range ids {
		ids[i] = w.deal("d"+strconv.Itoa(i), "new", "Leo")
	}
	for round := range 25 {
		for _, id := range ids {
			if err := w.move("Leo", pipeline.MoveArgs{ID: id, StageID: "new", AfterID: top}); err != nil {
				t.Fatal(err)
			}
			if n := len(w.Get(id).Fields.String("order")); n > 40 {
				t.Fatalf("round %d: a key of %d characters", round, n)
			}
		}
	}
	for i := len(ids) - 1; i >= 0; i-- {
		want += " d" + strconv.Itoa(i)
	}
	if got := w.titles("new"); got != want+" bottom" {
		t.Fatalf("%s, want %s bottom", got, want)
	}
}

// [C4] Two people who look at the same column each put a deal between the same two
// neighbours: both are there, in the one order that everybody sees.
func TestTwoPutADealIntoOnePlace(t *testing.T) {
	w := newWorld(t)
	top, _ := w.deal("top", "new", "Leo"), w.deal("bottom", "new", "Leo")
	one, two := w.deal("one", "offer", "Leo", crm.Fields{"amount": crm.Money{Amount: 1, Currency: "EUR"}}), w.deal("two", "offer", "Hanna", crm.Fields{"amount": crm.Money{Amount: 1, Currency: "EUR"}})
	var people sync.WaitGroup
	for who, id := range map[string]crm.ID{"Leo": one, "Hanna": two} {
		args := pipeline.MoveArgs{ID: id, BasedOn: w.Get(id).Version, StageID: "new", AfterID: top}
		people.Go(func() {
			if err := w.move(who, args); err != nil {
				t.Error(err)
			}
		})
	}
	people.Wait()
	if got := w.titles("new"); got != "top one two bottom" && got != "top two one bottom" {
		t.Error(got)
	}
	if a, b := w.Get(one).Fields.String("order"), w.Get(two).Fields.String("order"); a == b {
		t.Errorf("both have the key %q", a)
	}
}

func TestDealsOfOneKeyCanBeParted(t *testing.T) {
	w := newWorld(t)
	ids := []crm.ID{w.deal("a", "new", "Leo"), w.deal("b", "new", "Leo"), w.deal("c", "new", "Leo")}
	w.System(func(tx *workspace.Tx) error {
		for _, id := range ids {
			if err := tx.Edit(id, crm.Fields{"order": "a0"}, nil); err != nil {
				return err
			}
		}
		return nil
	})
	d := w.deal("d", "won", "Leo")
	if err := w.move("Leo", pipeline.MoveArgs{ID: d, StageID: "new", AfterID: ids[0]}); err != nil {
		t.Fatal(err)
	}
	if got := w.titles("new"); got != "a d b c" {
		t.Fatal(got)
	}
}
