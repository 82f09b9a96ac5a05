package access_test

import (
	"fmt"
	"testing"

	"rapport/server/access"
	"rapport/server/crm"
)

// id makes a valid id out of a small number.
func id(n int) crm.ID { return crm.ID(fmt.Sprintf("01%024d", n)) }

// The company of these tests. North is a team of Sales.
var (
	company, sales, north, marketing = id(1), id(2), id(3), id(4)
	newBusiness, renewals            = id(11), id(12)
	salesBoard, marketingBoard       = id(21), id(22)
	ana, ben, mia, gus, boss, stray  = id(31), id(32), id(33), id(34), id(35), id(36)
)

// office returns the company: Ana leads Sales, Ben is a member of North, Mia
// of Marketing, Gus is a guest of Sales, the boss heads the company, and Stray
// is in no department.
func office(rules ...access.Rule) access.Directory {
	for i := range rules {
		if rules[i].ID == "" {
			rules[i].ID = id(1000 + i)
		}
	}
	return access.Directory{
		Departments: []access.Department{{ID: company}, {sales, company}, {north, sales}, {marketing, company}},
		People:      []access.Person{{ID: ana}, {ID: ben}, {ID: mia}, {ID: gus}, {ID: boss}, {ID: stray}},
		Memberships: []access.Membership{
			{ana, sales, access.RoleLead}, {ben, north, access.RoleMember}, {mia, marketing, access.RoleMember},
			{gus, sales, access.RoleGuest}, {boss, company, access.RoleHead},
		},
		Boards: []access.Board{{salesBoard, newBusiness, sales}, {marketingBoard, newBusiness, marketing}},
		Rules:  rules,
	}
}

func policyOf(t testing.TB, dir access.Directory) *access.Policy {
	t.Helper()
	p, err := access.NewPolicy(dir)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// may and never are rules about all fields.
func may(who, action, what, whose string) access.Rule {
	return access.Rule{Who: who, Effect: "may", Action: action, What: what, Whose: whose, Fields: "all"}
}

func never(who, action, what, whose string) access.Rule {
	r := may(who, action, what, whose)
	r.Effect = "never"
	return r
}

// fields narrows a rule to field groups.
func fields(r access.Rule, groups string) access.Rule {
	r.Fields = groups
	return r
}

func dealIn(department crm.ID) access.Target {
	return access.Target{Type: crm.TypeDeal, Department: department, Pipeline: newBusiness}
}

func own(t access.Target) access.Target {
	t.Own = true
	return t
}

func sharedWith(t access.Target, ids ...crm.ID) access.Target {
	t.SharedWith = ids
	return t
}

// defaultRules returns the rules of a new workspace with ids of their own.
func defaultRules(t testing.TB) []access.Rule {
	t.Helper()
	n := 5000
	rules, err := access.DefaultRules(func() crm.ID { n++; return id(n) })
	if err != nil {
		t.Fatal(err)
	}
	return rules
}
