package wsapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"unicode/utf8"

	"rapport/server/wire"
)

// clientMessages holds one value of each message a client may send, by type.
var clientMessages = map[string]func() any{
	"hello": func() any { return &wire.Hello{} },
	"watch": func() any { return &wire.Watch{} },
}

// decode reads one message: *wire.Hello or *wire.Watch. It takes exactly what
// the structs declare: encoding/json alone would let the last of two equal keys
// win, match keys without regard to case and let bad UTF-8 pass. What is wrong is
// logged, so that no error repeats anything of the message.
func decode(data []byte) (any, error) {
	if !utf8.Valid(data) {
		return nil, errors.New("not UTF-8")
	}
	keys, err := objectKeys(data)
	if err != nil {
		return nil, err
	}
	var head struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, err
	}
	newMessage, known := clientMessages[head.Type]
	if !known {
		return nil, errors.New("unknown type")
	}
	message := newMessage()
	allowed := map[string]bool{}
	jsonKeys(reflect.TypeOf(message).Elem(), "", allowed)
	for _, key := range keys {
		if !allowed[key] {
			return nil, errors.New("unknown key")
		}
	}
	return message, json.Unmarshal(data, message)
}

// jsonKeys collects the key paths that a struct declares.
func jsonKeys(t reflect.Type, prefix string, into map[string]bool) {
	for i := range t.NumField() {
		key, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		into[prefix+key] = true
		inner := t.Field(i).Type
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		if inner.Kind() == reflect.Struct {
			jsonKeys(inner, prefix+key+".", into)
		}
	}
}

// maxDepth bounds nesting: no message of a client has more than two levels.
const maxDepth = 3

// objectKeys returns the path of each key of a JSON object and refuses
// repeated ones, and anything behind the object.
func objectKeys(data []byte) ([]string, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	first, err := d.Token()
	if err != nil {
		return nil, err
	}
	if first != json.Delim('{') {
		return nil, errors.New("not an object")
	}
	seen := map[string]bool{}
	var keys []string
	if err := walkObject(d, "", 1, func(path string) error {
		if seen[path] {
			return errors.New("repeated key")
		}
		seen[path] = true
		keys = append(keys, path)
		return nil
	}); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the message")
	}
	return keys, nil
}

// walkObject reads to the end of the object whose brace has been read.
func walkObject(d *json.Decoder, prefix string, depth int, each func(path string) error) error {
	if depth > maxDepth {
		return errors.New("nested too deeply")
	}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return err
		}
		key, _ := token.(string)
		if strings.Contains(key, ".") { // no declared key has one; it would look like the path of one
			return errors.New("unknown key")
		}
		if err := each(prefix + key); err != nil {
			return err
		}
		value, err := d.Token()
		if err != nil {
			return err
		}
		switch value {
		case json.Delim('{'):
			if err := walkObject(d, prefix+key+".", depth+1, each); err != nil {
				return err
			}
		case json.Delim('['):
			return errors.New("no message has a list")
		}
	}
	_, err := d.Token()
	return err
}
