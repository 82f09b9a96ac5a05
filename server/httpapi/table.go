package httpapi

import (
	"slices"

	"rapport/server/identity"
	"rapport/server/importer"
	"rapport/server/pipeline"
	"rapport/server/records"
	"rapport/server/workspace"
)

// Services are the domains behind the routes.
type Services struct {
	Workspace *workspace.Workspace
	People    *identity.Service
	Records   *records.Service
	Pipelines *pipeline.Service
	Imports   *importer.Service
	Build     string // version of this server
}

// Table returns every route of the API.
func Table(s Services, o Options) []Route {
	return slices.Concat(
		IdentityRoutes(s.People, o),
		PeopleRoutes(s.Workspace, s.People),
		QueryRoutes(s.Workspace, s.Build),
		CommandRoutes(s.Workspace, s.Records, s.Pipelines),
		ImportRoutes(s.Workspace, s.Imports),
		[]Route{documentRoute()},
	)
}
