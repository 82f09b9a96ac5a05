package importer

import (
	"regexp"
	"strings"

	"golang.org/x/text/width"
)

// harmless matches what a spreadsheet may well read as a number or shows as it
// is: negative amounts and phone numbers.
var harmless = regexp.MustCompile(`^[+-]?[0-9][0-9 .,()/-]*$|^[+-]?[.,][0-9]+$|^-$`)

// behindSeparator matches a formula that begins where a program with another
// separator would begin a cell.
var behindSeparator = regexp.MustCompile(`([;,\t\r\n|]["'\s]*)([=+\-@＝＋－＠])`)

// Inert returns a cell that no spreadsheet takes for a formula: one that would
// begin with = + - @ | or a control character – also behind blanks, quotes and
// invisible characters, and in full-width forms – gets an apostrophe in front.
func Inert(cell string) string {
	if harmless.MatchString(cell) {
		return cell
	}
	cell = behindSeparator.ReplaceAllStringFunc(cell, func(hit string) string {
		m := behindSeparator.FindStringSubmatch(hit)
		return m[1] + "'" + m[2]
	})
	first := strings.TrimLeftFunc(cell, func(r rune) bool { return blank(r) || r == '"' || r == '\'' || r < ' ' || r == 0x7F })
	if first == "" {
		return cell
	}
	begins := width.Narrow.String(string([]rune(first)[0]))
	if strings.ContainsAny(begins, "=+-@|%") || cell[0] < ' ' {
		return "'" + cell
	}
	return cell
}
