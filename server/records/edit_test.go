package records_test

import (
	"encoding/json"
	"errors"
	"testing"

	"rapport/server/crm"
	"rapport/server/records"
	"rapport/server/workspace"
)

func TestEdit(t *testing.T) {
	tests := []struct {
		name, by string
		prepare  func(*world)
		values   func(*world) values
		basedOn  uint64
		code     crm.Code
		field    string
	}{
		{name: "the owner edits his deal", by: "Mia", values: title("Green tea")},
		{name: "a colleague sees it and may not", by: "Mark", prepare: func(w *world) { w.rule("everyone", "may", "see", "deal", "all", "all") }, values: title("x"), code: crm.CodeForbidden},
		{name: "who does not see it learns nothing of it", by: "Mark", values: title("x"), code: crm.CodeNotFound},
		{name: "not even by bad values", by: "Mark", values: func(*world) values { return values{"$set": 1} }, code: crm.CodeNotFound},
		{name: "nor by no values", by: "Mark", values: func(*world) values { return values{} }, basedOn: 99, code: crm.CodeNotFound},
		{name: "[A11] a version that no log has", by: "Mia", values: title("x"), basedOn: 99, code: crm.CodeConflict, field: "title"},
		{name: "the title cannot be emptied", by: "Mia", values: title(""), code: crm.CodeInvalid, field: "title"},
		{name: "the stage moves by moving", by: "Mia", values: func(*world) values { return values{"stageId": "won"} }, code: crm.CodeInvalid, field: "stageId"},
		{name: "a masked field is as unknown as one that is not there", by: "Mia",
			prepare: func(w *world) { w.rule("role:member", "never", "see", "deal", "all", "money") },
			values:  func(*world) values { return values{"probability": json.Number("5")} }, code: crm.CodeInvalid, field: "probability"},
		{name: "a field one sees and may not edit", by: "Mia",
			prepare: func(w *world) { w.rule("role:member", "never", "edit", "deal", "all", "money") },
			values:  func(*world) values { return values{"probability": json.Number("5")} }, code: crm.CodeInvalid, field: "probability"},
		{name: "a form may send the owner along", by: "Mia",
			prepare: func(w *world) { w.rule("role:member", "never", "assign", "deal", "all", "all") },
			values:  func(w *world) values { return values{"title": "x", "ownerId": string(w.People["Mia"])} }},
		{name: "a new owner takes the right to assign", by: "Mia",
			prepare: func(w *world) { w.rule("role:member", "never", "assign", "deal", "all", "all") },
			values:  func(w *world) values { return values{"ownerId": string(w.People["Leo"])} }, code: crm.CodeForbidden},
		{name: "the department takes it, too", by: "Mia",
			prepare: func(w *world) { w.rule("role:member", "never", "assign", "deal", "all", "all") },
			values:  func(w *world) values { return values{"departmentId": string(w.Departments["Marketing"])} }, code: crm.CodeForbidden},
		{name: "a customer that is not there", by: "Mia", values: func(w *world) values { return values{"customerId": string(w.pipeline)} }, code: crm.CodeInvalid, field: "customerId"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			id := w.made("Mia", crm.TypeDeal, values{"title": "Tea"})
			if tt.prepare != nil {
				tt.prepare(w)
			}
			if tt.basedOn == 0 {
				tt.basedOn = 1
			}
			_, err := w.edit(tt.by, id, tt.basedOn, tt.values(w))
			expect(t, err, tt.code, tt.field)
		})
	}
}

func title(s string) func(*world) values {
	return func(*world) values { return values{"title": s} }
}

// [C3]
func TestTwoPeopleEditOneRecord(t *testing.T) {
	tests := []struct {
		name         string
		first, other values
		conflict     string
	}{
		{"different fields are both kept", values{"title": "Green tea"}, values{"product": "Sencha"}, ""},
		{"the same field is a conflict", values{"title": "Green tea"}, values{"title": "Black tea"}, "title"},
		{"the same value is none", values{"title": "Green tea"}, values{"title": "Green tea"}, ""},
		{"emptying what the other filled in is a conflict", values{"product": "Sencha"}, values{"product": nil}, "product"},
		{"emptying what the other emptied is none", values{"source": nil}, values{"source": ""}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			id := w.made("Mia", crm.TypeDeal, values{"title": "Tea", "source": "fair"})
			if _, err := w.edit("Mia", id, 1, tt.first); err != nil {
				t.Fatal(err)
			}
			_, err := w.edit("Leo", id, 1, tt.other)
			if tt.conflict == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			expect(t, err, crm.CodeConflict, tt.conflict)
			var e *crm.Error
			if errors.As(err, &e); !crm.ValueEqual(e.Current.(crm.Record).Fields.Get(tt.conflict), tt.first[tt.conflict]) {
				t.Fatal("the conflict does not carry the other value")
			}
		})
	}
}

func TestAStageKeepsWhatItAskedFor(t *testing.T) {
	w := newWorld(t)
	id := w.made("Mia", crm.TypeDeal, values{"title": "Tea", "stageId": "offer", "amount": values{"amount": json.Number("5"), "currency": "EUR"}})
	_, err := w.edit("Mia", id, 1, values{"amount": nil})
	expect(t, err, crm.CodeInvalid, "amount")
}

