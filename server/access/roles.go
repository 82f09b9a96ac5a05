package access

import (
	"strings"

	"github.com/casbin/casbin/v2/rbac"

	"rapport/server/crm"
)

// is reports whether the audience is `who` in a department: that is what
// Casbin's g() asks. Domain anywhere asks whether it is at all.
//
// A role counts in the department it is held in and in all below, and includes
// the weaker roles. The people of a department are those who hold a role in it
// or below it; each of them counts where his own role does.
func (a *Audience) is(who, domain string) bool {
	word, name, _ := strings.Cut(who, ":")
	switch word {
	case "everyone":
		return domain == anywhere || a.holds(domain, func(Membership) bool { return true })
	case "person":
		return a.person != "" && string(a.person) == name &&
			(domain == anywhere || a.holds(domain, func(Membership) bool { return true }))
	case "department":
		return a.holds(domain, func(m Membership) bool { return a.policy.tree.covers(crm.ID(name), m.Department) })
	case "role":
		role, department, at := strings.Cut(name, "@")
		if at && domain != anywhere && !a.policy.tree.covers(crm.ID(department), crm.ID(domain)) {
			return false
		}
		wanted := Role(role).Rank()
		return wanted > 0 && a.holds(domain, func(m Membership) bool {
			return m.Role.Rank() >= wanted && (!at || a.policy.tree.covers(m.Department, crm.ID(department)))
		})
	}
	return false
}

// holds reports whether some membership of the kind counts in a domain.
func (a *Audience) holds(domain string, kind func(Membership) bool) bool {
	for _, m := range a.memberships {
		if (domain == anywhere || a.policy.tree.covers(m.Department, crm.ID(domain))) && kind(m) {
			return true
		}
	}
	return false
}

// roles answers Casbin's g() from the audiences themselves. Casbin's own role
// manager would need a line for each audience, role and department – hundreds
// of thousands in a large company, at each change of policy – and it writes
// temporary entries while it looks up, so that two questions at once could get
// a wrong yes (casbin issue 1318). This one is never written to.
type roles struct {
	rbac.RoleManager // for the methods that matter only to lines in a file
	policy           *Policy
}

// HasLink reports whether an audience is who in the one domain given.
func (r roles) HasLink(audience, who string, domain ...string) (bool, error) {
	a := r.policy.audiences[audience]
	return a != nil && len(domain) == 1 && a.is(who, domain[0]), nil
}

// departments answers Casbin's g2() from the tree.
type departments struct {
	rbac.RoleManager
	tree tree
}

// HasLink reports whether a department is, or lies below, the one in
// "named:<department>".
func (d departments) HasLink(department, named string, _ ...string) (bool, error) {
	id, ok := strings.CutPrefix(named, "named:")
	return ok && d.tree.covers(crm.ID(id), crm.ID(department)), nil
}
