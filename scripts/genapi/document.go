package main

import (
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"rapport/server/crm"
	"rapport/server/httpapi"
	"rapport/server/wire"
)

const about = `The HTTP API of Rapport, the one its own app uses.

Reads come from memory at one position of the log; changes are commands under ` + httpapi.CommandPath + `. A command carries a commandId that its
sender makes, a ULID: who repeats a command with the same id gets the same answer, and nothing is done twice.

Every route is for signed-in people unless it says otherwise. Policy decides what an answer holds; what is hidden from
somebody answers like what is absent. What changes something must come from a page of this server: a request names it in Origin, as
browsers do. Bodies are JSON in UTF-8 with no other keys than the documented ones, each at most once, and without compression; what is left out
counts as empty. Every problem is
application/problem+json (RFC 9457) with a code, a reason and, for wrong input, the reason for each field.

Every GET answers HEAD too. Changes are pushed over the socket at ` + httpapi.SocketPath + `, which this document does not describe.`

// pathParam is a parameter in a path of Fiber's: ":id".
var pathParam = regexp.MustCompile(`:([a-zA-Z]+)`)

// document returns the OpenAPI 3.1 document of the routes.
func document(src *source, routes []httpapi.Route) (object, error) {
	s := &schemas{src, object{}}
	problems, err := problemResponses(s)
	if err != nil {
		return nil, err
	}
	paths := object{}
	for _, r := range routes {
		op, err := operation(s, r)
		if err != nil {
			return nil, fmt.Errorf("route %s: %w", r.Name, err)
		}
		path := pathParam.ReplaceAllString(r.Path, "{$1}")
		item, ok := paths[path].(object)
		if !ok {
			item = object{}
			paths[path] = item
		}
		item[strings.ToLower(r.Method)] = op
	}
	return object{
		"openapi": "3.1.0",
		"info": object{
			"title": "Rapport", "version": "1", "description": about,
			"license": object{"name": "Apache-2.0", "identifier": "Apache-2.0"},
		},
		"servers": []object{{"url": "/"}},
		"paths":   paths,
		"components": object{
			"schemas": s.made, "responses": problems,
			"securitySchemes": object{"session": object{
				"type": "apiKey", "in": "cookie", "name": httpapi.CookieName(false),
				"description": "The session cookie. Its name is " + httpapi.CookieName(true) + " where people reach the server by https.",
			}},
		},
		"security": []object{{"session": []string{}}},
	}, nil
}

// operation returns what one route does.
func operation(s *schemas, r httpapi.Route) (object, error) {
	op := object{"operationId": r.Name, "tags": []string{tagOf(r)}}
	if err := describe(s, r, op); err != nil {
		return nil, err
	}
	if r.Access == httpapi.Public {
		op["security"] = []object{}
	}
	if params := parameters(r); len(params) > 0 {
		op["parameters"] = params
	}
	if r.Doc.Takes != nil {
		content, err := s.body(r)
		if err != nil {
			return nil, err
		}
		op["requestBody"] = object{"required": true, "content": content}
	}
	success, err := s.success(r.Doc)
	if err != nil {
		return nil, err
	}
	responses := object{strconv.Itoa(r.Doc.Success()): success}
	for status := range r.Problems() {
		responses[strconv.Itoa(status)] = object{"$ref": "#/components/responses/" + problemName(status)}
	}
	op["responses"] = responses
	return op, nil
}

// tagOf groups routes: commands by what they are about, others by the first
// part of their path.
func tagOf(r httpapi.Route) string {
	if strings.HasPrefix(r.Path, httpapi.CommandPath) {
		return "commands"
	}
	tag, _, _ := strings.Cut(strings.TrimPrefix(r.Path, "/api/v1/"), "/")
	return strings.TrimSuffix(tag, ".json")
}

// describe sets the summary and, for commands, what the comment on the method
// says beyond its first sentence.
func describe(s *schemas, r httpapi.Route, op object) error {
	text := r.Doc.Says
	if r.Doc.Does != nil {
		comment, err := s.source.methodComment(r.Doc.Does)
		if err != nil {
			return err
		}
		text = strings.ToUpper(comment[:1]) + comment[1:]
		if text, err = s.source.inWireWords(text, reflect.TypeOf(r.Doc.Takes)); err != nil {
			return err
		}
	}
	if text == "" {
		return fmt.Errorf("nothing says what it does")
	}
	op["description"] = paragraphs(text)
	summary, _, _ := strings.Cut(oneLine(text)+" ", ". ")
	op["summary"] = strings.TrimSuffix(strings.TrimSpace(summary), ".")
	return nil
}

