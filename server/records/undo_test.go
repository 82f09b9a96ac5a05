package records_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/pipeline"
	"rapport/server/records"
	"rapport/server/synclog"
	"rapport/server/testkit"
	"rapport/server/workspace"
)

// [C8]
func TestUndoBringsBackWhatWas(t *testing.T) {
	w := newWorld(t)
	id := w.made("Mia", crm.TypeDeal, values{"title": "Tea", "source": "fair"})
	created := w.offset()
	edited := w.edited("Mia", id, values{"title": "Green tea", "source": nil, "product": "Sencha"})
	if err := w.undo("Mia", edited); err != nil {
		t.Fatal(err)
	}
	f := w.Get(id).Fields
	if f.String("title") != "Tea" || f.String("source") != "fair" || f.Has("product") {
		t.Fatal(f)
	}
	undone := w.offset()
	entry, err := w.WS.Entry(t.Context(), undone)
	if err != nil || entry.Undoes != edited {
		t.Fatalf("the entry undoes %d, want %d", entry.Undoes, edited)
	}
	if err := w.undo("Mia", undone); err != nil {
		t.Fatal(err)
	}
	if f := w.Get(id).Fields; f.String("title") != "Green tea" || f.Has("source") || f.String("product") != "Sencha" {
		t.Fatalf("undoing the undo: %v", f)
	}
	if err := w.undo("Mia", created); err != nil || !w.Get(id).Trashed() {
		t.Fatalf("undoing the creation: %v", err)
	}
	if err := w.undo("Mia", w.offset()); err != nil || w.Get(id).Trashed() {
		t.Fatalf("undoing that: %v", err)
	}
}

