package access

import (
	"slices"
	"strings"
	"sync"

	"github.com/casbin/casbin/v2"

	"rapport/server/crm"
)

// NeverVisible reports whether a type is one that no rule can open: it holds secrets.
func NeverVisible(t crm.RecordType) bool {
	return t == crm.TypeCredential || t == crm.TypeSession || t == crm.TypeInvitation
}

// Policy is everything that decides at one position of the log. What it decides
// never changes; a change of rules, people or departments makes a new one. Safe for
// concurrent use.
type Policy struct {
	rules     []Rule // in the order given
	byID      map[crm.ID]int
	tree      tree
	boards    boardMap
	people    map[crm.ID]*Audience
	audiences map[string]*Audience // by key
	nobody    *Audience

	whole *casbin.Enforcer // all rules; asked by Decide and Explain
	mu    sync.Mutex       // guards kinds
	kinds map[kind]*slice
}

// NewPolicy builds the policy of a directory, which it does not keep.
// Memberships and rules that name unknown departments, people or boards are
// legal and decide nothing.
// Errors: CodeInvalid for a cycle in the department tree, for a malformed rule
// (a `never` that is not understood must not be passed over) and for two rules
// of one id.
func NewPolicy(dir Directory) (*Policy, error) {
	tree, err := newTree(dir.Departments)
	if err != nil {
		return nil, err
	}
	p := &Policy{
		rules: slices.Clone(dir.Rules), byID: make(map[crm.ID]int, len(dir.Rules)), tree: tree,
		people: make(map[crm.ID]*Audience, len(dir.People)), audiences: map[string]*Audience{}, kinds: map[kind]*slice{},
	}
	for i, r := range p.rules {
		if err := CheckRule(r); err != nil {
			return nil, err
		}
		if _, taken := p.byID[r.ID]; taken {
			return nil, crm.Invalid("id", "taken")
		}
		p.byID[r.ID] = i
	}
	p.boards = newBoardMap(p.rules, dir.Boards, tree)
	p.sortPeople(dir)
	if p.whole, err = p.newEnforcer(p.rules); err != nil {
		return nil, err
	}
	return p, nil
}

// Can returns the field groups in which person may do a to t; 0 means no. For
// actions other than see and edit any group means yes. t.Own is taken as given.
// Decisions are remembered.
func (p *Policy) Can(person crm.ID, a Action, t Target) crm.Groups {
	aud := p.Audience(person)
	return aud.decide(a, t, aud.isSharedWith(t, person))
}

// Decide is Can without the memory: what Casbin says now about all the rules,
// field group by field group. It is the yardstick that the remembered decisions
// are held against.
func (p *Policy) Decide(person crm.ID, act Action, t Target) crm.Groups {
	a := p.Audience(person)
	if a == p.nobody || NeverVisible(t.Type) {
		return 0
	}
	q := a.ask(act, t, a.isSharedWith(t, person))
	var groups crm.Groups
	for i, name := range crm.GroupNames {
		if ok, err := p.whole.Enforce(a.words(q, name)...); err == nil && ok {
			groups |= 1 << i
		}
	}
	return shown(act, groups)
}

// MayAnywhere reports whether some rule lets person do act to some record of a
// type and none forbids it for all of them. It tells an app what to offer; each
// record is decided on its own.
func (p *Policy) MayAnywhere(person crm.ID, act Action, t crm.RecordType) bool {
	a := p.Audience(person)
	if a == p.nobody || NeverVisible(t) {
		return false
	}
	may := false
	for _, r := range p.rules {
		ofBoard := strings.HasPrefix(r.What, "board:")
		ofType := ofBoard && onBoards(t) || r.What == "*" || r.What == string(t)
		if !ofType || r.Action != "*" && r.Action != string(act) || !a.is(r.Who, anywhere) {
			continue
		}
		if r.Effect == "may" {
			may = true
		} else if r.Whose == "all" && r.Fields == "all" && !ofBoard {
			return false
		}
	}
	return may
}

// Forget drops what the policy has worked out so far, which for hundreds of
// audiences is megabytes. It decides as before, and works things out again when it
// is asked.
func (p *Policy) Forget() {
	p.mu.Lock()
	p.kinds = map[kind]*slice{}
	p.mu.Unlock()
	for _, a := range p.audiences {
		a.mu.Lock()
		a.remembered = map[question]crm.Groups{}
		a.mu.Unlock()
	}
}

// Remembered is how many decisions the policy remembers.
func (p *Policy) Remembered() (n int) {
	for _, a := range p.audiences {
		a.mu.RLock()
		n += len(a.remembered)
		a.mu.RUnlock()
	}
	return n
}

// DepartmentsOf returns the departments of a person's memberships, the one
// with the strongest role first; none for somebody unknown or disabled.
func (p *Policy) DepartmentsOf(person crm.ID) []crm.ID {
	held := p.Audience(person).memberships
	ids := make([]crm.ID, len(held))
	for i, m := range held {
		ids[i] = m.Department
	}
	return ids
}

// PrimaryDepartment returns where what a person creates belongs by default; ""
// if he is in none.
func (p *Policy) PrimaryDepartment(person crm.ID) crm.ID {
	if held := p.Audience(person).memberships; len(held) > 0 {
		return held[0].Department
	}
	return ""
}

// Covers reports whether below is department or lies somewhere below it.
func (p *Policy) Covers(department, below crm.ID) bool { return p.tree.covers(department, below) }
