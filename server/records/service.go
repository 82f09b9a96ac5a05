// Package records is what people do to records of every kind: make, edit,
// assign, share, comment, throw away, bring back, undo.
package records

import (
	"context"
	"maps"
	"slices"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/pipeline"
	"rapport/server/workspace"
)

// Service performs the commands. Each method adds the plan to a command that
// carries id, name, actor and hash. Safe for concurrent use.
type Service struct {
	ws     *workspace.Workspace
	keeper Keeper
}

// New makes a Service.
func New(ws *workspace.Workspace, keeper Keeper) *Service { return &Service{ws, keeper} }

// editable are the types whose records people create and edit as such.
var editable = map[crm.RecordType]bool{crm.TypeCustomer: true, crm.TypeContact: true, crm.TypeDeal: true}

// CreateArgs are the arguments of record.create.
type CreateArgs struct {
	Type crm.RecordType `json:"type"`
	ID   crm.ID         `json:"id"`
	// Values by key. A deal may name its pipelineId and stageId; left out, it
	// begins in the first stage of the nearest pipeline.
	Values map[string]any `json:"values"`
}

// Create makes a record. Owner and department are the actor and his department
// unless the values say otherwise and policy lets him.
// Errors: CodeInvalid, CodeForbidden, CodeConflict (id taken).
func (s *Service) Create(ctx context.Context, cmd workspace.Command, a CreateArgs) (workspace.Result, error) {
	cmd.Plan = func(tx *workspace.Tx) error {
		values, place := a.Values, crm.Fields{}
		if a.Type == crm.TypeDeal {
			var err error
			if values, place, err = splitPlace(values); err != nil {
				return err
			}
		}
		fields, err := newFields(tx, a.Type, values)
		if err != nil {
			return err
		}
		given := slices.Collect(maps.Keys(fields))
		if a.Type == crm.TypeDeal {
			maps.Copy(fields, place)
			if err := pipeline.Place(tx, a.ID, fields); err != nil {
				return err
			}
		}
		if err := mayCreate(tx, crm.Record{Type: a.Type, Version: 1, Fields: crm.Pack(fields)}, given); err != nil {
			return err
		}
		return tx.Create(a.Type, a.ID, fields)
	}
	return s.ws.Commit(ctx, cmd)
}

// mayCreate asks for the right to create rec with values in the given fields.
// Who makes a record for somebody else could make it for himself and hand it
// over, and needs the rights to both.
func mayCreate(tx *workspace.Tx, rec crm.Record, given []string) error {
	by := tx.Actor()
	if by.Source == crm.SourceSystem {
		return nil
	}
	if owner := rec.Fields.ID(crm.KeyOwner); owner != by.UserID {
		rec.Fields = rec.Fields.With(crm.Pack(crm.Fields{crm.KeyOwner: string(by.UserID)}), nil)
		if _, err := tx.Require(access.ActionCreate, rec); err != nil {
			return err
		}
		if tx.Can(by.UserID, access.ActionAssign, rec) == 0 {
			return crm.Errorf(crm.CodeForbidden, "forbidden", "you may not give this to somebody else")
		}
	}
	may, err := tx.Require(access.ActionCreate, rec)
	if err != nil {
		return err
	}
	problems := map[string]string{}
	for _, key := range given {
		if !may.Has(tx.Schema().GroupOf(rec.Type, key)) {
			problems[key] = "not_yours"
		}
	}
	return invalid(problems, "some fields may not be filled in")
}

// splitPlace takes where a deal shall begin out of its values: no field of a
// form, but the argument of a move. Errors: CodeInvalid.
func splitPlace(values map[string]any) (rest map[string]any, place crm.Fields, err error) {
	rest, place = maps.Clone(values), crm.Fields{}
	for _, key := range []string{crm.KeyPipeline, crm.KeyStage} {
		v, given := rest[key]
		delete(rest, key)
		if !given || v == nil {
			continue
		}
		id, ok := v.(string)
		if !ok || len(id) > 64 {
			return nil, nil, crm.Invalid(key, "not_an_id")
		}
		place[key] = id
	}
	return rest, place, nil
}

// newFields checks the values of a new record, fills in owner and department
// and checks what it links to.
// Errors: CodeInvalid.
func newFields(tx *workspace.Tx, t crm.RecordType, values map[string]any) (crm.Fields, error) {
	if !editable[t] {
		return nil, crm.Invalid("type", "unknown_type")
	}
	fields, _, err := tx.Schema().Clean(t, values)
	if err != nil {
		return nil, err
	}
	problems := map[string]string{}
	for _, key := range tx.Schema().Missing(t, fields) {
		problems[key] = "required"
	}
	if err := invalid(problems, "required values are missing"); err != nil {
		return nil, err
	}
	if fields[crm.KeyOwner] == nil && tx.Actor().UserID != "" {
		fields[crm.KeyOwner] = string(tx.Actor().UserID)
	}
	if fields[crm.KeyDepartment] == nil {
		if home := homeOf(tx, t, fields.ID(crm.KeyOwner)); home != "" {
			fields[crm.KeyDepartment] = string(home)
		}
	}
	return fields, checkLinks(tx, t, fields)
}

// homeOf returns the department that a new record of an owner belongs to: the
// first of his in which the actor may create such a record, else his first.
func homeOf(tx *workspace.Tx, t crm.RecordType, owner crm.ID) crm.ID {
	for _, id := range tx.Policy().DepartmentsOf(owner) {
		there := crm.Record{Type: t, Version: 1, Fields: crm.Pack(crm.Fields{crm.KeyDepartment: string(id), crm.KeyOwner: string(owner)})}
		if tx.Can(tx.Actor().UserID, access.ActionCreate, there) != 0 {
			return id
		}
	}
	return tx.Policy().PrimaryDepartment(owner)
}
