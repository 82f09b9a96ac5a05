package access_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"rapport/server/access"
	"rapport/server/crm"
)

func TestScopes(t *testing.T) {
	memberSees := func(whose string) access.Rule { return may("role:member", "see", "deal", whose) }
	tests := []struct {
		name   string
		rule   access.Rule
		person crm.ID
		target access.Target
		want   bool
	}{
		{"department: a role counts in its own department", memberSees("department"), ben, dealIn(north), true},
		{"department: a role counts in the departments below", memberSees("department"), ana, dealIn(north), true},
		{"department: a role does not count above", memberSees("department"), ben, dealIn(sales), false},
		{"department: a role does not count beside", memberSees("department"), ben, dealIn(marketing), false},
		{"department: a record of no department is in nobody's", memberSees("department"), boss, dealIn(""), false},
		{"department: a record of an unknown department is in nobody's", memberSees("department"), boss, dealIn(id(99)), false},
		{"department: a stronger role includes the weaker one", memberSees("department"), boss, dealIn(marketing), true},
		{"department: a weaker role does not include the stronger one", memberSees("department"), gus, dealIn(sales), false},
		{"own: an owner keeps what is his in another department", memberSees("own"), ben, own(dealIn(marketing)), true},
		{"own: what is not mine is not covered", memberSees("own"), ben, dealIn(north), false},
		{"own: an owner without the role gets nothing", memberSees("own"), gus, own(dealIn(sales)), false},
		{"named: the named department", memberSees("named:" + string(marketing)), ben, dealIn(marketing), true},
		{"named: a department below the named one", memberSees("named:" + string(sales)), mia, dealIn(north), true},
		{"named: not the one above the named one", memberSees("named:" + string(north)), mia, dealIn(sales), false},
		{"named: an unknown department gives nothing", memberSees("named:" + string(id(99))), mia, dealIn(id(99)), false},
		{"shared: with my department", memberSees("shared"), mia, sharedWith(dealIn(sales), marketing), true},
		{"shared: with the department that mine belongs to", memberSees("shared"), ben, sharedWith(dealIn(marketing), sales), true},
		{"shared: with a department that my role counts in", memberSees("shared"), ana, sharedWith(dealIn(marketing), north), true},
		{"shared: with me in person", memberSees("shared"), mia, sharedWith(dealIn(sales), mia), true},
		{"shared: with somebody else", memberSees("shared"), mia, sharedWith(dealIn(sales), ana, north), false},
		{"shared: in my department but not shared", memberSees("shared"), ben, dealIn(north), false},
		{"all: everywhere", memberSees("all"), ben, dealIn(marketing), true},
		{"all: also records of no department", memberSees("all"), ben, dealIn(""), true},
		{"everyone: also people in no department", may("everyone", "see", "deal", "all"), stray, dealIn(sales), true},
		{"everyone: counts in his department only when asked for it", may("everyone", "see", "deal", "department"), gus, dealIn(marketing), false},
		{"everyone: a guest's own department", may("everyone", "see", "deal", "department"), gus, dealIn(north), true},
		{"role in a department: the one who holds it there", may("role:lead@"+string(sales), "see", "deal", "department"), ana, dealIn(sales), true},
		{"role in a department: one who holds it above", may("role:lead@"+string(north), "see", "deal", "department"), ana, dealIn(north), true},
		{"role in a department: reaches no further than that department", may("role:lead@"+string(north), "see", "deal", "department"), ana, dealIn(sales), false},
		{"role in a department: not one who holds it below", may("role:member@"+string(sales), "see", "deal", "all"), ben, dealIn(north), false},
		{"department's people: those in it", may("department:"+string(marketing), "see", "deal", "all"), mia, dealIn(sales), true},
		{"department's people: those below it", may("department:"+string(sales), "see", "deal", "all"), ben, dealIn(marketing), true},
		{"department's people: not those above it", may("department:"+string(sales), "see", "deal", "all"), boss, dealIn(sales), false},
		{"person: himself", may("person:"+string(mia), "see", "deal", "all"), mia, dealIn(sales), true},
		{"person: nobody else", may("person:"+string(mia), "see", "deal", "all"), ben, dealIn(sales), false},
		{"board: a deal on it", may("person:"+string(mia), "see", "board:"+string(salesBoard), "all"), mia, dealIn(north), true},
		{"board: the board itself", may("person:"+string(mia), "see", "board:"+string(salesBoard), "all"), mia, access.Target{Type: crm.TypeBoard, ID: salesBoard, Department: sales}, true},
		{"board: a comment on a deal on it", may("person:"+string(mia), "see", "board:"+string(salesBoard), "all"), mia, access.Target{Type: crm.TypeComment, Department: sales, Pipeline: newBusiness}, true},
		{"board: a deal of another pipeline", may("person:"+string(mia), "see", "board:"+string(salesBoard), "all"), mia, access.Target{Type: crm.TypeDeal, Department: sales, Pipeline: renewals}, false},
		{"board: a deal of another department", may("person:"+string(mia), "see", "board:"+string(salesBoard), "all"), mia, dealIn(marketing), false},
		{"board: another board", may("person:"+string(mia), "see", "board:"+string(salesBoard), "all"), mia, access.Target{Type: crm.TypeBoard, ID: marketingBoard, Department: marketing}, false},
		{"board: a customer is on no board", may("person:"+string(mia), "see", "board:"+string(salesBoard), "all"), mia, access.Target{Type: crm.TypeCustomer, Department: sales, Pipeline: newBusiness}, false},
		{"action *: any", may("role:member", "*", "deal", "all"), ben, dealIn(sales), true},
		{"another action", may("role:member", "edit", "deal", "all"), ben, dealIn(sales), false},
		{"another type", may("role:member", "see", "customer", "all"), ben, dealIn(sales), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := policyOf(t, office(tt.rule))
			if got := p.Can(tt.person, access.ActionSee, tt.target) != 0; got != tt.want {
				t.Errorf("Can = %v, want %v", got, tt.want)
			}
			if got := p.Decide(tt.person, access.ActionSee, tt.target) != 0; got != tt.want {
				t.Errorf("Decide = %v, want %v", got, tt.want)
			}
		})
	}
}

