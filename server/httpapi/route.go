package httpapi

import (
	"context"
	"time"

	"github.com/gofiber/fiber/v2"

	"rapport/server/crm"
	"rapport/server/wire"
	"rapport/server/workspace"
)

// Access says who may call a route at all. What a signed-in person may see or
// do is decided where the data is: by policy, inside the query or the command.
type Access string

// The kinds of access.
const (
	Public    Access = "public"     // anybody
	SignedIn  Access = "signed-in"  // anybody with a session; the answer holds only what he may see
	ByCommand Access = "by-command" // anybody with a session; the command checks the right
)

// Route is one row of the API. testdata/matrix.csv has a row for each Name; tests
// fail for a route without one, and for what answers beside the table.
type Route struct {
	Method string
	Path   string // Fiber pattern; parameters are read with c.Params
	Name   string // unique, stable: metrics, logs and the matrix go by it
	Access Access
	// BodyLimit is the largest body in bytes; 0 means DefaultBodyLimit. Handlers
	// read bodies through decode, command or body and never through c.Body,
	// which knows no limit.
	BodyLimit int64
	// Timeout bounds the whole request, the reading of its body included; 0
	// means DefaultTimeout.
	Timeout time.Duration
	Doc     Doc
	Handle  fiber.Handler
}

const (
	// DefaultBodyLimit is what a JSON body may weigh, in bytes.
	DefaultBodyLimit = 1 << 20
	// DefaultTimeout bounds a request that names no other.
	DefaultTimeout = 30 * time.Second
)

// CommandPath is what the paths of all commands begin with.
const CommandPath = "/api/v1/commands/"

// commandRoute makes the route POST /api/v1/commands/<name>: it decodes the
// body {"commandId": ULID, …args}, lets do commit the command and answers with
// wire.CommandResult. do gets a command without a Plan and adds it.
func commandRoute[Args any](ws *workspace.Workspace, name string,
	do func(context.Context, workspace.Command, Args) (workspace.Result, error),
) Route {
	return Route{
		Method: fiber.MethodPost, Path: CommandPath + name, Name: name, Access: ByCommand,
		Doc: Doc{
			Does: do, Takes: *new(Args), Answers: wire.CommandResult{}, Tells: []Param{positionTold},
			Errors: []crm.Code{crm.CodeNotFound, crm.CodeConflict},
		},
		Handle: func(c *fiber.Ctx) error {
			var args Args
			cmd, err := command(c, name, &args)
			if err != nil {
				return err
			}
			result, err := do(c.UserContext(), cmd, args)
			if err != nil {
				return visibleConflict(c, ws, err)
			}
			return sendResult(c, ws, result)
		},
	}
}
