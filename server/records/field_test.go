package records_test

import (
	"strings"
	"testing"

	"rapport/server/crm"
	"rapport/server/records"
)

func fieldArgs(change func(*records.FieldArgs)) records.FieldArgs {
	a := records.FieldArgs{
		RecordType: "deal", Key: "harvest", Kind: "choice", Group: "notes", Labels: map[string]string{"en": "Harvest", "zh-Hant": "採收"},
		Choices: []records.ChoiceArgs{{Key: "spring"}, {Key: "autumn", Labels: map[string]string{"en": "Autumn"}}},
	}
	if change != nil {
		change(&a)
	}
	return a
}

func TestDefineField(t *testing.T) {
	tests := []struct {
		name, by string
		change   func(*records.FieldArgs)
		code     crm.Code
		field    string
	}{
		{"an admin defines one", "Ana", nil, "", ""},
		{"a head may not", "Hanna", nil, crm.CodeForbidden, ""},
		{"a key with a dot", "Ana", func(a *records.FieldArgs) { a.Key = "a.b" }, crm.CodeInvalid, "key"},
		{"a prototype", "Ana", func(a *records.FieldArgs) { a.Key = "__proto__" }, crm.CodeInvalid, "key"},
		{"a type that takes none", "Ana", func(a *records.FieldArgs) { a.RecordType = "rule" }, crm.CodeInvalid, "recordType"},
		{"an unknown kind", "Ana", func(a *records.FieldArgs) { a.Kind = "blob" }, crm.CodeInvalid, "kind"},
		{"a link to what people do not work with", "Ana", func(a *records.FieldArgs) { a.Kind, a.LinkType = "link", "session" }, crm.CodeInvalid, "linkType"},
		{"a label of 101 characters", "Ana", func(a *records.FieldArgs) { a.Labels["en"] = strings.Repeat("a", 101) }, crm.CodeInvalid, "labels"},
		{"a label in no language", "Ana", func(a *records.FieldArgs) { a.Labels["$gt"] = "x" }, crm.CodeInvalid, "labels"},
		{"a choice without a key", "Ana", func(a *records.FieldArgs) { a.Choices[0].Key = "" }, crm.CodeInvalid, "choices"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			args := fieldArgs(tt.change)
			args.ID = w.newID()
			_, err := w.records.DefineField(t.Context(), w.As(tt.by), args)
			expect(t, err, tt.code, tt.field)
		})
	}
}

// [H5]
func TestAFieldFromDefinitionToTrash(t *testing.T) {
	w := newWorld(t)
	deal := w.made("Mia", crm.TypeDeal, values{"title": "Tea"})
	_, err := w.edit("Mia", deal, 1, values{"fields": values{"harvest": "spring"}})
	expect(t, err, crm.CodeInvalid, "fields.harvest")

	args := fieldArgs(nil)
	args.ID = w.newID()
	if _, err := w.records.DefineField(t.Context(), w.As("Ana"), args); err != nil {
		t.Fatal(err)
	}
	w.edited("Mia", deal, values{"fields": values{"harvest": "spring"}})

	twin := fieldArgs(nil)
	twin.ID = w.newID()
	_, err = w.records.DefineField(t.Context(), w.As("Ana"), twin)
	expect(t, err, crm.CodeInvalid, "key")

	change := func(by string, basedOn uint64, c records.FieldChanges) error {
		_, err := w.records.EditField(t.Context(), w.As(by), records.FieldEditArgs{ID: args.ID, BasedOn: basedOn, Values: c})
		return err
	}
	expect(t, change("Hanna", 1, records.FieldChanges{}), crm.CodeForbidden, "")
	secret := "secret"
	expect(t, change("Ana", 1, records.FieldChanges{Group: &secret}), crm.CodeInvalid, "group")
	expect(t, change("Ana", 1, records.FieldChanges{Choices: []records.ChoiceArgs{}}), crm.CodeInvalid, "choices")
	if err := change("Ana", 1, records.FieldChanges{Choices: []records.ChoiceArgs{{Key: "winter"}}}); err != nil {
		t.Fatal(err)
	}
	expect(t, change("Ana", 1, records.FieldChanges{Choices: []records.ChoiceArgs{{Key: "summer"}}}), crm.CodeConflict, "choices")
	if got := w.Get(deal).Fields.String("fields.harvest"); got != "spring" {
		t.Fatalf("a value whose choice is gone became %q", got)
	}
	_, err = w.edit("Mia", deal, w.Get(deal).Version, values{"fields": values{"harvest": "autumn"}})
	expect(t, err, crm.CodeInvalid, "fields.harvest")

	why, none := "The warehouse plans with it.", ""
	for _, said := range []*string{&why, &none} {
		if err := change("Ana", w.Get(args.ID).Version, records.FieldChanges{Why: said}); err != nil {
			t.Fatal(err)
		}
		if f := w.Get(args.ID).Fields; f.String("why") != *said || f.Has("why") != (*said != "") {
			t.Fatalf("why is %v, want %q", f.Get("why"), *said)
		}
	}

	// A second field takes the key while the first lies in the trash.
	if _, err := w.records.Trash(t.Context(), w.As("Ana"), records.IDArgs{ID: args.ID}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.records.DefineField(t.Context(), w.As("Ana"), twin); err != nil {
		t.Fatal(err)
	}
	_, err = w.records.Restore(t.Context(), w.As("Ana"), records.IDArgs{ID: args.ID})
	expect(t, err, crm.CodeInvalid, "key")
}
