package httpapi

import (
	_ "embed"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"rapport/server/crm"
)

// Doc states what a route takes and answers. openapi.json is made from it, and
// the test of the matrix holds every answer to it.
type Doc struct {
	// Says is one sentence for a developer who calls the route. Commands leave it
	// empty: theirs is the comment on Does.
	Says string
	Does any // the method that a command calls

	Query   []Param // a handler can read no others
	Headers []Param
	// Takes is a zero value of what the body is decoded into, or Files; nil: no body.
	Takes any
	// Answers is a zero value of the answer, or Files; nil: success has no body.
	Answers any
	Status  int     // of success; 0: 200, or 204 without a body
	Tells   []Param // headers of success

	// Errors are those beyond what every route of its kind may answer, see Problems.
	Errors []crm.Code
}

// Files are the media types of a body that is not JSON.
type Files []string

// Param is a query parameter or a header.
type Param struct {
	Name, Says string
	Whole      bool     // a whole number, from Min to Max
	Min, Max   int      // Max 0: as large as it likes
	OneOf      []string // the only values; nil: any
	Required   bool
}

// Success returns the status of an answer without a problem.
func (d Doc) Success() int {
	switch {
	case d.Status != 0:
		return d.Status
	case d.Answers == nil:
		return http.StatusNoContent
	default:
		return http.StatusOK
	}
}

// Problems returns the statuses with which the route may refuse, and the codes
// that stand in the body then. Every request can be malformed, and every node
// can be without its store. One that changes something must come from a page of
// ours, and its outcome may stay unknown.
func (r Route) Problems() map[int][]crm.Code {
	codes := slices.Concat([]crm.Code{crm.CodeInvalid, crm.CodeInternal, crm.CodeUnavailable, crm.CodeBehind}, r.Doc.Errors)
	if r.Access != Public {
		codes = append(codes, crm.CodeUnauthenticated)
	}
	if r.Method != fiber.MethodGet {
		codes = append(codes, crm.CodeForbidden, crm.CodeUnknown)
	}
	if r.Doc.Takes != nil {
		codes = append(codes, crm.CodeTooLarge, crm.CodeUnsupported)
	}
	if strings.Contains(r.Path, ":") {
		codes = append(codes, crm.CodeNotFound)
	}
	slices.Sort(codes)
	found := map[int][]crm.Code{}
	for _, code := range slices.Compact(codes) {
		found[statusByCode[code]] = append(found[statusByCode[code]], code)
	}
	if r.Doc.Takes != nil {
		found[http.StatusRequestTimeout] = []crm.Code{crm.CodeInvalid} // a body that does not arrive
	}
	return found
}

// takes reports whether the body of the route is documented as what dst points
// to. Routes of tests document nothing.
func (d Doc) takes(dst any) bool {
	return d.Takes == nil || reflect.TypeOf(d.Takes) == reflect.TypeOf(dst).Elem()
}

// asks reports whether the route documents a query parameter.
func (d Doc) asks(key string) bool {
	return slices.ContainsFunc(d.Query, func(p Param) bool { return p.Name == key })
}

// document is made by scripts/genapi from the routes and the types they name.
//
//go:embed openapi.json
var document []byte

// DocumentPath is where the document of the API is served.
const DocumentPath = "/api/v1/openapi.json"

func documentRoute() Route {
	return Route{
		Method: fiber.MethodGet, Path: DocumentPath, Name: "openapi", Access: Public,
		Doc: Doc{Says: "This document.", Answers: map[string]any{}},
		// 200 the document, as OpenAPI 3.1.
		Handle: func(c *fiber.Ctx) error {
			c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
			return c.Send(document)
		},
	}
}
