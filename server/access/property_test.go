package access_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rapport/server/access"
	"rapport/server/crm"
)

// [E10] TestRememberedDecisionsEqualCasbin draws companies, rule sets and questions,
// and holds three answers against each other: the remembered one, plain
// Enforce over all rules, and the words of policies/README.md read literally.
func TestRememberedDecisionsEqualCasbin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir := drawDirectory(t)
		p, err := access.NewPolicy(dir)
		if err != nil {
			t.Fatal(err)
		}
		plain := reader{dir}
		for range 30 {
			person := rapid.SampledFrom(dir.People).Draw(t, "person").ID
			act, target := drawAction(t), drawTarget(t, dir)
			want := plain.can(person, act, target)
			if got := p.Decide(person, act, target); got != want {
				t.Fatalf("Decide(%s, %s, %+v) = %v, the words say %v", person, act, target, got.Names(), want.Names())
			}
			for _, again := range []string{"asked", "remembered", "forgotten"} {
				if again == "forgotten" {
					p.Forget()
				}
				if got := p.Can(person, act, target); got != want {
					t.Fatalf("Can(%s, %s, %+v), %s = %v, Casbin says %v", person, act, target, again, got.Names(), want.Names())
				}
			}
			ex := p.Explain(person, act, target)
			if ex.Groups != want || ex.Allowed != (want != 0) || ex.Allowed && (ex.Rule == nil || ex.Rule.Effect != "may") {
				t.Fatalf("Explain(%s, %s, %+v) = %+v, Casbin says %v", person, act, target, ex, want.Names())
			}
			if want != 0 && !p.MayAnywhere(person, act, target.Type) {
				t.Fatalf("%s may %s a %s but not anywhere", person, act, target.Type)
			}
		}
	})
}

// TestAudienceMatesDecideEqually: whoever shares an audience, or only its
// token, gets the same answers – also from another process, to which rules and
// departments come in another order.
func TestAudienceMatesDecideEqually(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir := drawDirectory(t)
		here, err := access.NewPolicy(dir)
		if err != nil {
			t.Fatal(err)
		}
		other := dir
		if rapid.Bool().Draw(t, "a rule less") && len(dir.Rules) > 0 {
			other.Rules = dir.Rules[1:]
		}
		if rapid.Bool().Draw(t, "another tree") {
			other.Departments = slices.Clone(dir.Departments)
			i := rapid.IntRange(1, len(dir.Departments)-1).Draw(t, "moved")
			other.Departments[i].Parent = rapid.SampledFrom(someDepartments[:i]).Draw(t, "below")
		}
		if rapid.Bool().Draw(t, "another board") {
			other.Boards = drawBoards(t)
		}
		other.Departments, other.Memberships = rapid.Permutation(other.Departments).Draw(t, "departments"), rapid.Permutation(dir.Memberships).Draw(t, "memberships")
		other.Rules, other.Boards = rapid.Permutation(other.Rules).Draw(t, "rules"), rapid.Permutation(other.Boards).Draw(t, "boards")
		there, err := access.NewPolicy(other)
		if err != nil {
			t.Fatal(err)
		}
		for range 10 {
			act, target := drawAction(t), drawTarget(t, dir)
			answers := map[string]crm.Groups{}
			for _, p := range []*access.Policy{here, there} {
				for _, person := range dir.People {
					a := p.Audience(person.ID)
					got := a.Can(act, target)
					if known, ok := answers[a.Token()]; ok && known != got {
						t.Fatalf("one token, two answers to %s %+v: %v and %v", act, target, known.Names(), got.Names())
					}
					answers[a.Token()] = got
				}
			}
		}
	})
}

var (
	somePeople  = []crm.ID{ana, ben, mia, gus, boss, stray}
	someBoards  = []crm.ID{salesBoard, marketingBoard}
	someTypes   = []crm.RecordType{crm.TypeDeal, crm.TypeComment, crm.TypeBoard, crm.TypeCustomer, crm.TypeSession}
	someActions = []access.Action{access.ActionSee, access.ActionEdit, access.ActionMove}
	someRoles   = []access.Role{access.RoleGuest, access.RoleMember, access.RoleLead, access.RoleHead, access.RoleAdmin}
)

// someDepartments are ordered so that a parent comes before its children. The
// last one is in no directory.
var someDepartments = []crm.ID{company, sales, north, marketing, id(5), id(99)}

