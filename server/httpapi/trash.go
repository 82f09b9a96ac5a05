package httpapi

import (
	"github.com/gofiber/fiber/v2"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/records"
	"rapport/server/visible"
	"rapport/server/wire"
	"rapport/server/workspace"
)

// trash handles GET /api/v1/trash?type=&q=&after=&limit=: what the asking person
// may restore, what was thrown away last first.
//
//	200     wire.TrashList
//	errors  invalid 400
func (h queryHandlers) trash(c *fiber.Ctx) error {
	limit, err := limitOf(c)
	if err != nil {
		return err
	}
	asked := records.TrashQuery{Type: crm.RecordType(query(c, "type")), Words: query(c, "q"), After: query(c, "after"), Limit: limit}
	return h.reading(c, func(s *workspace.State, me crm.ID) (any, error) {
		page, err := records.InTrash(s, me, asked)
		if err != nil {
			return nil, err
		}
		answer := wire.TrashList{Position: wirePosition(s.Position()), Records: []wire.Record{}, Total: page.Total, Next: page.Next}
		for _, rec := range page.Records {
			// See says no to all that lies in the trash.
			groups := s.Can(me, access.ActionSee, rec)
			answer.Records = append(answer.Records, visible.Record(s.Schema(), rec, groups))
		}
		return answer, nil
	})
}
