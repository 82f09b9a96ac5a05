package access_test

import (
	"fmt"
	"testing"
	"time"

	"rapport/server/access"
	"rapport/server/crm"
)

// bigCompany has many people in 20 departments on three levels, each in one to
// three of them, and as many rules as asked for: those of a new workspace
// first, then some for single departments, boards and people.
func bigCompany(t testing.TB, people, rules int) access.Directory {
	roles := []access.Role{access.RoleMember, access.RoleMember, access.RoleGuest, access.RoleLead, access.RoleHead}
	department := func(n int) crm.ID { return id(100 + n%20) }
	dir := access.Directory{Departments: []access.Department{{ID: department(0)}}}
	for n := 1; n < 20; n++ {
		dir.Departments = append(dir.Departments, access.Department{ID: department(n), Parent: department((n - 1) / 4)})
	}
	for n := range 40 {
		dir.Boards = append(dir.Boards, access.Board{ID: id(200 + n), Pipeline: id(300 + n%5), Department: department(n)})
	}
	for n := range people {
		dir.People = append(dir.People, access.Person{ID: id(10000 + n)})
		for m := range 1 + n%3 {
			dir.Memberships = append(dir.Memberships, access.Membership{
				Person: id(10000 + n), Department: department(n*7 + m*3), Role: roles[(n+m)%len(roles)],
			})
		}
	}
	dir.Rules = defaultRules(t)
	for n := len(dir.Rules); n < rules; n++ {
		who := "department:" + string(department(n))
		if n%3 == 0 {
			who = "person:" + string(id(10000+n%max(people, 1)))
		}
		dir.Rules = append(dir.Rules, access.Rule{
			ID: id(90000 + n), Who: who, Effect: "may", Action: "see", What: "board:" + string(id(200+n%40)), Whose: "all", Fields: "standard",
		})
	}
	dir.Rules = dir.Rules[:rules]
	return dir
}

func BenchmarkDecide(b *testing.B) {
	for _, rules := range []int{10, 100, 1000} {
		p := policyOf(b, bigCompany(b, 100, rules))
		person := id(10001)
		target := access.Target{Type: crm.TypeDeal, Department: id(107), Pipeline: id(302), SharedWith: []crm.ID{id(101)}}
		b.Run(fmt.Sprintf("Enforce/rules=%d", rules), func(b *testing.B) {
			for b.Loop() {
				p.Decide(person, access.ActionSee, target)
			}
		})
		b.Run(fmt.Sprintf("first/rules=%d", rules), func(b *testing.B) {
			// Each question is new: 20 departments x 40 boards' places x owners, of
			// people in turn.
			n := 0
			for b.Loop() {
				if n%2000 == 0 {
					b.StopTimer()
					p = policyOf(b, bigCompany(b, 100, rules))
					p.Can(person, access.ActionSee, access.Target{Type: crm.TypeDeal}) // make the enforcer
					b.StartTimer()
				}
				p.Can(id(10000+n%100), access.ActionSee, access.Target{Type: crm.TypeDeal, Department: id(100 + n/100%20), Pipeline: id(300), Own: true})
				n++
			}
		})
		b.Run(fmt.Sprintf("remembered/rules=%d", rules), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p.Can(person, access.ActionSee, target)
			}
		})
		b.Run(fmt.Sprintf("remembered by an audience/rules=%d", rules), func(b *testing.B) {
			audience := p.Audience(person)
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					audience.Can(access.ActionSee, target)
				}
			})
		})
	}
}

func BenchmarkNewPolicy(b *testing.B) {
	for _, size := range []struct{ people, rules int }{{12, 100}, {1000, 100}, {1000, 1000}} {
		dir := bigCompany(b, size.people, size.rules)
		b.Run(fmt.Sprintf("people=%d/rules=%d", size.people, size.rules), func(b *testing.B) {
			for b.Loop() {
				policyOf(b, dir)
			}
		})
	}
}

// A change of policy builds a new one while everybody waits. The bound is far
// above what it takes, and far below what a line per person, role and
// department would take.
func TestALargeCompanyBuildsQuickly(t *testing.T) {
	dir := bigCompany(t, 1000, 100)
	best := time.Hour
	for range 3 {
		start := time.Now()
		policyOf(t, dir)
		best = min(best, time.Since(start))
	}
	if best > 100*time.Millisecond {
		t.Errorf("NewPolicy took %v for 1,000 people, 20 departments and 100 rules", best)
	}
}

func TestRememberedDecisionsAllocateNothing(t *testing.T) {
	p := policyOf(t, bigCompany(t, 100, 100))
	target := access.Target{Type: crm.TypeDeal, Department: id(107), Pipeline: id(302), SharedWith: []crm.ID{id(101)}}
	person := id(10001)
	p.Can(person, access.ActionSee, target)
	if n := testing.AllocsPerRun(100, func() { p.Can(person, access.ActionSee, target) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
