package pipeline_test

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/pipeline"
	"rapport/server/testkit"
	"rapport/server/workspace"
)

// world is a company with a pipeline and a board of Sales: Mia (member), Leo
// (lead) and Hanna (head) work there, Mark is a member of Marketing.
type world struct {
	*testkit.Company
	t        *testing.T
	service  *pipeline.Service
	pipeline crm.ID
	board    crm.ID
}

func newWorld(t *testing.T) *world {
	t.Helper()
	c := testkit.NewCompany(t)
	c.Hire("Mia", access.RoleMember, "Sales")
	c.Hire("Leo", access.RoleLead, "Sales")
	c.Hire("Hanna", access.RoleHead, "Sales")
	c.Hire("Mark", access.RoleMember, "Marketing")
	w := &world{Company: c, t: t, service: pipeline.New(c.WS)}
	w.pipeline = c.Add(crm.TypePipeline, crm.Fields{
		"name": "Wholesale", crm.KeyDepartment: string(c.Departments["Sales"]),
		"stages": pipeline.StagesValue([]pipeline.Stage{
			{ID: "new", Name: "New", Kind: pipeline.StageOpen, ProbabilityPct: 10},
			{ID: "offer", Name: "Offer", Kind: pipeline.StageOpen, ProbabilityPct: 50, Requires: []string{"amount"}, Why: "An offer names a price."},
			{ID: "won", Name: "Won", Kind: pipeline.StageWon, ProbabilityPct: 100},
			{ID: "lost", Name: "Lost", Kind: pipeline.StageLost},
		}),
		"lostReasons": []any{"price", "no need"},
	})
	w.board = c.Add(crm.TypeBoard, crm.Fields{
		"name": "Wholesale", crm.KeyPipeline: string(w.pipeline), crm.KeyDepartment: string(c.Departments["Sales"]),
	})
	return w
}

// deal adds a deal of Sales at the end of a stage, owned by a person.
func (w *world) deal(title, stage, owner string, more ...crm.Fields) crm.ID {
	w.t.Helper()
	w.Wait(time.Millisecond) // ids of later deals sort later
	id := crm.NewID(w.Now())
	w.System(func(tx *workspace.Tx) error {
		f := crm.Fields{
			"title": title, crm.KeyPipeline: string(w.pipeline), crm.KeyStage: stage,
			crm.KeyOwner: string(w.People[owner]), crm.KeyDepartment: string(w.Departments["Sales"]),
			"amount": crm.Money{Amount: 100, Currency: "EUR"},
		}
		for _, m := range more {
			for k, v := range m {
				if f[k] = v; v == nil {
					delete(f, k)
				}
			}
		}
		if err := pipeline.Place(tx, id, f); err != nil {
			return err
		}
		return tx.Create(crm.TypeDeal, id, f)
	})
	return id
}

// titles returns the deals of a stage from top to bottom.
func (w *world) titles(stage string) string {
	w.t.Helper()
	var deals []crm.Record
	w.Look(func(s *workspace.State) {
		s.Deals(w.pipeline, func(rec crm.Record) bool {
			if rec.Fields.String("stageId") == stage {
				deals = append(deals, rec)
			}
			return true
		})
	})
	slices.SortFunc(deals, func(a, b crm.Record) int {
		return cmp.Or(strings.Compare(a.Fields.String("order"), b.Fields.String("order")), strings.Compare(string(a.ID), string(b.ID)))
	})
	titles := make([]string, len(deals))
	for i, d := range deals {
		titles[i] = d.Fields.String("title")
	}
	return strings.Join(titles, " ")
}

// move moves a deal as a person, based on its present version unless args say otherwise.
func (w *world) move(by string, args pipeline.MoveArgs) error {
	w.t.Helper()
	if args.BasedOn == 0 {
		args.BasedOn = w.Get(args.ID).Version
	}
	_, err := w.service.Move(w.t.Context(), w.As(by), args)
	return err
}

// refused checks code, reason and field of an error.
func refused(t *testing.T, err error, code crm.Code, reason, field string) {
	t.Helper()
	var e *crm.Error
	if !errors.As(err, &e) || e.Code != code || e.Reason != reason {
		t.Fatalf("%v, want %s (%s)", err, code, reason)
	}
	if field != "" && e.Fields[field] == "" {
		t.Fatalf("%v says nothing about %s", e.Fields, field)
	}
}
