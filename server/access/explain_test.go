package access_test

import (
	"testing"

	"rapport/server/access"
	"rapport/server/crm"
)

func TestExplain(t *testing.T) {
	named := func(n int, r access.Rule) access.Rule { r.ID = id(n); return r }
	dir := office(
		named(1, may("role:member", "see", "deal", "department")),
		named(2, may("everyone", "see", "deal", "all")),
		named(3, never("person:"+string(mia), "see", "deal", "named:"+string(sales))),
		named(4, fields(never("person:"+string(ben), "see", "deal", "all"), "money")),
		named(5, fields(may("role:member", "edit", "deal", "all"), "money")),
		named(6, fields(never("role:guest", "export", "deal", "all"), "money")),
		named(7, fields(may("role:member", "see", "contact", "all"), "money")),
		named(8, may("role:member", "see", "contact", "shared")),
		named(9, never("role:guest", "see", "board", "all")),
	)
	dir.People = append(dir.People, access.Person{ID: id(50), Disabled: true})
	p := policyOf(t, dir)
	contact := access.Target{Type: crm.TypeContact, Department: marketing}
	tests := []struct {
		name   string
		person crm.ID
		act    access.Action
		target access.Target
		groups crm.Groups
		rule   crm.ID
		reason string
	}{
		{"the rule that allows", gus, access.ActionSee, dealIn(marketing), crm.AllGroups, id(2), access.ReasonAllowed},
		{"the first of two that allow", ana, access.ActionSee, dealIn(sales), crm.AllGroups, id(1), access.ReasonAllowed},
		{"a never rule before those that allow", mia, access.ActionSee, dealIn(north), 0, id(3), access.ReasonForbidden},
		{"the same never rule does not reach here", mia, access.ActionSee, dealIn(marketing), crm.AllGroups, id(1), access.ReasonAllowed},
		{"masked in part, but allowed", ben, access.ActionSee, dealIn(marketing), crm.AllGroups &^ crm.GroupMoney, id(2), access.ReasonAllowed},
		{"a rule for one field group is enough for an action", ben, access.ActionEdit, dealIn(north), crm.GroupMoney, id(5), access.ReasonAllowed},
		{"a never rule for one field group, nothing allows the others", gus, access.ActionExport, dealIn(north), 0, id(6), access.ReasonForbidden},
		{"no rule", gus, access.ActionMove, dealIn(sales), 0, "", access.ReasonNoRule},
		{"only money is allowed, so nothing is seen and no rule shows it", ben, access.ActionSee, contact, 0, "", access.ReasonNoRule},
		{"shared with him in person", ben, access.ActionSee, sharedWith(contact, ben), crm.AllGroups, id(8), access.ReasonAllowed},
		{"a rule about boards", gus, access.ActionSee, access.Target{Type: crm.TypeBoard, ID: salesBoard, Department: sales}, 0, id(9), access.ReasonForbidden},
		{"a disabled person", id(50), access.ActionSee, dealIn(sales), 0, "", access.ReasonNobody},
		{"an unknown person", id(51), access.ActionSee, dealIn(sales), 0, "", access.ReasonNobody},
		{"what no rule opens", boss, access.ActionSee, access.Target{Type: crm.TypeSession, Own: true}, 0, "", access.ReasonSecret},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ex := p.Explain(tt.person, tt.act, tt.target)
			var rule crm.ID
			if ex.Rule != nil {
				rule = ex.Rule.ID
			}
			if ex.Groups != tt.groups || ex.Allowed != (tt.groups != 0) || rule != tt.rule || ex.Reason != tt.reason {
				t.Errorf("got %v by rule %q, %s; want %v by rule %q, %s", ex.Groups.Names(), rule, ex.Reason, tt.groups.Names(), tt.rule, tt.reason)
			}
			if got := p.Can(tt.person, tt.act, tt.target); got != ex.Groups {
				t.Errorf("explained %v, decided %v", ex.Groups.Names(), got.Names())
			}
		})
	}
}

func TestExplainGivesACopy(t *testing.T) {
	p := policyOf(t, office(may("everyone", "see", "deal", "all")))
	p.Explain(ben, access.ActionSee, dealIn(sales)).Rule.Effect = "never"
	if got := p.Explain(ben, access.ActionSee, dealIn(sales)).Rule.Effect; got != "may" {
		t.Errorf("the policy now says %q", got)
	}
}
