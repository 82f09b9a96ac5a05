package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// noJobs are the packages whose commands nobody began who may have lost a right since.
var noJobs = map[string]string{
	"crm":     "names the actors",
	"demo":    "fills an empty workspace before the server answers anybody",
	"backup":  "brings a workspace back where no server runs",
	"testkit": "is no part of the server",
}

// jobNames returns the commands that some package of the server commits in nobody's
// session, in the order of the packages.
func jobNames(t *testing.T) []string {
	t.Helper()
	packages := map[string]*goPackage{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		dir := filepath.ToSlash(filepath.Dir(path))
		if noJobs[strings.Split(dir, "/")[0]] != "" {
			return nil
		}
		if packages[dir] == nil {
			packages[dir] = &goPackage{set: token.NewFileSet(), above: map[ast.Node]ast.Node{}}
		}
		return packages[dir].add(path, nil)
	})
	if err != nil || len(packages) < 10 {
		t.Fatalf("%d packages: %v", len(packages), err)
	}
	var jobs []string
	for _, p := range packages {
		found, unread := p.jobs()
		for _, place := range unread {
			t.Errorf("what is committed here in nobody's session cannot be told: %s", place)
		}
		jobs = append(jobs, found...)
	}
	slices.Sort(jobs)
	return slices.Compact(jobs)
}

// goPackage is the syntax of a package.
type goPackage struct {
	set   *token.FileSet
	files []*ast.File
	above map[ast.Node]ast.Node
}

// add parses a file: source, or what is in it when that is nil.
func (p *goPackage) add(name string, source any) error {
	file, err := parser.ParseFile(p.set, name, source, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	var path []ast.Node
	ast.Inspect(file, func(n ast.Node) bool {
		if n == nil {
			path = path[:len(path)-1]
			return true
		}
		if len(path) > 0 {
			p.above[n] = path[len(path)-1]
		}
		path = append(path, n)
		return true
	})
	p.files = append(p.files, file)
	return nil
}

// jobs returns the names of commands whose actor is no person in his session, and
// the places at which there is such an actor, but no name to be found.
func (p *goPackage) jobs() (names, unread []string) {
	for _, file := range p.files {
		kernel := importedAs(file, "rapport/server/crm")
		ast.Inspect(file, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if !ok || !isIdent(s.X, kernel) || !slices.Contains([]string{"System", "SourceSystem", "SourceImport"}, s.Sel.Name) {
				return true
			}
			found, isActor := p.committedBy(s)
			if isActor && len(found) == 0 {
				unread = append(unread, p.set.Position(n.Pos()).String())
			}
			names = append(names, found...)
			return true
		})
	}
	return names, unread
}

func importedAs(file *ast.File, path string) string {
	for _, spec := range file.Imports {
		if spec.Path.Value == strconv.Quote(path) && spec.Name != nil {
			return spec.Name.Name
		}
	}
	return path[strings.LastIndex(path, "/")+1:]
}

func isIdent(n ast.Node, name string) bool {
	id, ok := n.(*ast.Ident)
	return ok && id.Name == name
}

// committedBy returns the names of the commands that an actor commits. isActor is
// false where actors are only compared.
func (p *goPackage) committedBy(actor ast.Node) (names []string, isActor bool) {
	switch up := p.above[actor].(type) {
	case *ast.BinaryExpr, *ast.CaseClause:
		return nil, false
	case *ast.ParenExpr, *ast.UnaryExpr:
		return p.committedBy(up)
	case *ast.CompositeLit: // an actor without keys
		return p.committedBy(up)
	case *ast.KeyValueExpr:
		literal, ok := p.above[up].(*ast.CompositeLit)
		if !ok || isIdent(up.Key, "Source") {
			return p.committedBy(literal)
		}
		for _, e := range literal.Elts {
			if pair, ok := e.(*ast.KeyValueExpr); ok && (isIdent(pair.Key, "Name") || isIdent(pair.Key, "Command")) {
				names = append(names, p.texts(pair.Value)...)
			}
		}
		if len(names) == 0 { // some other structure carries the actor on
			names = p.carriedBy(up.Key, nil)
		}
	case *ast.CallExpr:
		for _, arg := range up.Args {
			names = append(names, p.texts(arg)...)
		}
	case *ast.AssignStmt:
		if i := slices.Index(up.Rhs, actor.(ast.Expr)); i >= 0 && i < len(up.Lhs) {
			names = p.carriedBy(up.Lhs[i], p.functionAround(up))
		}
	case *ast.ValueSpec:
		for _, id := range up.Names {
			names = append(names, p.carriedBy(id, p.functionAround(up))...)
		}
	}
	return names, true
}

// carriedBy returns the names of the commands whose actor is a variable, of the
// function around it, or a field.
func (p *goPackage) carriedBy(variable ast.Node, around ast.Node) (names []string) {
	is := func(n ast.Node) bool { return isIdent(n, variable.(*ast.Ident).Name) }
	if field, ok := variable.(*ast.SelectorExpr); ok {
		variable, around = field.Sel, nil
		is = func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			return ok && s.Sel.Name == field.Sel.Name
		}
	}
	look := func(n ast.Node) bool {
		if n == nil || !is(n) {
			return true
		}
		switch up := p.above[n].(type) {
		case *ast.CallExpr:
			for _, arg := range up.Args {
				names = append(names, p.texts(arg)...)
			}
		case *ast.KeyValueExpr:
			if up.Value == n && isIdent(up.Key, "Actor") {
				found, _ := p.committedBy(n)
				names = append(names, found...)
			}
		}
		return true
	}
	if around != nil {
		ast.Inspect(around, look)
		return names
	}
	for _, file := range p.files {
		ast.Inspect(file, look)
	}
	return names
}

