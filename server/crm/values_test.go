package crm_test

import (
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rapport/server/crm"
)

// anyValue draws a value of the kinds that Fields allows.
func anyValue(depth int) *rapid.Generator[any] {
	kinds := []*rapid.Generator[any]{
		rapid.String().AsAny(), rapid.Bool().AsAny(), rapid.Int64().AsAny(),
		rapid.Float64Range(-1e300, 1e300).AsAny(),
		rapid.Custom(func(t *rapid.T) crm.Money {
			return crm.Money{Amount: rapid.Int64().Draw(t, "amount"), Currency: rapid.StringMatching(`[A-Z]{3}`).Draw(t, "currency")}
		}).AsAny(),
	}
	if depth > 0 {
		kinds = append(kinds,
			rapid.Custom(func(t *rapid.T) []any { return rapid.SliceOfN(anyValue(depth-1), 0, 4).Draw(t, "list") }).AsAny(),
			rapid.Custom(func(t *rapid.T) map[string]any {
				return rapid.MapOfN(rapid.StringN(0, 6, 20), anyValue(depth-1), 0, 4).Draw(t, "object")
			}).AsAny())
	}
	return rapid.OneOf(kinds...)
}

var anyKey = rapid.SampledFrom([]string{"title", "amount", "stageId", "ownerId", "fields.industry", "fields.area", "x", ""})

func anyFields() *rapid.Generator[crm.Fields] {
	return rapid.Custom(func(t *rapid.T) crm.Fields {
		return crm.Fields(rapid.MapOfN(anyKey, anyValue(2), 0, 8).Draw(t, "fields"))
	})
}

func TestIDsOfOneCommandSortAsTheyWereMade(t *testing.T) {
	for _, tt := range []struct{ name, id, want string }{
		{"one more", "01JD8ZK3N00000000000000000", "01JD8ZK3N00000000000000001"},
		{"over the alphabet's gaps", "01JD8ZK3N0000000000000000H", "01JD8ZK3N0000000000000000J"},
		{"with a carry", "01JD8ZK3N000000000000000ZZ", "01JD8ZK3N00000000000000100"},
		{"never into the next moment", "01JD8ZK3N0ZZZZZZZZZZZZZZZZ", "01JD8ZK3N0ZZZZZZZZZZZZZZZZ"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := crm.ID(tt.id).Next(); string(got) != tt.want || !got.Valid() {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
}

func TestPackedFieldsComeBackAsTheyWere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := anyFields().Draw(t, "fields")
		v := crm.Pack(f)
		if got := v.Unpack(); !maps.EqualFunc(got, f, crm.ValueEqual) {
			t.Fatalf("got %#v\nwant %#v", got, f)
		}
		if v.Len() != len(f) {
			t.Fatalf("%d fields, want %d", v.Len(), len(f))
		}
		var keys []string
		for key, value := range v.All() {
			keys = append(keys, key)
			if !value.Exists() || value != v.Lookup(key) || !v.Has(key) {
				t.Fatalf("%q is found as %v", key, v.Get(key))
			}
		}
		if want := slices.Sorted(maps.Keys(f)); !slices.Equal(keys, want) {
			t.Fatalf("keys %q, want %q", keys, want)
		}
	})
}

func TestWithChangesWhatAMapWouldChange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before, set := anyFields().Draw(t, "before"), anyFields().Draw(t, "set")
		unset := rapid.SliceOfDistinct(anyKey, rapid.ID).Draw(t, "unset")
		want := before.Clone()
		for _, key := range unset {
			delete(want, key)
		}
		maps.Copy(want, set)
		after := crm.Pack(before).With(crm.Pack(set), unset)
		if !after.Equal(crm.Pack(want)) {
			t.Fatalf("got %#v\nwant %#v", after.Unpack(), want)
		}
		gone, had := crm.Values{}, crm.Pack(before)
		set2, unset2, old := had.Difference(after)
		if again := had.With(set2, unset2); !again.Equal(after) {
			t.Fatalf("the difference leads to %#v", again.Unpack())
		}
		for key := range old.All() {
			if !old.Same(had, key) {
				t.Fatalf("%q was %v, not %v", key, had.Get(key), old.Get(key))
			}
		}
		if back := after.With(old, keysOnlyIn(after, had)); !back.Equal(had) {
			t.Fatalf("taken back: %#v, want %#v", back.Unpack(), had.Unpack())
		}
		if gone.Equal(after) != (len(want) == 0) {
			t.Fatal("nothing equals nothing only")
		}
	})
}

