package importer

import (
	"errors"
	"slices"
	"strings"

	"rapport/server/crm"
)

const (
	maxTitleRows = 20 // how far down a header is looked for
	sampleRows   = 200
	// What is shown of the first rows, for choosing the header among them.
	topRows, topCells, topChars = 8, 6, 30
)

var delimiters = []byte{',', ';', '\t', '|'}

// layout says where the table is in the text.
type layout struct {
	delimiter byte
	headerRow int // from 1; 0 = there is none
	headers   []string
	top       [][]string // the first rows, clipped
}

var errEnough = errors.New("importer: enough")

// findLayout detects what the person did not choose. chosenHeader is -1 for
// "detect".
// Errors: CodeInvalid, as scan; file_no_rows.
func findLayout(text, chosenDelimiter string, chosenHeader int, fieldOf func(header string) string) (layout, error) {
	l := layout{}
	switch {
	case chosenDelimiter == "":
		l.delimiter = findDelimiter(text)
	case len(chosenDelimiter) == 1 && slices.Contains(delimiters, chosenDelimiter[0]):
		l.delimiter = chosenDelimiter[0]
	default:
		return l, crm.Invalid("settings.delimiter", "not_a_choice")
	}
	rows, err := firstRows(text, l.delimiter)
	if err != nil {
		return l, err
	}
	if len(rows) == 0 {
		return l, refuse("file_empty", "the file has no rows")
	}
	if chosenHeader > maxTitleRows {
		return l, crm.Invalid("settings.headerRow", "out_of_range")
	}
	l.top = clipped(rows[:min(len(rows), topRows)])
	l.headerRow = chosenHeader
	if chosenHeader < 0 {
		l.headerRow = findHeader(rows, fieldOf)
	}
	if l.headerRow > 0 && l.headerRow <= len(rows) {
		for _, cell := range rows[l.headerRow-1] {
			l.headers = append(l.headers, oneLine(cell))
		}
		for len(l.headers) > 1 && l.headers[len(l.headers)-1] == "" {
			l.headers = l.headers[:len(l.headers)-1]
		}
	} else {
		l.headers = make([]string, modeWidth(rows))
	}
	return l, nil
}

// firstRows copies the first rows of the file.
func firstRows(text string, delimiter byte) ([][]string, error) {
	var rows [][]string
	err := scan(text, delimiter, func(_ int, cells []string) error {
		if rows = append(rows, slices.Clone(cells)); len(rows) == sampleRows {
			return errEnough
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return nil, err
	}
	return rows, nil
}

// findDelimiter takes the character that cuts most rows into the same number
// of cells; of equals, the one that cuts into more.
func findDelimiter(text string) byte {
	best, bestScore := delimiters[0], 0.0
	for _, d := range delimiters {
		rows, err := firstRows(text, d)
		if err != nil || len(rows) == 0 {
			continue
		}
		width, same, filled := modeWidth(rows), 0, 0
		for _, row := range rows {
			if emptyRow(row) {
				continue
			}
			filled++
			// A delimiter at the end of data rows only is common.
			if len(row) == width || len(row) == width+1 && row[width] == "" {
				same++
			}
		}
		if width < 2 || filled == 0 {
			continue
		}
		score := float64(same)/float64(filled) + float64(min(width, 20))/100
		if score > bestScore {
			best, bestScore = d, score
		}
	}
	return best
}

// modeWidth is the number of cells that most rows have.
func modeWidth(rows [][]string) int {
	counts := map[int]int{}
	for _, row := range rows {
		if !emptyRow(row) {
			counts[len(row)]++
		}
	}
	width := 0
	for w, n := range counts {
		if n > counts[width] || n == counts[width] && w > width {
			width = w
		}
	}
	return max(width, 1)
}

// findHeader returns the number of the row that names the columns, 0 for none:
// the first with two known names and no number or date, else the first as wide
// as the table, if no cell of it is a number or a date.
func findHeader(rows [][]string, fieldOf func(header string) string) int {
	top := rows[:min(len(rows), maxTitleRows)]
	for i, row := range top {
		hits := map[string]bool{}
		for _, cell := range row {
			hits[fieldOf(cell)] = true
		}
		// "No" in two columns is an answer twice, not the number of a record.
		if delete(hits, ""); len(hits) >= 2 && !slices.ContainsFunc(row, looksLikeValue) {
			return i + 1
		}
	}
	width := modeWidth(rows)
	for i, row := range top {
		filled := 0
		for _, cell := range row {
			if tidy(cell) != "" {
				filled++
			}
		}
		if filled == 0 || filled*5 < width*3 {
			continue // a title, or nothing
		}
		if slices.ContainsFunc(row, looksLikeValue) {
			return 0
		}
		return i + 1
	}
	return 0
}

func looksLikeValue(cell string) bool {
	cell = tidy(cell)
	if cell == "" {
		return false
	}
	if _, ok := parseDate(cell, "ymd"); ok {
		return true
	}
	if _, ok := parseDate(cell, "dmy"); ok {
		return true
	}
	return cell[0] >= '0' && cell[0] <= '9' && strings.Trim(cell, "0123456789.,-/ ") == ""
}

// oneLine makes a text fit for a field of one line.
func oneLine(s string) string {
	if strings.ContainsAny(s, "\n\r\t") {
		s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\r' || r == '\t' }), " ")
	}
	return tidy(s)
}

// clipped shortens rows to what one line of a list can show.
func clipped(rows [][]string) [][]string {
	list := make([][]string, len(rows))
	for i, row := range rows {
		list[i] = []string{}
		for _, cell := range row[:min(len(row), topCells)] {
			list[i] = append(list[i], shortTo(oneLine(cell), topChars))
		}
	}
	return list
}
