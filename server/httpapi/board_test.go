package httpapi_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"rapport/server/crm"
	"rapport/server/pipeline"
	"rapport/server/wire"
	"rapport/server/workspace"
)

func (o *office) boardView(role string) wire.BoardView {
	o.t.Helper()
	res, body := o.as(role, "GET", "/api/v1/boards/"+string(o.board), nil)
	if res.StatusCode != 200 {
		o.t.Fatalf("%d: %s", res.StatusCode, body)
	}
	var view wire.BoardView
	if err := json.Unmarshal([]byte(body), &view); err != nil {
		o.t.Fatal(err)
	}
	return view
}

// [D8]
func TestBoardShowsEachViewerHisShare(t *testing.T) {
	o := newOffice(t).staffed()
	o.commit(func(tx *workspace.Tx) error {
		customer, hidden := tx.NewID(), tx.NewID()
		if err := tx.Create(crm.TypeCustomer, customer, crm.Fields{"name": "Harbour Yards", "departmentId": string(o.north), "emails": []any{"a@example.com"}}); err != nil {
			return err
		}
		if err := tx.Create(crm.TypeDeal, hidden, crm.Fields{
			"title": "Of the South", "pipelineId": string(o.pipeline), "stageId": o.stages[0], "order": "a1", "departmentId": string(o.south),
		}); err != nil {
			return err
		}
		line, _ := tx.Get(o.pipeline)
		stages := pipeline.Parse(line).Stages
		stages[1].Requires = []string{"expectedCloseOn"}
		return errors.Join(
			tx.Edit(o.pipeline, crm.Fields{"stages": pipeline.StagesValue(stages)}, nil),
			tx.Edit(o.deal, crm.Fields{"customerId": string(customer), "notes": "call on Monday", "expectedCloseOn": "2026-12-24"}, nil),
		)
	})
	tests := []struct {
		name, role     string
		deal, customer []string // keys that must not be there
		masked         []any
	}{
		{"a member sees all that cards show", "member", []string{"notes"}, []string{"emails"}, nil},
		{"a guest sees no amounts", "guest", []string{"amount"}, nil, []any{"money", "notes"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			view := o.boardView(tt.role)
			if view.BoardID != string(o.board) || view.Position.Offset == 0 || view.Audience == "" || len(view.Tables) != 2 {
				t.Fatalf("%+v", view)
			}
			deals, customers := view.Tables[0], view.Tables[1]
			if len(deals.Rows) != 1 || deals.Rows[0][0] != string(o.deal) || len(customers.Rows) != 1 {
				t.Fatalf("%d deals and %d customers; what lies in the trash or belongs to others is not on the board", len(deals.Rows), len(customers.Rows))
			}
			for _, key := range tt.deal {
				if slices.Contains(deals.Keys, key) {
					t.Errorf("the deals have %s", key)
				}
			}
			for _, key := range tt.customer {
				if slices.Contains(customers.Keys, key) {
					t.Errorf("the customers have %s", key)
				}
			}
			if !deals.Part || !customers.Part || slices.Contains(deals.Keys, crm.KeyCreatedAt) || slices.Contains(customers.Keys, crm.KeyCreatedAt) {
				t.Errorf("a board carries what its cards show, and says so: %v, %v", deals.Keys, customers.Keys)
			}
			if got := slices.Contains(deals.Keys, "expectedCloseOn"); !got {
				t.Errorf("what a stage of the board asks for is there: %v", deals.Keys)
			}
			if masked, _ := deals.Rows[0][2].([]any); !slices.Equal(masked, tt.masked) {
				t.Errorf("masked %v, want %v", masked, tt.masked)
			}
		})
	}
}

// fill puts n deals of 600 customers onto the board, as an import and some
// weeks of work leave them.
func (o *office) fill(n int) {
	o.t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	began := time.Date(2026, 6, 1, 8, 0, 0, 0, time.UTC)
	owners := []string{"guest", "member", "lead", "head"}
	var customers []crm.ID
	o.commit(func(tx *workspace.Tx) error {
		for i := range 400 {
			id := tx.NewID()
			customers = append(customers, id)
			if err := tx.Create(crm.TypeCustomer, id, crm.Fields{"name": fmt.Sprintf("Teahouse %d & Sons", i), "departmentId": string(o.north)}); err != nil {
				return err
			}
		}
		return nil
	})
	keys, err := pipeline.KeysBetween("", "", n)
	if err != nil {
		o.t.Fatal(err)
	}
	for from := 0; from < n; from += 500 {
		o.commit(func(tx *workspace.Tx) error {
			for i := from; i < min(from+500, n); i++ {
				at := workspace.Timestamp(began.Add(time.Duration(random.IntN(150*24*3600)) * time.Second))
				err := tx.Create(crm.TypeDeal, tx.NewID(), crm.Fields{
					"title": fmt.Sprintf("Assam, %d chests for harvest %d", random.IntN(500), i), "customerId": string(customers[random.IntN(len(customers))]),
					"amount": crm.Money{Amount: int64(random.IntN(5_000_000)), Currency: "EUR"}, "expectedCloseOn": at[:10], "product": "Assam", "order": keys[i],
					"pipelineId": string(o.pipeline), "stageId": o.stages[random.IntN(len(o.stages))], "stageSince": at,
					"departmentId": string(o.north), "ownerId": string(o.users[owners[random.IntN(len(owners))]]),
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
}

func TestBoardOf10000DealsIsSmall(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 10,000 deals")
	}
	o := newOffice(t).staffed()
	o.fill(10_000)
	req := o.requestAs("member", "GET", "/api/v1/boards/"+string(o.board), nil)
	req.Header.Set("Accept-Encoding", "gzip, br")
	var took time.Duration
	var size int
	for range 5 { // the first also fills what is remembered
		began := time.Now()
		res, err := o.app.Test(req, 10_000)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		took, size = time.Since(began), len(body)
		if res.Header.Get("Content-Encoding") == "" || !strings.HasPrefix(res.Header.Get("Content-Type"), "application/json") {
			t.Fatal(res.Header)
		}
	}
	t.Logf("%d kB in %s", size/1000, took.Round(time.Millisecond))
	if size > 600_000 {
		t.Errorf("%d bytes on the wire, want at most 600,000", size)
	}
}
