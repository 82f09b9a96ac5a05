package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"rapport/server/httpapi"
	"rapport/server/records"
	"rapport/server/wire"
)

// moduleRoot is where the module begins, seen from this package.
const moduleRoot = "../.."

func TestTheDocumentIsCurrent(t *testing.T) {
	want, err := generate(moduleRoot)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(moduleRoot, outFile))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is stale: run npm run gen", outFile)
	}
}

func TestSchemas(t *testing.T) {
	tests := []struct {
		name, want string
		typ        any
		way        purpose
	}{
		{"an answer has all keys but those that may be absent", `{"required":["text"]}`, struct {
			Text  string `json:"text"`
			Maybe int    `json:"maybe,omitempty"`
		}{}, answer},
		{"a request may leave out what is empty, and holds nothing else", `{"additionalProperties":false}`, struct {
			Text string `json:"text"`
		}{}, request},
		{"a pointer may be null", `{"properties":{"p":{"anyOf":[{"type":"boolean"},{"type":"null"}]}}}`, struct {
			P *bool `json:"p"`
		}{}, answer},
		{"an optional pointer is absent instead", `{"properties":{"p":{"type":"boolean"}}}`, struct {
			P *bool `json:"p,omitempty"`
		}{}, answer},
		{"an unsigned number is not negative", `{"properties":{"n":{"minimum":0}}}`, struct {
			N uint64 `json:"n"`
		}{}, answer},
		{"a message is a component", `{"$ref":"#/components/schemas/Money"}`, wire.Money{}, answer},
		{"what another package calls the same is another", `{"$ref":"#/components/schemas/records.IDArgs"}`, records.IDArgs{}, request},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := &schemas{newSource(moduleRoot), object{}}
			got, err := s.of(reflect.TypeOf(tt.typ), tt.way)
			if err != nil {
				t.Fatal(err)
			}
			raw, _ := json.Marshal(got)
			var have, want map[string]any
			_ = json.Unmarshal(raw, &have)
			if err := json.Unmarshal([]byte(tt.want), &want); err != nil {
				t.Fatal(err)
			}
			if !holds(have, want) {
				t.Errorf("%s does not hold %s", raw, tt.want)
			}
		})
	}
}

// holds reports whether have has everything that want has.
func holds(have, want any) bool {
	expected, ok := want.(map[string]any)
	if !ok {
		return reflect.DeepEqual(have, want)
	}
	object, ok := have.(map[string]any)
	for key, value := range expected {
		ok = ok && holds(object[key], value)
	}
	return ok
}

func TestTextsComeFromTheComments(t *testing.T) {
	s := &schemas{newSource(moduleRoot), object{}}
	if _, err := s.of(reflect.TypeFor[wire.ImportState](), answer); err != nil {
		t.Fatal(err)
	}
	state, _ := s.made["ImportState"].(object)
	values, _ := state["enum"].([]string)
	if len(values) != 5 || !strings.Contains(state["description"].(string), "- \"uploaded\": the file is here") {
		t.Errorf("a closed set lost its values or their meaning: %v", state)
	}
	text, err := s.source.methodComment((*records.Service)(nil).Share)
	if err != nil || !strings.HasPrefix(text, "sets the departments") {
		t.Errorf("the comment on a method: %q, %v", text, err)
	}
}

func TestWhatCannotBeDocumentedIsAnError(t *testing.T) {
	tests := []struct {
		name  string
		route httpapi.Route
	}{
		{"a route of which nothing is said", httpapi.Route{Method: "GET", Path: "/api/v1/x", Name: "x"}},
		{"a field without a key", httpapi.Route{Method: "GET", Path: "/api/v1/x", Name: "x", Doc: httpapi.Doc{
			Says: "X.", Answers: struct{ Text string }{},
		}}},
		{"a type that JSON does not have", httpapi.Route{Method: "GET", Path: "/api/v1/x", Name: "x", Doc: httpapi.Doc{
			Says: "X.", Answers: make(chan int),
		}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := document(newSource(moduleRoot), []httpapi.Route{tt.route}); err == nil {
				t.Error("was documented")
			}
		})
	}
}
