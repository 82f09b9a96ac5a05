package httpapi

import (
	"cmp"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/records"
	"rapport/server/visible"
	"rapport/server/wire"
	"rapport/server/workspace"
)

// trashTypes are the record types whose trash has a page.
var trashTypes = []crm.RecordType{crm.TypeField}

// trash handles GET /api/v1/trash?type=: the records of a type that lie in the
// trash and that the asking person may restore, the last one thrown away first,
// at most 200. For everybody else what is in the trash is not there.
//
//	200     wire.RecordList
//	errors  invalid 400
func (h queryHandlers) trash(c *fiber.Ctx) error {
	t := crm.RecordType(query(c, "type"))
	if !slices.Contains(trashTypes, t) {
		return crm.Invalid("type", "unknown_type")
	}
	return h.reading(c, func(s *workspace.State, me crm.ID) (any, error) {
		var found []crm.Record
		s.Trash(t, func(rec crm.Record) bool {
			if records.MayRestore(s, me, rec) {
				found = append(found, rec)
			}
			return true
		})
		slices.SortFunc(found, func(a, b crm.Record) int {
			return cmp.Or(
				strings.Compare(b.Fields.String(crm.KeyTrashedAt), a.Fields.String(crm.KeyTrashedAt)),
				strings.Compare(string(a.ID), string(b.ID)),
			)
		})
		answer := wire.RecordList{Position: wirePosition(s.Position()), Records: []wire.Record{}, Total: len(found)}
		for _, rec := range found[:min(len(found), listMost)] {
			if groups := s.Can(me, access.ActionSee, rec); groups != 0 {
				answer.Records = append(answer.Records, visible.Record(s.Schema(), rec, groups))
			}
		}
		return answer, nil
	})
}