func (p *goPackage) functionAround(n ast.Node) ast.Node {
	for ; n != nil; n = p.above[n] {
		if f, ok := n.(*ast.FuncDecl); ok {
			return f
		}
	}
	return nil
}

// texts returns what a text may be: one that is written there, a constant of the
// package, or what the callers of the function around hand it.
func (p *goPackage) texts(e ast.Expr) (texts []string) {
	if literal, ok := e.(*ast.BasicLit); ok && literal.Kind == token.STRING {
		text, err := strconv.Unquote(literal.Value)
		if err != nil {
			panic(err) // it was parsed
		}
		return []string{text}
	}
	id, ok := e.(*ast.Ident)
	if !ok {
		return nil
	}
	if f, ok := p.functionAround(e).(*ast.FuncDecl); ok {
		if i := parameter(f, id.Name); i >= 0 {
			p.each(func(n ast.Node) {
				call, ok := n.(*ast.CallExpr)
				if ok && calls(call, f.Name.Name) && i < len(call.Args) {
					texts = append(texts, p.texts(call.Args[i])...)
				}
			})
			return texts
		}
	}
	p.each(func(n ast.Node) {
		if spec, ok := n.(*ast.ValueSpec); ok {
			if i := slices.IndexFunc(spec.Names, func(name *ast.Ident) bool { return name.Name == id.Name }); i >= 0 && i < len(spec.Values) {
				texts = append(texts, p.texts(spec.Values[i])...)
			}
		}
	})
	return texts
}

func (p *goPackage) each(fn func(ast.Node)) {
	for _, file := range p.files {
		ast.Inspect(file, func(n ast.Node) bool {
			if n != nil {
				fn(n)
			}
			return true
		})
	}
}

// parameter returns at which place a function takes one of that name; -1: it does not.
func parameter(f *ast.FuncDecl, name string) int {
	i := 0
	for _, field := range f.Type.Params.List {
		for _, id := range field.Names {
			if id.Name == name {
				return i
			}
			i++
		}
	}
	return -1
}

func calls(call *ast.CallExpr, function string) bool {
	if method, ok := call.Fun.(*ast.SelectorExpr); ok {
		return method.Sel.Name == function
	}
	return isIdent(call.Fun, function)
}

// [D17] A job that is new has to be tried with whoever began it having lost his rights.
func TestEveryJobHasARow(t *testing.T) {
	_, rows := readMatrix(t, "testdata/jobs.csv")
	sameNames(t, "jobs.csv", jobNames(t), rows)
}

func TestEveryJobIsFound(t *testing.T) {
	const head = "package p\nimport (\"rapport/server/crm\"; \"rapport/server/workspace\")\n"
	for _, tt := range []struct{ name, source, want string }{
		{"a call", `func f() { s.commit(ctx, "a.b", crm.System, nil) }`, "[a.b] 0"},
		{"a call on two lines", "func f() { s.commit(ctx,\n\"a.b\",\ncrm.System, nil) }", "[a.b] 0"},
		{"a command", `func f() { ws.Commit(ctx, workspace.Command{Actor: crm.System, Name: "a.b"}) }`, "[a.b] 0"},
		{"a command of several lines", "func f() {\ncmd := workspace.Command{\nName: \"a.b\",\nActor: crm.System,\n}\n_ = cmd }", "[a.b] 0"},
		{"an actor of the system", `func f() { s.commit(ctx, "a.b", crm.Actor{Source: crm.SourceSystem}, nil) }`, "[a.b] 0"},
		{"an actor of an import, without keys", `func f() { s.commit(ctx, "a.b", crm.Actor{u, s, crm.SourceImport}, nil) }`, "[a.b] 0"},
		{"an actor in a command", `var c = workspace.Command{Name: "a.b", Actor: crm.Actor{UserID: u, Source: crm.SourceSystem}}`, "[a.b] 0"},
		{"a variable", `func f() { by := crm.System; s.commit(ctx, "a.b", by, nil) }`, "[a.b] 0"},
		{"a variable in a command", `func f() { var by = crm.System; g(workspace.Command{Name: "a.b", Actor: by}) }`, "[a.b] 0"},
		{"a field", `func f() { r.actor = crm.System }` + "\n" + `func g() { h(workspace.Command{Name: "a.b", Actor: r.actor}) }`, "[a.b] 0"},
		{"a name that callers give", `func f(ctx C, name string) { g(workspace.Command{Name: name, Actor: crm.System}) }` + "\n" + `func h() { f(ctx, "a.b"); f(ctx, "a.c") }`, "[a.b a.c] 0"},
		{"a constant", `const job = "a.b"` + "\n" + `func f() { s.commit(ctx, job, crm.System, nil) }`, "[a.b] 0"},
		{"a comparison", `func f() bool { return a.Source == crm.SourceSystem }`, "[] 0"},
		{"a case", `func f() { switch a.Source { case crm.SourceSystem: } }`, "[] 0"},
		{"an actor that is put in later", `func f() { cmd.Actor = crm.System }`, "[] 1"},
		{"an actor that is returned", `func f() crm.Actor { return crm.System }`, "[] 1"},
		{"a name that is computed", `func f() { s.commit(ctx, "a."+b, crm.System, nil) }`, "[] 1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := &goPackage{set: token.NewFileSet(), above: map[ast.Node]ast.Node{}}
			if err := p.add("p.go", head+tt.source); err != nil {
				t.Fatal(err)
			}
			names, unread := p.jobs()
			if got := fmt.Sprint(names, " ", len(unread)); got != tt.want {
				t.Errorf("found %s, want %s", got, tt.want)
			}
		})
	}
}
