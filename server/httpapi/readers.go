package httpapi

import (
	"slices"

	"github.com/gofiber/fiber/v2"

	"rapport/server/crm"
	"rapport/server/visible"
	"rapport/server/wire"
	"rapport/server/workspace"
)

// readers handles GET /api/v1/records/:id/readers: who sees a record, or a board
// and the deals there, as policy has it now.
//
//	200     wire.Readers
//	errors  not_found 404
func (h queryHandlers) readers(c *fiber.Ctx) error {
	id := crm.ID(c.Params("id"))
	return h.reading(c, func(s *workspace.State, me crm.ID) (any, error) {
		rec, ok := s.Get(id)
		if !ok || rec.Type != crm.TypeBoard && !slices.Contains(schemaTypes, rec.Type) || s.See(me, rec) == 0 {
			return nil, workspace.NotFound()
		}
		fields := rec.Type
		if fields == crm.TypeBoard {
			fields = crm.TypeDeal
		}
		answer := wire.Readers{Readers: []wire.Reader{}}
		for _, r := range visible.Readers(s, rec) {
			if named, ok := s.Get(r.Department + r.Person); !ok || s.See(me, named) == 0 {
				continue
			}
			answer.Readers = append(answer.Readers, wire.Reader{
				DepartmentID: string(r.Department), Part: r.Part, UserID: string(r.Person),
				Without: append([]string{}, (s.Schema().GroupsOf(fields) &^ r.Groups).Names()...), Comments: r.Comments,
			})
		}
		return answer, nil
	})
}