func TestUndoOfAMove(t *testing.T) {
	w := newWorld(t)
	above := w.made("Mia", crm.TypeDeal, values{"title": "above"})
	id := w.made("Mia", crm.TypeDeal, values{"title": "Tea"})
	before := w.Get(id).Fields
	w.Wait(time.Hour)
	moved, err := w.deals.Move(t.Context(), w.As("Mia"), pipeline.MoveArgs{ID: id, BasedOn: 1, StageID: "won"})
	if err != nil {
		t.Fatal(err)
	}
	// Where the card stands in the new stage is no quarrel.
	if _, err := w.deals.Move(t.Context(), w.As("Mia"), pipeline.MoveArgs{ID: above, BasedOn: 1, StageID: "won"}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.deals.Move(t.Context(), w.As("Leo"), pipeline.MoveArgs{ID: id, BasedOn: 2, StageID: "won", AfterID: above}); err != nil {
		t.Fatal(err)
	}
	if err := w.undo("Mia", moved.Offset); err != nil {
		t.Fatal(err)
	}
	after := w.Get(id).Fields
	for _, key := range []string{"stageId", "stageSince", "closedOn", "order"} {
		if !after.Same(before, key) {
			t.Errorf("%s is %v, was %v", key, after.Get(key), before.Get(key))
		}
	}
}

func TestUndoTakesAMoveBackThatCouldNotBeMadeByHand(t *testing.T) {
	w := newWorld(t)
	id := w.made("Mia", crm.TypeDeal, values{"title": "Tea"})
	moved, err := w.deals.Move(t.Context(), w.As("Mia"), pipeline.MoveArgs{ID: id, BasedOn: 1, StageID: "won"})
	if err != nil {
		t.Fatal(err)
	}
	w.System(func(tx *workspace.Tx) error {
		stages := pipeline.Parse(w.Get(w.pipeline)).Stages
		stages[0].From = []string{"offer"} // not from won any more
		return tx.Edit(w.pipeline, crm.Fields{"stages": pipeline.StagesValue(stages)}, nil)
	})
	_, err = w.deals.Move(t.Context(), w.As("Mia"), pipeline.MoveArgs{ID: id, BasedOn: 2, StageID: "new"})
	expect(t, err, crm.CodeInvalid, "stageId")
	if err := w.undo("Mia", moved.Offset); err != nil {
		t.Fatal(err)
	}
	if got := w.Get(id).Fields.String("stageId"); got != "new" {
		t.Fatalf("the deal stands in %s", got)
	}
}

func TestUndoOfHandingAPipelineOver(t *testing.T) {
	w := newWorld(t)
	w.System(func(tx *workspace.Tx) error {
		return tx.Edit(w.pipeline, crm.Fields{"departmentId": string(w.Departments["Marketing"])}, nil)
	})
	w.Hire("Greta", access.RoleHead, "Marketing")
	at := w.offset() - 2
	// She answers for the pipeline now, but not for the department that would get it back.
	expect(t, w.undo("Greta", at), crm.CodeForbidden, "")
	if err := w.undo("Ana", at); err != nil {
		t.Fatal(err)
	}
	if got := w.Get(w.pipeline).Fields.ID("departmentId"); got != w.Departments["Sales"] {
		t.Fatalf("looked after by %s", got)
	}
}

// [C8]
func TestUndoRefusals(t *testing.T) {
	tests := []struct {
		name  string
		do    func(*world, crm.ID) uint64 // returns the offset to undo
		by    string
		code  crm.Code
		field string
	}{
		{"a field that somebody changed since", func(w *world, id crm.ID) uint64 {
			offset := w.edited("Mia", id, values{"title": "Green tea", "product": "Sencha"})
			w.edited("Leo", id, values{"title": "Black tea"})
			return offset
		}, "Mia", crm.CodeConflict, "title"},
		{"of making what lies in the trash by now, by somebody who never saw it", func(w *world, id crm.ID) uint64 {
			made := w.offset()
			w.System(func(tx *workspace.Tx) error { return tx.Trash(id) })
			return made
		}, "Mark", crm.CodeNotFound, ""},
		{"by somebody who does not see the record", func(w *world, id crm.ID) uint64 { return w.edited("Mia", id, values{"title": "x"}) }, "Mark", crm.CodeNotFound, ""},
		{"by somebody who may not edit it", func(w *world, id crm.ID) uint64 { return w.edited("Mia", id, values{"title": "x"}) }, "Gus", crm.CodeForbidden, ""},
		{"by somebody who may not edit it any more", func(w *world, id crm.ID) uint64 {
			offset := w.edited("Mia", id, values{"title": "x"})
			w.edited("Leo", id, values{"ownerId": string(w.People["Leo"])})
			return offset
		}, "Mia", crm.CodeForbidden, ""},
		{"of an edit of fields he may not write", func(w *world, id crm.ID) uint64 {
			offset := w.edited("Ana", id, values{"probability": int64(5), "title": "x"})
			w.rule("role:member", "never", "edit", "deal", "all", "money")
			return offset
		}, "Mia", crm.CodeInvalid, "probability"},
		{"of an edit and a hand-over with the right to hand over only", func(w *world, id crm.ID) uint64 {
			offset := w.edited("Ana", id, values{"ownerId": string(w.People["Leo"]), "title": "x"})
			w.rule("person:"+string(w.People["Leo"]), "never", "edit", "deal", "all", "all")
			return offset
		}, "Leo", crm.CodeForbidden, ""},
		{"of a deal whose stage is gone", func(w *world, id crm.ID) uint64 {
			w.System(func(tx *workspace.Tx) error { return tx.Trash(id) })
			offset := w.offset()
			w.System(func(tx *workspace.Tx) error {
				rec, _ := tx.Get(w.pipeline)
				return tx.Edit(w.pipeline, crm.Fields{"stages": rec.Fields.Get("stages").([]any)[1:]}, nil)
			})
			return offset
		}, "Ana", crm.CodeInvalid, "stageId"},
		{"of an entry that does not exist", func(*world, crm.ID) uint64 { return 1 << 40 }, "Ana", crm.CodeNotFound, ""},
		{"of a role by somebody who may not give it", func(w *world, _ crm.ID) uint64 {
			w.Add(crm.TypeMembership, crm.Fields{"userId": string(w.People["Mark"]), "departmentId": string(w.Departments["Sales"]), "role": "admin"})
			return w.offset()
		}, "Hanna", crm.CodeForbidden, ""},
		{"of a session", func(w *world, _ crm.ID) uint64 {
			w.Add(crm.TypeSession, crm.Fields{"userId": string(w.People["Mark"]), "tokenHash": "x"})
			return w.offset()
		}, "Ana", crm.CodeNotFound, ""},
		{"of a rule by somebody who does not administer rules", func(w *world, _ crm.ID) uint64 {
			w.rule("role:guest", "never", "see", "deal", "all", "all")
			return w.offset()
		}, "Hanna", crm.CodeForbidden, ""},
		{"of a pipeline that holds deals", func(w *world, _ crm.ID) uint64 {
			for offset := uint64(1); ; offset++ {
				e, err := w.WS.Entry(w.t.Context(), offset)
				if err != nil {
					w.t.Fatal(err)
				}
				if e.Ops[0].ID == w.pipeline {
					return offset
				}
			}
		}, "Ana", crm.CodeInvalid, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			id := w.made("Mia", crm.TypeDeal, values{"title": "Tea"})
			offset := tt.do(w, id)
			at := w.offset()
			expect(t, w.undo(tt.by, offset), tt.code, tt.field)
			if w.offset() != at {
				t.Fatal("something was written all the same")
			}
		})
	}
}

