package httpapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"rapport/server/crm"
)

// Limits of a JSON body. encoding/json by itself accepts repeated and
// differently cased keys, lone surrogates and 10,000 levels.
const (
	maxDepth  = 32
	maxTokens = 20_000
	maxKey    = 200 // bytes
)

// parseObject reads raw as one JSON object. Numbers stay json.Number.
// Errors: CodeInvalid with the path of what is wrong.
func parseObject(raw []byte) (map[string]any, error) {
	switch {
	case !utf8.Valid(raw):
		return nil, crm.Errorf(crm.CodeInvalid, "not_utf8", "the body is not UTF-8")
	case !json.Valid(raw):
		return nil, crm.Errorf(crm.CodeInvalid, "not_json", "the body is not one JSON value")
	case hasLoneSurrogate(raw):
		// The decoder would turn it into U+FFFD without a word.
		return nil, crm.Errorf(crm.CodeInvalid, "not_utf8", "a text in the body holds half a character")
	}
	p := treeParser{dec: json.NewDecoder(bytes.NewReader(raw))}
	p.dec.UseNumber()
	v, err := p.value("", 0)
	if err != nil {
		return nil, err
	}
	object, ok := v.(map[string]any)
	if !ok {
		return nil, crm.Errorf(crm.CodeInvalid, "not_an_object", "the body must be a JSON object")
	}
	return object, nil
}

type treeParser struct {
	dec    *json.Decoder
	tokens int
}

func (p *treeParser) next(path string) (json.Token, error) {
	if p.tokens++; p.tokens > maxTokens {
		return nil, crm.Errorf(crm.CodeTooLarge, "too_many_values", "the body holds more than %d values", maxTokens)
	}
	tok, err := p.dec.Token()
	if err != nil {
		return nil, crm.Invalid(place(path), "not_json")
	}
	if s, ok := tok.(string); ok && strings.IndexByte(s, 0) >= 0 {
		return nil, crm.Invalid(place(path), "control_character")
	}
	return tok, nil
}

func (p *treeParser) value(path string, depth int) (any, error) {
	tok, err := p.next(path)
	if err != nil {
		return nil, err
	}
	delim, nested := tok.(json.Delim)
	if !nested {
		return tok, nil
	}
	if depth == maxDepth {
		return nil, crm.Invalid(place(path), "too_deep")
	}
	if delim == '[' {
		return p.array(path, depth)
	}
	return p.object(path, depth)
}

func (p *treeParser) array(path string, depth int) (any, error) {
	items := []any{}
	for p.dec.More() {
		v, err := p.value(path+"["+strconv.Itoa(len(items))+"]", depth+1)
		if err != nil {
			return nil, err
		}
		items = append(items, v)
	}
	_, err := p.next(path) // the closing bracket
	return items, err
}

func (p *treeParser) object(path string, depth int) (any, error) {
	object := map[string]any{}
	folded := map[string]bool{}
	for p.dec.More() {
		tok, err := p.next(path)
		if err != nil {
			return nil, err
		}
		key, _ := tok.(string)
		at := join(path, key)
		if len(key) > maxKey {
			return nil, crm.Invalid(place(path), "key_too_long")
		}
		// Keys that differ only in case are one key to many readers.
		fold := strings.ToLower(key)
		if folded[fold] {
			return nil, crm.Invalid(at, "duplicate_key")
		}
		folded[fold] = true
		if object[key], err = p.value(at, depth+1); err != nil {
			return nil, err
		}
	}
	_, err := p.next(path)
	return object, err
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// place names the whole body when path is empty.
func place(path string) string {
	if path == "" {
		return "body"
	}
	return path
}

// hasLoneSurrogate looks for \uD800–\uDFFF escapes that do not come as a pair.
// raw is valid JSON, so a backslash occurs in texts only.
func hasLoneSurrogate(raw []byte) bool {
	for i := 0; i+1 < len(raw); i++ {
		if raw[i] != '\\' {
			continue
		}
		i++ // at the escaped character
		if raw[i] != 'u' {
			continue
		}
		r := hex4(raw[i+1:])
		i += 4
		switch {
		case r < 0xD800 || r > 0xDFFF:
		case r <= 0xDBFF && i+6 < len(raw) && raw[i+1] == '\\' && raw[i+2] == 'u' && isLowSurrogate(hex4(raw[i+3:])):
			i += 6
		default:
			return true
		}
	}
	return false
}

func isLowSurrogate(r uint64) bool { return r >= 0xDC00 && r <= 0xDFFF }

func hex4(b []byte) uint64 {
	n, _ := strconv.ParseUint(string(b[:min(4, len(b))]), 16, 32) // digits already checked by json.Valid
	return n
}

// checkShape holds a tree against the Go type it is meant for: keys must be
// spelled exactly like the json tags, null is for pointers only.
func checkShape(tree any, dst any) error {
	return shape(tree, reflect.TypeOf(dst).Elem(), "")
}

func shape(v any, t reflect.Type, path string) error {
	if t.Kind() == reflect.Pointer {
		if v == nil {
			return nil
		}
		t = t.Elem()
	}
	switch {
	case t.Kind() == reflect.Interface, t == reflect.TypeFor[json.RawMessage](), t == reflect.TypeFor[json.Number]():
		return nil
	case v == nil:
		return crm.Invalid(place(path), "wrong_type")
	case t.Kind() == reflect.Struct:
		return structShape(v, t, path)
	case t.Kind() == reflect.Slice:
		items, ok := v.([]any)
		if !ok {
			return crm.Invalid(place(path), "wrong_type")
		}
		for i, item := range items {
			if err := shape(item, t.Elem(), fmt.Sprintf("%s[%d]", path, i)); err != nil {
				return err
			}
		}
		return nil
	case t.Kind() == reflect.Map:
		object, ok := v.(map[string]any)
		if !ok {
			return crm.Invalid(place(path), "wrong_type")
		}
		for key, item := range object {
			if err := shape(item, t.Elem(), join(path, key)); err != nil {
				return err
			}
		}
		return nil
	default:
		return scalarShape(v, t, path)
	}
}

func structShape(v any, t reflect.Type, path string) error {
	object, ok := v.(map[string]any)
	if !ok {
		return crm.Invalid(place(path), "wrong_type")
	}
	byKey := map[string]reflect.Type{}
	for _, f := range reflect.VisibleFields(t) {
		if f.Anonymous || !f.IsExported() {
			continue
		}
		key, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		byKey[key] = f.Type
	}
	for key, item := range object {
		ft, known := byKey[key]
		if !known {
			return crm.Invalid(join(path, key), "unknown_key")
		}
		if err := shape(item, ft, join(path, key)); err != nil {
			return err
		}
	}
	return nil
}

// scalarShape refuses what json would refuse too, but with the whole path:
// inside arrays its error names none.
func scalarShape(v any, t reflect.Type, path string) error {
	ok := true
	switch t.Kind() { //nolint:exhaustive // the kinds request structs are made of
	case reflect.String:
		_, ok = v.(string)
	case reflect.Bool:
		_, ok = v.(bool)
	case reflect.Int, reflect.Int64, reflect.Uint64, reflect.Uint32, reflect.Int32:
		n, isNumber := v.(json.Number)
		_, err := strconv.ParseInt(n.String(), 10, 64)
		ok = isNumber && err == nil
	}
	if !ok {
		return crm.Invalid(place(path), "wrong_type")
	}
	return nil
}
