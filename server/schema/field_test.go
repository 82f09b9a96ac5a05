package schema_test

import (
	"slices"
	"strings"
	"testing"

	"rapport/server/crm"
	"rapport/server/schema"
)

// [H1]
func TestCheckKey(t *testing.T) {
	tests := []struct {
		name, key string
		ok        bool
	}{
		{"a word", "industry", true},
		{"digits and capitals behind the first letter", "leadScore2_b", true},
		{"nothing", "", false},
		{"a capital first", "Industry", false},
		{"a dollar", "$set", false},
		{"a dot", "a.b", false},
		{"a blank", "lead score", false},
		{"the prototype of objects", "__proto__", false},
		{"their constructor", "constructor", false},
		{"the prototype of functions", "prototype", false},
		{"64 characters", strings.Repeat("k", 64), true},
		{"65 characters", strings.Repeat("k", 65), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := schema.CheckKey(tt.key); (err == nil) != tt.ok {
				t.Fatal(err)
			}
		})
	}
}

func TestParseDefinition(t *testing.T) {
	valid := crm.Fields{"recordType": "deal", "key": "colour", "kind": "choice", "choices": []any{map[string]any{"key": "red"}}}
	with := func(key string, value any) crm.Fields {
		f := valid.Clone()
		f[key] = value
		return f
	}
	tests := []struct {
		name   string
		fields crm.Fields
		wrong  string // field of the error; "" = none
	}{
		{"a choice field", valid, ""},
		{"a type that has no custom fields", with("recordType", "rule"), "recordType"},
		{"a type of its own making", with("recordType", "__proto__"), "recordType"},
		{"a bad key", with("key", "a.b"), "key"},
		{"an unknown kind", with("kind", "blob"), "kind"},
		{"an unknown group", with("group", "secret"), "group"},
		{"a choice field without choices", with("choices", []any{}), "choices"},
		{"the same choice twice", with("choices", []any{map[string]any{"key": "red"}, map[string]any{"key": "red"}}), "choices"},
		{"a choice that is no object", with("choices", []any{"red"}), "choices"},
		{"201 choices", with("choices", repeated("red", 201)), "choices"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, f, err := schema.ParseDefinition(tt.fields)
			if tt.wrong != "" {
				if problems(t, err)[tt.wrong] == "" {
					t.Fatalf("%v, want a problem with %s", err, tt.wrong)
				}
				return
			}
			if err != nil || f.Key != "fields.colour" || !f.Custom() {
				t.Fatalf("%+v, %v", f, err)
			}
		})
	}
}

func TestGroups(t *testing.T) {
	s := schema.New(definitions())
	tests := []struct {
		name string
		typ  crm.RecordType
		key  string
		want crm.Groups
	}{
		{"amounts are money", crm.TypeDeal, "amount", crm.GroupMoney},
		{"a custom field is in the group its definition says", crm.TypeDeal, "fields.must", crm.GroupMoney},
		{"a custom field without a group is standard", crm.TypeDeal, "fields.colour", crm.GroupStandard},
		{"a field nobody defines any more is shown to few", crm.TypeDeal, "fields.gone", crm.GroupNotes},
		{"so is a field of an unknown type", "spaceship", "name", crm.GroupNotes},
		{"e-mails are for reaching people", crm.TypeCustomer, "emails", crm.GroupReach},
		{"when something was made is standard", crm.TypeDeal, crm.KeyCreatedAt, crm.GroupStandard},
		{"when it was last written takes all groups", crm.TypeDeal, crm.KeyUpdatedAt, crm.GroupStandard | crm.GroupMoney | crm.GroupNotes},
		{"and so does by whom", crm.TypeCustomer, crm.KeyUpdatedBy, crm.GroupStandard | crm.GroupReach | crm.GroupNotes},
		{"of what has standard fields only, everybody who sees it is told", crm.TypePipeline, crm.KeyUpdatedAt, crm.GroupStandard},
		{"a stamp of an unknown type is shown to few", "spaceship", crm.KeyUpdatedAt, crm.GroupNotes},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := s.GroupOf(tt.typ, tt.key); got != tt.want {
				t.Fatalf("%v, want %v", got.Names(), tt.want.Names())
			}
		})
	}
}

func TestMissingNamesRequiredFields(t *testing.T) {
	s := schema.New(definitions())
	got := s.Missing(crm.TypeDeal, crm.Fields{"amount": crm.Money{Amount: 1, Currency: "EUR"}})
	if !slices.Equal(got, []string{"title", "fields.must"}) {
		t.Fatal(got)
	}
}

func TestDefinitionsThatMakeNoSenseAreLeftOut(t *testing.T) {
	s := schema.New([]crm.Record{{Type: crm.TypeField, ID: someID, Version: 1, Fields: crm.Pack(crm.Fields{"recordType": "deal", "key": "$x", "kind": "text"})}})
	if _, ok := s.Field(crm.TypeDeal, "fields.$x"); ok {
		t.Fatal("it is there")
	}
}

func TestNormalForms(t *testing.T) {
	tests := []struct {
		name      string
		normal    func(string) string
		one, two  string
		different bool
	}{
		{"case and spacing of names", schema.NormalName, " Nordwind  TEA ", "nordwind tea", false},
		{"full-width letters", schema.NormalName, "ＮＯＲＤ", "nord", false},
		{"sharp s", schema.NormalName, "Straße", "STRASSE", false},
		{"sharp s with an accent", schema.NormalName, "ß\u0301", "s\u015b", false},
		{"accents make a difference", schema.NormalName, "Peña", "Pena", true},
		{"case of an e-mail", schema.NormalEmail, "Ana@Example.COM ", "ana@example.com", false},
		{"spelling of an international number", schema.NormalPhone, "+34 600-123-456", "+34600123456", false},
		{"spelling of a national number", schema.NormalPhone, "(030) 123 456", "030123456", false},
		{"different numbers", schema.NormalPhone, "030123456", "030123457", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if same := tt.normal(tt.one) == tt.normal(tt.two); same == tt.different {
				t.Fatalf("%q and %q", tt.normal(tt.one), tt.normal(tt.two))
			}
		})
	}
}