func drawAction(t *rapid.T) access.Action { return rapid.SampledFrom(someActions).Draw(t, "action") }

func drawDirectory(t *rapid.T) access.Directory {
	dir := access.Directory{}
	real := someDepartments[:len(someDepartments)-1]
	for i, d := range real {
		parent := rapid.SampledFrom(append([]crm.ID{"", id(99)}, real[:i]...)).Draw(t, "parent")
		dir.Departments = append(dir.Departments, access.Department{ID: d, Parent: parent})
	}
	for _, person := range somePeople {
		dir.People = append(dir.People, access.Person{ID: person, Disabled: rapid.IntRange(0, 9).Draw(t, "disabled") == 0})
	}
	for range rapid.IntRange(0, 8).Draw(t, "memberships") {
		dir.Memberships = append(dir.Memberships, access.Membership{
			Person:     rapid.SampledFrom(somePeople).Draw(t, "member"),
			Department: rapid.SampledFrom(someDepartments).Draw(t, "department"),
			Role:       rapid.SampledFrom(someRoles).Draw(t, "role"),
		})
	}
	dir.Boards = drawBoards(t)
	for n := range rapid.IntRange(0, 12).Draw(t, "rules") {
		dir.Rules = append(dir.Rules, drawRule(t, n))
	}
	return dir
}

func drawBoards(t *rapid.T) (boards []access.Board) {
	for _, board := range someBoards {
		boards = append(boards, access.Board{
			ID: board, Department: rapid.SampledFrom(someDepartments).Draw(t, "board's department"),
			Pipeline: rapid.SampledFrom([]crm.ID{newBusiness, renewals}).Draw(t, "board's pipeline"),
		})
	}
	return boards
}

func drawRule(t *rapid.T, n int) access.Rule {
	department := string(rapid.SampledFrom(someDepartments).Draw(t, "of department"))
	role := "role:" + string(rapid.SampledFrom(someRoles).Draw(t, "of role"))
	person := "person:" + string(rapid.SampledFrom(somePeople).Draw(t, "of person"))
	board := "board:" + string(rapid.SampledFrom(someBoards).Draw(t, "of board"))
	text := func(label string, words ...string) string { return rapid.SampledFrom(words).Draw(t, label) }
	return access.Rule{
		ID:     id(1000 + n),
		Who:    text("who", "everyone", role, role, role+"@"+department, "department:"+department, person),
		Effect: text("effect", "may", "may", "may", "never"),
		Action: text("does", "*", "see", "see", "edit", "move"),
		What:   text("what", "*", "deal", "deal", "comment", "board", "customer", board, board),
		Whose:  text("whose", "own", "department", "department", "named:"+department, "shared", "all"),
		Fields: text("fields", "all", "all", "standard", "money", "standard+money", "reach+notes", "standard+money+reach+notes"),
	}
}

func drawTarget(t *rapid.T, dir access.Directory) access.Target {
	target := access.Target{
		Type:       rapid.SampledFrom(someTypes).Draw(t, "type"),
		Department: rapid.SampledFrom(append([]crm.ID{""}, someDepartments...)).Draw(t, "record's department"),
		Own:        rapid.Bool().Draw(t, "own"),
	}
	switch target.Type {
	case crm.TypeBoard:
		target.ID = rapid.SampledFrom(append([]crm.ID{id(77)}, someBoards...)).Draw(t, "board")
	case crm.TypeDeal, crm.TypeComment:
		target.Pipeline = rapid.SampledFrom([]crm.ID{"", newBusiness, renewals}).Draw(t, "pipeline")
	}
	for _, d := range dir.Departments {
		if rapid.IntRange(0, 5).Draw(t, "shared") == 0 {
			target.SharedWith = append(target.SharedWith, d.ID)
		}
	}
	return target
}

// reader decides as somebody would who reads the rules aloud: slowly, line by
// line, with nothing prepared. It shares no code with the package.
type reader struct{ dir access.Directory }