// [E8]
func TestDenyWins(t *testing.T) {
	all := may("everyone", "*", "*", "all")
	tests := []struct {
		name  string
		rules []access.Rule
		act   access.Action
		want  crm.Groups
	}{
		{"no rule is a no", nil, access.ActionSee, 0},
		{"a may rule", []access.Rule{all}, access.ActionSee, crm.AllGroups},
		{"a never rule after it", []access.Rule{all, never("role:member", "see", "deal", "department")}, access.ActionSee, 0},
		{"a never rule before it", []access.Rule{never("role:member", "see", "deal", "department"), all}, access.ActionSee, 0},
		{"a never rule for a weaker role binds the stronger ones", []access.Rule{all, never("role:guest", "see", "*", "all")}, access.ActionSee, 0},
		{"a never rule for others", []access.Rule{all, never("department:"+string(marketing), "*", "*", "all")}, access.ActionSee, crm.AllGroups},
		{"a never rule for another action", []access.Rule{all, never("everyone", "export", "*", "all")}, access.ActionSee, crm.AllGroups},
		{"a never rule for one field group masks it", []access.Rule{all, fields(never("everyone", "see", "deal", "all"), "money")}, access.ActionSee, crm.AllGroups &^ crm.GroupMoney},
		{"without the standard fields nothing is seen", []access.Rule{all, fields(never("everyone", "see", "deal", "all"), "standard")}, access.ActionSee, 0},
		{"money alone shows nothing", []access.Rule{fields(may("everyone", "see", "deal", "all"), "money")}, access.ActionSee, 0},
		{"money alone may be edited", []access.Rule{fields(may("everyone", "edit", "deal", "all"), "money")}, access.ActionEdit, crm.GroupMoney},
		{"field groups of several rules add up", []access.Rule{
			fields(may("everyone", "see", "deal", "all"), "standard+money"), fields(may("role:member", "see", "deal", "all"), "notes"),
		}, access.ActionSee, crm.GroupStandard | crm.GroupMoney | crm.GroupNotes},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := policyOf(t, office(tt.rules...)).Can(ben, tt.act, dealIn(north)); got != tt.want {
				t.Errorf("Can = %v, want %v", got.Names(), tt.want.Names())
			}
		})
	}
}

func TestWhoMayNothing(t *testing.T) {
	dir := office(may("everyone", "*", "*", "all"), may("person:"+string(id(98)), "*", "*", "all"))
	dir.People = append(dir.People, access.Person{ID: id(50), Disabled: true})
	dir.Memberships = append(dir.Memberships,
		access.Membership{Person: id(50), Department: company, Role: access.RoleAdmin},
		access.Membership{Person: id(98), Department: company, Role: access.RoleAdmin})
	p := policyOf(t, dir)
	for name, person := range map[string]crm.ID{
		"disabled": id(50), "unknown, though a rule and a membership name him": id(98), "nobody": "",
	} {
		t.Run(name, func(t *testing.T) {
			for _, act := range []access.Action{access.ActionSee, access.ActionAdminister} {
				if p.Can(person, act, own(dealIn(sales))) != 0 || p.Decide(person, act, own(dealIn(sales))) != 0 {
					t.Errorf("may %s", act)
				}
			}
			if p.MayAnywhere(person, access.ActionSee, crm.TypeDeal) || len(p.DepartmentsOf(person)) > 0 || p.PrimaryDepartment(person) != "" {
				t.Error("is somebody")
			}
			if p.Audience(person).Can(access.ActionSee, dealIn(sales)) != 0 {
				t.Error("his audience may see")
			}
		})
	}
}

