package access_test

import (
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"rapport/policies"
	"rapport/server/access"
	"rapport/server/crm"
)

// FuzzPolicyFile: a policy file is refused, or each of its rules says something,
// and it says the same when it is written again.
func FuzzPolicyFile(f *testing.F) {
	f.Add(policies.Default)
	for _, seed := range []string{
		"everyone, may, see, *, all, all\n", "# nothing\n", "everyone, may, see, *, all\n", "\"everyone\",never,*,deal,own,standard+money\n",
		"role:lead@01JD8ZK3N0M8Q4V5X6Y7Z8A9BC, may, edit, deal, department, standard\n", "everyone, may, see, \"*, all, all\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		id := func() crm.ID { return "01JD8ZK3N0M8Q4V5X6Y7Z8A9BC" }
		rules, err := access.ParseRules(text, id)
		if err != nil {
			return
		}
		var out strings.Builder
		w := csv.NewWriter(&out)
		for _, r := range rules {
			if err := access.CheckRule(r); err != nil {
				t.Fatalf("%+v was taken: %v", r, err)
			}
			_ = w.Write([]string{r.Who, r.Effect, r.Action, r.What, r.Whose, r.Fields})
		}
		w.Flush()
		if again, err := access.ParseRules(out.String(), id); err != nil || !slices.Equal(again, rules) {
			t.Fatalf("%+v, written again, are %+v: %v", rules, again, err)
		}
	})
}

// FuzzRule: a rule that is taken makes a policy that decides, and one that
// forbids lets nobody see more than before.
func FuzzRule(f *testing.F) {
	f.Add("everyone", "may", "see", "deal", "all", "all")
	f.Add("role:lead@01JD8ZK3N0M8Q4V5X6Y7Z8A9BC", "never", "*", "*", "department", "money+notes")
	f.Add("person:01JD8ZK3N0M8Q4V5X6Y7Z8A9BC", "may", "edit", "board:01JD8ZK3N0M8Q4V5X6Y7Z8A9BC", "named:01JD8ZK3N0M8Q4V5X6Y7Z8A9BC", "reach")
	f.Add("role:lead\"), true || (\"", "may", "see", "*", "all", "all")
	f.Fuzz(func(t *testing.T, who, effect, action, what, whose, fields string) {
		rule := access.Rule{ID: "01JD8ZK3N0M8Q4V5X6Y7Z8A9BD", Who: who, Effect: effect, Action: action, What: what, Whose: whose, Fields: fields}
		if access.CheckRule(rule) != nil {
			return
		}
		const someone = crm.ID("01JD8ZK3N0M8Q4V5X6Y7Z8A9BC") // a person, and the department they are in
		policy, err := access.NewPolicy(access.Directory{
			Departments: []access.Department{{ID: someone}}, People: []access.Person{{ID: someone}},
			Memberships: []access.Membership{{Person: someone, Department: someone, Role: access.RoleAdmin}},
			Boards:      []access.Board{{ID: someone, Pipeline: someone, Department: someone}},
			Rules:       []access.Rule{rule},
		})
		if err != nil {
			t.Fatalf("%+v was taken: %v", rule, err)
		}
		target := access.Target{Type: crm.TypeDeal, Department: someone, Pipeline: someone, Own: true}
		groups := policy.Can(someone, access.ActionSee, target)
		if effect == "never" && groups != 0 {
			t.Fatalf("%+v alone shows %v", rule, groups.Names())
		}
		if explained := policy.Explain(someone, access.ActionSee, target); explained.Allowed != (groups != 0) {
			t.Fatalf("%+v shows %v, and is explained as %+v", rule, groups.Names(), explained)
		}
	})
}
