package access

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/casbin/casbin/v2"
	"github.com/casbin/casbin/v2/model"

	"rapport/policies"
	"rapport/server/crm"
)

const (
	anywhere     = "*" // domain in which a role counts regardless of the record's department
	noDepartment = "-"
)

// neverVisible are types that no rule can open: they hold secrets.
var neverVisible = map[crm.RecordType]bool{
	crm.TypeCredential: true, crm.TypeSession: true, crm.TypeInvitation: true,
}

// Policy is everything that decides at one position of the log. It is immutable
// from the outside and safe for concurrent use.
type Policy struct {
	rules     map[crm.ID]Rule
	mentioned map[string]bool // the words after "who" that any rule uses
	// boardRules names the boards that some rule speaks of; the others cannot
	// make a difference.
	boardRules map[string]bool
	tree       tree
	boards     []Board
	people     map[crm.ID]*member
	audiences  map[string]*Audience // by key
	nobody     *Audience
	// The enforcer is asked once per distinct question. Casbin's role manager
	// makes temporary entries while it looks, so askings must not overlap.
	mu       sync.Mutex
	enforcer *casbin.Enforcer
}

// member is what the policy knows of one person.
type member struct {
	audience    *Audience
	memberships []Membership // strongest first
}

// NewPolicy builds the policy of a directory. Memberships and rules that name
// unknown departments or people are kept but decide nothing.
// Errors: CodeInvalid for a cycle in the department tree or a malformed rule.
func NewPolicy(dir Directory) (*Policy, error) {
	tree, err := newTree(dir.Departments)
	if err != nil {
		return nil, err
	}
	p := &Policy{
		rules: make(map[crm.ID]Rule, len(dir.Rules)), mentioned: map[string]bool{}, boardRules: map[string]bool{}, tree: tree, boards: dir.Boards,
		people: map[crm.ID]*member{}, audiences: map[string]*Audience{},
	}
	for _, r := range dir.Rules {
		if err := CheckRule(r); err != nil {
			return nil, err
		}
		p.rules[r.ID] = r
		p.mentioned[r.Who] = true
		p.boardRules[r.What] = true
	}
	p.sortPeople(dir)
	if err := p.buildEnforcer(dir); err != nil {
		return nil, err
	}
	return p, nil
}

// sortPeople puts everybody into an audience: people with the same memberships
// whom no rule names in person.
func (p *Policy) sortPeople(dir Directory) {
	named := map[crm.ID]bool{}
	for _, r := range dir.Rules {
		if id, ok := strings.CutPrefix(r.Who, "person:"); ok {
			named[crm.ID(id)] = true
		}
	}
	held := map[crm.ID][]Membership{}
	for _, m := range dir.Memberships {
		if p.tree.has(m.Department) && m.Role.rank() > 0 {
			held[m.Person] = append(held[m.Person], m)
		}
	}
	p.nobody = p.audience("nobody", nil, "")
	p.nobody.empty = true
	for _, person := range dir.People {
		ms := held[person.ID]
		slices.SortFunc(ms, func(a, b Membership) int {
			if a.Role != b.Role {
				return b.Role.rank() - a.Role.rank()
			}
			return strings.Compare(string(a.Department), string(b.Department))
		})
		if person.Disabled {
			p.people[person.ID] = &member{audience: p.nobody}
			continue
		}
		var key strings.Builder
		for _, m := range ms {
			fmt.Fprintf(&key, "%s@%s ", m.Role, m.Department)
		}
		personal := crm.ID("")
		if named[person.ID] {
			personal = person.ID
			key.WriteString("person:" + string(person.ID))
		}
		p.people[person.ID] = &member{audience: p.audience("in "+key.String(), ms, personal), memberships: ms}
	}
	for _, a := range p.audiences {
		a.token = p.tokenOf(a, dir)
	}
}

func (p *Policy) audience(key string, ms []Membership, personal crm.ID) *Audience {
	if a := p.audiences[key]; a != nil {
		return a
	}
	a := &Audience{policy: p, key: key, counts: map[string][]string{}, departments: map[crm.ID]bool{}}
	p.audiences[key] = a
	if key == "nobody" {
		return a
	}
	a.count("everyone", anywhere)
	if personal != "" {
		a.count("person:"+string(personal), anywhere)
	}
	for _, m := range ms {
		p.countMembership(a, m, personal)
	}
	return a
}

