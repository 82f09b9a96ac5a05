package access_test

import (
	"encoding/csv"
	"errors"
	"regexp"
	"strings"
	"testing"

	"rapport/policies"
	"rapport/server/access"
	"rapport/server/crm"
)

func TestCheckRule(t *testing.T) {
	sound := access.Rule{ID: id(1), Who: "everyone", Effect: "may", Action: "see", What: "deal", Whose: "all", Fields: "all"}
	tests := []struct {
		name   string
		change func(*access.Rule)
		column string // that is wrong; "" if none
	}{
		{"a sound rule", func(*access.Rule) {}, ""},
		{"no id", func(r *access.Rule) { r.ID = "" }, "id"},
		{"a role", func(r *access.Rule) { r.Who = "role:lead" }, ""},
		{"a role in a department", func(r *access.Rule) { r.Who = "role:lead@" + string(sales) }, ""},
		{"a role in something that is no id", func(r *access.Rule) { r.Who = "role:lead@sales" }, "who"},
		{"a role in no department", func(r *access.Rule) { r.Who = "role:lead@" }, "who"},
		{"an unknown role", func(r *access.Rule) { r.Who = "role:king" }, "who"},
		{"a department that need not exist", func(r *access.Rule) { r.Who = "department:" + string(id(99)) }, ""},
		{"a person", func(r *access.Rule) { r.Who = "person:" + string(ana) }, ""},
		{"a person by name", func(r *access.Rule) { r.Who = "person:Ana" }, "who"},
		{"everyone with a suffix", func(r *access.Rule) { r.Who = "everyone:" }, "who"},
		{"a pattern for who", func(r *access.Rule) { r.Who = "*" }, "who"},
		{"never", func(r *access.Rule) { r.Effect = "never" }, ""},
		{"Casbin's own word for it", func(r *access.Rule) { r.Effect = "deny" }, "effect"},
		{"any action", func(r *access.Rule) { r.Action = "*" }, ""},
		{"an unknown action", func(r *access.Rule) { r.Action = "look" }, "action"},
		{"any type", func(r *access.Rule) { r.What = "*" }, ""},
		{"a type that an admin may make later", func(r *access.Rule) { r.What = "ticket" }, ""},
		{"a pattern for a type", func(r *access.Rule) { r.What = "de*" }, "what"},
		{"no type", func(r *access.Rule) { r.What = "" }, "what"},
		{"a board", func(r *access.Rule) { r.What = "board:" + string(salesBoard) }, ""},
		{"two boards", func(r *access.Rule) { r.What = "board:" + string(salesBoard) + "," + string(marketingBoard) }, "what"},
		{"a named department", func(r *access.Rule) { r.Whose = "named:" + string(sales) }, ""},
		{"an unknown scope", func(r *access.Rule) { r.Whose = "mine" }, "whose"},
		{"two field groups", func(r *access.Rule) { r.Fields = "standard+money" }, ""},
		{"an unknown field group", func(r *access.Rule) { r.Fields = "standard+secrets" }, "fields"},
		{"no field group", func(r *access.Rule) { r.Fields = "" }, "fields"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := sound
			tt.change(&r)
			err := access.CheckRule(r)
			if tt.column == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			var e *crm.Error
			if !errors.As(err, &e) || e.Code != crm.CodeInvalid || e.Fields[tt.column] == "" {
				t.Errorf("err = %v, want one about column %s", err, tt.column)
			}
		})
	}
}

func TestDefaultRulesHaveIDsOfTheirOwn(t *testing.T) {
	rules := defaultRules(t)
	seen := map[crm.ID]bool{}
	for _, r := range rules {
		if seen[r.ID] {
			t.Errorf("two rules have the id %s", r.ID)
		}
		seen[r.ID] = true
		// They are for any company: they can name nobody and nothing of one.
		if strings.ContainsAny(r.Who, "@") || strings.HasPrefix(r.Who, "person:") || strings.HasPrefix(r.Who, "department:") {
			t.Errorf("a default rule is for %s", r.Who)
		}
	}
	// Each rule is tried on each question that nobody remembers; see the benchmark.
	if len(rules) > 100 {
		t.Errorf("%d default rules", len(rules))
	}
}

func TestTheExamplesOfTheREADMEAreRules(t *testing.T) {
	n := 0
	for _, block := range regexp.MustCompile("(?s)```csv\n(.*?)```").FindAllStringSubmatch(policies.Readme, -1) {
		r := csv.NewReader(strings.NewReader(regexp.MustCompile("<[a-z ]+>").ReplaceAllString(block[1], string(sales))))
		r.Comment, r.TrimLeadingSpace = '#', true
		lines, err := r.ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range lines {
			n++
			if err := access.CheckRule(access.Rule{ID: id(1), Who: l[0], Effect: l[1], Action: l[2], What: l[3], Whose: l[4], Fields: l[5]}); err != nil {
				t.Errorf("%v: %v", l, err)
			}
		}
	}
	if n < 4 {
		t.Errorf("found %d examples", n)
	}
}