func TestSecretsAreNeverVisible(t *testing.T) {
	p := policyOf(t, office(may("everyone", "*", "*", "all"), may("everyone", "see", "session", "own")))
	for _, typ := range []crm.RecordType{crm.TypeCredential, crm.TypeSession, crm.TypeInvitation} {
		for _, target := range []access.Target{{Type: typ}, {Type: typ, Own: true, Department: company}} {
			for _, act := range []access.Action{access.ActionSee, access.ActionEdit, access.ActionExport, access.ActionAdminister} {
				if p.Can(boss, act, target) != 0 || p.Decide(boss, act, target) != 0 || p.Audience(boss).Can(act, target) != 0 || p.MayAnywhere(boss, act, typ) {
					t.Errorf("%s %s", act, typ)
				}
			}
		}
	}
}

// [E8]
func TestNamesAreNoPatterns(t *testing.T) {
	// Departments and boards that look like Casbin's own words.
	dir := office(may("role:member", "see", "deal", "department"), may("department:"+string(sales), "see", "board:"+string(salesBoard), "all"))
	dir.Departments = append(dir.Departments, access.Department{ID: "*"}, access.Department{ID: "-"}, access.Department{ID: ".*"})
	dir.Memberships = append(dir.Memberships,
		access.Membership{Person: stray, Department: "*", Role: access.RoleAdmin},
		access.Membership{Person: stray, Department: "-", Role: access.RoleAdmin},
		access.Membership{Person: stray, Department: ".*", Role: access.RoleAdmin})
	p := policyOf(t, dir)
	for _, department := range []crm.ID{"", "*", "-", sales} {
		if p.Can(stray, access.ActionSee, dealIn(department)) != 0 {
			t.Errorf("the admin of such a department sees the deals of %q", department)
		}
	}
	if p.Can(ben, access.ActionSee, dealIn("*")) != 0 {
		t.Error("a deal that says it is everywhere is seen by every member")
	}
	for _, board := range []crm.ID{"*", salesBoard + ",board:" + marketingBoard, ""} {
		if p.Can(gus, access.ActionSee, access.Target{Type: crm.TypeBoard, ID: board}) != 0 {
			t.Errorf("board %q passes for the sales board", board)
		}
	}
}

// [E8]
func TestNewPolicyRefuses(t *testing.T) {
	with := func(change func(*access.Directory)) access.Directory {
		dir := office(may("everyone", "see", "deal", "all"))
		change(&dir)
		return dir
	}
	tests := []struct {
		name string
		dir  access.Directory
		want crm.Code
	}{
		{"nothing of a sound directory", with(func(*access.Directory) {}), ""},
		{"nothing of an empty one", access.Directory{}, ""},
		{"no parent that does not exist", with(func(d *access.Directory) { d.Departments[1].Parent = id(99) }), ""},
		{"no membership in an unknown department", with(func(d *access.Directory) { d.Memberships[0].Department = id(99) }), ""},
		{"no role that is none", with(func(d *access.Directory) { d.Memberships[0].Role = "king" }), ""},
		{"a department that is its own parent", with(func(d *access.Directory) { d.Departments[0].Parent = company }), crm.CodeInvalid},
		{"departments in a circle", with(func(d *access.Directory) { d.Departments[0].Parent = north }), crm.CodeInvalid},
		{"two rules of one id", with(func(d *access.Directory) { d.Rules = append(d.Rules, d.Rules[0]) }), crm.CodeInvalid},
		{"a rule about somebody with a very long name", with(func(d *access.Directory) { d.Rules[0].Who = "person:" + strings.Repeat("n", 10_000) }), crm.CodeInvalid},
		{"a rule about a department with one", with(func(d *access.Directory) { d.Rules[0].Whose = "named:" + strings.Repeat("n", 10_000) }), crm.CodeInvalid},
		{"no very long name of a department, which rules cannot name", with(func(d *access.Directory) {
			d.Departments = append(d.Departments, access.Department{ID: crm.ID(strings.Repeat("n", 10_000)), Parent: company})
		}), ""},
		{"a rule it does not understand", with(func(d *access.Directory) { d.Rules[0].Effect = "nevr" }), crm.CodeInvalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := access.NewPolicy(tt.dir); crm.CodeOf(err) != tt.want {
				t.Errorf("err = %v, want code %q", err, tt.want)
			}
		})
	}
}

