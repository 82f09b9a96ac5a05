// Package bsoncodec writes records and entries as plain BSON that a person can
// read in mongosh, and reads them back exactly. Both stores use it.
//
// Equal values give equal bytes: keys are written in sorted order. What could
// not be read back as it was – a key that BSON or MongoDB would take for
// something else, a text that is not UTF-8 – is refused when it is written.
package bsoncodec

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"

	"rapport/server/crm"
)

const (
	keyID      = "_id"
	keyVersion = "version"
	// keyCustom is where custom fields are nested: "fields.industry" becomes
	// {fields: {industry: …}}.
	keyCustom = "fields"

	keyAmount   = "amount"
	keyCurrency = "currency"
)

// appendFields appends the elements of f, custom fields nested behind the
// others, to an open document.
func appendFields(dst []byte, f crm.Values) ([]byte, error) {
	var err error
	customs := 0
	for key, value := range f.All() {
		if strings.HasPrefix(key, crm.CustomPrefix) {
			customs++
			continue
		}
		if err := checkFieldKey(key, key, false); err != nil {
			return nil, err
		}
		if dst, err = appendValue(dst, key, value); err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
	}
	if customs == 0 {
		return dst, nil
	}
	start, dst := bsoncore.AppendDocumentElementStart(dst, keyCustom)
	for key, value := range f.All() {
		name, isCustom := strings.CutPrefix(key, crm.CustomPrefix)
		if !isCustom {
			continue
		}
		if err := checkFieldKey(key, name, true); err != nil {
			return nil, err
		}
		if dst, err = appendValue(dst, name, value); err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
	}
	return bsoncore.AppendDocumentEnd(dst, start)
}

// checkFieldKey refuses keys that would come back as something else.
func checkFieldKey(key, name string, isCustom bool) error {
	switch {
	case name == "", strings.HasPrefix(name, "$"), strings.ContainsAny(name, ".\x00"), !utf8.ValidString(name):
		return fmt.Errorf("%q cannot be the key of a field", key)
	case !isCustom && (name == keyID || name == keyVersion || name == keyCustom):
		return fmt.Errorf("%q is taken by the record itself", key)
	}
	return nil
}

func appendValue(dst []byte, key string, v crm.Value) ([]byte, error) {
	if text, ok := v.Text(); ok { // most values are: spare them the box
		return appendTextElement(dst, key, text)
	}
	return appendAny(dst, key, v.Any())
}

func appendTextElement(dst []byte, key, text string) ([]byte, error) {
	if !utf8.ValidString(text) {
		return nil, errors.New("text is not UTF-8")
	}
	return bsoncore.AppendStringElement(dst, key, text), nil
}

func appendAny(dst []byte, key string, v any) ([]byte, error) {
	switch x := v.(type) {
	case string:
		return appendTextElement(dst, key, x)
	case bool:
		return bsoncore.AppendBooleanElement(dst, key, x), nil
	case int64:
		return bsoncore.AppendInt64Element(dst, key, x), nil
	case float64:
		return bsoncore.AppendDoubleElement(dst, key, x), nil
	case crm.Money:
		start, dst := bsoncore.AppendDocumentElementStart(dst, key)
		dst = bsoncore.AppendInt64Element(dst, keyAmount, x.Amount)
		dst = bsoncore.AppendStringElement(dst, keyCurrency, x.Currency)
		return bsoncore.AppendDocumentEnd(dst, start)
	case []any:
		return appendList(dst, key, x)
	case map[string]any:
		return appendMap(dst, key, x)
	default:
		return nil, fmt.Errorf("%T is not a kind of value that fields may have", v)
	}
}

func appendList(dst []byte, key string, list []any) ([]byte, error) {
	start, dst := bsoncore.AppendArrayElementStart(dst, key)
	var err error
	for i, item := range list {
		if dst, err = appendAny(dst, strconv.Itoa(i), item); err != nil {
			return nil, err
		}
	}
	return bsoncore.AppendArrayEnd(dst, start)
}

// appendMap writes a nested value. Its keys are data, not fields – the columns
// of an import, say – so that only what BSON itself cannot hold is refused.
func appendMap(dst []byte, key string, m map[string]any) ([]byte, error) {
	keys := make([]string, 0, len(m))
	for k := range m {
		if strings.ContainsRune(k, 0) || !utf8.ValidString(k) {
			return nil, fmt.Errorf("%q cannot be a key", k)
		}
		keys = append(keys, k)
	}
	slices.Sort(keys)
	start, dst := bsoncore.AppendDocumentElementStart(dst, key)
	var err error
	for _, k := range keys {
		if dst, err = appendAny(dst, k, m[k]); err != nil {
			return nil, err
		}
	}
	return bsoncore.AppendDocumentEnd(dst, start)
}
