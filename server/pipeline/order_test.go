package pipeline_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rapport/server/pipeline"
)

func TestKeyBetween(t *testing.T) {
	// The expected keys are those of the test suite of rocicorp/fracdex.
	tests := []struct {
		name, a, b, want string // want "" = refused
	}{
		{"the first of all", "", "", "a0"},
		{"before the first", "", "a0", "Zz"},
		{"before that", "", "Zz", "Zy"},
		{"behind the first", "a0", "", "a1"},
		{"behind the second", "a1", "", "a2"},
		{"between neighbours", "a0", "a1", "a0V"},
		{"between a key and its midpoint", "a0V", "a1", "a0l"},
		{"across zero", "Zz", "a0", "ZzV"},
		{"where a whole number fits", "Zz", "a1", "a0"},
		{"before a number of two digits", "", "Y00", "Xzzz"},
		{"behind the last number of one digit", "bzz", "", "c000"},
		{"between long fractions", "a0V", "a0W", "a0VV"},
		{"a fraction that starts with the lowest digits", "a0", "a0001", "a0000V"},
		{"two numbers apart", "a0", "a0V", "a0G"},
		{"behind the highest number", "zzzzzzzzzzzzzzzzzzzzzzzzzzz", "", "zzzzzzzzzzzzzzzzzzzzzzzzzzzV"},
		{"before the lowest with a fraction", "", "A00000000000000000000000000V", "A00000000000000000000000000G"},
		{"the lowest number itself is no key", "", "A00000000000000000000000000", ""},
		{"a fraction that ends in 0 is no key", "a00", "", ""},
		{"keys in the wrong order", "a1", "a0", ""},
		{"the same key twice", "a1", "a1", ""},
		{"a key without its digits", "b1", "", ""},
		{"another alphabet", "a1ü", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := pipeline.KeyBetween(tt.a, tt.b)
			if got != tt.want || (err == nil) == (tt.want == "") {
				t.Fatalf("%q, %v; want %q", got, err, tt.want)
			}
		})
	}
}

// [C4]
func TestAnyInsertionKeepsTheOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var keys []string
		for range rapid.IntRange(1, 300).Draw(t, "insertions") {
			at := rapid.IntRange(0, len(keys)).Draw(t, "at")
			low, high := "", ""
			if at > 0 {
				low = keys[at-1]
			}
			if at < len(keys) {
				high = keys[at]
			}
			key, err := pipeline.KeyBetween(low, high)
			if err != nil {
				t.Fatalf("between %q and %q: %v", low, high, err)
			}
			keys = slices.Insert(keys, at, key)
		}
		for i := 1; i < len(keys); i++ {
			if keys[i-1] >= keys[i] {
				t.Fatalf("%q stands before %q", keys[i-1], keys[i])
			}
		}
	})
}

func TestKeysBetween(t *testing.T) {
	tests := []struct {
		name, a, b string
		n, longest int
	}{
		{"8,800 at the end stay short", "a5", "", 8800, 4},
		{"200 between neighbours stay short", "a0", "a1", 200, 5},
		{"200 before the first", "", "a0", 200, 5},
		{"none", "a0", "a1", 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			keys, err := pipeline.KeysBetween(tt.a, tt.b, tt.n)
			if err != nil || len(keys) != tt.n {
				t.Fatalf("%d keys, %v", len(keys), err)
			}
			all := append([]string{tt.a}, keys...)
			if tt.b != "" {
				all = append(all, tt.b)
			}
			for i := 1; i < len(all); i++ {
				if all[i-1] >= all[i] {
					t.Fatalf("%q stands before %q", all[i-1], all[i])
				}
			}
			for _, key := range keys {
				if len(key) > tt.longest {
					t.Fatalf("%q is longer than %d", key, tt.longest)
				}
			}
		})
	}
}

// [C4]
func TestKeysGrowSlowly(t *testing.T) {
	low, high := "a0", "a1"
	for i := range 200 {
		key, err := pipeline.KeyBetween(low, high)
		if err != nil {
			t.Fatal(err)
		}
		if len(key) > 40 {
			t.Fatalf("%d characters after %d moves to the same place", len(key), i)
		}
		high = key
	}
	if _, err := pipeline.KeyBetween(strings.Repeat("z", 500), ""); err != nil {
		t.Fatalf("long keys are keys: %v", err)
	}
}
