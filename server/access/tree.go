package access

import (
	"slices"

	"rapport/server/crm"
)

// Domains of Casbin's g() that are no department.
const (
	anywhere     = "*" // is he that at all, wherever the record is?
	noDepartment = "-" // the record belongs to no department
)

// tree is the departments. A parent that does not exist makes a root.
type tree struct {
	parent   map[crm.ID]crm.ID
	children map[crm.ID][]crm.ID
	ids      []crm.ID // by number; 0 is noDepartment
	number   map[crm.ID]int
}

// newTree checks that nobody is his own ancestor. Ids that stand for a domain
// of their own are left out: a department that calls itself "*" is not everywhere.
// Errors: CodeInvalid.
func newTree(departments []Department) (tree, error) {
	t := tree{
		parent: map[crm.ID]crm.ID{}, children: map[crm.ID][]crm.ID{},
		ids: []crm.ID{noDepartment}, number: map[crm.ID]int{},
	}
	for _, d := range departments {
		if d.ID != "" && d.ID != anywhere && d.ID != noDepartment {
			t.parent[d.ID] = d.Parent
		}
	}
	for id, parent := range t.parent {
		t.number[id] = len(t.ids)
		t.ids = append(t.ids, id)
		if t.has(parent) {
			t.children[parent] = append(t.children[parent], id)
		}
		steps := 0
		for at := id; t.has(at); at = t.parent[at] {
			if steps++; steps > len(t.parent) {
				return tree{}, crm.Errorf(crm.CodeInvalid, "department_cycle", "departments form a circle")
			}
		}
	}
	return t, nil
}

func (t tree) has(id crm.ID) bool { _, ok := t.parent[id]; return ok }

// above returns id and its ancestors, nearest first; nothing if id is unknown.
func (t tree) above(id crm.ID) []crm.ID {
	var ids []crm.ID
	for ; t.has(id); id = t.parent[id] {
		ids = append(ids, id)
	}
	return ids
}

// below returns id and all departments below it, ordered by id; nothing if id
// is unknown.
func (t tree) below(id crm.ID) []crm.ID {
	if !t.has(id) {
		return nil
	}
	ids := []crm.ID{id}
	for i := 0; i < len(ids); i++ {
		ids = append(ids, t.children[ids[i]]...)
	}
	slices.Sort(ids)
	return ids
}

// covers reports whether below is department or lies somewhere below it. No
// unknown department covers or is covered.
func (t tree) covers(department, below crm.ID) bool {
	for ; t.has(below); below = t.parent[below] {
		if below == department {
			return true
		}
	}
	return false
}
