package httpapi_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"rapport/server/crm"
	"rapport/server/wire"
	"rapport/server/workspace"
)

// unpaid takes the sight of amounts from a person, who goes on working on deals.
func (o *office) unpaid(role string) *office {
	o.t.Helper()
	o.commit(func(tx *workspace.Tx) error {
		return tx.Create(crm.TypeRule, tx.NewID(), crm.Fields{
			"who": "person:" + string(o.users[role]), "effect": "never", "action": "see", "what": "deal", "whose": "all", "fieldGroups": "money",
		})
	})
	return o
}

// checkMasked makes sure that a record is the deal without its money.
func (o *office) checkMasked(body string, shown *wire.Record) {
	o.t.Helper()
	if shown == nil || shown.ID != string(o.deal) || shown.Fields["title"] == nil || !slices.Equal(shown.Masked, []string{"money"}) {
		o.t.Errorf("the deal is not shown with its money masked: %s", body)
	}
	if strings.Contains(body, `"amount"`) {
		o.t.Errorf("an amount is told: %s", body)
	}
	if strings.Contains(body, `"updatedBy"`) || strings.Contains(body, `"updatedAt"`) || strings.Contains(body, `"by":`) {
		o.t.Errorf("who wrote last, perhaps the amount, is told: %s", body)
	}
}

// G4: what a refused command quotes is masked as everything else.
func TestAConflictShowsWhatTheActorMaySee(t *testing.T) {
	for _, row := range []struct {
		name, command string
		args          func(o *office, first uint64) fields
		changed       string // the field that both changed
	}{
		{"an edit", "record.edit", func(o *office, _ uint64) fields {
			return fields{"id": o.deal, "basedOn": 1, "values": fields{"product": "Darjeeling"}}
		}, "product"},
		{"a move", "deal.move", func(o *office, _ uint64) fields {
			return fields{"id": o.deal, "basedOn": 1, "stageId": o.stages[2]}
		}, "stageId"},
		{"an undo", "undo", func(_ *office, first uint64) fields { return fields{"offset": first} }, "product"},
	} {
		t.Run(row.name, func(t *testing.T) {
			o := newOffice(t).staffed().unpaid("lead")
			first := o.edited(o.deal)
			o.commitBy(crm.Actor{UserID: o.users["admin"], Source: crm.SourceApp}, func(tx *workspace.Tx) error {
				return tx.Edit(o.deal, crm.Fields{
					"product": "Ceylon", "amount": crm.Money{Amount: 777, Currency: "EUR"}, "stageId": o.stages[1],
				}, nil)
			})
			res, body := o.as("lead", "POST", "/api/v1/commands/"+row.command, command(row.args(o, first)))
			var problem wire.Problem
			if err := json.Unmarshal([]byte(body), &problem); err != nil || res.StatusCode != 409 || problem.Fields[row.changed] == "" {
				t.Fatalf("%d %s", res.StatusCode, body)
			}
			o.checkMasked(body, problem.Current)
		})
	}
}

// Who is told to have changed a field is who changed that field, and not who wrote last.
func TestAConflictNamesWhoChangedTheField(t *testing.T) {
	o := newOffice(t).staffed()
	for _, edit := range []struct{ role, field string }{{"lead", "product"}, {"admin", "nextStep"}, {"admin", "source"}} {
		o.commitBy(crm.Actor{UserID: o.users[edit.role], Source: crm.SourceApp}, func(tx *workspace.Tx) error {
			return tx.Edit(o.deal, crm.Fields{edit.field: "Ceylon"}, nil)
		})
	}
	for field, by := range map[string]string{"product": "lead", "nextStep": "admin", "source": "admin"} {
		_, body := o.as("head", "POST", "/api/v1/commands/record.edit", command(fields{
			"id": o.deal, "basedOn": 1, "values": fields{field: "Darjeeling"},
		}))
		if p := problemIn(t, body); p.Code != string(crm.CodeConflict) || p.Params["by"] != string(o.users[by]) {
			t.Errorf("%s was changed by the %s: %s", field, by, body)
		}
	}
}

// G4: so is what a command changed.
func TestAnAnswerShowsWhatTheActorMaySee(t *testing.T) {
	for _, row := range []struct {
		name, command string
		args          func(o *office, first uint64) fields
	}{
		{"an edit", "record.edit", func(o *office, _ uint64) fields {
			return fields{"id": o.deal, "basedOn": 2, "values": fields{"product": "Darjeeling"}}
		}},
		{"a move", "deal.move", func(o *office, _ uint64) fields {
			return fields{"id": o.deal, "basedOn": 2, "stageId": o.stages[1]}
		}},
		{"an undo", "undo", func(_ *office, first uint64) fields { return fields{"offset": first} }},
	} {
		t.Run(row.name, func(t *testing.T) {
			o := newOffice(t).staffed().unpaid("lead")
			body := command(row.args(o, o.edited(o.deal)))
			for _, repeated := range []bool{false, true} {
				res, text := o.as("lead", "POST", "/api/v1/commands/"+row.command, body)
				var answer wire.CommandResult
				if err := json.Unmarshal([]byte(text), &answer); err != nil || res.StatusCode != 200 || answer.Repeated != repeated || len(answer.Records) != 1 {
					t.Fatalf("%d %s", res.StatusCode, text)
				}
				o.checkMasked(text, &answer.Records[0])
			}
		})
	}
}