func TestUndoOfSharingABoard(t *testing.T) {
	w := newWorld(t)
	id := w.made("Mia", crm.TypeDeal, values{"title": "Tea"})
	board := w.Add(crm.TypeBoard, crm.Fields{"name": "Tea", "pipelineId": string(w.pipeline), "departmentId": string(w.Departments["Sales"])})
	args := pipeline.ShareArgs{BoardID: board, DepartmentID: w.Departments["Marketing"]}
	shared, err := w.deals.ShareBoard(t.Context(), w.As("Hanna"), args)
	if err != nil || !w.sees("Mark", id) {
		t.Fatal(err)
	}
	expect(t, w.undo("Mark", shared.Offset), crm.CodeForbidden, "")
	if err := w.undo("Hanna", shared.Offset); err != nil || w.sees("Mark", id) {
		t.Fatalf("Hanna takes back what she shared: %v", err)
	}
	taken := w.offset()
	w.rule("role:head", "never", "share", "board", "all", "all")
	if err := w.undo("Hanna", taken); err == nil || w.sees("Mark", id) {
		t.Fatal("an undo shared what could not be shared any more")
	}
}

// imported makes deals as an import of Leo does: in entries of up to 500 of one group.
func (w *world) imported(n int) crm.ID {
	w.t.Helper()
	group := w.newID()
	actor := crm.Actor{UserID: w.People["Leo"], Source: crm.SourceImport}
	for n > 0 {
		part := min(n, 500)
		n -= part
		_, err := w.WS.Commit(w.t.Context(), workspace.Command{Name: "import.part", Actor: actor, Group: group, Plan: func(tx *workspace.Tx) error {
			for i := range part {
				err := tx.Create(crm.TypeDeal, tx.NewID(), crm.Fields{
					"title": "Deal " + strconv.Itoa(i), "pipelineId": string(w.pipeline), "stageId": "new", "order": "a0",
					"departmentId": string(w.Departments["Sales"]), "ownerId": string(w.People["Mia"]),
				})
				if err != nil {
					return err
				}
			}
			return nil
		}})
		if err != nil {
			w.t.Fatal(err)
		}
	}
	return group
}

func (w *world) countDeals() int {
	n := 0
	w.Look(func(s *workspace.State) {
		s.Each(crm.TypeDeal, func(crm.Record) bool { n++; return true })
	})
	return n
}

func TestUndoOfAnImport(t *testing.T) {
	w := newWorld(t)
	group := w.imported(1200)
	var one crm.ID
	w.Look(func(s *workspace.State) {
		s.Each(crm.TypeDeal, func(rec crm.Record) bool { one = rec.ID; return false })
	})
	w.edited("Mia", one, values{"title": "worked on"})

	undo := func(by string, group crm.ID) (workspace.Command, workspace.Result, error) {
		cmd := w.As(by)
		result, err := w.records.Undo(t.Context(), cmd, records.UndoArgs{Group: group})
		return cmd, result, err
	}
	at := w.offset()
	_, _, err := undo("Gus", group)
	expect(t, err, crm.CodeForbidden, "")
	_, _, err = undo("Mark", group)
	expect(t, err, crm.CodeNotFound, "")
	_, _, err = undo("Leo", w.newID())
	expect(t, err, crm.CodeNotFound, "")
	if w.offset() != at {
		t.Fatal("a refused undo wrote something")
	}

	cmd, result, err := undo("Leo", group)
	if err != nil || result.Offset == 0 || w.countDeals() != 0 {
		t.Fatalf("%d deals are left, %v", w.countDeals(), err)
	}
	if got := w.offset() - at; got != 3 {
		t.Fatalf("%d entries for 1,200 deals, want 3", got)
	}
	at = w.offset()
	again, err := w.records.Undo(t.Context(), cmd, records.UndoArgs{Group: group})
	if err != nil || !again.Repeated || w.offset() != at {
		t.Fatalf("repeated: %+v, %v", again, err)
	}
	if _, _, err := undo("Leo", cmd.ID); err != nil || w.countDeals() != 1200 {
		t.Fatalf("undoing the undo: %d deals, %v", w.countDeals(), err)
	}
}