func parameters(r httpapi.Route) []object {
	var params []object
	for _, name := range pathParam.FindAllStringSubmatch(r.Path, -1) {
		params = append(params, object{"name": name[1], "in": "path", "required": true, "schema": object{"type": "string"}})
	}
	for _, p := range r.Doc.Query {
		params = append(params, parameter(p, "query"))
	}
	for _, p := range r.Doc.Headers {
		params = append(params, parameter(p, "header"))
	}
	return params
}

func parameter(p httpapi.Param, in string) object {
	return object{"name": p.Name, "in": in, "description": p.Says, "required": p.Required, "schema": valueOf(p)}
}

func valueOf(p httpapi.Param) object {
	schema := object{"type": "string"}
	if p.Whole {
		schema["type"], schema["minimum"] = "integer", p.Min
		if p.Max != 0 {
			schema["maximum"] = p.Max
		}
	}
	if p.OneOf != nil {
		schema["enum"] = p.OneOf
	}
	return schema
}

// body returns the content of a request: a command's arguments stand beside its id.
func (s *schemas) body(r httpapi.Route) (object, error) {
	if files, ok := r.Doc.Takes.(httpapi.Files); ok {
		return ofFiles(files), nil
	}
	t := reflect.TypeOf(r.Doc.Takes)
	if !strings.HasPrefix(r.Path, httpapi.CommandPath) {
		schema, err := s.of(t, request)
		return object{"application/json": object{"schema": schema}}, err
	}
	schema, err := s.structure(t, request)
	if err != nil {
		return nil, err
	}
	properties, _ := schema["properties"].(object)
	properties["commandId"] = object{
		"type": "string", "pattern": idPattern, "description": "A ULID that the sender makes for this command.",
	}
	required, _ := schema["required"].([]string)
	schema["required"] = append([]string{"commandId"}, required...)
	return object{"application/json": object{"schema": schema}}, nil
}

func ofFiles(files httpapi.Files) object {
	content := object{}
	for _, media := range files {
		content[media] = object{} // 3.1: bytes of that media type need no schema
	}
	return content
}

func (s *schemas) success(d httpapi.Doc) (object, error) {
	response := object{"description": http.StatusText(d.Success())}
	headers := object{}
	for _, p := range d.Tells {
		headers[p.Name] = object{"description": p.Says, "schema": valueOf(p)}
	}
	if len(headers) > 0 {
		response["headers"] = headers
	}
	switch a := d.Answers.(type) {
	case nil:
	case httpapi.Files:
		response["content"] = ofFiles(a)
	default:
		schema, err := s.of(reflect.TypeOf(a), answer)
		if err != nil {
			return nil, err
		}
		response["content"] = object{"application/json": object{"schema": schema}}
	}
	return response, nil
}

// problemResponses returns, for each status that some route may refuse with,
// what it means.
func problemResponses(s *schemas) (object, error) {
	problem, err := s.of(reflect.TypeFor[wire.Problem](), answer)
	if err != nil {
		return nil, err
	}
	kernel, err := s.source.of(reflect.TypeFor[crm.Code]().PkgPath())
	if err != nil {
		return nil, err
	}
	meanings := map[int][]string{http.StatusRequestTimeout: {"invalid: the body did not arrive in time"}}
	for _, code := range kernel.values["Code"] {
		status := httpapi.StatusOf(crm.Code(code.text))
		meanings[status] = append(meanings[status], code.text+": "+code.comment)
	}
	responses := object{}
	for status, texts := range meanings {
		slices.Sort(texts)
		response := object{
			"description": strings.Join(texts, "\n\n"),
			"content":     object{"application/problem+json": object{"schema": problem}},
		}
		if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
			response["headers"] = object{"Retry-After": object{"description": "Seconds to wait.", "schema": object{"type": "integer"}}}
		}
		responses[problemName(status)] = response
	}
	return responses, nil
}

// problemName names the response of a status: "NotFound".
func problemName(status int) string { return strings.ReplaceAll(http.StatusText(status), " ", "") }
