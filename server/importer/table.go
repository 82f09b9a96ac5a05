package importer

import (
	"strings"
	"unicode/utf8"
)

// Limits of a file. They are checked while it is read, before anything of that
// size is allocated.
const (
	MaxFileBytes = 25 << 20
	maxColumns   = 200
	MaxRows      = 200_000
	maxCellBytes = 64 << 10
)

// scan reads delimited text and calls each for every row, numbered from 1 as a
// spreadsheet would. The cells are valid only during the call. Rows end with
// LF, CRLF or CR; a cell in quotes may hold all of these, and a quote twice. A
// line without anything is a row with one empty cell.
// Errors: CodeInvalid with the row in Params (unterminated_quote,
// too_many_columns, too_many_rows, cell_too_large), and what each returns.
func scan(text string, delimiter byte, each func(row int, cells []string) error) error {
	s := scanner{text: text, delimiter: delimiter}
	for s.pos < len(s.text) {
		s.row++
		if s.row > MaxRows+maxTitleRows {
			return refuseRow("too_many_rows", s.row, "the file has more than %d rows", MaxRows)
		}
		if err := s.readRow(); err != nil {
			return err
		}
		if err := each(s.row, s.cells); err != nil {
			return err
		}
	}
	return nil
}

type scanner struct {
	text      string
	delimiter byte
	pos       int // of the next unread byte
	row       int
	cells     []string // of the row being read; reused
}

func (s *scanner) readRow() error {
	s.cells = s.cells[:0]
	for {
		if len(s.cells) == maxColumns {
			return refuseRow("too_many_columns", s.row, "row %d has more than %d columns", s.row, maxColumns)
		}
		cell, err := s.readCell()
		if err != nil {
			return err
		}
		if len(cell) > maxCellBytes {
			return refuseRow("cell_too_large", s.row, "row %d has a cell of more than %d bytes", s.row, maxCellBytes)
		}
		s.cells = append(s.cells, cell)
		if s.pos >= len(s.text) {
			return nil
		}
		end := s.text[s.pos]
		s.pos++
		switch end {
		case '\r':
			if s.pos < len(s.text) && s.text[s.pos] == '\n' {
				s.pos++
			}
			return nil
		case '\n':
			return nil
		}
	}
}

// readCell leaves pos at the delimiter or line end behind the cell, or at the end.
func (s *scanner) readCell() (string, error) {
	if s.pos >= len(s.text) || s.text[s.pos] != '"' {
		return s.readPlain(), nil
	}
	s.pos++
	start := s.pos
	var parts strings.Builder // of a cell with quotes in it
	for {
		quote := strings.IndexByte(s.text[s.pos:min(len(s.text), start+maxCellBytes+1)], '"')
		if quote < 0 {
			if len(s.text)-start > maxCellBytes {
				return "", refuseRow("cell_too_large", s.row, "row %d has a cell of more than %d bytes; a quote may be missing", s.row, maxCellBytes)
			}
			return "", refuseRow("unterminated_quote", s.row, "the quote that begins in row %d never ends", s.row)
		}
		at := s.pos + quote
		if at+1 < len(s.text) && s.text[at+1] == '"' {
			parts.WriteString(s.text[s.pos : at+1])
			s.pos = at + 2
			continue
		}
		whole := s.text[s.pos:at]
		s.pos = at + 1
		// What stands behind the closing quote belongs to the cell, as
		// spreadsheets read it.
		tail := s.readPlain()
		if parts.Len() > 0 || tail != "" {
			parts.WriteString(whole)
			parts.WriteString(tail)
			whole = parts.String()
		}
		return strings.ReplaceAll(whole, "\r\n", "\n"), nil
	}
}

func (s *scanner) readPlain() string {
	start := s.pos
	for s.pos < len(s.text) {
		if c := s.text[s.pos]; c == s.delimiter || c == '\n' || c == '\r' {
			break
		}
		s.pos++
	}
	return s.text[start:s.pos]
}

// tidy takes blanks and invisible characters off both ends of a cell.
func tidy(cell string) string {
	if cell == "" || (cell[0] > ' ' && cell[0] < utf8.RuneSelf && cell[len(cell)-1] > ' ' && cell[len(cell)-1] < utf8.RuneSelf) {
		return cell
	}
	return strings.TrimFunc(cell, blank)
}

func blank(r rune) bool {
	switch r {
	case ' ', '\t', '\n', '\r', '\v', '\f', 0x85, 0xA0, 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000, // white space
		0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF: // zero width
		return true
	}
	return r >= 0x2000 && r <= 0x200A
}

func emptyRow(cells []string) bool {
	for _, c := range cells {
		if tidy(c) != "" {
			return false
		}
	}
	return true
}
