package schema

import (
	"slices"
	"strings"

	"github.com/nyaruka/phonenumbers/v2"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"rapport/server/crm"
)

// NormalName brings a name into the form under which equal names are equal:
// NFKC, case folded (Unicode's full folding), white space runs as one blank.
// "" stays "".
func NormalName(s string) string {
	if isPlainLower(s) {
		return s
	}
	// A Caser keeps state while it runs, so each call has its own.
	fold := cases.Fold()
	s = norm.NFKC.String(s)
	// Folding can take apart what belongs together: of the ss that an accented ß
	// becomes, the second s takes the accent, and may fold once more. What comes
	// out of folding whole is done.
	for range 3 {
		folded := fold.String(s)
		if s = norm.NFKC.String(folded); s == folded {
			break
		}
	}
	return strings.Join(strings.Fields(s), " ")
}

// isPlainLower spares the common case its allocations: lower-case ASCII without
// superfluous blanks is its own normal form.
func isPlainLower(s string) bool {
	blank := true
	for i := range len(s) {
		c := s[i]
		switch {
		case c == ' ':
			if blank {
				return false
			}
			blank = true
			continue
		case c < '!' || c > '~' || c >= 'A' && c <= 'Z':
			return false
		}
		blank = false
	}
	return !blank
}

// NormalEmail folds the case of an address, the local part included: no mail
// system in use tells them apart, and people do not.
func NormalEmail(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// NormalPhone returns the E.164 form of an international number ("+34 600 …"),
// and otherwise its digits, so that the same national number written in two ways is equal.
func NormalPhone(s string) string {
	s = strings.TrimSpace(s)
	if strings.HasPrefix(s, "+") {
		if n, err := phonenumbers.Parse(s, ""); err == nil && phonenumbers.IsPossibleNumber(n) {
			return phonenumbers.Format(n, phonenumbers.E164)
		}
	}
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

func sortedByID(records []crm.Record) []crm.Record {
	sorted := slices.Clone(records)
	slices.SortFunc(sorted, func(a, b crm.Record) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return sorted
}
