package pipeline

import (
	"context"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/workspace"
)

// BoardArgs is the body of board.create.
type BoardArgs struct {
	ID           crm.ID `json:"id"`
	Name         string `json:"name"`
	PipelineID   crm.ID `json:"pipelineId"`
	DepartmentID crm.ID `json:"departmentId"`
}

// CreateBoard makes a board: a view of the pipeline's deals that belong to the
// department or one below it.
// Errors: CodeForbidden, CodeInvalid, CodeConflict (the id is taken).
func (s *Service) CreateBoard(ctx context.Context, cmd workspace.Command, a BoardArgs) (workspace.Result, error) {
	cmd.Plan = func(tx *workspace.Tx) error {
		c := checker{problems: map[string]string{}}
		fields := crm.Fields{
			"name":          c.line("name", a.Name, MaxName, true),
			crm.KeyPipeline: string(a.PipelineID), crm.KeyDepartment: string(a.DepartmentID),
		}
		if _, ok := visiblePipeline(tx, a.PipelineID); !ok {
			c.problems[crm.KeyPipeline] = "unknown_record"
		}
		if _, ok := tx.Named(crm.TypeDepartment, a.DepartmentID); !ok {
			c.problems[crm.KeyDepartment] = "unknown_record"
		}
		if err := c.err(); err != nil {
			return err
		}
		if _, err := tx.Require(access.ActionCreate, crm.Record{Type: crm.TypeBoard, Version: 1, Fields: crm.Pack(fields)}); err != nil {
			return err
		}
		return tx.Create(crm.TypeBoard, a.ID, fields)
	}
	return s.ws.Commit(ctx, cmd)
}
