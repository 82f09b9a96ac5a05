package access

import (
	"encoding/csv"
	"fmt"
	"slices"
	"strings"

	"rapport/policies"
	"rapport/server/crm"
)

// rolesByRank lists the roles from the weakest to the strongest.
var rolesByRank = []Role{RoleGuest, RoleMember, RoleLead, RoleHead, RoleAdmin}

// Rank is 1 for a guest to 5 for an admin, 0 for a word that is no role.
func (r Role) Rank() int { return slices.Index(rolesByRank, r) + 1 }

var actions = []Action{
	ActionSee, ActionCreate, ActionEdit, ActionMove, ActionAssign, ActionComment,
	ActionDelete, ActionExport, ActionShare, ActionReport, ActionAdminister,
}

// CheckRule refuses a rule whose words are none, so that a typing mistake
// cannot quietly mean nothing. Ids it names may be unknown: the rule then
// decides nothing.
// Errors: CodeInvalid naming the column.
func CheckRule(r Rule) error {
	bad := func(column string) error { return crm.Invalid(column, "unknown_word") }
	switch {
	case r.ID == "":
		return crm.Invalid("id", "required")
	case !validWho(r.Who):
		return bad("who")
	case casbinEffect[r.Effect] == "":
		return bad("effect")
	case r.Action != "*" && !slices.Contains(actions, Action(r.Action)):
		return bad("action")
	case !validWhat(r.What):
		return bad("what")
	case !validWhose(r.Whose):
		return bad("whose")
	case !validFields(r.Fields):
		return bad("fields")
	}
	return nil
}

func validWho(who string) bool {
	kind, name, _ := strings.Cut(who, ":")
	switch kind {
	case "everyone":
		return who == kind
	case "role":
		role, department, at := strings.Cut(name, "@")
		return Role(role).Rank() > 0 && (!at || crm.ID(department).Valid())
	case "department", "person":
		return crm.ID(name).Valid()
	}
	return false
}

func validWhat(what string) bool {
	if id, ok := strings.CutPrefix(what, "board:"); ok {
		return crm.ID(id).Valid()
	}
	return what == "*" || what != "" && strings.IndexFunc(what, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9')
	}) < 0
}

func validWhose(whose string) bool {
	if id, ok := strings.CutPrefix(whose, "named:"); ok {
		return crm.ID(id).Valid()
	}
	return slices.Contains([]string{"own", "department", "shared", "all"}, whose)
}

func validFields(fields string) bool {
	if fields == "all" {
		return true
	}
	for name := range strings.SplitSeq(fields, "+") {
		if !slices.Contains(crm.GroupNames, name) {
			return false
		}
	}
	return true
}

// DefaultRules returns the rules of a new workspace, in the order of the file.
func DefaultRules(newID func() crm.ID) ([]Rule, error) {
	return parseRules(policies.Default, newID)
}

func parseRules(text string, newID func() crm.ID) ([]Rule, error) {
	r := csv.NewReader(strings.NewReader(text))
	r.Comment, r.TrimLeadingSpace, r.FieldsPerRecord = '#', true, 6
	lines, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("access: policy file: %w", err)
	}
	rules := make([]Rule, len(lines))
	for i, l := range lines {
		for j := range l {
			l[j] = strings.TrimSpace(l[j])
		}
		rules[i] = Rule{ID: newID(), Who: l[0], Effect: l[1], Action: l[2], What: l[3], Whose: l[4], Fields: l[5]}
		if err := CheckRule(rules[i]); err != nil {
			return nil, fmt.Errorf("access: policy file, rule %d: %w", i+1, err)
		}
	}
	return rules, nil
}
