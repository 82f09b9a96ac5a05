package access_test

import (
	"slices"
	"sync"
	"testing"

	"rapport/server/access"
	"rapport/server/crm"
)

func TestAudiences(t *testing.T) {
	dir := office(may("role:member", "see", "deal", "department"), may("person:"+string(id(42)), "see", "deal", "all"))
	for _, n := range []int{40, 41, 42, 43} {
		dir.People = append(dir.People, access.Person{ID: id(n), Disabled: n == 43})
		dir.Memberships = append(dir.Memberships,
			access.Membership{Person: id(n), Department: north, Role: access.RoleMember})
	}
	dir.Memberships = append(dir.Memberships, access.Membership{Person: id(41), Department: north, Role: access.RoleMember})
	p := policyOf(t, dir)
	tests := []struct {
		name string
		a, b crm.ID
		same bool
	}{
		{"the same role in the same department", ben, id(40), true},
		{"a membership held twice is held once", ben, id(41), true},
		{"a rule names one of them", ben, id(42), false},
		{"one of them is disabled", ben, id(43), false},
		{"disabled and unknown people are nobody", id(43), id(99), true},
		{"other departments", ben, mia, false},
		{"other roles", ana, gus, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, b := p.Audience(tt.a), p.Audience(tt.b)
			if (a == b) != tt.same || (a.Token() == b.Token()) != tt.same {
				t.Errorf("one audience: %v, one token: %v, want %v", a == b, a.Token() == b.Token(), tt.same)
			}
			if len(a.Token()) != 22 {
				t.Errorf("token %q has %d characters", a.Token(), len(a.Token()))
			}
		})
	}
}

// TestTokens says which changes a person notices. Whose token changes, his
// open screens are looked through again; whose token stays, his are left alone.
func TestTokens(t *testing.T) {
	base := func() access.Directory {
		return office(
			may("role:member", "see", "deal", "department"), may("role:lead", "edit", "deal", "department"),
			may("role:guest", "see", "board:"+string(salesBoard), "all"),
			may("department:"+string(marketing), "see", "deal", "named:"+string(sales)),
		)
	}
	before := policyOf(t, base())
	tests := []struct {
		name    string
		change  func(*access.Directory)
		changed []crm.ID // of Ana, Ben, Mia, Stray
	}{
		{"nothing", func(*access.Directory) {}, nil},
		{"a rule for everyone", func(d *access.Directory) {
			d.Rules = append(d.Rules, withID(90, may("everyone", "see", "user", "all")))
		}, []crm.ID{ana, ben, mia, stray}},
		{"a rule for leads", func(d *access.Directory) {
			d.Rules = append(d.Rules, withID(90, may("role:lead", "see", "user", "all")))
		}, []crm.ID{ana}},
		{"a rule for one department", func(d *access.Directory) {
			d.Rules = append(d.Rules, withID(90, never("department:"+string(north), "see", "user", "all")))
		}, []crm.ID{ben}},
		{"a rule for one person", func(d *access.Directory) {
			d.Rules = append(d.Rules, withID(90, may("person:"+string(stray), "see", "user", "all")))
		}, []crm.ID{stray}},
		{"a rule that is there already", func(d *access.Directory) { d.Rules = append(d.Rules, withID(90, d.Rules[0])) }, nil},
		{"another id of a rule", func(d *access.Directory) { d.Rules[0].ID = id(91) }, nil},
		{"another order of the rules", func(d *access.Directory) { slices.Reverse(d.Rules) }, nil},
		{"a rule less", func(d *access.Directory) { d.Rules = slices.Delete(d.Rules, 1, 2) }, []crm.ID{ana}},
		{"another role", func(d *access.Directory) { d.Memberships[1].Role = access.RoleLead }, []crm.ID{ben}},
		{"another person", func(d *access.Directory) { d.People = append(d.People, access.Person{ID: id(50)}) }, nil},
		{"a board that no rule names", func(d *access.Directory) {
			d.Boards = append(d.Boards, access.Board{ID: id(23), Pipeline: renewals, Department: sales})
		}, nil},
		{"the place of a board that a rule names", func(d *access.Directory) { d.Boards[0].Department = north }, []crm.ID{ana, ben, mia}},
		{"a department below North, of which the named board and Sales reach more", func(d *access.Directory) {
			d.Departments = append(d.Departments, access.Department{ID: id(6), Parent: north})
		}, []crm.ID{ana, ben, mia}},
		{"Sales out of the company, so that Ana is not shared with when that is", func(d *access.Directory) { d.Departments[1].Parent = "" }, []crm.ID{ana, ben}},
		{"a team of Sales moved to where Mia's rule does not reach", func(d *access.Directory) { d.Departments[2].Parent = company }, []crm.ID{ana, ben, mia}},
		{"a department beside all of these", func(d *access.Directory) {
			d.Departments = append(d.Departments, access.Department{ID: id(6), Parent: company})
		}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := base()
			tt.change(&dir)
			after := policyOf(t, dir)
			for name, person := range map[string]crm.ID{"Ana": ana, "Ben": ben, "Mia": mia, "Stray": stray} {
				changed := after.Audience(person).Token() != before.Audience(person).Token()
				if want := slices.Contains(tt.changed, person); changed != want {
					t.Errorf("%s's token changed: %v, want %v", name, changed, want)
				}
			}
		})
	}
}

