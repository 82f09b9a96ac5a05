package access_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"rapport/policies"
	"rapport/server/access"
	"rapport/server/crm"
)

// matrixPlaces are the words of the column "whose": where a record is, seen from
// somebody who holds his role in Sales.
var matrixPlaces = map[string]access.Target{
	"mine":       {Department: marketing, Own: true},
	"department": {Department: sales},
	"below":      {Department: north},
	"above":      {Department: company},
	"beside":     {Department: marketing},
	"shared":     {Department: marketing, SharedWith: []crm.ID{sales}},
	"nowhere":    {},
}

var matrixTypes = []crm.RecordType{
	crm.TypeCustomer, crm.TypeContact, crm.TypeDeal, crm.TypeComment, crm.TypeWorkspace, crm.TypeDepartment,
	crm.TypeUser, crm.TypeMembership, crm.TypeRule, crm.TypePipeline, crm.TypeBoard, crm.TypeField, crm.TypeImport,
	crm.TypeCredential, crm.TypeSession, crm.TypeInvitation,
}

var allActions = []access.Action{
	access.ActionSee, access.ActionCreate, access.ActionEdit, access.ActionMove, access.ActionAssign, access.ActionComment,
	access.ActionDelete, access.ActionExport, access.ActionShare, access.ActionReport, access.ActionAdminister,
}

// TestDefaultPolicy is the access matrix of the product: whoever changes
// policies/default_policy.csv changes the table in policies/README.md in the
// same commit. Each action that a cell does not name is refused.
func TestDefaultPolicy(t *testing.T) {
	roles, rows := readMatrix(t, policies.Readme)
	dir := access.Directory{Departments: office().Departments, Rules: defaultRules(t)}
	for i, role := range roles {
		dir.People = append(dir.People, access.Person{ID: id(31 + i)})
		dir.Memberships = append(dir.Memberships, access.Membership{Person: id(31 + i), Department: sales, Role: access.Role(role)})
	}
	p := policyOf(t, dir)
	seen := map[string]bool{}
	for _, row := range rows {
		for _, typ := range row.types {
			for _, place := range row.places {
				target, known := matrixPlaces[place]
				if !known {
					t.Fatalf("%q is no place", place)
				}
				if name := typ + " " + place; seen[name] {
					t.Errorf("two rows about %s", name)
				} else {
					seen[name] = true
				}
				target.Type = crm.RecordType(typ)
				t.Run(typ+" "+place, func(t *testing.T) {
					for i, role := range roles {
						if got := cell(p, id(31+i), target); got != row.cells[i] {
							t.Errorf("%s may %q, the table says %q", role, got, row.cells[i])
						}
					}
				})
			}
		}
	}
	for _, typ := range matrixTypes {
		for place := range matrixPlaces {
			if !seen[string(typ)+" "+place] {
				t.Errorf("no row about %s %s", typ, place)
			}
		}
	}
}

// cell says what a person may do to a target, as the table does.
func cell(p *access.Policy, person crm.ID, target access.Target) string {
	var words []string
	full := true
	for _, act := range allActions {
		groups := p.Can(person, act, target)
		full = full && groups == crm.AllGroups
		switch groups {
		case 0:
		case crm.AllGroups:
			words = append(words, string(act))
		default:
			words = append(words, fmt.Sprintf("%s(%s)", act, strings.Join(groups.Names(), "+")))
		}
	}
	switch {
	case full:
		return "everything"
	case len(words) == 0:
		return "–"
	}
	return strings.Join(words, " ")
}

type matrixRow struct{ types, places, cells []string }

// readMatrix reads the one table of the README that begins with "record" and
// "whose". The first role is nobody's: somebody in no department.
func readMatrix(t *testing.T, readme string) (roles []string, rows []matrixRow) {
	t.Helper()
	list := func(s string) []string { return strings.Split(s, ", ") }
	for line := range strings.Lines(readme) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		switch {
		case len(cells) > 2 && cells[0] == "record" && cells[1] == "whose":
			roles = cells[2:]
		case roles == nil || strings.HasPrefix(cells[0], "---"):
		case len(cells) != len(roles)+2:
			return roles, rows // the end of the table
		default:
			rows = append(rows, matrixRow{types: list(cells[0]), places: list(cells[1]), cells: cells[2:]})
		}
	}
	if want := []string{"no role", "guest", "member", "lead", "head", "admin"}; !slices.Equal(roles, want) {
		t.Fatalf("the table has the roles %v, want %v", roles, want)
	}
	return roles, rows
}
