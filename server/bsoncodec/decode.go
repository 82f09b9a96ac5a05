package bsoncodec

import (
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"

	"rapport/server/crm"
)

var errDamaged = errors.New("bsoncodec: damaged document")

// Decoder reads stored documents. It gives equal keys one string, since 200,000
// records have the same twenty. The zero value is ready; use one per goroutine.
type Decoder struct {
	keys, customKeys map[string]string
	packer           crm.Packer
}

// fieldKey returns the key of a field, from memory if it came before. A key that
// would not be written is not read either.
func (d *Decoder) fieldKey(name []byte, custom bool) (string, error) {
	known := &d.keys
	if custom {
		known = &d.customKeys
	}
	if key, ok := (*known)[string(name)]; ok { // does not allocate
		return key, nil
	}
	if err := checkFieldKey(string(name), string(name), custom); err != nil {
		return "", fmt.Errorf("%w: %w", errDamaged, err)
	}
	if *known == nil {
		*known = map[string]string{}
	}
	key := string(name)
	if custom {
		key = crm.CustomPrefix + key
	}
	(*known)[string(name)] = key
	return key, nil
}

// eachElement calls fn for each element of a document or list.
func eachElement(doc []byte, fn func(key []byte, v bsoncore.Value) error) error {
	length, _, ok := bsoncore.ReadLength(doc)
	if !ok || int(length) > len(doc) || length < 5 {
		return errDamaged
	}
	for rest := doc[4 : length-1]; len(rest) > 0; {
		var e bsoncore.Element
		if e, rest, ok = bsoncore.ReadElement(rest); !ok {
			return errDamaged
		}
		v, err := e.ValueErr()
		if err != nil {
			return fmt.Errorf("%w: %w", errDamaged, err)
		}
		if err := fn(e.KeyBytes(), v); err != nil {
			return err
		}
	}
	return nil
}

// fields is appendFields backwards. What is null has no value.
func (d *Decoder) fields(doc []byte) (crm.Values, error) {
	err := eachElement(doc, func(key []byte, v bsoncore.Value) error {
		switch string(key) {
		case keyID, keyVersion:
			return nil
		case keyCustom:
			if v.Type == bsoncore.TypeEmbeddedDocument {
				return eachElement(v.Data, func(key []byte, v bsoncore.Value) error { return d.add(key, v, true) })
			}
		}
		return d.add(key, v, false)
	})
	fields := d.packer.Values() // also after an error: the next document begins with nothing
	return fields, err
}

func (d *Decoder) add(name []byte, v bsoncore.Value, custom bool) error {
	if v.Type == bsoncore.TypeNull {
		return nil
	}
	key, err := d.fieldKey(name, custom)
	if err != nil {
		return err
	}
	if v.Type == bsoncore.TypeString {
		const length, end = 4, 1 // around the text: its length, a zero byte
		if len(v.Data) < length+end {
			return errDamaged
		}
		text := v.Data[length : len(v.Data)-end]
		if !utf8.Valid(text) {
			return fmt.Errorf("%s: %w: not UTF-8", key, errDamaged)
		}
		d.packer.AddText(key, text)
		return nil
	}
	value, err := decodeValue(v)
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	d.packer.Add(key, value)
	return nil
}

// decodeValue reads a value of the kinds crm.Fields allows. What other programs
// may have written – int32, dates – becomes the nearest of them.
func decodeValue(v bsoncore.Value) (any, error) {
	switch v.Type {
	case bsoncore.TypeString:
		if s, ok := v.StringValueOK(); ok && utf8.ValidString(s) {
			return s, nil
		}
	case bsoncore.TypeBoolean:
		if b, ok := v.BooleanOK(); ok {
			return b, nil
		}
	case bsoncore.TypeInt64:
		if n, ok := v.Int64OK(); ok {
			return n, nil
		}
	case bsoncore.TypeInt32:
		if n, ok := v.Int32OK(); ok {
			return int64(n), nil
		}
	case bsoncore.TypeDouble:
		if x, ok := v.DoubleOK(); ok {
			return x, nil
		}
	case bsoncore.TypeDateTime:
		if t, ok := v.TimeOK(); ok {
			return t.UTC().Format(time.RFC3339Nano), nil
		}
	case bsoncore.TypeArray:
		return decodeList(v.Data)
	case bsoncore.TypeEmbeddedDocument:
		return decodeMap(v.Data)
	default:
		return nil, fmt.Errorf("bsoncodec: BSON type %s is not a field value", v.Type)
	}
	return nil, errDamaged
}

func decodeList(doc []byte) (any, error) {
	list := []any{}
	err := eachElement(doc, func(_ []byte, v bsoncore.Value) error {
		item, err := decodeValue(v)
		list = append(list, item)
		return err
	})
	return list, err
}

// decodeMap reads a nested document. One of exactly amount and currency is money.
func decodeMap(doc []byte) (any, error) {
	m := map[string]any{}
	err := eachElement(doc, func(key []byte, v bsoncore.Value) error {
		if !utf8.Valid(key) {
			return errDamaged
		}
		item, err := decodeValue(v)
		m[string(key)] = item
		return err
	})
	if err != nil {
		return nil, err
	}
	amount, isAmount := m[keyAmount].(int64)
	currency, isCurrency := m[keyCurrency].(string)
	if isAmount && isCurrency && len(m) == 2 {
		return crm.Money{Amount: amount, Currency: currency}, nil
	}
	return m, nil
}
