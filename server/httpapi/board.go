package httpapi

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"rapport/server/crm"
	"rapport/server/synclog"
	"rapport/server/visible"
	"rapport/server/wire"
	"rapport/server/workspace"
)

// board handles GET /api/v1/boards/:id: the deals of a board and the customers
// they name, as far as visible.
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
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSONCharsetUTF8)
	return c.Send(view.json())
}

// boardView is a wire.BoardView before it is written.
type boardView struct {
	position synclog.Position
	audience string
	board    crm.ID
	tables   []*visible.Table
}

// viewBoard gathers what one person sees of a board. Errors: CodeNotFound.
func viewBoard(s *workspace.State, me, id crm.ID) (boardView, error) {
	viewer := visible.For(s, me)
	board, ok := s.Lookup(crm.TypeBoard, id)
	if !ok || viewer.See(board) == 0 {
		return boardView{}, workspace.NotFound()
	}
	deals, customers := visible.NewTable(s.Schema(), crm.TypeDeal), visible.NewTable(s.Schema(), crm.TypeCustomer)
	seen := map[crm.ID]bool{}
	for _, deal := range dealsOn(s, board) {
		groups := viewer.See(deal)
		deals.Add(deal, groups)
		customer, ok := s.Lookup(crm.TypeCustomer, deal.Fields.ID("customerId"))
		if groups != 0 && ok && !seen[customer.ID] {
			seen[customer.ID] = true
			customers.Add(customer, viewer.See(customer))
		}
	}
	return boardView{s.Position(), s.Policy().Audience(me).Token(), id, []*visible.Table{deals, customers}}, nil
}

// dealsOn returns the deals of a board, ordered by id, which is by age:
// neighbours share the beginnings of ids and dates, and so compress better.
func dealsOn(s *workspace.State, board crm.Record) []crm.Record {
	department := board.Fields.ID(crm.KeyDepartment)
	var found []crm.Record
	s.Deals(board.Fields.ID(crm.KeyPipeline), func(deal crm.Record) bool {
		if s.Policy().Covers(department, deal.Fields.ID(crm.KeyDepartment)) {
			found = append(found, deal)
		}
		return true
	})
	slices.SortFunc(found, func(a, b crm.Record) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return found
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
		body = table.AppendJSON(body)
	}
	return append(body, "]}"...)
}
