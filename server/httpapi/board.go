package httpapi

import (
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"rapport/server/crm"
	"rapport/server/schema"
	"rapport/server/synclog"
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
	id, me := crm.ID(c.Params("id")), actor(c).UserID
	var deals, customers sights
	var position synclog.Position
	var sch *schema.Schema
	var audience string
	err = h.ws.Read(c.UserContext(), at, func(s *workspace.State) error {
		board, ok := s.Lookup(crm.TypeBoard, id)
		if !ok || s.See(me, board) == 0 {
			return workspace.NotFound()
		}
		position, sch, audience = s.Position(), s.Schema(), s.Policy().Audience(me).Token()
		deals = dealsOn(s, board, me)
		customers = customersOf(s, deals, me)
		return nil
	})
	if err != nil {
		return err
	}
	setPosition(c, position)
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSONCharsetUTF8)
	return c.Send(appendBoard(nil, position, audience, id, sch, deals, customers))
}

// sight is a record with the field groups one viewer sees of it.
type sight struct {
	rec    crm.Record
	groups crm.Groups
}

type sights []sight

// sort orders by id, which is by age: neighbours share the beginnings of ids and
// dates, and so compress better.
func (s sights) sort() {
	slices.SortFunc(s, func(a, b sight) int { return strings.Compare(string(a.rec.ID), string(b.rec.ID)) })
}

func dealsOn(s *workspace.State, board crm.Record, me crm.ID) sights {
	department := board.Fields.ID(crm.KeyDepartment)
	var found sights
	s.Deals(board.Fields.ID(crm.KeyPipeline), func(deal crm.Record) bool {
		if s.Policy().Covers(department, deal.Fields.ID(crm.KeyDepartment)) {
			if groups := s.See(me, deal); groups != 0 {
				found = append(found, sight{deal, groups})
			}
		}
		return true
	})
	found.sort()
	return found
}

func customersOf(s *workspace.State, deals sights, me crm.ID) sights {
	seen := map[crm.ID]bool{}
	var found sights
	for _, d := range deals {
		id := d.rec.Fields.ID("customerId")
		if id == "" || seen[id] {
			continue
		}
		seen[id] = true
		if customer, ok := s.Lookup(crm.TypeCustomer, id); ok {
			if groups := s.See(me, customer); groups != 0 {
				found = append(found, sight{customer, groups})
			}
		}
	}
	found.sort()
	return found
}

func appendBoard(dst []byte, p synclog.Position, audience string, board crm.ID, s *schema.Schema, deals, customers sights) []byte {
	dst = append(dst, `{"position":{"epoch":`...)
	dst = appendJSONString(dst, string(p.Epoch))
	dst = append(dst, `,"offset":`...)
	dst = appendUint(dst, p.Offset)
	dst = append(dst, `},"audience":`...)
	dst = appendJSONString(dst, audience)
	dst = append(dst, `,"boardId":`...)
	dst = appendJSONString(dst, string(board))
	dst = append(dst, `,"tables":[`...)
	dst = appendTable(dst, crm.TypeDeal, s, deals)
	dst = append(dst, ',')
	dst = appendTable(dst, crm.TypeCustomer, s, customers)
	return append(dst, "]}"...)
}
