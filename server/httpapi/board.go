package httpapi

import (
	"encoding/json"

	"github.com/gofiber/fiber/v2"

	"rapport/server/crm"
	"rapport/server/pipeline"
	"rapport/server/synclog"
	"rapport/server/visible"
	"rapport/server/wire"
	"rapport/server/workspace"
)

// board handles GET /api/v1/boards/:id: what the cards of a board show of its
// deals, and the names of their customers, as far as visible.
//
//	200     wire.BoardView
//	errors  not_found 404
//
// Records are gathered under the lock and encoded after it: they are immutable,
// and a board of 10,000 deals must not hold up a move.
func (h queryHandlers) board(c *fiber.Ctx) error {
	at, err := atLeast(c)
	if err != nil {
		return err
	}
	var view boardView
	err = h.ws.Read(c.UserContext(), at, func(s *workspace.State) error {
		view, err = viewBoard(s, actor(c).UserID, crm.ID(c.Params("id")))
		return err
	})
	if err != nil {
		return err
	}
	setPosition(c, view.position)
	setAge(c, h.ws)
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSONCharsetUTF8)
	return h.large.pass(c.UserContext(), c, func() error { return c.Send(view.json()) })
}

// boardView is a wire.BoardView before it is written.
type boardView struct {
	position synclog.Position
	audience string
	board    crm.ID
	tables   []*visible.Table
}

// cardKeys are the fields of a deal that its card shows, or that say where it
// belongs. The rest is loaded with the deal's own page.
var cardKeys = []string{
	"title", "customerId", "amount", "probability", "nextStep", "nextStepOn", "order", "stageSince",
	crm.KeyOwner, crm.KeyDepartment, crm.KeyPipeline, crm.KeyStage,
}

// viewBoard gathers what one person sees of a board. Errors: CodeNotFound.
func viewBoard(s *workspace.State, me, id crm.ID) (boardView, error) {
	viewer := s.For(me)
	board, ok := s.Lookup(crm.TypeBoard, id)
	if !ok || viewer.See(board) == 0 {
		return boardView{}, workspace.NotFound()
	}
	deals := visible.NewTable(s.Schema(), crm.TypeDeal, append(requiredOn(s, board), cardKeys...)...)
	customers := visible.NewTable(s.Schema(), crm.TypeCustomer, "name")
	seen := map[string]bool{}
	eachDealOn(s, viewer, board, func(deal crm.Record, groups crm.Groups) {
		deals.Add(deal, groups)
		id := deal.Fields.String("customerId")
		if id == "" || seen[id] {
			return
		}
		seen[id] = true
		if customer, ok := s.Lookup(crm.TypeCustomer, crm.ID(id)); ok {
			customers.Add(customer, viewer.See(customer))
		}
	})
	return boardView{s.Position(), s.Policy().Audience(me).Token(), id, []*visible.Table{deals, customers}}, nil
}

// requiredOn returns the fields that some stage of the board asks for: a move
// has to know whether they are there.
func requiredOn(s *workspace.State, board crm.Record) []string {
	var keys []string
	rec, _ := s.Get(board.Fields.ID(crm.KeyPipeline))
	for _, stage := range pipeline.Parse(rec).Stages {
		keys = append(keys, stage.Requires...)
	}
	return keys
}

// eachDealOn calls fn for each deal of a board that the viewer sees: those of
// its pipeline that belong to its department or one below it.
func eachDealOn(s *workspace.State, viewer *workspace.Viewer, board crm.Record, fn func(crm.Record, crm.Groups)) {
	department := board.Fields.ID(crm.KeyDepartment)
	covered := map[string]bool{} // few departments, many deals
	viewer.Deals(board.Fields.ID(crm.KeyPipeline), func(deal crm.Record, groups crm.Groups) {
		of := deal.Fields.String(crm.KeyDepartment)
		covers, known := covered[of]
		if !known {
			covers = s.Policy().Covers(department, crm.ID(of))
			covered[of] = covers
		}
		if covers {
			fn(deal, groups)
		}
	})
}

// json writes the view as wire.BoardView. Only the tables are large; they write
// themselves.
func (v boardView) json() []byte {
	head, _ := json.Marshal(wire.BoardView{ // texts and a number: cannot fail
		Position: wirePosition(v.position), Audience: v.audience, BoardID: string(v.board), Tables: []wire.Table{},
	})
	// Tables is the last field and empty: its rows go before "]}".
	body := head[:len(head)-len("]}")]
	for i, table := range v.tables {
		if i > 0 {
			body = append(body, ',')
		}
		// By age: neighbours share the beginnings of ids and dates, and so
		// compress better.
		table.Sort()
		body = table.AppendJSON(body)
	}
	return append(body, "]}"...)
}
