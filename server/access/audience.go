package access

import (
	"slices"
	"strings"
	"sync"

	"rapport/server/crm"
)

// Audience is the people for whom the policy decides alike, apart from what
// they own. It belongs to one policy version and is safe for concurrent use.
type Audience struct {
	policy      *Policy
	key         string
	token       string
	empty       bool                // nobody: everything is no
	counts      map[string][]string // who -> departments it counts in, anywhere included
	departments map[crm.ID]bool     // of the memberships themselves
	remembered  sync.Map            // question -> crm.Groups
}

// question is a Target as far as rules can tell targets apart.
type question struct {
	action     Action
	typ        crm.RecordType
	department crm.ID
	boards     string
	shared     bool
	own        bool
}

// Token names the audience and all that decides for it: two audiences with the
// same token, also of different processes, see the same. 22 characters.
func (a *Audience) Token() string { return a.token }

// count notes that who holds in a domain for this audience, if any rule asks for who.
func (a *Audience) count(who, domain string) {
	if a.policy.mentioned[who] && !slices.Contains(a.counts[who], domain) {
		a.counts[who] = append(a.counts[who], domain)
	}
}

// Can returns the field groups in which the audience may do act to t; 0 means
// no. t.Own is taken as given. Decisions are remembered.
func (a *Audience) Can(act Action, t Target) crm.Groups {
	if a.empty || neverVisible[t.Type] {
		return 0
	}
	q := a.ask(act, t)
	if known, ok := a.remembered.Load(q); ok {
		return known.(crm.Groups) //nolint:errcheck,forcetypeassert // only Groups are stored
	}
	groups := a.policy.enforce(a, q)
	a.remembered.Store(q, groups)
	return groups
}

// ask reduces a target to what rules can tell apart.
func (a *Audience) ask(act Action, t Target) question {
	q := question{action: act, typ: t.Type, department: t.Department, own: t.Own}
	for _, id := range t.SharedWith {
		if a.departments[id] {
			q.shared = true
			break
		}
	}
	q.boards = a.policy.boardsOf(t)
	return q
}

// boardsOf lists the boards a target is on, each followed by a comma, in the
// policy's own order.
func (p *Policy) boardsOf(t Target) string {
	switch t.Type {
	case crm.TypeBoard:
		return "board:" + string(t.ID) + ","
	case crm.TypeDeal, crm.TypeComment:
	default:
		return ""
	}
	if t.Pipeline == "" {
		return ""
	}
	on := ""
	for _, b := range p.boards {
		if b.Pipeline == t.Pipeline && p.tree.covers(b.Department, t.Department) && p.boardRules["board:"+string(b.ID)] {
			on += "board:" + string(b.ID) + ","
		}
	}
	return on
}

// enforce asks Casbin once per field group. An error is a no.
func (p *Policy) enforce(a *Audience, q question) crm.Groups {
	var groups crm.Groups
	for i, name := range crm.GroupNames {
		if ok, _, err := p.askCasbin(a, q, name); err == nil && ok {
			groups |= 1 << i
		}
	}
	// Who may not see what a record is sees nothing of it.
	if q.action == ActionSee && !groups.Has(crm.GroupStandard) {
		return 0
	}
	return groups
}

func (p *Policy) askCasbin(a *Audience, q question, group string) (bool, []string, error) {
	department, own, shared := string(q.department), "-", "-"
	if department == "" || department == anywhere {
		department = noDepartment
	}
	if q.own {
		own = "own"
	}
	if q.shared {
		shared = "shared"
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.enforcer.EnforceEx(a.key, string(q.action), string(q.typ), q.boards, department, own, shared, group)
}

// Can returns the field groups in which person may do a to t; 0 means no. For
// actions other than see and edit any group means yes.
func (p *Policy) Can(person crm.ID, a Action, t Target) crm.Groups {
	return p.Audience(person).Can(a, t)
}

// Decide is Can without the memory: what Casbin says now. It is the yardstick
// that the remembered decisions are held against.
func (p *Policy) Decide(person crm.ID, act Action, t Target) crm.Groups {
	a := p.Audience(person)
	if a.empty || neverVisible[t.Type] {
		return 0
	}
	return p.enforce(a, a.ask(act, t))
}

// Audience returns the audience of a person: the same pointer for all its
// people; that of nobody for somebody unknown or disabled.
func (p *Policy) Audience(person crm.ID) *Audience {
	if m := p.people[person]; m != nil {
		return m.audience
	}
	return p.nobody
}

// Explanation says why somebody may or may not do something.
type Explanation struct {
	Allowed bool
	Groups  crm.Groups
	Rule    *Rule  // that decided; nil: no rule matched, and no match means no
	Reason  string // allowed | forbidden_by_rule | no_rule | signed_out
}

// Explain names the rule that decided about the standard fields.
func (p *Policy) Explain(person crm.ID, act Action, t Target) Explanation {
	a := p.Audience(person)
	if a.empty || neverVisible[t.Type] {
		return Explanation{Reason: "signed_out"}
	}
	ex := Explanation{Groups: a.Can(act, t), Reason: "no_rule"}
	ex.Allowed = ex.Groups != 0
	_, line, err := p.askCasbin(a, a.ask(act, t), crm.GroupNames[0])
	if err != nil || len(line) == 0 {
		return ex
	}
	if rule, ok := p.rules[crm.ID(line[0])]; ok {
		ex.Rule = &rule
		ex.Reason = "forbidden_by_rule"
		if ex.Allowed {
			ex.Reason = "allowed"
		}
	}
	return ex
}

// MayAnywhere reports whether some rule lets person do a to some record of a
// type. It tells an app what to offer; each record is decided on its own.
func (p *Policy) MayAnywhere(person crm.ID, act Action, t crm.RecordType) bool {
	aud := p.Audience(person)
	if aud.empty || neverVisible[t] {
		return false
	}
	for _, r := range p.rules {
		_, holds := aud.counts[r.Who]
		ofType := r.What == "*" || r.What == string(t) ||
			strings.HasPrefix(r.What, "board:") && (t == crm.TypeDeal || t == crm.TypeBoard || t == crm.TypeComment)
		if holds && ofType && r.Effect == "may" && (r.Action == "*" || r.Action == string(act)) {
			return true
		}
	}
	return false
}

// DepartmentsOf returns the departments of a person's memberships, the one
// with the strongest role first.
func (p *Policy) DepartmentsOf(person crm.ID) []crm.ID {
	m := p.people[person]
	if m == nil {
		return nil
	}
	ids := make([]crm.ID, len(m.memberships))
	for i, membership := range m.memberships {
		ids[i] = membership.Department
	}
	return ids
}

// PrimaryDepartment returns where what a person creates belongs by default; ""
// if he is in none.
func (p *Policy) PrimaryDepartment(person crm.ID) crm.ID {
	if ids := p.DepartmentsOf(person); len(ids) > 0 {
		return ids[0]
	}
	return ""
}

// Covers reports whether below is department or lies somewhere below it.
func (p *Policy) Covers(department, below crm.ID) bool { return p.tree.covers(department, below) }

// Admins returns the people who hold the admin role somewhere, ordered by id.
func (p *Policy) Admins() []crm.ID {
	var ids []crm.ID
	for id, m := range p.people {
		if len(m.memberships) > 0 && m.memberships[0].Role == RoleAdmin {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}
