package main

import (
	"fmt"
	"path"
	"reflect"
	"strings"

	"rapport/server/crm"
	"rapport/server/wire"
)

// object is a JSON object; encoding/json writes its keys sorted.
type object map[string]any

// schemas turns Go types into JSON schemas, as server/httpapi reads and writes
// them: keys from the json tags, nothing else allowed in a request.
type schemas struct {
	source *source
	made   object // components by name
}

// purpose says on which way a type goes: requests refuse unknown keys.
type purpose bool

const (
	request purpose = true
	answer  purpose = false
)

var (
	idType     = reflect.TypeFor[crm.ID]()
	recordType = reflect.TypeFor[crm.RecordType]()
)

// idPattern is what crm.ID.Valid demands.
const idPattern = "^[0-7][0-9A-HJKMNP-TV-Z]{25}$"

// of returns the schema of a type; structs and closed sets become components.
func (s *schemas) of(t reflect.Type, way purpose) (object, error) {
	switch t {
	case idType:
		return s.component("ID", func() (object, error) {
			return object{"type": "string", "pattern": "^$|" + idPattern, "description": "A ULID. Empty where that means something."}, nil
		})
	case recordType:
		return object{"type": "string"}, nil
	}
	switch t.Kind() { //nolint:exhaustive // the kinds that messages are made of
	case reflect.String:
		return s.text(t)
	case reflect.Bool:
		return object{"type": "boolean"}, nil
	case reflect.Int, reflect.Int64:
		return object{"type": "integer", "format": "int64"}, nil
	case reflect.Uint64:
		return object{"type": "integer", "format": "int64", "minimum": 0}, nil
	case reflect.Interface:
		return object{}, nil
	case reflect.Slice:
		items, err := s.of(t.Elem(), way)
		return object{"type": "array", "items": items}, err
	case reflect.Map:
		values, err := s.of(t.Elem(), way)
		return object{"type": "object", "additionalProperties": values}, err
	case reflect.Pointer:
		inner, err := s.of(t.Elem(), way)
		return object{"anyOf": []object{inner, {"type": "null"}}}, err
	case reflect.Struct:
		if t.Name() == "" {
			return s.structure(t, way)
		}
		return s.component(nameOf(t, way), func() (object, error) { return s.structure(t, way) })
	}
	return nil, fmt.Errorf("no schema for %s", t)
}

// nameOf names a component: messages of server/wire by their own name. One that
// goes both ways is strict on its way in only.
func nameOf(t reflect.Type, way purpose) string {
	if t.PkgPath() != reflect.TypeFor[wire.Problem]().PkgPath() {
		return path.Base(t.PkgPath()) + "." + t.Name()
	}
	if way == request && !strings.HasSuffix(t.Name(), "Request") {
		return t.Name() + "Request"
	}
	return t.Name()
}

func (s *schemas) component(name string, fill func() (object, error)) (object, error) {
	if _, ok := s.made[name]; !ok {
		s.made[name] = object{} // before it is filled: a type may name itself
		filled, err := fill()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		s.made[name] = filled
	}
	return object{"$ref": "#/components/schemas/" + name}, nil
}

// text is a string, or one of a closed set.
func (s *schemas) text(t reflect.Type) (object, error) {
	if t.PkgPath() == "" {
		return object{"type": "string"}, nil
	}
	p, err := s.source.of(t.PkgPath())
	if err != nil {
		return nil, err
	}
	var values, comments []string
	for _, v := range p.values[t.Name()] {
		values = append(values, v.text)
		comments = append(comments, fmt.Sprintf("%q: %s", v.text, v.comment))
	}
	if len(values) == 0 {
		return object{"type": "string"}, nil
	}
	return s.component(t.Name(), func() (object, error) {
		return object{
			"type": "string", "enum": values,
			"description": oneLine(p.types[t.Name()]) + "\n\n- " + strings.Join(comments, "\n- "),
		}, nil
	})
}

func (s *schemas) structure(t reflect.Type, way purpose) (object, error) {
	properties, required := object{}, []string{}
	comments := map[string]string{}
	made := object{"type": "object", "properties": properties}
	if t.Name() != "" {
		p, err := s.source.of(t.PkgPath())
		if err != nil {
			return nil, err
		}
		comments = p.fields[t.Name()]
		if made["description"], err = s.source.inWireWords(oneLine(p.types[t.Name()]), t); err != nil {
			return nil, err
		}
	}
	for i := range t.NumField() {
		f := t.Field(i)
		key, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if key == "" || key == "-" {
			return nil, fmt.Errorf("field %s has no json tag", f.Name)
		}
		optional := strings.Contains(options, "omitempty")
		typ := f.Type
		if optional && way == answer && typ.Kind() == reflect.Pointer {
			typ = typ.Elem() // absent, not null
		}
		property, err := s.of(typ, way)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		if text := comments[f.Name]; text != "" {
			property["description"] = text
		}
		properties[key] = property
		if !optional && way == answer { // what a request leaves out counts as empty
			required = append(required, key)
		}
	}
	if len(required) > 0 {
		made["required"] = required
	}
	if way == request {
		made["additionalProperties"] = false
	}
	return made, nil
}