// countMembership notes all that one membership makes of the people who hold
// it, and in which departments: a role counts in its department and below, and
// includes the weaker roles.
func (p *Policy) countMembership(a *Audience, m Membership, personal crm.ID) {
	a.departments[m.Department] = true
	below := p.tree.below(m.Department)
	whos := []string{"everyone"}
	if personal != "" {
		whos = append(whos, "person:"+string(personal))
	}
	for _, r := range rolesByRank[:m.Role.rank()] {
		whos = append(whos, "role:"+string(r))
		for _, d := range below {
			whos = append(whos, "role:"+string(r)+"@"+string(d))
		}
	}
	for _, above := range p.tree.above(m.Department) {
		whos = append(whos, "department:"+string(above))
	}
	for _, who := range whos {
		a.count(who, anywhere)
		reach := below
		if _, d, ok := strings.Cut(who, "@"); ok {
			reach = p.tree.below(crm.ID(d))
		}
		for _, d := range reach {
			a.count(who, string(d))
		}
	}
}

// tokenOf hashes what decides for an audience: the rules that can apply to it,
// the department tree and the boards.
func (p *Policy) tokenOf(a *Audience, dir Directory) string {
	lines := []string{"audience " + a.key}
	for _, r := range dir.Rules {
		if _, applies := a.counts[r.Who]; applies {
			lines = append(lines, strings.Join([]string{"rule", r.Who, r.Effect, r.Action, r.What, r.Whose, r.Fields}, ","))
		}
	}
	for _, d := range dir.Departments {
		lines = append(lines, "department "+string(d.ID)+" "+string(d.Parent))
	}
	for _, b := range dir.Boards {
		lines = append(lines, strings.Join([]string{"board", string(b.ID), string(b.Pipeline), string(b.Department)}, " "))
	}
	slices.Sort(lines)
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

func (p *Policy) buildEnforcer(dir Directory) error {
	m, err := model.NewModelFromString(policies.Model)
	if err != nil {
		return fmt.Errorf("access: model: %w", err)
	}
	e, err := casbin.NewEnforcer(m)
	if err != nil {
		return fmt.Errorf("access: enforcer: %w", err)
	}
	e.AddFunction("onBoard", func(args ...any) (any, error) { return onBoard(text(args, 0), text(args, 1)), nil })
	e.AddFunction("hasGroup", func(args ...any) (any, error) { return hasGroup(text(args, 0), text(args, 1)), nil })
	e.AddFunction("isNamed", func(args ...any) (any, error) { return strings.HasPrefix(text(args, 0), "named:"), nil })
	var rules, holds, tree [][]string
	for _, r := range dir.Rules {
		rules = append(rules, []string{string(r.ID), r.Who, r.Action, r.What, r.Whose, r.Fields, casbinEffect[r.Effect]})
	}
	for _, a := range p.audiences {
		for who, domains := range a.counts {
			for _, d := range domains {
				holds = append(holds, []string{a.key, who, d})
			}
		}
	}
	for _, d := range dir.Departments {
		for _, above := range p.tree.above(d.ID) {
			tree = append(tree, []string{string(d.ID), "named:" + string(above)})
		}
	}
	if _, err := e.AddPolicies(rules); err != nil {
		return fmt.Errorf("access: rules: %w", err)
	}
	if _, err := e.AddNamedGroupingPolicies("g", holds); err != nil {
		return fmt.Errorf("access: roles: %w", err)
	}
	if _, err := e.AddNamedGroupingPolicies("g2", tree); err != nil {
		return fmt.Errorf("access: departments: %w", err)
	}
	p.enforcer = e
	return nil
}

var casbinEffect = map[string]string{"may": "allow", "never": "deny"}

func text(args []any, i int) string {
	s, _ := args[i].(string)
	return s
}

// onBoard looks for a whole name in the list; a board's name is no pattern.
func onBoard(boards, what string) bool {
	if !strings.HasPrefix(what, "board:") {
		return false
	}
	for name := range strings.SplitSeq(boards, ",") {
		if name == what {
			return true
		}
	}
	return false
}

func hasGroup(fields, group string) bool {
	if fields == "all" {
		return true
	}
	for name := range strings.SplitSeq(fields, "+") {
		if name == group {
			return true
		}
	}
	return false
}
