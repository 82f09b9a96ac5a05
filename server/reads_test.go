package main

import (
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// Workspace.Read may call its function a second time, with what the log holds by
// then. A list that the function fills and that was there before must begin anew in
// it, or its items come twice.
func TestWhatIsReadTwiceIsNotToldTwice(t *testing.T) {
	reads := 0
	eachSource(t, func(name string, file *ast.File) {
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || !isRead(call) {
				return true
			}
			body, ok := call.Args[len(call.Args)-1].(*ast.FuncLit)
			if !ok {
				return true
			}
			reads++
			for _, list := range carriedOn(body) {
				t.Errorf("%s: a function given to Read appends to %s, which it does not begin anew", name, list)
			}
			return true
		})
	})
	if reads < 30 {
		t.Errorf("only %d reads were looked at", reads)
	}
}

// isRead reports whether a call hands a function to Workspace.Read, or to what hands it on.
func isRead(call *ast.CallExpr) bool {
	to, ok := call.Fun.(*ast.SelectorExpr)
	return ok && len(call.Args) > 0 && (to.Sel.Name == "Read" || to.Sel.Name == "read" || to.Sel.Name == "reading")
}

// carriedOn returns the lists that a function appends to without having made them,
// or set them, itself.
func carriedOn(body *ast.FuncLit) []string {
	appended, begun := map[string]bool{}, map[string]bool{}
	for _, field := range body.Type.Params.List {
		for _, name := range field.Names {
			begun[name.Name] = true
		}
	}
	ast.Inspect(body.Body, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.FuncType:
			for _, field := range x.Params.List {
				for _, name := range field.Names {
					begun[name.Name] = true
				}
			}
		case *ast.ValueSpec:
			for _, name := range x.Names {
				begun[name.Name] = true
			}
		case *ast.RangeStmt:
			for _, v := range []ast.Expr{x.Key, x.Value} {
				if v != nil {
					begun[spelt(v)] = true
				}
			}
		case *ast.AssignStmt:
			for i, to := range x.Lhs {
				if len(x.Rhs) == len(x.Lhs) && appendsTo(x.Rhs[i], spelt(to)) {
					appended[spelt(to)] = true
				} else {
					begun[spelt(to)] = true
				}
			}
		}
		return true
	})
	var lists []string
	for list := range appended {
		root, _, _ := strings.Cut(list, ".")
		if !begun[list] && !begun[root] {
			lists = append(lists, list)
		}
	}
	return lists
}

func appendsTo(e ast.Expr, list string) bool {
	call, ok := e.(*ast.CallExpr)
	if !ok || len(call.Args) == 0 {
		return false
	}
	name, ok := call.Fun.(*ast.Ident)
	return ok && name.Name == "append" && spelt(call.Args[0]) == list
}

// spelt returns an expression as it stands in the source.
func spelt(e ast.Expr) string {
	var b strings.Builder
	_ = printer.Fprint(&b, token.NewFileSet(), e) // a builder takes everything
	return b.String()
}

// eachSource calls fn with each Go file of the server that is no test.
func eachSource(t *testing.T, fn func(name string, file *ast.File)) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err == nil {
			fn(filepath.ToSlash(path), file)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
