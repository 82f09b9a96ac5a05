// Package records is what people do to records of every kind: make, edit,
// assign, share, comment, throw away, bring back, undo.
package records

import (
	"context"
	"maps"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/pipeline"
	"rapport/server/workspace"
)

// Service performs the commands. Each method adds the plan to a command that
// carries id, name, actor and hash. Safe for concurrent use.
type Service struct{ ws *workspace.Workspace }

// New makes a Service.
func New(ws *workspace.Workspace) *Service { return &Service{ws} }

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
// Errors: CodeInvalid, CodeForbidden, CodeConflict (id taken), CodeNotFound (a linked record).
func (s *Service) Create(ctx context.Context, cmd workspace.Command, a CreateArgs) (workspace.Result, error) {
	cmd.Plan = func(tx *workspace.Tx) error {
		values, place := a.Values, crm.Fields{}
		if a.Type == crm.TypeDeal {
			var err error
			if values, place, err = splitPlace(values); err != nil {
				return err
			}
		}
		fields, err := NewFields(tx, a.Type, values)
		if err != nil {
			return err
		}
		if a.Type == crm.TypeDeal {
			maps.Copy(fields, place)
			if err := pipeline.Place(tx, a.ID, fields); err != nil {
				return err
			}
		}
		if _, err := tx.Require(access.ActionCreate, crm.Record{Type: a.Type, Fields: fields}); err != nil {
			return err
		}
		return tx.Create(a.Type, a.ID, fields)
	}
	return s.ws.Commit(ctx, cmd)
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

// NewFields checks the values of a new record, fills in owner and department
// and checks what it links to.
// Errors: CodeInvalid.
func NewFields(tx *workspace.Tx, t crm.RecordType, values map[string]any) (crm.Fields, error) {
	if !editable[t] {
		return nil, crm.Invalid("type", "unknown_type")
	}
	fields, _, err := tx.Schema().Clean(t, values)
	if err != nil {
		return nil, err
	}
	if missing := tx.Schema().Missing(t, fields); len(missing) > 0 {
		return nil, requiredError(missing)
	}
	if fields[crm.KeyOwner] == nil && tx.Actor().UserID != "" {
		fields[crm.KeyOwner] = string(tx.Actor().UserID)
	}
	if fields[crm.KeyDepartment] == nil {
		if own := tx.Policy().PrimaryDepartment(fields.ID(crm.KeyOwner)); own != "" {
			fields[crm.KeyDepartment] = string(own)
		}
	}
	return fields, checkLinks(tx, t, fields)
}

func requiredError(missing []string) error {
	e := &crm.Error{Code: crm.CodeInvalid, Reason: "invalid", Message: "required values are missing", Fields: map[string]string{}}
	for _, key := range missing {
		e.Fields[key] = "required"
	}
	return e
}

// EditArgs are the arguments of record.edit. null takes a value away.
type EditArgs struct {
	ID      crm.ID         `json:"id"`
	BasedOn uint64         `json:"basedOn"`
	Values  map[string]any `json:"values"`
}

// Edit changes fields of a record. What nobody else has changed since BasedOn
// is merged; a field that both changed is a conflict with the current values.
// Errors: CodeInvalid, CodeNotFound, CodeForbidden, CodeConflict.
func (s *Service) Edit(ctx context.Context, cmd workspace.Command, a EditArgs) (workspace.Result, error) {
	cmd.Plan = func(tx *workspace.Tx) error {
		rec, err := find(tx, a.ID)
		if err != nil {
			return err
		}
		groups, err := tx.Require(access.ActionEdit, rec)
		if err != nil {
			return err
		}
		set, unset, err := tx.Schema().Clean(rec.Type, a.Values)
		if err != nil {
			return err
		}
		if err := checkGroups(tx, rec, groups, set, unset); err != nil {
			return err
		}
		if rec.Type == crm.TypeDeal {
			kept := maps.Clone(rec.Fields)
			for _, key := range unset {
				delete(kept, key)
			}
			if err := pipeline.CheckKept(tx, kept, unset); err != nil {
				return err
			}
		}
		if err := checkHandOver(tx, rec, set, unset); err != nil {
			return err
		}
		if err := checkLinks(tx, rec.Type, set); err != nil {
			return err
		}
		if err := CheckBasis(tx, rec, a.BasedOn, set, unset); err != nil {
			return err
		}
		return tx.Edit(a.ID, set, unset)
	}
	return s.ws.Commit(ctx, cmd)
}

// find returns a record that people edit and that is not in the trash.
// Errors: CodeNotFound.
func find(tx *workspace.Tx, id crm.ID) (crm.Record, error) {
	rec, ok := tx.Get(id)
	if !ok || !rec.Exists() || !editable[rec.Type] {
		return crm.Record{}, workspace.NotFound()
	}
	return rec, nil
}

// checkGroups refuses to write what the actor may not write. A field he cannot
// even see is refused in the same words as one that does not exist.
func checkGroups(tx *workspace.Tx, rec crm.Record, edit crm.Groups, set crm.Fields, unset []string) error {
	see := crm.AllGroups
	if tx.Actor().Source != crm.SourceSystem {
		see = tx.See(tx.Actor().UserID, rec)
	}
	problems := map[string]string{}
	check := func(key string) {
		switch group := tx.Schema().GroupOf(rec.Type, key); {
		case !see.Has(group):
			problems[key] = "unknown_field"
		case !edit.Has(group):
			problems[key] = "not_yours"
		}
	}
	for key := range set {
		check(key)
	}
	for _, key := range unset {
		check(key)
	}
	if len(problems) == 0 {
		return nil
	}
	return &crm.Error{Code: crm.CodeInvalid, Reason: "invalid", Message: "some fields may not be changed", Fields: problems}
}

// checkHandOver asks for the right to assign when an edit changes the owner or
// the department: both change who sees the record.
func checkHandOver(tx *workspace.Tx, rec crm.Record, set crm.Fields, unset []string) error {
	changes := false
	for _, key := range []string{crm.KeyOwner, crm.KeyDepartment} {
		if v, ok := set[key]; ok && !crm.ValueEqual(v, rec.Fields[key]) {
			changes = true
		}
		for _, u := range unset {
			changes = changes || u == key && rec.Fields[key] != nil
		}
	}
	if !changes {
		return nil
	}
	_, err := tx.Require(access.ActionAssign, rec)
	return err
}

// checkLinks makes sure that what a record names exists and that the actor may
// see it. An absent and a hidden one are refused in the same words.
func checkLinks(tx *workspace.Tx, t crm.RecordType, fields crm.Fields) error {
	problems := map[string]string{}
	for _, f := range tx.Schema().Fields(t) {
		id := fields.ID(f.Key)
		if id == "" {
			continue
		}
		if reason := checkLink(tx, string(f.Kind), f.LinkType, id); reason != "" {
			problems[f.Key] = reason
		}
	}
	if len(problems) == 0 {
		return nil
	}
	return &crm.Error{Code: crm.CodeInvalid, Reason: "invalid", Message: "what is named is not there", Fields: problems}
}

func checkLink(tx *workspace.Tx, kind string, to crm.RecordType, id crm.ID) string {
	switch kind {
	case "user":
		person, ok := tx.Lookup(crm.TypeUser, id)
		if !ok || person.Fields["disabledAt"] != nil {
			return "unknown_person"
		}
	case "department":
		if _, ok := tx.Lookup(crm.TypeDepartment, id); !ok {
			return "unknown_department"
		}
	case "link":
		rec, ok := tx.Get(id)
		visible := ok && rec.Exists() && (to == "" || rec.Type == to)
		if visible && tx.Actor().Source != crm.SourceSystem {
			visible = tx.See(tx.Actor().UserID, rec) != 0
		}
		if !visible {
			return "unknown_record"
		}
	}
	return ""
}

// CheckBasis refuses a write to fields that somebody else changed after the
// version the writer saw, unless the values are equal now.
// Errors: CodeConflict with the record as Current; CodeInvalid for a version
// that does not exist yet.
func CheckBasis(tx *workspace.Tx, rec crm.Record, basedOn uint64, set crm.Fields, unset []string) error {
	if basedOn == 0 || basedOn > rec.Version {
		return crm.Invalid("basedOn", "unknown_version")
	}
	if basedOn == rec.Version {
		return nil
	}
	changed, known := tx.Changed(rec.ID, basedOn)
	theirs := map[string]string{}
	for key, v := range set {
		if (!known || changed[key]) && !crm.ValueEqual(rec.Fields[key], v) {
			theirs[key] = "changed_meanwhile"
		}
	}
	for _, key := range unset {
		if _, has := rec.Fields[key]; has && (!known || changed[key]) {
			theirs[key] = "changed_meanwhile"
		}
	}
	if len(theirs) == 0 {
		return nil
	}
	return Conflict(rec, theirs)
}

// Conflict says which fields somebody else has changed; the edge adds what the
// actor may see of the record.
func Conflict(rec crm.Record, fields map[string]string) error {
	params := map[string]string{}
	if by := rec.Fields.String(crm.KeyUpdatedBy); by != "" {
		params["by"] = by
	}
	return &crm.Error{
		Code: crm.CodeConflict, Reason: "changed_meanwhile", Message: "somebody else changed the same field",
		Fields: fields, Params: params, Current: rec,
	}
}
