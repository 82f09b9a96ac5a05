package records_test

import (
	"fmt"
	"sync"
	"testing"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/records"
	"rapport/server/workspace"
)

// [H10] Two admins at once: one takes a field or a choice away, the other, and
// others with them, fill it in. Whoever comes before that in the log has written,
// whoever comes after is refused by name, and there is nothing in between.
func TestAFieldIsTakenAwayWhileItIsFilledIn(t *testing.T) {
	takeAway := map[string]func(w *world, field crm.ID) (workspace.Result, error){
		"the field goes to the trash": func(w *world, field crm.ID) (workspace.Result, error) {
			return w.records.Trash(w.t.Context(), w.As("Ana"), records.IDArgs{ID: field})
		},
		"its choice is removed": func(w *world, field crm.ID) (workspace.Result, error) {
			return w.records.EditField(w.t.Context(), w.As("Ana"), records.FieldEditArgs{
				ID: field, BasedOn: 1, Values: records.FieldChanges{Choices: []records.ChoiceArgs{{Key: "autumn"}}},
			})
		},
	}
	for name, take := range takeAway {
		t.Run(name, func(t *testing.T) {
			written := 0
			for round := range rounds {
				written += raceForAField(t, 2*round, take)
			}
			if written == 0 || written == rounds*writers {
				t.Errorf("%d of %d were written: nobody met", written, rounds*writers)
			}
		})
	}
}

const rounds, writers = 6, 12

// raceForAField lets the one who takes away begin behind so many of the writers;
// it returns how many of those have written.
func raceForAField(t *testing.T, behind int, take func(*world, crm.ID) (workspace.Result, error)) (written int) {
	t.Helper()
	w := newWorld(t)
	w.Hire("Adele", access.RoleAdmin, "Nordwind")
	args := fieldArgs(nil)
	args.ID = w.newID()
	if _, err := w.records.DefineField(t.Context(), w.As("Ana"), args); err != nil {
		t.Fatal(err)
	}
	by := []string{"Adele", "Mia", "Leo"}
	var deals [writers]crm.ID
	var commands [writers]workspace.Command
	for n := range writers {
		deals[n] = w.made("Mia", crm.TypeDeal, values{"title": fmt.Sprint("Tea ", n)})
		commands[n] = w.As(by[n%len(by)])
	}
	var results [writers]workspace.Result
	var failures [writers]error
	var taken workspace.Result
	var takenErr error
	var all sync.WaitGroup
	begin := make(chan struct{})
	for n := range writers {
		all.Go(func() {
			<-begin
			results[n], failures[n] = w.records.Edit(t.Context(), commands[n], records.EditArgs{
				ID: deals[n], BasedOn: 1, Values: values{"fields": values{"harvest": "spring"}},
			})
		})
		if n == behind {
			all.Go(func() { <-begin; taken, takenErr = take(w, args.ID) })
		}
	}
	close(begin)
	all.Wait()
	if takenErr != nil {
		t.Fatal(takenErr)
	}
	for n, err := range failures {
		value := w.Get(deals[n]).Fields.String("fields.harvest")
		if err == nil {
			written++
			if results[n].Offset > taken.Offset || value != "spring" {
				t.Errorf("written at %d, after it was taken away at %d; the deal has %q", results[n].Offset, taken.Offset, value)
			}
			continue
		}
		expect(t, err, crm.CodeInvalid, "fields.harvest")
		if value != "" || w.Get(deals[n]).Version != 1 {
			t.Errorf("refused, and the deal has %q", value)
		}
	}
	return written
}
