package httpapi

import (
	"rapport/server/identity"
	"rapport/server/workspace"
)

// PeopleRoutes returns the commands about people, roles and departments.
func PeopleRoutes(ws *workspace.Workspace, people *identity.Service) []Route {
	return []Route{
		commandRoute(ws, "member.set", people.SetMember),
		commandRoute(ws, "department.create", people.CreateDepartment),
		commandRoute(ws, "department.edit", people.EditDepartment),
		commandRoute(ws, "person.edit", people.EditPerson),
		commandRoute(ws, "person.disable", people.Disable),
		commandRoute(ws, "person.enable", people.Enable),
	}
}