func keysOnlyIn(v, other crm.Values) (keys []string) {
	for key := range v.All() {
		if !other.Has(key) {
			keys = append(keys, key)
		}
	}
	return keys
}

func TestEqualValuesAreEqualPacked(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyValue(2).Draw(t, "a"), anyValue(2).Draw(t, "b")
		x, y := crm.Pack(crm.Fields{"v": a}).Lookup("v"), crm.Pack(crm.Fields{"v": b}).Lookup("v")
		if (x == y) != crm.ValueEqual(a, b) {
			t.Fatalf("%#v and %#v: packed equal = %v", a, b, x == y)
		}
	})
}

func TestValuesOfOneKind(t *testing.T) {
	v := crm.Pack(crm.Fields{
		"text": "Tea", "empty": "", "int": int64(-7), "yes": true, "no": false, "half": 0.5, "zero": math.Copysign(0, -1),
		"money": crm.Money{Amount: -125, Currency: "EUR"}, "list": []any{"a", int64(1), "b"}, "at": "2026-11-24T09:30:00.005Z", "nil": nil,
	})
	money, isMoney := v.Money("money")
	for _, tt := range []struct {
		name      string
		got, want any
	}{
		{"a text", v.String("text"), "Tea"},
		{"an empty text is there", v.Has("empty"), true},
		{"a text as an id", v.ID("text"), crm.ID("Tea")},
		{"a whole number", v.Int("int"), int64(-7)},
		{"a number is no text", v.String("int"), ""},
		{"a text is no number", v.Int("text"), int64(0)},
		{"yes", v.Bool("yes"), true},
		{"no", v.Bool("no"), false},
		{"no is there", v.Has("no"), true},
		{"an amount", money, crm.Money{Amount: -125, Currency: "EUR"}},
		{"an amount is one", isMoney, true},
		{"a fraction", v.Get("half"), 0.5},
		{"zero has no sign", math.Signbit(v.Get("zero").(float64)), false},
		{"a moment", v.Time("at").UnixMilli(), int64(1795512600005)},
		{"no moment", v.Time("text").IsZero(), true},
		{"nil is no value", v.Has("nil"), false},
		{"what is not there", v.Get("other"), nil},
		{"the texts of a list", slices.Collect(v.Lookup("list").Texts()), []string{"a", "b"}},
		{"the texts of a text", slices.Collect(v.Lookup("text").Texts()), []string{"Tea"}},
		{"the texts of nothing", slices.Collect(v.Lookup("other").Texts()), []string(nil)},
		{"nothing has no fields", crm.Values{}.Len(), 0},
		{"nothing has no value", crm.Values{}.Get("x"), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if !reflect.DeepEqual(tt.got, tt.want) {
				t.Errorf("%#v, want %#v", tt.got, tt.want)
			}
		})
	}
}

func TestLongRecordsArePackedToo(t *testing.T) {
	f := crm.Fields{}
	for i := range 300 {
		f[fmt.Sprintf("fields.f%03d", i)] = strings.Repeat("ж", 200)
	}
	if got := crm.Pack(f).Unpack(); !maps.EqualFunc(got, f, crm.ValueEqual) {
		t.Error("a record of 120 kB did not come back as it was")
	}
}

func TestWhatIsNoValueIsNotPacked(t *testing.T) {
	for name, v := range map[string]any{
		"an int of the machine": 7, "a list of texts": []string{"a"}, "bytes": []byte("a"), "a nil in a list": []any{nil},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("want a panic")
				}
			}()
			crm.Pack(crm.Fields{"x": v})
		})
	}
}

func TestAPackerServesAgain(t *testing.T) {
	var p crm.Packer
	p.Add("b", int64(1))
	p.AddText("a", []byte("x"))
	first := p.Values()
	p.Add("a", "y")
	p.Add("a", "z")
	second := p.Values()
	if !first.Equal(crm.Pack(crm.Fields{"a": "x", "b": int64(1)})) {
		t.Errorf("first: %v", first.Unpack())
	}
	if !second.Equal(crm.Pack(crm.Fields{"a": "z"})) {
		t.Errorf("of a key given twice the last value counts: %v", second.Unpack())
	}
}

func BenchmarkValues(b *testing.B) {
	f := crm.Fields{}
	for i := range 16 {
		f[fmt.Sprintf("field%d", i)] = "some text of a field"
	}
	v := crm.Pack(f)
	b.Run("lookup", func(b *testing.B) {
		for b.Loop() {
			_ = v.String("field7")
		}
	})
	b.Run("with", func(b *testing.B) {
		set := crm.Pack(crm.Fields{"field3": "another text"})
		for b.Loop() {
			_ = v.With(set, nil)
		}
	})
}