// fillingUp has room for so many undos.
type fillingUp struct {
	synclog.Store
	room int
}

func (s *fillingUp) Append(ctx context.Context, b synclog.Batch) error {
	if slices.ContainsFunc(b.Entries, func(e synclog.Entry) bool { return e.Undoes > 0 }) {
		if s.room == 0 {
			return fmt.Errorf("%w: %w", synclog.ErrRejected, synclog.ErrFull)
		}
		s.room--
	}
	return s.Store.Append(ctx, b)
}

func TestAnUndoThatStopsHalfwayDoesNotSayThatNothingWasChanged(t *testing.T) {
	store := &fillingUp{Store: testkit.SQLite(t)}
	w := newWorldOn(t, store)
	group := w.imported(1200)
	cmd := w.As("Leo")
	_, err := w.records.Undo(t.Context(), cmd, records.UndoArgs{Group: group})
	expect(t, err, crm.CodeUnavailable, "")
	store.room = 2
	_, err = w.records.Undo(t.Context(), cmd, records.UndoArgs{Group: group})
	expect(t, err, crm.CodeUnknown, "")
	if w.countDeals() != 500 {
		t.Errorf("%d deals are left", w.countDeals())
	}
	store.room = 1
	if _, err := w.records.Undo(t.Context(), cmd, records.UndoArgs{Group: group}); err != nil || w.countDeals() != 0 {
		t.Errorf("the same command again: %d deals are left, %v", w.countDeals(), err)
	}
}

// What is taken back first may take the right to the rest with it.
func TestAnUndoThatLosesItsRightHalfwaySaysWhatItDid(t *testing.T) {
	w := newWorld(t)
	deal := w.made("Mia", crm.TypeDeal, values{"title": "a"})
	group := w.newID()
	for _, fields := range []crm.Fields{
		{"title": "b"}, {crm.KeyOwner: string(w.People["Mark"])},
	} {
		_, err := w.WS.Commit(t.Context(), workspace.Command{Name: "bulk", Actor: w.As("Leo").Actor, Group: group, Plan: func(tx *workspace.Tx) error {
			return tx.Edit(deal, fields, nil)
		}})
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := w.records.Undo(t.Context(), w.As("Mark"), records.UndoArgs{Group: group})
	var told *crm.Error
	if !errors.As(err, &told) || told.Code == crm.CodeUnknown || told.Reason != "undone_in_part" {
		t.Errorf("told %v", err)
	}
	if f := w.Get(deal).Fields; f.String(crm.KeyOwner) != string(w.People["Mia"]) || f.String("title") != "b" {
		t.Errorf("left %v", f)
	}
}

// [C9]
func TestAGroupUndoLeavesWhatOthersChangedSince(t *testing.T) {
	w := newWorld(t)
	ids := []crm.ID{w.made("Mia", crm.TypeDeal, values{"title": "a"}), w.made("Mia", crm.TypeDeal, values{"title": "b"})}
	group := w.newID()
	_, err := w.WS.Commit(t.Context(), workspace.Command{Name: "bulk", Actor: w.As("Leo").Actor, Group: group, Plan: func(tx *workspace.Tx) error {
		for _, id := range ids {
			if err := tx.Edit(id, crm.Fields{"product": "Sencha", "source": "fair"}, nil); err != nil {
				return err
			}
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	w.edited("Mia", ids[0], values{"product": "Assam"})
	if _, err := w.records.Undo(t.Context(), w.As("Leo"), records.UndoArgs{Group: group}); err != nil {
		t.Fatal(err)
	}
	a, b := w.Get(ids[0]).Fields, w.Get(ids[1]).Fields
	if a.String("product") != "Assam" || a.Has("source") || b.Has("product") || b.Has("source") {
		t.Fatalf("%v\n%v", a, b)
	}
}

func TestUndoNeedsOneOfTheTwo(t *testing.T) {
	w := newWorld(t)
	for _, args := range []records.UndoArgs{{}, {Offset: 1, Group: w.newID()}} {
		_, err := w.records.Undo(t.Context(), w.As("Ana"), args)
		expect(t, err, crm.CodeInvalid, "offset")
	}
}
