package pipeline

import (
	"slices"
	"strings"

	"rapport/server/crm"
	"rapport/server/workspace"
)

// Terms are what a department has on a board, as the giver of a command saw it: a
// basedOn for what is several rules. Left out, nothing is compared.
type Terms struct {
	Fields  []string `json:"fields"`  // field groups beside standard
	Actions []string `json:"actions"` // see among them; none where nothing is shared
}

// termsOf reads the terms of a share back from its rules.
func termsOf(rules []crm.Record) Terms {
	var t Terms
	for _, rec := range rules {
		if !strings.HasPrefix(rec.Fields.String("what"), "board:") {
			continue // the names of customers go along with any share
		}
		t.Actions = append(t.Actions, rec.Fields.String("action"))
		for _, group := range strings.Split(rec.Fields.String("fieldGroups"), "+") {
			if group != crm.GroupNames[0] && !slices.Contains(t.Fields, group) {
				t.Fields = append(t.Fields, group)
			}
		}
	}
	return t
}

// overtaken refuses what was given in view of other terms than the present rules say.
// What the giver has shared himself meanwhile, he has seen.
func (t Terms) overtaken(tx *workspace.Tx, present []crm.Record) error {
	now := termsOf(present)
	changed := map[string]string{}
	for key, sides := range map[string][2][]string{"fields": {t.Fields, now.Fields}, "actions": {t.Actions, now.Actions}} {
		if !slices.Equal(sorted(sides[0]), sorted(sides[1])) {
			changed[key] = workspace.ReasonChanged
		}
	}
	if len(changed) == 0 || t.within(now) && t.widenedBy(tx.Actor().UserID, present) {
		return nil
	}
	conflict := crm.Errorf(crm.CodeConflict, "conflict", "somebody else changed this meanwhile")
	conflict.Fields = changed
	conflict.Params = map[string]string{"fields": strings.Join(sorted(now.Fields), " "), "actions": strings.Join(sorted(now.Actions), " ")}
	return conflict
}

func sorted(words []string) []string { return slices.Sorted(slices.Values(words)) }

// within reports whether other has all of the terms.
func (t Terms) within(other Terms) bool {
	all := func(some, words []string) bool {
		return !slices.ContainsFunc(some, func(word string) bool { return !slices.Contains(words, word) })
	}
	return all(t.Fields, other.Fields) && all(t.Actions, other.Actions)
}

// widenedBy reports whether all rules that go beyond the terms are by one person.
func (t Terms) widenedBy(person crm.ID, rules []crm.Record) bool {
	return person != "" && !slices.ContainsFunc(rules, func(rec crm.Record) bool {
		return !termsOf([]crm.Record{rec}).within(t) && workspace.LastHand(rec) != person
	})
}
