package httpapi_test

import (
	"slices"
	"testing"

	"github.com/gofiber/fiber/v2"

	"rapport/server/httpapi"
)

// besideTheTable are the ways into the app that have no row in testdata/matrix.csv,
// each with the reason why it needs none, and of how many handlers it is made:
// the framework adds those of a second one to the first.
var besideTheTable = []struct {
	method, path string
	handlers     int
	why          string
}{
	{"GET", httpapi.SocketPath, 2, "its messages have rows in server/testdata/messages.csv"},
	{"GET", "/healthz", 2, "says that the process lives, the same to everybody"},
	{"GET", "/readyz", 2, "says whether the store answers, the same to everybody"},
	{"GET", "/*", 2, "the files of the pages, the same to everybody"},
	{everyMethod, "/", 1, "goes before every request and answers none by itself"},
	{everyMethod, "/api", 1, "refuses what no route has taken"},
}

const everyMethod = "*"

// [D3] Whatever answers a request has a row in testdata/matrix.csv, or stands among
// the few that need none: a route that is hung into the app beside the table
// would be tried by nobody.
func TestNothingAnswersBesideTheTable(t *testing.T) {
	o := newOffice(t)
	options := testOptions()
	options.Socket = ok
	app, err := httpapi.New(options, o.routes)
	if err != nil {
		t.Fatal(err)
	}
	var found, known []string
	handlers := map[string]int{}
	for _, r := range app.GetRoutes() {
		found = append(found, r.Method+" "+r.Path)
		handlers[r.Path] = max(handlers[r.Path], len(r.Handlers))
	}
	know := func(method, path string) {
		switch method {
		case everyMethod:
			for _, m := range app.Config().RequestMethods {
				known = append(known, m+" "+path)
			}
		case fiber.MethodGet:
			known = append(known, "HEAD "+path, "GET "+path)
		default:
			known = append(known, method+" "+path)
		}
	}
	_, rows := readMatrix(t)
	for _, r := range o.routes {
		if rows[r.Name] != nil {
			know(r.Method, r.Path)
		}
	}
	for _, b := range besideTheTable {
		know(b.method, b.path)
		if handlers[b.path] != b.handlers {
			t.Errorf("%s goes through %d handlers, want %d", b.path, handlers[b.path], b.handlers)
		}
	}
	for _, r := range found {
		i := slices.Index(known, r)
		if i < 0 {
			t.Errorf("%s answers and has no row, or answers twice", r)
			continue
		}
		known = slices.Delete(known, i, i+1)
	}
	for _, r := range known {
		t.Errorf("%s is known, and nothing answers there", r)
	}
}