// [E9]
func TestATokenFollowsTheDepartmentsThatRulesSpeakOf(t *testing.T) {
	for name, rule := range map[string]access.Rule{
		"named":                may("role:member", "see", "deal", "named:"+string(sales)),
		"a role in it":         may("role:head@"+string(sales), "see", "deal", "department"),
		"the people of it":     may("department:"+string(sales), "see", "deal", "department"),
		"a board in it, named": may("role:member", "see", "board:"+string(salesBoard), "all"),
	} {
		t.Run(name, func(t *testing.T) {
			moved := office(rule)
			moved.Departments[2].Parent = marketing // North, a team of Sales so far
			before, after := policyOf(t, office(rule)), policyOf(t, moved)
			for _, person := range []crm.ID{boss, mia, ben} {
				if before.Can(person, access.ActionSee, dealIn(north)) != after.Can(person, access.ActionSee, dealIn(north)) &&
					before.Audience(person).Token() == after.Audience(person).Token() {
					t.Errorf("%s sees otherwise, with the same token", person)
				}
			}
		})
	}
}

func withID(n int, r access.Rule) access.Rule {
	r.ID = id(n)
	return r
}

func TestAnAudienceDoesNotKnowItsPeople(t *testing.T) {
	p := policyOf(t, office(may("role:member", "see", "deal", "shared")))
	target := sharedWith(dealIn(sales), mia)
	if p.Can(mia, access.ActionSee, target) == 0 {
		t.Error("Mia does not see what is shared with her")
	}
	if p.Audience(mia).Can(access.ActionSee, target) != 0 {
		t.Error("all of Mia's audience see what is shared with her alone")
	}
	// Having answered her must not answer her colleagues.
	dir := office(may("role:member", "see", "deal", "shared"))
	dir.People = append(dir.People, access.Person{ID: id(40)})
	dir.Memberships = append(dir.Memberships, access.Membership{Person: id(40), Department: marketing, Role: access.RoleMember})
	p = policyOf(t, dir)
	if p.Can(mia, access.ActionSee, target) == 0 || p.Can(id(40), access.ActionSee, target) != 0 {
		t.Error("what is shared with Mia is shared with her colleague")
	}
}

func TestManyAskAtOnce(t *testing.T) {
	dir := office(defaultRules(t)...)
	expected := policyOf(t, dir)
	p := policyOf(t, dir)
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for i := range 300 {
				person := somePeople[(i+worker)%len(somePeople)]
				target := access.Target{Type: someTypes[i%len(someTypes)], Department: someDepartments[i%len(someDepartments)], Own: i%7 == 0}
				act := someActions[i%len(someActions)]
				if got, want := p.Can(person, act, target), expected.Decide(person, act, target); got != want {
					t.Errorf("Can(%s, %s, %+v) = %v, want %v", person, act, target, got.Names(), want.Names())
				}
				if i%50 == 0 {
					p.Explain(person, act, target)
				}
			}
		})
	}
	wg.Wait()
}
