package access

import (
	"fmt"
	"strings"
	"sync"

	"github.com/casbin/casbin/v2"
	"github.com/casbin/casbin/v2/model"
	defaultrolemanager "github.com/casbin/casbin/v2/rbac/default-role-manager"

	"rapport/policies"
	"rapport/server/crm"
)

// kind is what a question is about. Of all rules only those that speak of its
// action, and of its type or of its boards, can match it.
type kind struct {
	action Action
	typ    crm.RecordType
	boards int // number of their set
}

// concern reports whether a rule can match questions of the kind.
func (p *Policy) concern(r Rule, k kind) bool {
	return (r.Action == "*" || r.Action == string(k.action)) &&
		(r.What == "*" || r.What == string(k.typ) || onBoard(p.boards.sets[k.boards], r.What))
}

// slice is the rules of one kind. Casbin tries each rule it holds on each
// question, so a question goes to the enforcer that holds only those.
type slice struct {
	enforcer *casbin.Enforcer
	// blocks are field groups that no rule of the slice parts: Casbin is asked
	// once for each block.
	blocks []crm.Groups
}

// enforce asks Casbin, by way of the slice that the question belongs to.
func (p *Policy) enforce(a *Audience, q question) (crm.Groups, error) {
	s, err := p.slice(kind{q.action, q.typ, q.boards})
	if err != nil {
		return 0, err
	}
	var groups crm.Groups
	for _, block := range s.blocks {
		ok, err := s.enforcer.Enforce(a.words(q, block.Names()[0])...)
		if err != nil {
			return 0, fmt.Errorf("access: enforce: %w", err)
		}
		if ok {
			groups |= block
		}
	}
	return shown(q.action, groups), nil
}

// slice returns the slice of a kind and makes it when first asked for: most of
// the possible ones never are.
func (p *Policy) slice(k kind) (*slice, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s := p.kinds[k]; s != nil {
		return s, nil
	}
	var rules []Rule
	blocks := []crm.Groups{crm.AllGroups}
	for _, r := range p.rules {
		if p.concern(r, k) {
			rules = append(rules, r)
			blocks = part(blocks, groupsOf(r.Fields))
		}
	}
	enforcer, err := p.newEnforcer(rules)
	if err != nil {
		return nil, err
	}
	p.kinds[k] = &slice{enforcer: enforcer, blocks: blocks}
	return p.kinds[k], nil
}

// part cuts blocks along a set of groups.
func part(blocks []crm.Groups, along crm.Groups) []crm.Groups {
	var parts []crm.Groups
	for _, b := range blocks {
		for _, half := range []crm.Groups{b & along, b &^ along} {
			if half != 0 {
				parts = append(parts, half)
			}
		}
	}
	return parts
}

// parsedModel is policies/model.conf. Each enforcer gets a copy.
var parsedModel = sync.OnceValues(func() (model.Model, error) {
	return model.NewModelFromString(policies.Model)
})

var casbinEffect = map[string]string{"may": "allow", "never": "deny"}

// newEnforcer makes an enforcer that holds some of the rules. Nothing changes
// it afterwards, so that it may be asked concurrently.
func (p *Policy) newEnforcer(rules []Rule) (*casbin.Enforcer, error) {
	parsed, err := parsedModel()
	if err != nil {
		return nil, fmt.Errorf("access: model: %w", err)
	}
	m := parsed.Copy()
	lines := make([][]string, len(rules))
	for i, r := range rules {
		lines[i] = []string{string(r.ID), r.Who, r.Action, r.What, r.Whose, r.Fields, casbinEffect[r.Effect]}
	}
	if err := m.AddPolicies("p", "p", lines); err != nil {
		return nil, fmt.Errorf("access: rules: %w", err)
	}
	e, err := casbin.NewEnforcer(m)
	if err != nil {
		return nil, fmt.Errorf("access: enforcer: %w", err)
	}
	e.AddFunction("onBoard", func(args ...any) (any, error) { return onBoard(text(args, 0), text(args, 1)), nil })
	e.AddFunction("hasGroup", func(args ...any) (any, error) { return hasGroup(text(args, 0), text(args, 1)), nil })
	e.AddFunction("isNamed", func(args ...any) (any, error) { return strings.HasPrefix(text(args, 0), "named:"), nil })
	e.SetNamedRoleManager("g", roles{defaultrolemanager.NewRoleManager(1), p})
	e.SetNamedRoleManager("g2", departments{defaultrolemanager.NewRoleManager(1), p.tree})
	if err := e.BuildRoleLinks(); err != nil { // puts the role managers into force
		return nil, fmt.Errorf("access: roles: %w", err)
	}
	return e, nil
}

// text returns an argument of a matcher's function; the model passes text only.
func text(args []any, i int) string {
	s, _ := args[i].(string)
	return s
}

// onBoard looks for a whole name in the list; a board's name is no pattern.
func onBoard(boards, what string) bool {
	if boards == "" || !strings.HasPrefix(what, "board:") {
		return false
	}
	for name := range strings.SplitSeq(boards, ",") {
		if name == what {
			return true
		}
	}
	return false
}

// hasGroup reports whether the fields of a rule include a group.
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

// groupsOf returns the groups that the fields of a rule include.
func groupsOf(fields string) crm.Groups {
	var groups crm.Groups
	for i, name := range crm.GroupNames {
		if hasGroup(fields, name) {
			groups |= 1 << i
		}
	}
	return groups
}
