package crm

import (
	"encoding/binary"
	"math"
)

// Value is one value of a record, still packed. The zero Value is none. Two
// Values are equal (==) exactly when what they stand for is.
type Value struct{ packed string }

// Exists reports whether there is a value at all.
func (v Value) Exists() bool { return v.packed != "" }

// Text returns the value if it is a text. It is not copied.
func (v Value) Text() (string, bool) {
	if v.packed == "" || v.packed[0] != tagText {
		return "", false
	}
	return v.packed[1:], true
}

// Int returns the value if it is a whole number.
func (v Value) Int() (int64, bool) {
	if v.packed == "" || v.packed[0] != tagInt {
		return 0, false
	}
	n, _ := varint(v.packed[1:])
	return n, true
}

// Bool returns the value if it is a truth value.
func (v Value) Bool() (b, ok bool) { return v.packed == "t", v.packed == "t" || v.packed == "f" }

// Money returns the value if it is an amount.
func (v Value) Money() (Money, bool) {
	if v.packed == "" || v.packed[0] != tagMoney {
		return Money{}, false
	}
	amount, n := varint(v.packed[1:])
	return Money{Amount: amount, Currency: v.packed[1+n:]}, true
}

// Any returns the value as Fields holds it; nil for none. Lists and objects are
// made anew with each call.
func (v Value) Any() any {
	if v.packed == "" {
		return nil
	}
	rest := v.packed[1:]
	switch v.packed[0] {
	case tagText:
		return rest
	case tagInt:
		n, _ := varint(rest)
		return n
	case tagFloat:
		return math.Float64frombits(binary.LittleEndian.Uint64([]byte(rest)))
	case tagTrue:
		return true
	case tagFalse:
		return false
	case tagMoney:
		m, _ := v.Money()
		return m
	case tagList:
		list := []any{}
		for item := range v.Items() {
			list = append(list, item.Any())
		}
		return list
	default: // tagObject
		object := map[string]any{}
		for rest != "" {
			var key, item string
			key, rest = sized(rest)
			item, rest = sized(rest)
			object[key] = Value{item}.Any()
		}
		return object
	}
}

// Items yields the items of a list; of anything else none.
func (v Value) Items() func(yield func(Value) bool) {
	return func(yield func(Value) bool) {
		if v.packed == "" || v.packed[0] != tagList {
			return
		}
		for rest := v.packed[1:]; rest != ""; {
			var item string
			if item, rest = sized(rest); !yield(Value{item}) {
				return
			}
		}
	}
}

// Texts yields the text itself, or the texts in a list.
func (v Value) Texts() func(yield func(string) bool) {
	return func(yield func(string) bool) {
		if s, ok := v.Text(); ok {
			yield(s)
			return
		}
		for item := range v.Items() {
			if s, ok := item.Text(); ok && !yield(s) {
				return
			}
		}
	}
}

// sized splits what appendSized wrote from what follows it.
func sized(s string) (first, rest string) {
	n, at := uvarint(s)
	return s[at : at+int(n)], s[at+int(n):]
}

// uvarint is binary.Uvarint for a text.
func uvarint(s string) (n uint64, length int) {
	for i := range len(s) {
		c := s[i]
		n |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			return n, i + 1
		}
	}
	return n, len(s)
}

// varint is binary.Varint for a text.
func varint(s string) (n int64, length int) {
	u, length := uvarint(s)
	n = int64(u >> 1)
	if u&1 != 0 {
		n = ^n
	}
	return n, length
}
