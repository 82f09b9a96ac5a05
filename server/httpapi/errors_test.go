package httpapi_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"rapport/server/crm"
	"rapport/server/httpapi"
	"rapport/server/wire"
)

// declaredCodes reads the codes out of the source, so that a new one cannot be
// forgotten here.
func declaredCodes(t *testing.T) []crm.Code {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../crm/error.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var codes []crm.Code
	ast.Inspect(file, func(n ast.Node) bool {
		spec, isValue := n.(*ast.ValueSpec)
		if !isValue || !strings.HasPrefix(spec.Names[0].Name, "Code") {
			return true
		}
		lit, isText := spec.Values[0].(*ast.BasicLit)
		if !isText {
			return true
		}
		text, err := strconv.Unquote(lit.Value)
		if err != nil {
			t.Fatal(err)
		}
		codes = append(codes, crm.Code(text))
		return true
	})
	if len(codes) < 12 {
		t.Fatalf("found only %v", codes)
	}
	return codes
}

func TestEveryCodeHasAStatus(t *testing.T) {
	for _, code := range declaredCodes(t) {
		if status := httpapi.StatusByCode[code]; status < 400 || status > 599 {
			t.Errorf("%s has status %d", code, status)
		}
	}
}

func TestACauseNeverReachesTheBody(t *testing.T) {
	const secret = "dial tcp 10.0.0.7:27017"
	cause := errors.New(secret)
	tests := []struct {
		name string
		err  error
		code crm.Code
	}{
		{"a foreign error is internal", cause, crm.CodeInternal},
		{"an internal error says nothing", crm.Errorf(crm.CodeInternal, "x", "bug: %w", cause), crm.CodeInternal},
		{"a wrapped cause is cut off the message", crm.Errorf(crm.CodeUnavailable, "store_unavailable", "the store does not answer: %w", cause), crm.CodeUnavailable},
		{"a cause beside the message stays", &crm.Error{Code: crm.CodeNotFound, Message: "gone", Err: cause}, crm.CodeNotFound},
		{"an error around ours does not show", fmt.Errorf("%s: %w", secret, crm.Invalid("a", "b")), crm.CodeInvalid},
		{"the router's text does not show", fiber.NewError(404, "Cannot GET /"+secret), crm.CodeNotFound},
		{"an unknown code is internal", &crm.Error{Code: "nonsense", Message: secret}, crm.CodeInternal},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, p := httpapi.ProblemOf(tt.err)
			raw, err := json.Marshal(p)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(raw), "10.0.0.7") {
				t.Errorf("body %s", raw)
			}
			if p.Code != string(tt.code) {
				t.Errorf("code %s, want %s", p.Code, tt.code)
			}
		})
	}
}

func TestAConflictCarriesTheVisibleRecord(t *testing.T) {
	_, p := httpapi.ProblemOf(&crm.Error{Code: crm.CodeConflict, Current: wire.Record{ID: "01A"}})
	if p.Current == nil || p.Current.ID != "01A" {
		t.Errorf("current %+v", p.Current)
	}
	// A record that nobody has masked does not leave.
	if _, p = httpapi.ProblemOf(&crm.Error{Code: crm.CodeConflict, Current: crm.Record{ID: "01A"}}); p.Current != nil {
		t.Errorf("unmasked record in %+v", p)
	}
}
