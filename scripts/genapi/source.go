package main

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"strconv"
	"strings"

	"rapport/server/crm"
)

// source reads what reflection does not know: the comments of the module's own
// packages, and the values of their closed sets of texts.
type source struct {
	root     string
	packages map[string]*pkg // by import path
}

// pkg is what one package says.
type pkg struct {
	types   map[string]string            // type -> comment
	fields  map[string]map[string]string // struct -> field -> comment
	values  map[string][]value           // text type -> its constants
	methods map[string]string            // "Type.Method" -> comment
}

type value struct{ name, text, comment string }

func newSource(root string) *source { return &source{root, map[string]*pkg{}} }

// of returns what a package of this module says.
func (s *source) of(path string) (*pkg, error) {
	if p, ok := s.packages[path]; ok {
		return p, nil
	}
	dir, ok := strings.CutPrefix(path, "rapport/")
	if !ok {
		return nil, fmt.Errorf("package %s is not ours", path)
	}
	names, err := filepath.Glob(filepath.Join(s.root, dir, "*.go"))
	if err != nil {
		return nil, err
	}
	p := &pkg{types: map[string]string{}, fields: map[string]map[string]string{}, values: map[string][]value{}, methods: map[string]string{}}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		p.read(file)
	}
	s.packages[path] = p
	return p, nil
}

func (p *pkg) read(file *ast.File) {
	for _, decl := range file.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if d.Recv != nil {
				p.methods[receiver(d)+"."+d.Name.Name] = d.Doc.Text()
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				p.readSpec(d, spec)
			}
		}
	}
}

func (p *pkg) readSpec(decl *ast.GenDecl, spec ast.Spec) {
	switch s := spec.(type) {
	case *ast.TypeSpec:
		p.types[s.Name.Name] = decl.Doc.Text()
		if t, ok := s.Type.(*ast.StructType); ok {
			fields := map[string]string{}
			for _, f := range t.Fields.List {
				for _, name := range f.Names {
					fields[name.Name] = oneLine(f.Doc.Text() + " " + f.Comment.Text())
				}
			}
			p.fields[s.Name.Name] = fields
		}
	case *ast.ValueSpec:
		named, ok := s.Type.(*ast.Ident)
		if !ok || decl.Tok != token.CONST {
			return
		}
		for i, v := range s.Values {
			if lit, ok := v.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				text, _ := strconv.Unquote(lit.Value) // a literal that was parsed
				p.values[named.Name] = append(p.values[named.Name], value{
					s.Names[i].Name, text, oneLine(strings.TrimPrefix(s.Doc.Text(), s.Names[i].Name+" ") + s.Comment.Text()),
				})
			}
		}
	}
}

func receiver(d *ast.FuncDecl) string {
	t := d.Recv.List[0].Type
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	if name, ok := t.(*ast.Ident); ok {
		return name.Name
	}
	return ""
}

// methodComment returns the comment on the method that a method value is of.
func (s *source) methodComment(method any) (string, error) {
	// "rapport/server/records.(*Service).Edit-fm"
	full := runtime.FuncForPC(reflect.ValueOf(method).Pointer()).Name()
	path, rest, ok := strings.Cut(full, ".(*")
	typeName, name, found := strings.Cut(strings.TrimSuffix(rest, "-fm"), ").")
	if !ok || !found {
		return "", fmt.Errorf("%s is not a method", full)
	}
	p, err := s.of(path)
	if err != nil {
		return "", err
	}
	comment := p.methods[typeName+"."+name]
	if comment == "" {
		return "", fmt.Errorf("%s has no comment", full)
	}
	return strings.TrimPrefix(comment, name+" "), nil
}

// goName matches what a comment calls by its name in Go: CodeNotFound, BasedOn.
var goName = regexp.MustCompile(`\b[A-Z][a-z]+[A-Z]\w*`)

// inWireWords replaces the Go names of error codes, and of the fields of t, by
// what they are called on the wire.
func (s *source) inWireWords(text string, t reflect.Type) (string, error) {
	kernel, err := s.of(reflect.TypeFor[crm.Code]().PkgPath())
	if err != nil {
		return "", err
	}
	words := map[string]string{}
	for _, code := range kernel.values["Code"] {
		words[code.name] = code.text
	}
	for i := range t.NumField() {
		words[t.Field(i).Name], _, _ = strings.Cut(t.Field(i).Tag.Get("json"), ",")
	}
	return goName.ReplaceAllStringFunc(text, func(name string) string { return cmp.Or(words[name], name) }), nil
}

// paragraphs joins the lines of a comment; an empty line and the list of errors
// begin anew.
func paragraphs(text string) string {
	parts := strings.Split(strings.ReplaceAll(text, "\nErrors:", "\n\nErrors:"), "\n\n")
	for i, part := range parts {
		parts[i] = oneLine(part)
	}
	return strings.Join(parts, "\n\n")
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
