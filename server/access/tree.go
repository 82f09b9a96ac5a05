package access

import "rapport/server/crm"

// tree is the departments. A parent that does not exist makes a root.
type tree struct {
	parent   map[crm.ID]crm.ID
	children map[crm.ID][]crm.ID
}

// newTree checks that nobody is his own ancestor. Errors: CodeInvalid.
func newTree(departments []Department) (tree, error) {
	t := tree{parent: map[crm.ID]crm.ID{}, children: map[crm.ID][]crm.ID{}}
	for _, d := range departments {
		t.parent[d.ID] = d.Parent
	}
	for _, d := range departments {
		if t.has(d.Parent) {
			t.children[d.Parent] = append(t.children[d.Parent], d.ID)
		}
		steps := 0
		for at := d.ID; t.has(at); at = t.parent[at] {
			if steps++; steps > len(departments) {
				return tree{}, crm.Errorf(crm.CodeInvalid, "department_cycle", "departments form a circle")
			}
		}
	}
	return t, nil
}

func (t tree) has(id crm.ID) bool { _, ok := t.parent[id]; return ok }

// above returns id and its ancestors, nearest first.
func (t tree) above(id crm.ID) []crm.ID {
	var ids []crm.ID
	for ; t.has(id); id = t.parent[id] {
		ids = append(ids, id)
	}
	return ids
}

// below returns id and all departments below it.
func (t tree) below(id crm.ID) []crm.ID {
	if !t.has(id) {
		return nil
	}
	ids := []crm.ID{id}
	for i := 0; i < len(ids); i++ {
		ids = append(ids, t.children[ids[i]]...)
	}
	return ids
}

func (t tree) covers(department, below crm.ID) bool {
	for ; t.has(below); below = t.parent[below] {
		if below == department {
			return true
		}
	}
	return false
}
