package importer

import (
	"strconv"
	"strings"
	"time"

	"rapport/server/wire"
)

// monthNames are the English ones in exports of this world, by their first three letters.
var monthNames = map[string]int{
	"jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6,
	"jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
}

// dateParts splits a written date into its three numbers in the order of
// writing, dropping a time of day. named is the place of a month written as a
// word (0..2), else -1.
func dateParts(s string) (parts [3]int, digits [3]int, named int, ok bool) {
	named = -1
	s = strings.NewReplacer("年", "-", "月", "-", "日", " ").Replace(s)
	if at := strings.IndexByte(s, 'T'); at > 0 && s[at-1] >= '0' && s[at-1] <= '9' {
		s = s[:at]
	}
	// Nothing behind three parts but a time counts.
	fields := strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("-/., ", r) })
	if len(fields) > 3 {
		if !strings.Contains(fields[3], ":") {
			return parts, digits, named, false
		}
		fields = fields[:3]
	}
	if len(fields) != 3 {
		return parts, digits, named, false
	}
	for i, f := range fields {
		n, err := strconv.Atoi(f)
		if err != nil {
			if len(f) < 3 || named >= 0 || monthNames[strings.ToLower(f[:3])] == 0 {
				return parts, digits, named, false
			}
			n, named = monthNames[strings.ToLower(f[:3])], i
		} else if f[0] < '0' || f[0] > '9' || len(f) > 4 {
			return parts, digits, named, false
		}
		parts[i], digits[i] = n, len(f)
	}
	return parts, digits, named, true
}

// parseDate reads a date of the given order and returns it as 2026-11-24. A
// date that begins with four digits, or names its month, needs no order.
func parseDate(s string, order wire.DateOrder) (string, bool) {
	parts, digits, named, ok := dateParts(s)
	if !ok {
		return "", false
	}
	var y, m, d, yearDigits int
	switch {
	case digits[0] == 4:
		y, m, d, yearDigits = parts[0], parts[1], parts[2], 4
	case named == 0:
		m, d, y, yearDigits = parts[0], parts[1], parts[2], digits[2]
	case named == 1:
		d, m, y, yearDigits = parts[0], parts[1], parts[2], digits[2]
	case order == wire.OrderDMY:
		d, m, y, yearDigits = parts[0], parts[1], parts[2], digits[2]
	case order == wire.OrderMDY:
		m, d, y, yearDigits = parts[0], parts[1], parts[2], digits[2]
	case order == wire.OrderYMD && digits[0] == 2 && digits[2] <= 2:
		y, m, d, yearDigits = parts[0], parts[1], parts[2], 2
	default:
		return "", false
	}
	switch yearDigits {
	case 2: // as POSIX has it: 69..99 are 1969..1999
		if y += 1900; y < 1969 {
			y += 100
		}
	case 4:
	default:
		return "", false
	}
	t := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	if t.Year() != y || int(t.Month()) != m || t.Day() != d || y < 1 {
		return "", false // 31 February
	}
	return t.Format(time.DateOnly), true
}

// dateVotes gathers what the values of a column say about their order.
type dateVotes struct {
	dates, dmy, mdy, ymd int // values that are valid in that order
	slashed              int // undecided by themselves
	dotted               int // of those: written with dots, which only day-first countries do
}

func (v *dateVotes) add(cell string) {
	parts, digits, named, ok := dateParts(cell)
	if !ok {
		return
	}
	v.dates++
	if digits[0] == 4 || named >= 0 {
		v.ymd++
		return
	}
	v.slashed++
	if strings.Count(cell, ".") >= 2 {
		v.dotted++
	}
	if parts[0] <= 31 && parts[1] <= 12 {
		v.dmy++
	}
	if parts[0] <= 12 && parts[1] <= 31 {
		v.mdy++
	}
}

// order decides for the column as a whole: one date with a day above 12 tells
// about all of them.
func (v *dateVotes) order() wire.DateOrder {
	switch {
	case v.slashed == 0:
		return wire.OrderYMD
	case v.dmy > v.mdy:
		return wire.OrderDMY
	case v.mdy > v.dmy:
		return wire.OrderMDY
	case v.dotted == v.slashed:
		return wire.OrderDMY
	default:
		return wire.OrderAsk
	}
}