func TestAssign(t *testing.T) {
	w := newWorld(t)
	id := w.made("Mia", crm.TypeDeal, values{"title": "Tea"})
	assign := func(by, to string, basedOn uint64) error {
		_, err := w.records.Assign(t.Context(), w.As(by), records.AssignArgs{ID: id, BasedOn: basedOn, OwnerID: w.People[to]})
		return err
	}
	expect(t, assign("Mark", "Mark", 1), crm.CodeNotFound, "")
	expect(t, assign("Gus", "Gus", 1), crm.CodeForbidden, "")
	if err := assign("Leo", "Hanna", 1); err != nil {
		t.Fatal(err)
	}
	expect(t, assign("Ana", "Mark", 1), crm.CodeConflict, "ownerId")
	if err := assign("Ana", "Mark", 2); err != nil {
		t.Fatal(err)
	}
	if f := w.Get(id).Fields; f.ID("departmentId") != w.Departments["Marketing"] {
		t.Fatal("the deal of a new owner who is not here stayed here")
	}
	w.System(func(tx *workspace.Tx) error {
		return tx.Edit(w.People["Leo"], crm.Fields{"disabledAt": workspace.Timestamp(tx.Now())}, nil)
	})
	expect(t, assign("Ana", "Leo", 3), crm.CodeInvalid, "ownerId")
}

func TestShare(t *testing.T) {
	w := newWorld(t)
	id := w.made("Mia", crm.TypeDeal, values{"title": "Tea"})
	share := func(by string, with ...crm.ID) error {
		_, err := w.records.Share(t.Context(), w.As(by), records.ShareArgs{ID: id, DepartmentIDs: with})
		return err
	}
	marketing := w.Departments["Marketing"]
	expect(t, share("Mia", marketing), crm.CodeForbidden, "")
	expect(t, share("Hanna", w.pipeline), crm.CodeInvalid, "departmentIds")
	if err := share("Hanna", marketing, marketing); err != nil {
		t.Fatal(err)
	}
	if !w.sees("Mark", id) {
		t.Fatal("Marketing does not see it")
	}
	if err := share("Hanna"); err != nil {
		t.Fatal(err)
	}
	if w.sees("Mark", id) {
		t.Fatal("Marketing still sees it")
	}
}

func (w *world) sees(name string, id crm.ID) bool {
	seen := false
	w.Look(func(s *workspace.State) {
		rec, _ := s.Get(id)
		seen = s.See(w.People[name], rec) != 0
	})
	return seen
}

func TestComments(t *testing.T) {
	w := newWorld(t)
	deal := w.made("Mia", crm.TypeDeal, values{"title": "Tea"})
	add := func(by string, on crm.ID, text string) (crm.ID, error) {
		id := w.newID()
		_, err := w.records.AddComment(t.Context(), w.As(by), records.CommentArgs{ID: id, RecordID: on, Text: text})
		return id, err
	}
	comment, err := add("Leo", deal, "Called them.\nThey like it.")
	if err != nil {
		t.Fatal(err)
	}
	refusals := []struct {
		name, by string
		on       crm.ID
		text     string
		code     crm.Code
	}{
		{"on a deal one does not see", "Mark", deal, "hello", crm.CodeNotFound},
		{"by a guest", "Gus", deal, "hello", crm.CodeForbidden},
		{"without words", "Leo", deal, " ", crm.CodeInvalid},
		{"with control characters", "Leo", deal, "\x1b[2J", crm.CodeInvalid},
		{"on a comment", "Leo", comment, "hello", crm.CodeNotFound},
		{"on a rule", "Ana", w.pipeline, "hello", crm.CodeNotFound},
	}
	for _, r := range refusals {
		t.Run(r.name, func(t *testing.T) {
			_, err := add(r.by, r.on, r.text)
			expect(t, err, r.code, "")
		})
	}
	trash := func(by string) error {
		_, err := w.records.Trash(t.Context(), w.As(by), records.IDArgs{ID: comment})
		return err
	}
	expect(t, trash("Mia"), crm.CodeForbidden, "")
	if err := trash("Leo"); err != nil {
		t.Fatal(err)
	}
}

// [C7]
func TestTrashAndRestore(t *testing.T) {
	w := newWorld(t)
	id := w.made("Mia", crm.TypeDeal, values{"title": "Tea"})
	trash := func(by string, id crm.ID) error {
		_, err := w.records.Trash(t.Context(), w.As(by), records.IDArgs{ID: id})
		return err
	}
	restore := func(by string) error {
		_, err := w.records.Restore(t.Context(), w.As(by), records.IDArgs{ID: id})
		return err
	}
	expect(t, trash("Mark", id), crm.CodeNotFound, "")
	expect(t, trash("Gus", id), crm.CodeForbidden, "")
	expect(t, trash("Ana", w.People["Mia"]), crm.CodeNotFound, "")
	expect(t, restore("Mia"), crm.CodeNotFound, "")
	if err := trash("Mia", id); err != nil {
		t.Fatal(err)
	}
	if w.sees("Mia", id) || w.sees("Ana", id) {
		t.Fatal("what lies in the trash is seen")
	}
	_, err := w.edit("Mia", id, 2, values{"title": "x"})
	expect(t, err, crm.CodeNotFound, "")
	expect(t, trash("Mia", id), crm.CodeNotFound, "")
	expect(t, restore("Mark"), crm.CodeNotFound, "")
	if err := restore("Mia"); err != nil {
		t.Fatal(err)
	}
	if !w.sees("Mia", id) {
		t.Fatal("it did not come back")
	}
}

// [C6]
func TestADealReturnsOnlyIntoAStageThatIsThere(t *testing.T) {
	w := newWorld(t)
	id := w.made("Mia", crm.TypeDeal, values{"title": "Tea"})
	w.System(func(tx *workspace.Tx) error {
		if err := tx.Trash(id); err != nil {
			return err
		}
		rec, _ := tx.Get(w.pipeline)
		stages := rec.Fields.Get("stages").([]any)
		return tx.Edit(w.pipeline, crm.Fields{"stages": stages[1:]}, nil)
	})
	_, err := w.records.Restore(t.Context(), w.As("Mia"), records.IDArgs{ID: id})
	expect(t, err, crm.CodeInvalid, "stageId")
}
