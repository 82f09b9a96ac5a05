package access

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"rapport/server/crm"
)

// Audience is the people for whom the policy decides alike, apart from what
// they own: they hold the same roles, and no rule names one of them only. It
// belongs to one Policy and is safe for concurrent use.
type Audience struct {
	policy *Policy
	// key is the audience's name in questions to Casbin.
	key         string
	token       string
	person      crm.ID       // whom some rule names; "" if none
	memberships []Membership // strongest first, then by department; Person is ""
	// sharing are the departments that a record is shared with when it is shared
	// with these people.
	sharing map[crm.ID]bool

	mu         sync.RWMutex // guards remembered
	remembered map[question]crm.Groups
}

// question is a target as far as rules can tell targets apart, so that few of
// them are ever asked: an id that no rule speaks of is not in it.
type question struct {
	action     Action
	typ        crm.RecordType
	department int // its number in the tree; 0: none that is known
	boards     int // number of their set
	shared     bool
	own        bool
}

// sortPeople puts everybody into an audience. Disabled people are nobody.
func (p *Policy) sortPeople(dir Directory) {
	named := map[crm.ID]bool{}
	for _, r := range p.rules {
		if id, ok := strings.CutPrefix(r.Who, "person:"); ok {
			named[crm.ID(id)] = true
		}
	}
	held := map[crm.ID][]Membership{}
	for _, m := range dir.Memberships {
		if p.tree.has(m.Department) && m.Role.Rank() > 0 {
			held[m.Person] = append(held[m.Person], Membership{Department: m.Department, Role: m.Role})
		}
	}
	p.nobody = &Audience{policy: p, key: "nobody"}
	hash := newHasher(p, dir.Boards)
	p.nobody.token = hash.token(p.nobody)
	for _, person := range dir.People {
		if person.ID == "" || person.Disabled {
			continue
		}
		ms := held[person.ID]
		slices.SortFunc(ms, func(a, b Membership) int {
			return cmp.Or(b.Role.Rank()-a.Role.Rank(), cmp.Compare(a.Department, b.Department))
		})
		alone := crm.ID("")
		if named[person.ID] {
			alone = person.ID
		}
		p.people[person.ID] = p.audienceOf(slices.Compact(ms), alone, hash)
	}
}

// audienceOf returns the audience of those who hold these roles, a new one if
// there is none yet; alone is the person if some rule names him.
func (p *Policy) audienceOf(held []Membership, alone crm.ID, hash *hasher) *Audience {
	var key strings.Builder
	key.WriteString("in")
	for _, m := range held {
		key.WriteString(" " + string(m.Role) + "@" + string(m.Department))
	}
	if alone != "" {
		key.WriteString(" person:" + string(alone))
	}
	if a := p.audiences[key.String()]; a != nil {
		return a
	}
	a := &Audience{
		policy: p, key: key.String(), person: alone, memberships: held,
		sharing: map[crm.ID]bool{}, remembered: map[question]crm.Groups{},
	}
	for _, m := range held {
		for _, d := range p.tree.above(m.Department) {
			a.sharing[d] = true
		}
		for _, d := range p.tree.below(m.Department) {
			a.sharing[d] = true
		}
	}
	a.token = hash.token(a)
	p.audiences[a.key] = a
	return a
}

// Audience returns the audience of a person: the same pointer for all its
// people; that of nobody, who may nothing, for somebody unknown or disabled.
func (p *Policy) Audience(person crm.ID) *Audience {
	if a := p.people[person]; a != nil {
		return a
	}
	return p.nobody
}

// Token names all that decides for the audience: who holds an equal token, also
// one of another process, sees the same. 22 characters.
func (a *Audience) Token() string { return a.token }

// Can returns the field groups in which the audience may do act to t; 0 means
// no. t.Own is taken as given. A record that is shared with one of its people
// in person is not shared with the audience: that only Policy.Can knows.
// Decisions are remembered.
func (a *Audience) Can(act Action, t Target) crm.Groups {
	return a.decide(act, t, a.isSharedWith(t, ""))
}

func (a *Audience) decide(act Action, t Target, shared bool) crm.Groups {
	if a == a.policy.nobody || NeverVisible(t.Type) {
		return 0
	}
	q := a.ask(act, t, shared)
	a.mu.RLock()
	groups, known := a.remembered[q]
	a.mu.RUnlock()
	if known {
		return groups
	}
	groups, err := a.policy.enforce(a, q)
	if err != nil {
		return 0 // no answer is a no, but nothing to remember
	}
	a.mu.Lock()
	a.remembered[q] = groups
	a.mu.Unlock()
	return groups
}

// isSharedWith reports whether t is shared with one of the audience's
// departments or with person.
func (a *Audience) isSharedWith(t Target, person crm.ID) bool {
	for _, id := range t.SharedWith {
		if a.sharing[id] || id == person && person != "" {
			return true
		}
	}
	return false
}

// ask reduces a target to what rules can tell apart.
func (a *Audience) ask(act Action, t Target, shared bool) question {
	return question{
		action: act, typ: t.Type, department: a.policy.tree.number[t.Department],
		boards: a.policy.boards.of(&t), shared: shared, own: t.Own,
	}
}

// words spells a question for Casbin, in the order of the model's request.
func (a *Audience) words(q question, group string) []any {
	own, shared := "-", "-"
	if q.own {
		own = "own"
	}
	if q.shared {
		shared = "shared"
	}
	department := string(a.policy.tree.ids[q.department])
	return []any{a.key, string(q.action), string(q.typ), a.policy.boards.sets[q.boards], department, own, shared, group}
}

// shown takes all away from those who may not see what a record is: amounts
// without a name would tell what a hidden record holds.
func shown(act Action, groups crm.Groups) crm.Groups {
	if act == ActionSee && !groups.Has(crm.GroupStandard) {
		return 0
	}
	return groups
}
