// Package bsoncodec writes records and entries as plain BSON that a person can
// read in mongosh, and reads them back exactly. Both stores use it.
//
// Equal values give equal bytes: keys are written in sorted order. What could
// not be read back as it was – a key that BSON or MongoDB would take for
// something else, a value of a kind that crm.Fields does not allow – is refused
// when it is written.
package bsoncodec

import (
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

// appendFields appends the elements of f, custom fields nested, to an open document.
func appendFields(dst []byte, f crm.Fields) ([]byte, error) {
	keys := make([]string, 0, len(f))
	for key := range f {
		keys = append(keys, key)
	}
	// Plain keys first: the custom ones share one nested document at the end.
	slices.SortFunc(keys, func(a, b string) int {
		if x, y := strings.HasPrefix(a, crm.CustomPrefix), strings.HasPrefix(b, crm.CustomPrefix); x != y {
			if x {
				return 1
			}
			return -1
		}
		return strings.Compare(a, b)
	})
	var err error
	custom := int32(-1) // where the nested document starts
	for _, key := range keys {
		name, isCustom := strings.CutPrefix(key, crm.CustomPrefix)
		if err := checkFieldKey(key, name, isCustom); err != nil {
			return nil, err
		}
		if isCustom && custom < 0 {
			custom, dst = bsoncore.AppendDocumentElementStart(dst, keyCustom)
		}
		if dst, err = appendValue(dst, name, f[key]); err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
	}
	if custom >= 0 {
		return bsoncore.AppendDocumentEnd(dst, custom)
	}
	return dst, nil
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

func appendValue(dst []byte, key string, v any) ([]byte, error) {
	switch x := v.(type) {
	case string:
		if !utf8.ValidString(x) {
			return nil, fmt.Errorf("text is not UTF-8")
		}
		return bsoncore.AppendStringElement(dst, key, x), nil
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
		if dst, err = appendValue(dst, strconv.Itoa(i), item); err != nil {
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
		if dst, err = appendValue(dst, k, m[k]); err != nil {
			return nil, err
		}
	}
	return bsoncore.AppendDocumentEnd(dst, start)
}
