package main

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

const header = `// Made by scripts/gentypes from server/wire; change it there.
// Numbers are whole and below 2^53 unless a comment says otherwise.
`

// renamed holds the Go names that mean something else in TypeScript.
var renamed = map[string]string{"Record": "WireRecord"}

// unions are the directives that collect structs into a discriminated union.
var unions = []struct{ directive, name, doc string }{
	{"//wire:server", "ServerMessage", "What the server sends over the socket."},
	{"//wire:client", "ClientMessage", "What the app sends over the socket."},
}

// literalComment matches the comment that fixes a field to one value: // "welcome"
var literalComment = regexp.MustCompile(`^"([a-z_]+)"`)

// generate returns the TypeScript for every exported type and untyped constant
// declared in dir, in the order of their declaration.
func generate(dir string) ([]byte, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("no Go files in %s", dir)
	}
	slices.Sort(names)
	p := printer{members: map[string][]string{}, values: map[string][]constant{}}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, source, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
		p.collectConstants(file)
	}
	p.out.WriteString(header)
	for _, file := range files {
		p.file(file)
	}
	p.printUnions()
	return p.out.Bytes(), errors.Join(p.errs...)
}

// constant is one value of a closed set of texts.
type constant struct{ literal, doc string }

type printer struct {
	out     bytes.Buffer
	members map[string][]string   // directive -> TypeScript names
	values  map[string][]constant // Go type name -> its values
	errs    []error
}

// collectConstants gathers the values of named text types and prints nothing.
func (p *printer) collectConstants(file *ast.File) {
	for _, spec := range specs[*ast.ValueSpec](file, token.CONST) {
		typeName, ok := spec.Type.(*ast.Ident)
		if !ok {
			continue
		}
		for _, value := range spec.Values {
			if lit, ok := value.(*ast.BasicLit); ok {
				p.values[typeName.Name] = append(p.values[typeName.Name], constant{quote(lit.Value), lineComment(spec.Comment)})
			}
		}
	}
}

func (p *printer) file(file *ast.File) {
	for _, decl := range file.Decls {
		gen, ok := decl.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, spec := range gen.Specs {
			switch s := spec.(type) {
			case *ast.ValueSpec:
				if gen.Tok == token.CONST && s.Type == nil {
					p.constant(gen, s)
				}
			case *ast.TypeSpec:
				p.typeSpec(gen, s)
			}
		}
	}
}

func (p *printer) constant(gen *ast.GenDecl, spec *ast.ValueSpec) {
	lit, ok := spec.Values[0].(*ast.BasicLit)
	if !ok || !spec.Names[0].IsExported() {
		return
	}
	name := spec.Names[0].Name
	p.out.WriteByte('\n')
	p.doc("", gen.Doc)
	fmt.Fprintf(&p.out, "export const %s = %s;\n", strings.ToLower(name[:1])+name[1:], quote(lit.Value))
}

func (p *printer) typeSpec(gen *ast.GenDecl, spec *ast.TypeSpec) {
	if !spec.Name.IsExported() {
		return
	}
	name := tsName(spec.Name.Name)
	p.out.WriteByte('\n')
	p.doc("", gen.Doc)
	switch t := spec.Type.(type) {
	case *ast.StructType:
		for _, u := range unions {
			if hasDirective(gen.Doc, u.directive) {
				p.members[u.directive] = append(p.members[u.directive], name)
			}
		}
		fmt.Fprintf(&p.out, "export interface %s {\n", name)
		for _, field := range t.Fields.List {
			p.field(name, field)
		}
		p.out.WriteString("}\n")
	default:
		values := p.values[spec.Name.Name]
		if len(values) == 0 {
			fmt.Fprintf(&p.out, "export type %s = %s;\n", name, p.typeOf(t))
			return
		}
		fmt.Fprintf(&p.out, "export type %s =", name)
		for i, v := range values {
			fmt.Fprintf(&p.out, "\n  | %s", v.literal)
			if i == len(values)-1 {
				p.out.WriteByte(';')
			}
			if v.doc != "" {
				p.out.WriteString(" // " + v.doc)
			}
		}
		p.out.WriteByte('\n')
	}
}