func (r reader) can(person crm.ID, act access.Action, t access.Target) crm.Groups {
	i := slices.IndexFunc(r.dir.People, func(p access.Person) bool { return p.ID == person })
	if i < 0 || r.dir.People[i].Disabled || t.Type == crm.TypeSession {
		return 0
	}
	var allowed, denied crm.Groups
	for _, rule := range r.dir.Rules {
		if rule.Action != "*" && rule.Action != string(act) || !r.isWhat(rule.What, t) || !r.isWhose(rule, person, t) {
			continue
		}
		for i, name := range crm.GroupNames {
			if rule.Fields == "all" || slices.Contains(strings.Split(rule.Fields, "+"), name) {
				if rule.Effect == "may" {
					allowed |= 1 << i
				} else {
					denied |= 1 << i
				}
			}
		}
	}
	groups := allowed &^ denied
	if act == access.ActionSee && !groups.Has(crm.GroupStandard) {
		return 0
	}
	return groups
}

func (r reader) isWhat(what string, t access.Target) bool {
	name, isBoard := strings.CutPrefix(what, "board:")
	switch {
	case !isBoard:
		return what == "*" || what == string(t.Type)
	case t.Type == crm.TypeBoard:
		return string(t.ID) == name
	case t.Type != crm.TypeDeal && t.Type != crm.TypeComment:
		return false
	}
	return slices.ContainsFunc(r.dir.Boards, func(b access.Board) bool {
		return string(b.ID) == name && b.Pipeline == t.Pipeline && slices.Contains(r.line(t.Department), b.Department)
	})
}

func (r reader) isWhose(rule access.Rule, person crm.ID, t access.Target) bool {
	if rule.Whose == "department" {
		return slices.ContainsFunc(r.line(t.Department), func(d crm.ID) bool { return r.isWhoIn(rule.Who, person, d, t.Department) })
	}
	is := rule.Who == "everyone" || rule.Who == "person:"+string(person)
	for _, d := range r.dir.Departments {
		is = is || r.isWhoIn(rule.Who, person, d.ID, "")
	}
	name, isNamed := strings.CutPrefix(rule.Whose, "named:")
	switch {
	case rule.Whose == "own":
		return is && t.Own
	case rule.Whose == "shared":
		return is && slices.ContainsFunc(r.dir.Memberships, func(m access.Membership) bool {
			return m.Person == person && slices.ContainsFunc(t.SharedWith, func(with crm.ID) bool {
				return slices.Contains(r.line(m.Department), with) || slices.Contains(r.line(with), m.Department)
			})
		})
	case isNamed:
		return is && slices.Contains(r.line(t.Department), crm.ID(name))
	}
	return is
}

// isWhoIn reports whether a membership held in exactly department d makes the
// person who the rule speaks of, for a record of department at ("": any).
func (r reader) isWhoIn(who string, person, d, at crm.ID) bool {
	return slices.ContainsFunc(r.dir.Memberships, func(m access.Membership) bool {
		if m.Person != person || m.Department != d || len(r.line(d)) == 0 {
			return false
		}
		role, of, isAt := strings.Cut(strings.TrimPrefix(who, "role:"), "@")
		switch {
		case who == "everyone" || who == "person:"+string(person):
			return true
		case strings.HasPrefix(who, "department:"):
			return slices.Contains(r.line(d), crm.ID(strings.TrimPrefix(who, "department:")))
		case !strings.HasPrefix(who, "role:") || slices.Index(someRoles, m.Role) < slices.Index(someRoles, access.Role(role)):
			return false
		}
		return !isAt || slices.Contains(r.line(crm.ID(of)), d) && (at == "" || slices.Contains(r.line(at), crm.ID(of)))
	})
}

// line returns a department and those above it; none for an unknown one.
func (r reader) line(department crm.ID) []crm.ID {
	for _, d := range r.dir.Departments {
		if d.ID == department {
			return append([]crm.ID{d.ID}, r.line(d.Parent)...)
		}
	}
	return nil
}

func ExampleAudience_Token() {
	rules := []access.Rule{{ID: id(1000), Who: "role:member", Effect: "may", Action: "see", What: "deal", Whose: "department", Fields: "all"}}
	before, err := access.NewPolicy(office(rules...))
	if err != nil {
		panic(err)
	}
	after, err := access.NewPolicy(office(append(rules, may("department:"+string(marketing), "see", "deal", "all"))...))
	if err != nil {
		panic(err)
	}
	fmt.Println("Ben stays:", before.Audience(ben).Token() == after.Audience(ben).Token())
	fmt.Println("Mia stays:", before.Audience(mia).Token() == after.Audience(mia).Token())
	// Output:
	// Ben stays: true
	// Mia stays: false
}
