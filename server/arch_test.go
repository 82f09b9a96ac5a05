package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// allowedImports is the architecture: package -> packages of this module it may
// import. Arrows point inwards only; adding one is a design decision and needs a
// sentence in the change description.
var allowedImports = map[string][]string{
	"server/crm":         {},
	"server/config":      {},
	"policies":           {},
	"frontend":           {},
	"server/wire":        {},
	"server/synclog":     {"server/crm"},
	"server/schema":      {"server/crm"},
	"server/access":      {"server/crm", "policies"},
	"server/bsoncodec":   {"server/crm", "server/synclog"},
	"server/sqlitestore": {"server/crm", "server/synclog", "server/bsoncodec"},
	"server/mongostore":  {"server/crm", "server/synclog", "server/bsoncodec"},
	"server/workspace":   {"server/crm", "server/synclog", "server/schema", "server/access"},
	"server/visible":     {"server/crm", "server/schema", "server/access", "server/wire", "server/workspace"},
	"server/stream":      {"server/crm", "server/synclog", "server/schema", "server/access", "server/wire", "server/visible", "server/workspace"},
	"server/records":     {"server/crm", "server/synclog", "server/schema", "server/access", "server/workspace", "server/visible", "server/wire", "server/pipeline"},
	"server/pipeline":    {"server/crm", "server/synclog", "server/schema", "server/access", "server/workspace"},
	"server/identity":    {"server/crm", "server/synclog", "server/schema", "server/access", "server/workspace"},
	"server/importer":    {"server/crm", "server/synclog", "server/schema", "server/access", "server/workspace", "server/pipeline", "server/wire"},
	"server/demo":        {"server/records", "server/crm", "server/synclog", "server/schema", "server/access", "server/workspace", "server/pipeline", "server/identity"},
	// A backup holds documents as the stores write them; which store, it does not know.
	"server/backup": {"server/crm", "server/synclog", "server/bsoncodec"},
	// The edges: Fiber lives here and nowhere else. They must not know a database.
	"server/httpapi":           {"server/crm", "server/synclog", "server/schema", "server/access", "server/wire", "server/visible", "server/workspace", "server/records", "server/pipeline", "server/identity", "server/importer", "server/stream", "frontend"},
	"server/wsapi":             {"server/crm", "server/synclog", "server/wire", "server/stream"},
	"server/testkit":           {"*"},
	"server/testkit/faultdisk": {},
	"server":                   {"*"}, // wiring; the only wide package
}

// allowedDrivers says who may know what of the outside.
var allowedDrivers = map[string][]string{
	"github.com/gofiber/":           {"server/httpapi", "server/wsapi"},
	"github.com/fasthttp/websocket": {"server/wsapi"},
	"github.com/gobwas/ws":          {"server/wsapi"},
	"github.com/casbin/":            {"server/access"},
	"go.mongodb.org/":               {"server/mongostore", "server/bsoncodec", "server/sqlitestore", "server/testkit"},
	"modernc.org/":                  {"server/sqlitestore", "server/testkit/faultdisk"},
}

func TestImportDirections(t *testing.T) {
	eachImport(t, func(pkg, file, imported string) {
		if inner, ok := strings.CutPrefix(imported, "rapport/"); ok {
			allowed, known := allowedImports[pkg]
			if !known {
				t.Errorf("%s: package %s has no row in allowedImports", file, pkg)
			} else if !slices.Contains(allowed, "*") && !slices.Contains(allowed, inner) {
				t.Errorf("%s: %s must not import %s", file, pkg, inner)
			}
		}
		for prefix, allowed := range allowedDrivers {
			if strings.HasPrefix(imported, prefix) && !slices.Contains(allowed, pkg) {
				t.Errorf("%s: %s must not know %s", file, pkg, imported)
			}
		}
		if pkg == "server/crm" && strings.Contains(imported, ".") {
			t.Errorf("%s: the kernel imports the standard library only, not %s", file, imported)
		}
	})
}

func TestNoPackageIsNamedAfterNothing(t *testing.T) {
	for pkg := range allowedImports {
		name := pkg[strings.LastIndex(pkg, "/")+1:]
		if slices.Contains([]string{"util", "utils", "common", "helpers", "base", "manager"}, name) {
			t.Errorf("package %s says nothing about what it holds", pkg)
		}
	}
}

// eachImport calls fn for each import of each non-test Go file of the product.
func eachImport(t *testing.T, fn func(pkg, file, imported string)) {
	t.Helper()
	root := ".."
	for _, top := range []string{"server", "policies", "frontend"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.IsDir() && (d.Name() == "node_modules" || d.Name() == "dist" || d.Name() == "testdata") {
				return filepath.SkipDir
			}
			if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return nil
			}
			rel, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
			if err != nil {
				return err
			}
			for _, spec := range file.Imports {
				imported, err := strconv.Unquote(spec.Path.Value)
				if err != nil {
					return err
				}
				fn(filepath.ToSlash(filepath.Dir(rel)), rel, imported)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// The rules of the stream are held by tests that carry their numbers.
func TestEachRuleOfTheStreamHasATest(t *testing.T) {
	spec, err := os.ReadFile("synclog/SPEC.md")
	if err != nil {
		t.Fatal(err)
	}
	held := map[string]bool{}
	number := regexp.MustCompile(`\bSL[0-9]+\b`)
	for _, top := range []string{".", "../frontend/src"} {
		err := filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") && !strings.Contains(path, ".test.ts") {
				return err
			}
			text, err := os.ReadFile(path) //nolint:gosec // our own tests
			for _, rule := range number.FindAllString(string(text), -1) {
				held[rule] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	rules := regexp.MustCompile(`\*\*(SL[0-9]+) `).FindAllStringSubmatch(string(spec), -1)
	if len(rules) < 30 {
		t.Errorf("only %d rules were found", len(rules))
	}
	for _, rule := range rules {
		if !held[rule[1]] {
			t.Errorf("no test carries %s", rule[1])
		}
	}
}

// The map leads somebody new through the tree by file names; each of them is there,
// and one without a folder somewhere under server.
func TestTheMapNamesWhatIsThere(t *testing.T) {
	text, err := os.ReadFile("ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	err = filepath.WalkDir(".", func(_ string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			there[entry.Name()] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`([a-zA-Z_/]+\\.(?:go|tsx?|json))`").FindAllSubmatch(text, -1)
	if len(named) < 40 {
		t.Errorf("the map names only %d files", len(named))
	}
	for _, name := range named {
		file := string(name[1])
		found := slices.ContainsFunc([]string{"", "../", "../frontend/src/"}, func(dir string) bool {
			_, err := os.Stat(dir + file)
			return err == nil
		})
		if !found && !there[file] {
			t.Errorf("the map names %s, which is not there", file)
		}
	}
}
