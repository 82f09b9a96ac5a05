package records

import (
	"context"
	"slices"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/schema"
	"rapport/server/workspace"
)

// IDArgs name one record.
type IDArgs struct {
	ID crm.ID `json:"id"`
}

// removable are the types that people throw away and bring back.
var removable = map[crm.RecordType]bool{
	crm.TypeCustomer: true, crm.TypeContact: true, crm.TypeDeal: true, crm.TypeComment: true,
}

// Trash puts a record out of everybody's sight until it is restored.
// Errors: CodeNotFound, CodeForbidden.
func (s *Service) Trash(ctx context.Context, cmd workspace.Command, a IDArgs) (workspace.Result, error) {
	cmd.Plan = func(tx *workspace.Tx) error {
		rec, ok := tx.Get(a.ID)
		if !ok || !rec.Exists() || !removable[rec.Type] {
			return workspace.NotFound()
		}
		if _, err := tx.Require(access.ActionDelete, rec); err != nil {
			return err
		}
		return tx.Trash(a.ID)
	}
	return s.ws.Commit(ctx, cmd)
}

// Restore brings a record back from the trash.
// Errors: CodeNotFound, CodeForbidden.
func (s *Service) Restore(ctx context.Context, cmd workspace.Command, a IDArgs) (workspace.Result, error) {
	cmd.Plan = func(tx *workspace.Tx) error {
		rec, ok := tx.Get(a.ID)
		if !ok || !rec.Trashed() || !removable[rec.Type] {
			return workspace.NotFound()
		}
		if _, err := tx.Require(access.ActionDelete, rec); err != nil {
			return err
		}
		return tx.Restore(a.ID)
	}
	return s.ws.Commit(ctx, cmd)
}

// AssignArgs are the arguments of record.assign.
type AssignArgs struct {
	ID      crm.ID `json:"id"`
	BasedOn uint64 `json:"basedOn"`
	OwnerID crm.ID `json:"ownerId"`
}

// Assign makes somebody the owner. A record follows its owner into his
// department only when the owner has no role in the present one.
// Errors: CodeNotFound, CodeForbidden, CodeInvalid, CodeConflict.
func (s *Service) Assign(ctx context.Context, cmd workspace.Command, a AssignArgs) (workspace.Result, error) {
	cmd.Plan = func(tx *workspace.Tx) error {
		rec, err := find(tx, a.ID)
		if err != nil {
			return err
		}
		if _, err := tx.Require(access.ActionAssign, rec); err != nil {
			return err
		}
		if reason := checkLink(tx, "user", "", a.OwnerID); reason != "" {
			return crm.Invalid(crm.KeyOwner, reason)
		}
		set := crm.Fields{crm.KeyOwner: string(a.OwnerID)}
		if err := CheckBasis(tx, rec, a.BasedOn, set, nil); err != nil {
			return err
		}
		department := rec.Fields.ID(crm.KeyDepartment)
		covered := slices.ContainsFunc(tx.Policy().DepartmentsOf(a.OwnerID), func(d crm.ID) bool {
			return tx.Policy().Covers(d, department)
		})
		if primary := tx.Policy().PrimaryDepartment(a.OwnerID); !covered && primary != "" {
			set[crm.KeyDepartment] = string(primary)
		}
		return tx.Edit(a.ID, set, nil)
	}
	return s.ws.Commit(ctx, cmd)
}

// ShareArgs are the arguments of record.share.
type ShareArgs struct {
	ID            crm.ID   `json:"id"`
	DepartmentIDs []crm.ID `json:"departmentIds"`
}

// maxShares bounds with how many departments one record is shared.
const maxShares = 50

// Share sets the departments a record is shared with; an empty list ends it.
// Errors: CodeNotFound, CodeForbidden, CodeInvalid.
func (s *Service) Share(ctx context.Context, cmd workspace.Command, a ShareArgs) (workspace.Result, error) {
	cmd.Plan = func(tx *workspace.Tx) error {
		rec, err := find(tx, a.ID)
		if err != nil {
			return err
		}
		if _, err := tx.Require(access.ActionShare, rec); err != nil {
			return err
		}
		if len(a.DepartmentIDs) > maxShares {
			return crm.Invalid("departmentIds", "too_many")
		}
		ids := slices.Clone(a.DepartmentIDs)
		slices.Sort(ids)
		var shared []any
		for _, id := range slices.Compact(ids) {
			if reason := checkLink(tx, "department", "", id); reason != "" {
				return crm.Invalid("departmentIds", reason)
			}
			shared = append(shared, string(id))
		}
		if shared == nil {
			return tx.Edit(a.ID, nil, []string{"sharedWith"})
		}
		return tx.Edit(a.ID, crm.Fields{"sharedWith": shared}, nil)
	}
	return s.ws.Commit(ctx, cmd)
}

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
		fields["recordId"] = string(a.RecordID)
		return tx.Create(crm.TypeComment, a.ID, fields)
	}
	return s.ws.Commit(ctx, cmd)
}

// FieldArgs are the arguments of field.define.
type FieldArgs struct {
	ID         crm.ID            `json:"id"`
	RecordType string            `json:"recordType"`
	Key        string            `json:"key"`
	Kind       string            `json:"kind"`
	Labels     map[string]string `json:"labels"`
	Choices    []ChoiceArgs      `json:"choices,omitempty"`
	Group      string            `json:"group,omitempty"`
	LinkType   string            `json:"linkType,omitempty"`
	Required   bool              `json:"required,omitempty"`
	Why        string            `json:"why,omitempty"`
}

// ChoiceArgs is one choice of a new field.
type ChoiceArgs struct {
	Key    string            `json:"key"`
	Labels map[string]string `json:"labels"`
}

// DefineField adds a custom field to a record type; every open screen has it at once.
// Errors: CodeForbidden, CodeInvalid, CodeConflict (id taken).
func (s *Service) DefineField(ctx context.Context, cmd workspace.Command, a FieldArgs) (workspace.Result, error) {
	cmd.Plan = func(tx *workspace.Tx) error {
		fields := a.fields()
		if _, err := tx.Require(access.ActionAdminister, crm.Record{Type: crm.TypeField, Fields: fields}); err != nil {
			return err
		}
		t, field, err := schema.ParseDefinition(fields)
		if err != nil {
			return err
		}
		if _, taken := tx.Schema().Field(t, field.Key); taken {
			return crm.Invalid("key", "taken")
		}
		if len(tx.Schema().Fields(t)) >= schema.MaxCustomFields() {
			return crm.Invalid("recordType", "too_many")
		}
		return tx.Create(crm.TypeField, a.ID, fields)
	}
	return s.ws.Commit(ctx, cmd)
}

func (a FieldArgs) fields() crm.Fields {
	f := crm.Fields{
		"recordType": a.RecordType, "key": a.Key, "kind": a.Kind, "required": a.Required, "labels": texts(a.Labels),
	}
	for key, v := range map[string]string{"group": a.Group, "linkType": a.LinkType, "why": a.Why} {
		if v != "" {
			f[key] = v
		}
	}
	var choices []any
	for _, c := range a.Choices {
		choices = append(choices, map[string]any{"key": c.Key, "labels": texts(c.Labels)})
	}
	if choices != nil {
		f["choices"] = choices
	}
	return f
}

func texts(m map[string]string) map[string]any {
	out := make(map[string]any, len(m))
	for k, v := range m {
		out[k] = v
	}
	return out
}
