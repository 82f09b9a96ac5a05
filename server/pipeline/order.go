package pipeline

import (
	"errors"
	"strings"
)

// Order keys say where a deal stands in its stage: texts that sort byte by byte
// and between any two of which there is another, so that a move writes one deal
// only. The algorithm is David Greenspan's "Implementing Fractional Indexing"
// (observablehq.com/@dgreensp/implementing-fractional-indexing) as in
// github.com/rocicorp/fracdex, both CC0.
//
// A key is a whole number and a fraction. The first character of the number
// tells its length: a…z for 1…26 digits from zero upwards, Z…A downwards. The
// fraction never ends in 0, so that every place has one spelling.

const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// lowest is the one whole number nothing can be placed before.
var lowest = "A" + strings.Repeat("0", 26)

// firstKey is the key of the first deal of an empty stage.
const firstKey = "a0"

// maxKey is the length from which a neighbourhood gets new keys: a longer key
// takes some 200 moves to the very same place.
const maxKey = 40

var errBadKey = errors.New("pipeline: not an order key, or keys out of order")

// KeyBetween returns a key that sorts behind a and before b; "" stands for "no
// neighbour on this side". It fails when a is not before b or one of them is no
// order key.
func KeyBetween(a, b string) (string, error) {
	if !validKey(a) || !validKey(b) || (a != "" && b != "" && a >= b) {
		return "", errBadKey
	}
	switch {
	case a == "" && b == "":
		return firstKey, nil
	case a == "":
		return keyBefore(b), nil
	case b == "":
		return keyBehind(a), nil
	}
	whole, fraction := splitKey(a)
	wholeB, fractionB := splitKey(b)
	if whole == wholeB {
		return whole + midpoint(fraction, fractionB), nil
	}
	if next, ok := increment(whole); ok && next < b {
		return next, nil
	}
	return whole + midpoint(fraction, ""), nil
}

// KeysBetween returns n ascending keys between a and b, as short as they can
// be. It fails like KeyBetween.
func KeysBetween(a, b string, n int) ([]string, error) {
	keys := make([]string, n)
	if b == "" { // upwards one by one: whole numbers stay short
		for i := range keys {
			key, err := KeyBetween(a, "")
			if err != nil {
				return nil, err
			}
			keys[i], a = key, key
		}
		return keys, nil
	}
	return keys, halve(a, b, keys)
}

func halve(a, b string, keys []string) error {
	if len(keys) == 0 {
		return nil
	}
	middle := len(keys) / 2
	key, err := KeyBetween(a, b)
	if err != nil {
		return err
	}
	keys[middle] = key
	if err := halve(a, key, keys[:middle]); err != nil {
		return err
	}
	return halve(key, b, keys[middle+1:])
}

func keyBefore(b string) string {
	whole, fraction := splitKey(b)
	if whole == lowest {
		return whole + midpoint("", fraction)
	}
	if whole < b {
		return whole
	}
	previous, _ := decrement(whole)
	if previous == lowest { // on its own it would be a key nothing goes before
		return previous + midpoint("", "")
	}
	return previous
}

func keyBehind(a string) string {
	whole, fraction := splitKey(a)
	if next, ok := increment(whole); ok {
		return next
	}
	return whole + midpoint(fraction, "")
}

// midpoint returns a fraction between a and b; b "" is one.
func midpoint(a, b string) string {
	if b != "" {
		same := 0
		for same < len(b) && digitAt(a, same) == b[same] {
			same++
		}
		if same > 0 {
			return b[:same] + midpoint(a[min(same, len(a)):], b[same:])
		}
	}
	low, high := strings.IndexByte(digits, digitAt(a, 0)), len(digits)
	if b != "" {
		high = strings.IndexByte(digits, b[0])
	}
	if high-low > 1 {
		return digits[(low+high+1)/2 : (low+high+1)/2+1]
	}
	if len(b) > 1 {
		return b[:1]
	}
	return digits[low:low+1] + midpoint(a[min(1, len(a)):], "")
}

func digitAt(fraction string, i int) byte {
	if i < len(fraction) {
		return fraction[i]
	}
	return '0'
}

// wholeLength returns how many characters a number that begins with head has, 0
// if none does.
func wholeLength(head byte) int {
	switch {
	case head >= 'a' && head <= 'z':
		return int(head-'a') + 2
	case head >= 'A' && head <= 'Z':
		return int('Z'-head) + 2
	}
	return 0
}

func validKey(key string) bool {
	if key == "" {
		return true
	}
	n := wholeLength(key[0])
	if n == 0 || len(key) < n || key == lowest || len(key) > n && key[len(key)-1] == '0' {
		return false
	}
	for i := 1; i < len(key); i++ {
		if strings.IndexByte(digits, key[i]) < 0 {
			return false
		}
	}
	return true
}

func splitKey(key string) (whole, fraction string) {
	n := wholeLength(key[0])
	return key[:n], key[n:]
}

// increment returns the next whole number; ok is false at the end of them.
func increment(whole string) (next string, ok bool) {
	b := []byte(whole)
	for i := len(b) - 1; i > 0; i-- {
		if d := strings.IndexByte(digits, b[i]) + 1; d < len(digits) {
			b[i] = digits[d]
			return string(b), true
		}
		b[i] = '0'
	}
	switch head := b[0]; {
	case head == 'Z':
		return firstKey, true
	case head == 'z':
		return "", false
	case head > 'a'-1: // one digit more
		return string(head+1) + string(b[1:]) + "0", true
	default: // below zero: one digit less
		return string(head+1) + string(b[1:len(b)-1]), true
	}
}

// decrement returns the whole number before; ok is false at the lowest.
func decrement(whole string) (previous string, ok bool) {
	b := []byte(whole)
	for i := len(b) - 1; i > 0; i-- {
		if d := strings.IndexByte(digits, b[i]) - 1; d >= 0 {
			b[i] = digits[d]
			return string(b), true
		}
		b[i] = 'z'
	}
	switch head := b[0]; {
	case head == 'a':
		return "Zz", true
	case head == 'A':
		return "", false
	case head > 'a':
		return string(head-1) + string(b[1:len(b)-1]), true
	default:
		return string(head-1) + string(b[1:]) + "z", true
	}
}
