package pipeline_test

import (
	"testing"

	"rapport/server/pipeline"
)

// FuzzKeyBetween: between any two keys there is another, at most one character
// longer than they are, and it is a key like them.
func FuzzKeyBetween(f *testing.F) {
	for _, seed := range [][2]string{
		{"", ""}, {"", "a0"}, {"a0", ""}, {"a0", "a1"}, {"a0", "a0001"}, {"Zz", "a0"}, {"", "A00000000000000000000000000V"},
		{"zzzzzzzzzzzzzzzzzzzzzzzzzzz", ""}, {"a00", "a1"}, {"b1", ""}, {"a1ü", ""}, {"az", "b00"}, {"A00000000000000000000000001", "Z0"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		key, err := pipeline.KeyBetween(a, b)
		if err != nil {
			return
		}
		if a != "" && key <= a || b != "" && key >= b {
			t.Fatalf("%q is not between %q and %q", key, a, b)
		}
		if len(key) > max(len(a), len(b), 1)+1 {
			t.Fatalf("%q between %q and %q has %d characters", key, a, b, len(key))
		}
		for _, pair := range [][2]string{{a, key}, {key, b}} {
			if next, err := pipeline.KeyBetween(pair[0], pair[1]); err != nil {
				t.Fatalf("nothing goes between %q and %q: %q, %v", pair[0], pair[1], next, err)
			}
		}
	})
}

// FuzzKeysBetween: many keys at once stand between the two, in order.
func FuzzKeysBetween(f *testing.F) {
	f.Add("a0", "a1", uint8(200))
	f.Add("", "", uint8(3))
	f.Add("", "A00000000000000000000000000V", uint8(9))
	f.Fuzz(func(t *testing.T, a, b string, n uint8) {
		keys, err := pipeline.KeysBetween(a, b, int(n))
		if err != nil {
			return
		}
		last := a
		for _, key := range keys {
			if last != "" && key <= last || b != "" && key >= b {
				t.Fatalf("%q stands behind %q, before %q", key, last, b)
			}
			last = key
		}
		if len(keys) != int(n) {
			t.Fatalf("%d keys, want %d", len(keys), n)
		}
	})
}
