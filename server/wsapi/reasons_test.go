package wsapi_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"testing"
)

// reasonsDeclared counts the constants of type wire.ByeReason.
func reasonsDeclared(t *testing.T) int {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../wire/wire.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	ast.Inspect(file, func(node ast.Node) bool {
		if spec, ok := node.(*ast.ValueSpec); ok {
			if typ, ok := spec.Type.(*ast.Ident); ok && typ.Name == "ByeReason" {
				n += len(spec.Names)
			}
		}
		return true
	})
	return n
}