func TestLookups(t *testing.T) {
	dir := office()
	dir.Memberships = append(dir.Memberships,
		access.Membership{Person: ben, Department: marketing, Role: access.RoleLead},
		access.Membership{Person: ben, Department: marketing, Role: access.RoleLead}, // twice
		access.Membership{Person: mia, Department: id(99), Role: access.RoleAdmin},
		access.Membership{Person: ana, Department: company, Role: access.RoleAdmin})
	p := policyOf(t, dir)
	if got := p.DepartmentsOf(ben); !slices.Equal(got, []crm.ID{marketing, north}) {
		t.Errorf("Ben is in %v, want Marketing, where he leads, then North", got)
	}
	if got := p.PrimaryDepartment(ana); got != company {
		t.Errorf("Ana's first department is %v", got)
	}
	if got := p.PrimaryDepartment(stray); got != "" {
		t.Errorf("Stray is in %v", got)
	}
	for _, tt := range []struct {
		name              string
		department, below crm.ID
		want              bool
	}{
		{"itself", sales, sales, true}, {"a team of it", sales, north, true}, {"two levels below", company, north, true},
		{"the other way round", north, sales, false}, {"beside", sales, marketing, false},
		{"unknown in itself", id(99), id(99), false}, {"no department", "", "", false},
	} {
		if got := p.Covers(tt.department, tt.below); got != tt.want {
			t.Errorf("Covers, %s: %v", tt.name, got)
		}
	}
}

func TestMayAnywhere(t *testing.T) {
	p := policyOf(t, office(
		may("role:member", "edit", "deal", "own"), may("role:member", "export", "*", "all"), never("department:"+string(marketing), "export", "*", "all"),
		never("role:member", "edit", "deal", "named:"+string(marketing)), may("role:guest", "see", "board:"+string(salesBoard), "all"),
	))
	tests := []struct {
		name   string
		person crm.ID
		act    access.Action
		typ    crm.RecordType
		want   bool
	}{
		{"a rule for some records is enough", ben, access.ActionEdit, crm.TypeDeal, true},
		{"a never rule for some records leaves the others", mia, access.ActionEdit, crm.TypeDeal, true},
		{"a never rule for all of them", mia, access.ActionExport, crm.TypeDeal, false},
		{"the same rule does not bind others", ben, access.ActionExport, crm.TypeDeal, true},
		{"without the role", gus, access.ActionEdit, crm.TypeDeal, false},
		{"by a shared board", gus, access.ActionSee, crm.TypeDeal, true},
		{"a shared board has no customers", gus, access.ActionSee, crm.TypeCustomer, false},
		{"in no department", stray, access.ActionSee, crm.TypeDeal, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := p.MayAnywhere(tt.person, tt.act, tt.typ); got != tt.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

// [E8] Ten thousand rules, most of them about others: what the policy decides is
// what the few of them say that speak of somebody, and nobody waits for the rest.
func TestTenThousandRules(t *testing.T) {
	rules := []access.Rule{
		may("role:member", "see", "deal", "department"),
		fields(never("person:"+string(ben), "see", "deal", "all"), "notes"),
	}
	for n := range 10_000 {
		who, whose := fmt.Sprint("person:", id(100_000+n)), fmt.Sprint("named:", id(200_000+n))
		switch n % 4 {
		case 0:
			rules = append(rules, may(who, "*", "deal", "all"))
		case 1:
			rules = append(rules, never(who, "*", "*", "all"))
		case 2:
			rules = append(rules, may("everyone", "see", "deal", whose))
		default:
			rules = append(rules, never(fmt.Sprint("department:", id(300_000+n)), "see", "*", "all"))
		}
	}
	dir := office(rules...)
	dir.People = append(dir.People, access.Person{ID: id(100_004)}, access.Person{ID: id(100_005)})
	dir.Memberships = append(dir.Memberships, access.Membership{Person: id(100_005), Department: north, Role: access.RoleMember})
	p := policyOf(t, dir)
	for _, tt := range []struct {
		name   string
		person crm.ID
		target access.Target
		want   crm.Groups
	}{
		{"a member in his department, but for what one rule takes", ben, dealIn(north), crm.AllGroups &^ crm.GroupNotes},
		{"and elsewhere", ben, dealIn(marketing), 0},
		{"by one of the ten thousand", id(100_004), dealIn(north), crm.AllGroups},
		{"against one of them", id(100_005), dealIn(north), 0},
		{"where none of them speaks", gus, dealIn(marketing), 0},
	} {
		if got := p.Can(tt.person, access.ActionSee, tt.target); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got.Names(), tt.want.Names())
		}
		// Casbin has tried them all, once; what it said is remembered.
		began := time.Now()
		for range 100 {
			p.Can(tt.person, access.ActionSee, tt.target)
		}
		if took := time.Since(began); took > 100*time.Millisecond {
			t.Errorf("%s: a hundred times in %v", tt.name, took)
		}
	}
}
