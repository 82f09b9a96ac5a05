package records

import (
	"context"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/pipeline"
	"rapport/server/workspace"
)

// IDArgs name one record.
type IDArgs struct {
	ID crm.ID `json:"id"`
}

// removal is the right that throwing a record away, and bringing it back, takes.
// Types that are not listed have commands of their own.
var removal = map[crm.RecordType]access.Action{
	crm.TypeCustomer: access.ActionDelete, crm.TypeContact: access.ActionDelete,
	crm.TypeDeal: access.ActionDelete, crm.TypeComment: access.ActionDelete,
	crm.TypeBoard: access.ActionAdminister, crm.TypeField: access.ActionAdminister,
}

// Trash puts a record out of everybody's sight until it is restored.
// Errors: CodeNotFound, CodeForbidden.
func (s *Service) Trash(ctx context.Context, cmd workspace.Command, a IDArgs) (workspace.Result, error) {
	cmd.Plan = func(tx *workspace.Tx) error {
		rec, ok := tx.Get(a.ID)
		if !ok || !rec.Exists() || removal[rec.Type] == "" {
			return workspace.NotFound()
		}
		if _, err := tx.Require(removal[rec.Type], rec); err != nil {
			return err
		}
		return tx.Trash(a.ID)
	}
	return s.ws.Commit(ctx, cmd)
}

// Restore brings a record back from the trash.
// Errors: CodeNotFound, CodeForbidden, CodeInvalid (the stage of a deal is gone,
// or a field's key is taken).
func (s *Service) Restore(ctx context.Context, cmd workspace.Command, a IDArgs) (workspace.Result, error) {
	cmd.Plan = func(tx *workspace.Tx) error {
		rec, ok := tx.Get(a.ID)
		if !ok || !rec.Trashed() || removal[rec.Type] == "" {
			return workspace.NotFound()
		}
		if _, err := tx.Require(removal[rec.Type], rec); err != nil {
			return err
		}
		if err := mayReturn(tx, rec); err != nil {
			return err
		}
		return tx.Restore(a.ID)
	}
	return s.ws.Commit(ctx, cmd)
}

// MayRestore reports whether a person may bring back a record that lies in the
// trash; never one of a type that has commands of its own.
func MayRestore(s *workspace.State, person crm.ID, rec crm.Record) bool {
	right := removal[rec.Type]
	return right != "" && rec.Trashed() && s.Can(person, right, rec) != 0
}

// mayReturn refuses to bring back what has no place any more. Errors: CodeInvalid.
func mayReturn(tx *workspace.Tx, rec crm.Record) error {
	switch rec.Type {
	case crm.TypeDeal:
		return pipeline.CheckStanding(tx, rec.Fields)
	case crm.TypeField:
		return checkFieldFree(tx, rec.Fields.Unpack())
	}
	return nil
}
