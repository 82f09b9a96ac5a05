package records

import (
	"context"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/workspace"
)

// CommentArgs are the arguments of comment.add.
type CommentArgs struct {
	ID       crm.ID `json:"id"`
	RecordID crm.ID `json:"recordId"`
	Text     string `json:"text"`
}

// AddComment says something about a record. The text is plain.
// Errors: CodeNotFound, CodeForbidden, CodeInvalid, CodeConflict (id taken).
func (s *Service) AddComment(ctx context.Context, cmd workspace.Command, a CommentArgs) (workspace.Result, error) {
	cmd.Plan = func(tx *workspace.Tx) error {
		rec, err := find(tx, a.RecordID)
		if err != nil {
			return err
		}
		if _, err := tx.Require(access.ActionComment, rec); err != nil {
			return err
		}
		fields, _, err := tx.Schema().Clean(crm.TypeComment, map[string]any{"text": a.Text})
		if err != nil {
			return err
		}
		if len(fields) == 0 {
			return crm.Invalid("text", "required")
		}
		fields[crm.KeyRecord] = string(a.RecordID)
		return tx.Create(crm.TypeComment, a.ID, fields)
	}
	return s.ws.Commit(ctx, cmd)
}
