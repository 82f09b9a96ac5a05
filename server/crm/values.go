package crm

import (
	"encoding/binary"
	"iter"
	"slices"
	"time"
)

// Values are the fields of one record in circulation, packed into one text:
// a million records would otherwise be ten million small objects, each of which
// the garbage collector has to visit. Records with the same keys share them.
//
// Values never change, so that readers need no lock. The zero Values has no
// fields. Pack makes them, With makes changed ones, Unpack takes them apart.
type Values struct {
	shape *shape
	// data holds, by the order of the keys in shape, where each value ends, then
	// the values themselves; see pack.go.
	data string
}

// Pack returns the values of f. nil is no value: its key is left out.
// It panics for a kind that Fields does not allow; nothing a client sends gets
// here without having passed the schema.
func Pack(f Fields) Values {
	var p Packer
	for key, value := range f {
		p.Add(key, value)
	}
	return p.Values()
}

// Len returns the number of fields that have a value.
func (v Values) Len() int {
	if v.shape == nil {
		return 0
	}
	return len(v.shape.keys)
}

// Lookup returns the value under key; the zero Value if there is none.
func (v Values) Lookup(key string) Value {
	if v.shape == nil {
		return Value{}
	}
	i, ok := v.shape.index[key]
	if !ok {
		return Value{}
	}
	return v.at(i)
}

// Has reports whether there is a value under key.
func (v Values) Has(key string) bool {
	if v.shape == nil {
		return false
	}
	_, ok := v.shape.index[key]
	return ok
}

// Get returns the value under key as Fields holds it, or nil.
func (v Values) Get(key string) any { return v.Lookup(key).Any() }

// String returns the text under key, or "".
func (v Values) String(key string) string { s, _ := v.Lookup(key).Text(); return s }

// ID returns the id under key, or "".
func (v Values) ID(key string) ID { return ID(v.String(key)) }

// Int returns the whole number under key, or 0.
func (v Values) Int(key string) int64 { n, _ := v.Lookup(key).Int(); return n }

// Bool returns the truth value under key, or false.
func (v Values) Bool(key string) bool { b, _ := v.Lookup(key).Bool(); return b }

// Money returns the amount under key; ok is false when there is none.
func (v Values) Money(key string) (m Money, ok bool) { return v.Lookup(key).Money() }

// Time returns the moment under key (RFC 3339 text), or the zero time.
func (v Values) Time(key string) time.Time {
	t, _ := time.Parse(time.RFC3339Nano, v.String(key))
	return t
}

// All yields the fields in the order of their keys.
func (v Values) All() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		for i := range v.Len() {
			if !yield(v.shape.keys[i], v.at(i)) {
				return
			}
		}
	}
}

// Unpack returns the fields as a map of the caller's own.
func (v Values) Unpack() Fields {
	f := make(Fields, v.Len())
	for key, value := range v.All() {
		f[key] = value.Any()
	}
	return f
}

// With returns the values with those of set in their place and those of unset
// gone.
func (v Values) With(set Values, unset []string) Values {
	p := Packer{fields: make([]packedField, 0, v.Len()+set.Len()), buf: make([]byte, 0, len(v.data)+len(set.data)), last: v.shape}
	i, j := 0, 0
	for i < v.Len() || j < set.Len() {
		switch {
		case j == set.Len() || i < v.Len() && v.shape.keys[i] < set.shape.keys[j]:
			if key := v.shape.keys[i]; !slices.Contains(unset, key) {
				p.keep(key, v.at(i))
			}
			i++
		case i == v.Len() || set.shape.keys[j] < v.shape.keys[i]:
			p.keep(set.shape.keys[j], set.at(j))
			j++
		default: // both have the key
			p.keep(set.shape.keys[j], set.at(j))
			i, j = i+1, j+1
		}
	}
	return p.Values()
}

// Same reports whether v and w have equal values under key, or both none.
func (v Values) Same(w Values, key string) bool { return v.Lookup(key) == w.Lookup(key) }

// Equal reports whether v and w are the same fields with equal values.
func (v Values) Equal(w Values) bool {
	if v.Len() != w.Len() || v.data != w.data {
		return false
	}
	return v.shape == w.shape || slices.Equal(v.shape.keys, w.shape.keys)
}

// Difference returns what turns v into w: the values of w that differ, the keys
// that are gone (sorted), and the values of v under all of those keys.
func (v Values) Difference(w Values) (set Values, unset []string, before Values) {
	var sets, befores Packer
	for key, now := range w.All() {
		old := v.Lookup(key)
		if old == now {
			continue
		}
		sets.keep(key, now)
		if old.Exists() {
			befores.keep(key, old)
		}
	}
	for key, old := range v.All() {
		if !w.Has(key) {
			unset = append(unset, key)
			befores.keep(key, old)
		}
	}
	return sets.Values(), unset, befores.Values()
}

// at returns the value of the i-th key.
func (v Values) at(i int) Value {
	n := len(v.shape.keys)
	from, to := 0, v.end(i)
	if i > 0 {
		from = v.end(i - 1)
	}
	start := 1 + n*int(v.data[0])
	return Value{v.data[start+from : start+to]}
}

// end returns where the i-th value ends, counted from the first value.
func (v Values) end(i int) int {
	if v.data[0] == wideEnd {
		at := 1 + i*wideEnd
		return int(binary.LittleEndian.Uint32([]byte(v.data[at : at+wideEnd])))
	}
	at := 1 + i*narrowEnd
	return int(v.data[at]) | int(v.data[at+1])<<8
}
