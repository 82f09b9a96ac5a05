package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"rapport/server/crm"
	"rapport/server/httpapi"
	"rapport/server/schema"
)

// otherwise are words that the glossary keeps from one meaning and that have an
// ordinary one of their own in names that everybody reads.
var otherwise = map[string]string{
	"client":    "who sends a request, with his address and browser; never a tab",
	"column":    "of a file, or of a table",
	"group":     "of entries, of field groups, and of rows that belong together",
	"message":   "over the socket, and of an error",
	"row":       "of a file, or of a table",
	"status":    "of an answer over HTTP",
	"timeout":   "a setting of the server",
	"timestamp": "the spelling of a moment",
	"upload":    "the sending of a file, before it is an import",
	"view":      "what an answer shows",
}

// The words of the glossary are those of the whole product: what it says not to use
// is in no name that somebody outside of a function reads – types, functions and
// fields that are exported, keys of JSON, kinds and keys of records, routes, packages.
func TestNamesAreWordsOfTheGlossary(t *testing.T) {
	banned := wordsNotToUse(t)
	if len(banned) < 40 {
		t.Fatalf("only %d words are read from the glossary", len(banned))
	}
	used := map[string]bool{}
	check := func(where, name string) {
		for _, part := range regexp.MustCompile(`[A-Z]?[a-z]+|[A-Z]+`).FindAllString(name, -1) {
			word := strings.ToLower(part)
			instead, isBanned := banned[word]
			if !isBanned {
				continue
			}
			if used[word] = true; otherwise[word] == "" {
				t.Errorf("%s: %s says %q, which is called %s here", where, name, word, instead)
			}
		}
	}
	eachName(t, check)
	s := schema.New(nil)
	for _, kind := range s.Types() {
		check("record types", string(kind))
		for _, f := range s.Fields(kind) {
			check("fields of "+string(kind), f.Key)
		}
	}
	for _, kind := range []crm.RecordType{crm.TypeCredential, crm.TypeSession, crm.TypeInvitation} {
		check("record types", string(kind))
	}
	for _, r := range httpapi.Table(httpapi.Services{}, httpapi.Options{}) {
		check("routes", r.Name)
		check("routes", r.Path)
	}
	for word := range otherwise {
		if !used[word] {
			t.Errorf("no name has the word %q any more, which is let through", word)
		}
	}
}

// wordsNotToUse reads the last column of the glossary: word -> what to say instead.
// Words with an explanation are for some places only, and no machine's business.
func wordsNotToUse(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("GLOSSARY.md")
	if err != nil {
		t.Fatal(err)
	}
	banned := map[string]string{}
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(line, "|")
		if len(cells) < 5 || !strings.Contains(cells[1], "**") {
			continue
		}
		for word := range strings.SplitSeq(cells[3], ",") {
			if word = strings.TrimSpace(word); word != "" && !strings.ContainsAny(word, " (") {
				banned[strings.ToLower(word)] = strings.TrimSpace(cells[1])
			}
		}
	}
	return banned
}

// eachName calls fn for the exported names and the JSON keys of the product's Go.
func eachName(t *testing.T, fn func(file, name string)) {
	t.Helper()
	visit := func(path string, node ast.Node) {
		switch x := node.(type) {
		case *ast.TypeSpec:
			exported(path, x.Name, fn)
		case *ast.FuncDecl:
			exported(path, x.Name, fn)
		case *ast.Field:
			for _, name := range x.Names {
				exported(path, name, fn)
			}
			if x.Tag != nil {
				if tag, err := strconv.Unquote(x.Tag.Value); err == nil {
					key, _, _ := strings.Cut(reflect.StructTag(tag).Get("json"), ",")
					fn(path, key)
				}
			}
		}
	}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.HasPrefix(path, "testkit") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		fn(path, file.Name.Name)
		ast.Inspect(file, func(node ast.Node) bool { visit(path, node); return true })
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func exported(path string, name *ast.Ident, fn func(file, name string)) {
	if name.IsExported() {
		fn(path, name.Name)
	}
}
