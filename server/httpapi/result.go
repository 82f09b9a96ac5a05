package httpapi

import (
	"errors"
	"maps"

	"github.com/gofiber/fiber/v2"

	"rapport/server/crm"
	"rapport/server/synclog"
	"rapport/server/visible"
	"rapport/server/wire"
	"rapport/server/workspace"
)

// resultRecords is how many changed records the answer to a command carries;
// the others arrive by the stream.
const resultRecords = 20

// sendResult answers a command with what it changed, as the actor may see it.
func sendResult(c *fiber.Ctx, ws *workspace.Workspace, result workspace.Result) error {
	answer := wire.CommandResult{
		Position: wirePosition(result.Position), Offset: result.Offset, Repeated: result.Repeated,
		Records: []wire.Record{}, // also when this node has not come to the position
	}
	err := ws.Read(c.UserContext(), &result.Position, func(s *workspace.State) error {
		answer.Records = []wire.Record{}
		for _, id := range result.IDs[:min(len(result.IDs), resultRecords)] {
			if rec, ok := s.Get(id); ok {
				if shown, ok := show(s, actor(c).UserID, rec); ok {
					answer.Records = append(answer.Records, shown)
				}
			}
		}
		return nil
	})
	if err != nil && crm.CodeOf(err) != crm.CodeBehind {
		return err
	}
	setPosition(c, result.Position)
	return c.JSON(answer)
}

// visibleConflict replaces the record that a conflict carries by what the actor
// may see of it.
func visibleConflict(c *fiber.Ctx, ws *workspace.Workspace, err error) error {
	var e *crm.Error
	if !errors.As(err, &e) {
		return err
	}
	rec, ok := e.Current.(crm.Record)
	if !ok {
		return err
	}
	masked := *e
	masked.Current = nil
	readErr := ws.Read(c.UserContext(), nil, func(s *workspace.State) error {
		shown, ok := show(s, actor(c).UserID, rec)
		if ok {
			masked.Current = shown
		}
		hand := crm.KeyUpdatedBy
		if rec.Version == 1 {
			hand = crm.KeyCreatedBy
		}
		if _, told := shown.Fields[hand]; !told {
			masked.Params = maps.Clone(e.Params)
			delete(masked.Params, "by") // who writes here is not told either
		}
		return nil
	})
	if readErr != nil {
		return readErr
	}
	return &masked
}

// show is a record as one person may see it; ok is false when that is not at all.
func show(s *workspace.State, viewer crm.ID, rec crm.Record) (shown wire.Record, ok bool) {
	groups := s.See(viewer, rec)
	if groups == 0 {
		return wire.Record{}, false
	}
	return visible.Record(s.Schema(), rec, groups), true
}

func wirePosition(p synclog.Position) wire.Position {
	return wire.Position{Epoch: string(p.Epoch), Offset: p.Offset}
}
