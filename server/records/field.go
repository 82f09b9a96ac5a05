package records

import (
	"context"
	"maps"
	"unicode/utf8"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/schema"
	"rapport/server/workspace"
)

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
		if _, err := tx.Require(access.ActionAdminister, crm.Record{Type: crm.TypeField, Version: 1, Fields: crm.Pack(fields)}); err != nil {
			return err
		}
		if err := checkTexts(a.Labels, a.Choices, a.Why); err != nil {
			return err
		}
		if err := checkFieldFree(tx, fields); err != nil {
			return err
		}
		return tx.Create(crm.TypeField, a.ID, fields)
	}
	return s.ws.Commit(ctx, cmd)
}

// checkFieldFree holds a definition against the schema: it makes sense, its key
// is free, and its type has room for one more.
func checkFieldFree(tx *workspace.Tx, definition crm.Fields) error {
	t, field, err := schema.ParseDefinition(definition)
	if err != nil {
		return err
	}
	if field.Kind == schema.KindLink && !editable[field.LinkType] {
		return crm.Invalid("linkType", "unknown_type")
	}
	if _, taken := tx.Schema().Field(t, field.Key); taken {
		return crm.Invalid("key", "taken")
	}
	custom := 0
	for _, f := range tx.Schema().Fields(t) {
		if f.Custom() {
			custom++
		}
	}
	if custom >= schema.MaxCustomFields {
		return crm.Invalid("recordType", "too_many")
	}
	return nil
}

// checkTexts holds what people read of a field against the limits.
func checkTexts(labels map[string]string, choices []ChoiceArgs, why string) error {
	if err := schema.CheckLabels("labels", labels); err != nil {
		return err
	}
	for _, c := range choices {
		if err := schema.CheckLabels("choices", c.Labels); err != nil {
			return err
		}
	}
	if len(why) > maxWhy || !utf8.ValidString(why) {
		return crm.Invalid("why", "too_long")
	}
	return nil
}

// maxWhy bounds what an admin says about a field, in bytes.
const maxWhy = 1000

// FieldEditArgs are the arguments of field.edit. Type, key and kind of a field
// stay: values of that kind exist.
type FieldEditArgs struct {
	ID      crm.ID       `json:"id"`
	BasedOn uint64       `json:"basedOn"`
	Values  FieldChanges `json:"values"`
}

// FieldChanges is what changes of a field; nil stays as it is.
type FieldChanges struct {
	Labels   map[string]string `json:"labels,omitempty"`
	Choices  []ChoiceArgs      `json:"choices,omitempty"`
	Group    *string           `json:"group,omitempty"`
	Required *bool             `json:"required,omitempty"`
	Why      *string           `json:"why,omitempty"`
}

// EditField changes the definition of a custom field. A value whose choice is
// taken away stays where it is until somebody edits it.
// Errors: CodeNotFound, CodeForbidden, CodeInvalid, CodeConflict.
func (s *Service) EditField(ctx context.Context, cmd workspace.Command, a FieldEditArgs) (workspace.Result, error) {
	cmd.Plan = func(tx *workspace.Tx) error {
		rec, ok := tx.Lookup(crm.TypeField, a.ID)
		if !ok {
			return workspace.NotFound()
		}
		if _, err := tx.Require(access.ActionAdminister, rec); err != nil {
			return err
		}
		set := a.Values.fields()
		if err := checkTexts(a.Values.Labels, a.Values.Choices, set.String("why")); err != nil {
			return err
		}
		after := rec.Fields.Unpack()
		maps.Copy(after, set)
		if _, _, err := schema.ParseDefinition(after); err != nil {
			return err
		}
		if err := tx.Merge(rec, a.BasedOn, set, nil); err != nil {
			return err
		}
		return tx.Edit(rec.ID, set, nil)
	}
	return s.ws.Commit(ctx, cmd)
}

func (c FieldChanges) fields() crm.Fields {
	f := crm.Fields{}
	if c.Labels != nil {
		f["labels"] = texts(c.Labels)
	}
	if c.Choices != nil {
		f["choices"] = choicesValue(c.Choices)
	}
	if c.Group != nil {
		f["group"] = *c.Group
	}
	if c.Required != nil {
		f["required"] = *c.Required
	}
	if c.Why != nil {
		f["why"] = *c.Why
		if *c.Why == "" {
			f["why"] = nil // no value; Edit takes it away
		}
	}
	return f
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
	if len(a.Choices) > 0 {
		f["choices"] = choicesValue(a.Choices)
	}
	return f
}

func choicesValue(choices []ChoiceArgs) []any {
	list := make([]any, len(choices))
	for i, c := range choices {
		list[i] = map[string]any{"key": c.Key, "labels": texts(c.Labels)}
	}
	return list
}

func texts(m map[string]string) map[string]any {
	out := make(map[string]any, len(m))
	for k, v := range m {
		out[k] = v
	}
	return out
}
