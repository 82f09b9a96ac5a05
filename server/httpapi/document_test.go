package httpapi_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"rapport/server/httpapi"
)

// contract is the served document, to hold answers and requests to it.
type contract struct {
	text     []byte
	paths    map[string]map[string]operation // by path and method
	compiler *jsonschema.Compiler
}

type operation struct {
	Body      *content           `json:"requestBody"`
	Responses map[string]content `json:"responses"`
}

type content struct {
	Ref     string                     `json:"$ref"`
	Content map[string]json.RawMessage `json:"content"`
}

// documented asks the app for its document.
func documented(t testing.TB, o *office) contract {
	t.Helper()
	res, body := o.as("anonymous", "GET", httpapi.DocumentPath, nil)
	if res.StatusCode != 200 || !strings.HasPrefix(res.Header.Get("Content-Type"), "application/json") {
		t.Fatalf("%s: %d, %s", httpapi.DocumentPath, res.StatusCode, res.Header.Get("Content-Type"))
	}
	c := contract{text: []byte(body), compiler: jsonschema.NewCompiler()}
	var doc struct {
		Paths map[string]map[string]operation `json:"paths"`
	}
	if err := json.Unmarshal(c.text, &doc); err != nil {
		t.Fatal(err)
	}
	c.paths = doc.Paths
	tree, err := jsonschema.UnmarshalJSON(bytes.NewReader(c.text))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.compiler.AddResource("api.json", tree); err != nil {
		t.Fatal(err)
	}
	return c
}

var pathParam = regexp.MustCompile(`:([a-zA-Z]+)`)

func docPath(route httpapi.Route) string { return pathParam.ReplaceAllString(route.Path, "{$1}") }

// pointer joins the parts of a JSON pointer.
func pointer(parts ...string) string {
	var out strings.Builder
	for _, part := range parts {
		out.WriteString("/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(part))
	}
	return out.String()
}

// check holds a JSON text to the schema at a place of the document.
func (c contract) check(t testing.TB, text, place string) {
	t.Helper()
	schema, err := c.compiler.Compile("api.json#" + place)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Errorf("not JSON: %v: %s", err, text)
		return
	}
	if err := schema.Validate(tree); err != nil {
		t.Errorf("not as documented: %v\n%s", err, text)
	}
}

// answer holds an answer to what the document says of its route: the status, the
// media type, the body.
func (c contract) answer(t testing.TB, route httpapi.Route, res *http.Response, body string) {
	t.Helper()
	status, method := strconv.Itoa(res.StatusCode), strings.ToLower(route.Method)
	response, ok := c.paths[docPath(route)][method].Responses[status]
	if !ok {
		t.Errorf("status %s is not documented", status)
		return
	}
	place := pointer("paths", docPath(route), method, "responses", status)
	if response.Ref != "" {
		place = strings.TrimPrefix(response.Ref, "#")
		response = content{Content: map[string]json.RawMessage{"application/problem+json": json.RawMessage(`{"schema":{}}`)}}
	}
	media, _, _ := strings.Cut(res.Header.Get("Content-Type"), ";")
	if len(response.Content) == 0 {
		if body != "" {
			t.Errorf("no body is documented: %s", body)
		}
		return
	}
	described, ok := response.Content[media]
	if !ok {
		t.Errorf("media type %q is not documented for %s", media, status)
		return
	}
	if bytes.Contains(described, []byte(`"schema"`)) {
		c.check(t, body, place+pointer("content", media, "schema"))
	}
}

// request holds what a probe sent to the documented body of its route.
func (c contract) request(t testing.TB, route httpapi.Route, body string) {
	t.Helper()
	method := strings.ToLower(route.Method)
	described := c.paths[docPath(route)][method].Body
	if described == nil {
		t.Error("no body is documented")
		return
	}
	if bytes.Contains(described.Content["application/json"], []byte(`"schema"`)) {
		c.check(t, body, pointer("paths", docPath(route), method, "requestBody", "content", "application/json", "schema"))
	}
}

func TestTheDocumentIsOpenAPI(t *testing.T) {
	c := documented(t, newOffice(t))
	// testdata/openapi-3.1.json is the schema of OpenAPI 3.1 documents as
	// published at https://spec.openapis.org/oas/3.1/schema (Apache-2.0).
	file, err := os.Open("testdata/openapi-3.1.json")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	schema, err := jsonschema.UnmarshalJSON(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.compiler.AddResource("openapi-3.1.json", schema); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.compiler.Compile("openapi-3.1.json")
	if err != nil {
		t.Fatal(err)
	}
	tree, err := jsonschema.UnmarshalJSON(bytes.NewReader(c.text))
	if err != nil {
		t.Fatal(err)
	}
	if err := compiled.Validate(tree); err != nil {
		t.Error(err)
	}
}

func TestEveryRouteSaysWhatItTakesAndAnswers(t *testing.T) {
	o := newOffice(t)
	c := documented(t, o)
	operations := 0
	for _, methods := range c.paths {
		operations += len(methods)
	}
	if operations != len(o.routes) {
		t.Errorf("%d operations for %d routes", operations, len(o.routes))
	}
	for _, route := range o.routes {
		t.Run(route.Name, func(t *testing.T) {
			doc := route.Doc
			if doc.Says == "" && doc.Does == nil {
				t.Error("nothing says what it does")
			}
			if doc.Takes == nil && route.Method == "POST" {
				t.Error("nothing says what it takes")
			}
			if doc.Answers == nil && route.Method == "GET" {
				t.Error("nothing says what it answers")
			}
			if len(c.paths[docPath(route)][strings.ToLower(route.Method)].Responses) < 2 {
				t.Error("the document has no row for it")
			}
		})
	}
}
