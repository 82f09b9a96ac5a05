package crm

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
)

// The packed form of Values:
//
//	byte    width w of an end: 2, or 4 for a record of 64 kB and more
//	n × w   end of each value, little endian, counted from the first value
//	…       the values, each a tag and what the tag says
//
//	s text     the bytes
//	i int64    zigzag varint
//	d float64  8 bytes, IEEE 754
//	t f bool   nothing
//	m money    zigzag varint of the minor units, then the currency
//	l list     each item as a length and a packed value
//	o object   each key, sorted, as a length and the bytes; then the value likewise
//
// Equal values have equal bytes, so that they are compared as texts.
const (
	narrowEnd = 2
	wideEnd   = 4

	tagText   = 's'
	tagInt    = 'i'
	tagFloat  = 'd'
	tagTrue   = 't'
	tagFalse  = 'f'
	tagMoney  = 'm'
	tagList   = 'l'
	tagObject = 'o'
)

// shape is the keys that many records have in common. It is immutable.
type shape struct {
	keys  []string // sorted
	index map[string]int
}

// shapes holds every shape once, as long as there are not unreasonably many:
// a workspace whose records have all different keys does without sharing.
var shapes = struct {
	sync.RWMutex // guards byKeys
	byKeys       map[string]*shape
}{byKeys: map[string]*shape{}}

const maxShapes = 20_000

// shapeOf returns the shape of sorted keys, which it may keep.
func shapeOf(keys []string) *shape {
	name := strings.Join(keys, "\x00")
	shapes.RLock()
	known := shapes.byKeys[name]
	shapes.RUnlock()
	if known != nil {
		return known
	}
	s := &shape{keys: slices.Clone(keys), index: make(map[string]int, len(keys))}
	for i, key := range s.keys {
		s.index[key] = i
	}
	shapes.Lock()
	defer shapes.Unlock()
	if known := shapes.byKeys[name]; known != nil {
		return known
	}
	if len(shapes.byKeys) < maxShapes {
		shapes.byKeys[name] = s
	}
	return s
}

// Packer makes Values field by field. The zero Packer is ready; after Values it
// is empty and may be used again. It serves one goroutine.
type Packer struct {
	fields []packedField
	buf    []byte
	keys   []string
	last   *shape // of the values made before: the next are mostly alike
}

// packedField is a key with where its value lies in buf.
type packedField struct {
	key      string
	from, to int
}

// Add puts a value under a key; nil adds nothing. It panics for a kind that
// Fields does not allow.
func (p *Packer) Add(key string, value any) {
	if value == nil {
		return
	}
	from := len(p.buf)
	p.buf = appendPacked(p.buf, value)
	p.fields = append(p.fields, packedField{key, from, len(p.buf)})
}

// AddText is Add for a text that lies in a buffer.
func (p *Packer) AddText(key string, text []byte) {
	from := len(p.buf)
	p.buf = append(append(p.buf, tagText), text...)
	p.fields = append(p.fields, packedField{key, from, len(p.buf)})
}

// keep adds a value that is packed already.
func (p *Packer) keep(key string, v Value) {
	from := len(p.buf)
	p.buf = append(p.buf, v.packed...)
	p.fields = append(p.fields, packedField{key, from, len(p.buf)})
}

// Values returns what was added.
func (p *Packer) Values() Values {
	if len(p.fields) == 0 {
		return Values{}
	}
	p.order()
	width := narrowEnd
	if len(p.buf) > math.MaxUint16 {
		width = wideEnd
	}
	var out strings.Builder
	out.Grow(1 + len(p.fields)*width + len(p.buf))
	out.WriteByte(byte(width))
	end := 0
	var four [wideEnd]byte
	for _, f := range p.fields {
		end += f.to - f.from
		binary.LittleEndian.PutUint32(four[:], uint32(end))
		out.Write(four[:width])
	}
	for _, f := range p.fields {
		out.Write(p.buf[f.from:f.to])
	}
	v := Values{shape: p.shape(), data: out.String()}
	p.fields, p.buf = p.fields[:0], p.buf[:0]
	return v
}

// order sorts the fields by key; of a key that was added twice, which only a
// damaged document has, the last value counts.
func (p *Packer) order() {
	sorted := true
	for i := 1; i < len(p.fields) && sorted; i++ {
		sorted = p.fields[i-1].key < p.fields[i].key
	}
	if sorted {
		return
	}
	slices.SortStableFunc(p.fields, func(a, b packedField) int { return strings.Compare(a.key, b.key) })
	kept := p.fields[:0]
	for i, f := range p.fields {
		if i+1 == len(p.fields) || p.fields[i+1].key != f.key {
			kept = append(kept, f)
		}
	}
	p.fields = kept
}

func (p *Packer) shape() *shape {
	if p.last != nil && slices.EqualFunc(p.fields, p.last.keys, func(f packedField, key string) bool { return f.key == key }) {
		return p.last
	}
	p.keys = p.keys[:0]
	for _, f := range p.fields {
		p.keys = append(p.keys, f.key)
	}
	p.last = shapeOf(p.keys)
	return p.last
}

func appendPacked(b []byte, value any) []byte {
	switch x := value.(type) {
	case string:
		return append(append(b, tagText), x...)
	case int64:
		return binary.AppendVarint(append(b, tagInt), x)
	case float64:
		if x == 0 {
			x = 0 // -0: equal numbers must have equal bytes
		}
		return binary.LittleEndian.AppendUint64(append(b, tagFloat), math.Float64bits(x))
	case bool:
		if x {
			return append(b, tagTrue)
		}
		return append(b, tagFalse)
	case Money:
		return append(binary.AppendVarint(append(b, tagMoney), x.Amount), x.Currency...)
	case []any:
		b = append(b, tagList)
		for _, item := range x {
			b = appendSized(b, item)
		}
		return b
	case map[string]any:
		b = append(b, tagObject)
		for _, key := range slices.Sorted(maps.Keys(x)) {
			b = append(binary.AppendUvarint(b, uint64(len(key))), key...)
			b = appendSized(b, x[key])
		}
		return b
	default:
		panic(fmt.Sprintf("crm: %T is not a kind of value that fields may have", value))
	}
}

func appendSized(b []byte, value any) []byte {
	packed := appendPacked(nil, value)
	return append(binary.AppendUvarint(b, uint64(len(packed))), packed...)
}
