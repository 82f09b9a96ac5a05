package access

import "rapport/server/crm"

// Explanation says why somebody may or may not do something.
type Explanation struct {
	Allowed bool
	Groups  crm.Groups // as Can returns them
	Rule    *Rule      // that decided; nil: no rule matched, and no match means no
	Reason  string     // one of the reasons
}

// The reasons.
const (
	ReasonAllowed   = "allowed"           // by Rule
	ReasonForbidden = "forbidden_by_rule" // by Rule
	ReasonNoRule    = "no_rule"           // nothing allows it
	ReasonSecret    = "secret"            // what no rule can open: credentials, sessions, invitations
	ReasonNobody    = "signed_out"        // the person is disabled or unknown
)

// Explain names the rule that decided: if it is a yes, the first that allows
// it; if it is a no, the first that forbids it, and none if there is none. For
// what is seen in part, the rule is that for its standard fields.
func (p *Policy) Explain(person crm.ID, act Action, t Target) Explanation {
	a := p.Audience(person)
	switch {
	case a == p.nobody:
		return Explanation{Reason: ReasonNobody}
	case NeverVisible(t.Type):
		return Explanation{Reason: ReasonSecret}
	}
	groups := p.Can(person, act, t)
	ex := Explanation{Allowed: groups != 0, Groups: groups, Reason: ReasonNoRule}
	q := a.ask(act, t, a.isSharedWith(t, person))
	for i, name := range crm.GroupNames {
		if ex.Allowed && !groups.Has(1<<i) {
			continue
		}
		rule := p.deciding(a, q, name)
		switch {
		case rule == nil:
		case ex.Allowed:
			ex.Rule, ex.Reason = rule, ReasonAllowed
			return ex
		case rule.Effect == "never":
			ex.Rule, ex.Reason = rule, ReasonForbidden
			return ex
		}
		// Without the standard fields nothing is seen, whatever the others say.
		if act == ActionSee {
			break
		}
	}
	return ex
}

// deciding returns the rule that Casbin names for one field group: a deny
// before an allow; nil if none matched.
func (p *Policy) deciding(a *Audience, q question, group string) *Rule {
	_, line, err := p.whole.EnforceEx(a.words(q, group)...)
	if err != nil || len(line) == 0 {
		return nil
	}
	i, known := p.byID[crm.ID(line[0])]
	if !known {
		return nil
	}
	rule := p.rules[i]
	return &rule
}