func (p *printer) field(owner string, field *ast.Field) {
	if len(field.Names) != 1 || field.Tag == nil {
		p.errs = append(p.errs, fmt.Errorf("%s: each field needs one name and a json tag", owner))
		return
	}
	tag := reflect.StructTag(strings.Trim(field.Tag.Value, "`")).Get("json")
	key, options, _ := strings.Cut(tag, ",")
	if key == "-" {
		return
	}
	p.doc("  ", field.Doc)
	typ, optional, comment := p.typeOf(field.Type), "", lineComment(field.Comment)
	if strings.Contains(options, "omitempty") {
		optional = "?"
		typ = strings.TrimSuffix(typ, " | null")
	}
	if m := literalComment.FindStringSubmatch(comment); m != nil && field.Names[0].Name == "Type" {
		typ, comment = quote(`"`+m[1]+`"`), ""
	}
	fmt.Fprintf(&p.out, "  %s%s: %s;", key, optional, typ)
	if comment != "" {
		p.out.WriteString(" // " + comment)
	}
	p.out.WriteByte('\n')
}

func (p *printer) printUnions() {
	for _, u := range unions {
		if names := p.members[u.directive]; len(names) > 0 {
			fmt.Fprintf(&p.out, "\n/** %s */\nexport type %s =\n  | %s;\n", u.doc, u.name, strings.Join(names, "\n  | "))
		}
	}
}

var basicTypes = map[string]string{
	"string": "string", "bool": "boolean", "any": "unknown",
	"int": "number", "int64": "number", "uint64": "number", "float64": "number",
}

func (p *printer) typeOf(e ast.Expr) string {
	switch t := e.(type) {
	case *ast.Ident:
		if ts, ok := basicTypes[t.Name]; ok {
			return ts
		}
		return tsName(t.Name)
	case *ast.StarExpr:
		return p.typeOf(t.X) + " | null"
	case *ast.ArrayType:
		return p.typeOf(t.Elt) + "[]"
	case *ast.MapType:
		return fmt.Sprintf("{ [key: string]: %s }", p.typeOf(t.Value))
	}
	p.errs = append(p.errs, fmt.Errorf("no TypeScript for %T", e))
	return "never"
}

// doc prints a comment group; directives are not part of its text.
func (p *printer) doc(indent string, group *ast.CommentGroup) {
	text := strings.TrimSpace(group.Text())
	if text == "" {
		return
	}
	lines := strings.Split(text, "\n")
	if len(lines) == 1 {
		fmt.Fprintf(&p.out, "%s/** %s */\n", indent, lines[0])
		return
	}
	fmt.Fprintf(&p.out, "%s/**\n", indent)
	for _, line := range lines {
		p.out.WriteString(strings.TrimRight(indent+" * "+line, " ") + "\n")
	}
	fmt.Fprintf(&p.out, "%s */\n", indent)
}

func specs[S ast.Spec](file *ast.File, tok token.Token) []S {
	var found []S
	for _, decl := range file.Decls {
		gen, ok := decl.(*ast.GenDecl)
		if !ok || gen.Tok != tok {
			continue
		}
		for _, spec := range gen.Specs {
			if s, ok := spec.(S); ok {
				found = append(found, s)
			}
		}
	}
	return found
}

func tsName(name string) string {
	if ts, ok := renamed[name]; ok {
		return ts
	}
	return name
}

// quote turns a Go literal into one in the quotes of the app's code style.
func quote(literal string) string { return strings.ReplaceAll(literal, `"`, `'`) }

func lineComment(group *ast.CommentGroup) string {
	return strings.Join(strings.Fields(group.Text()), " ")
}

func hasDirective(group *ast.CommentGroup, directive string) bool {
	return group != nil && slices.ContainsFunc(group.List, func(c *ast.Comment) bool { return c.Text == directive })
}
