package visible

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"rapport/server/crm"
	"rapport/server/schema"
)

// Table gathers records of one type to be written as a wire.Table. Records are
// immutable, so it may be written after the state's lock is gone.
type Table struct {
	schema *schema.Schema
	typ    crm.RecordType
	only   []string // the fields to show, sorted; nil: all
	rows   []tableRow
}

type tableRow struct {
	record crm.Record
	groups crm.Groups
}

// NewTable returns an empty table for records of type t. With keys it shows
// these fields only.
func NewTable(s *schema.Schema, t crm.RecordType, keys ...string) *Table {
	only := slices.Compact(slices.Sorted(slices.Values(keys)))
	return &Table{schema: s, typ: t, only: only}
}

// Add puts the given field groups of rec into the table; 0 adds nothing.
func (t *Table) Add(rec crm.Record, groups crm.Groups) {
	if groups != 0 {
		t.rows = append(t.rows, tableRow{rec, groups})
	}
}

// Sort orders the rows by id, which is by age.
func (t *Table) Sort() {
	slices.SortFunc(t.rows, func(a, b tableRow) int { return strings.Compare(string(a.record.ID), string(b.record.ID)) })
}

// AppendJSON appends the table as the JSON of a wire.Table. It writes by hand:
// encoding/json takes five times as long for a board of 10,000 deals.
func (t *Table) AppendJSON(b []byte) []byte {
	columns := t.columns()
	b = append(b, `{"t":`...)
	b = appendText(b, string(t.typ))
	b = append(b, `,"keys":[`...)
	for i, c := range columns {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(b, c.key)
	}
	b = append(b, `],"rows":[`...)
	masks := map[crm.Groups][]byte{}
	began := len(b)
	for i, row := range t.rows {
		if i > 0 {
			b = append(b, ',')
		}
		if i == 50 { // rows are much alike: the first tell how long all will be
			b = slices.Grow(b, (len(b)-began)/50*len(t.rows)*5/4)
		}
		mask, known := masks[row.groups]
		if !known {
			mask = appendValue(nil, masked(t.schema, t.typ, row.groups))
			masks[row.groups] = mask
		}
		b = row.appendJSON(b, columns, mask)
	}
	b = append(b, ']')
	b = appendWords(b, columns)
	if t.only != nil {
		b = append(b, `,"part":true`...)
	}
	return append(b, '}')
}

// column is a field that at least one row shows.
type column struct {
	key   string
	group crm.Groups
	// places of the texts that the column repeats, in words; nil when it repeats
	// too few.
	places map[string]int
	words  []string
}

// columns returns the fields that the rows show, sorted by key.
func (t *Table) columns() []*column {
	byKey := map[string]*column{}
	for _, row := range t.rows {
		for key := range row.record.Fields.All() {
			c, known := byKey[key]
			if !known {
				if t.only == nil || contains(t.only, key) {
					c = &column{key: key, group: t.schema.GroupOf(t.typ, key)}
				}
				byKey[key] = c
			}
			if c != nil && c.places == nil && row.groups.Has(c.group) {
				c.places = map[string]int{}
			}
		}
	}
	var shown []*column
	for _, c := range byKey {
		if c != nil && c.places != nil {
			shown = append(shown, c)
		}
	}
	slices.SortFunc(shown, func(a, b *column) int { return strings.Compare(a.key, b.key) })
	for _, c := range shown {
		c.gather(t.rows)
	}
	return shown
}

func contains(sorted []string, key string) bool {
	_, found := slices.BinarySearch(sorted, key)
	return found
}

// repeatedLeast is from how many rows on it pays to look for repeated texts.
const repeatedLeast = 20

// gather finds out whether most texts of the column occur more than once:
// stages, owners, customers. Those are written once, and the rows name their
// places, which spares half of the bytes before and some after compression.
func (c *column) gather(rows []tableRow) {
	for _, row := range rows {
		value := row.record.Fields.Lookup(c.key)
		if !value.Exists() || !row.groups.Has(c.group) {
			continue
		}
		text, isText := value.Text()
		if _, known := c.places[text]; known {
			continue
		}
		if !isText || len(rows) < repeatedLeast || len(c.words) >= len(rows)/2 {
			c.places, c.words = nil, nil
			return
		}
		c.places[text] = len(c.words)
		c.words = append(c.words, text)
	}
}

func appendWords(b []byte, columns []*column) []byte {
	if !slices.ContainsFunc(columns, func(c *column) bool { return c.words != nil }) {
		return b
	}
	b = append(b, `,"words":[`...)
	for i, c := range columns {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '[')
		for j, word := range c.words {
			if j > 0 {
				b = append(b, ',')
			}
			b = appendText(b, word)
		}
		b = append(b, ']')
	}
	return append(b, ']')
}

func (r tableRow) appendJSON(b []byte, columns []*column, mask []byte) []byte {
	b = append(b, '[')
	b = appendText(b, string(r.record.ID))
	b = append(b, ',')
	b = strconv.AppendUint(b, r.record.Version, 10)
	b = append(b, ',')
	b = append(b, mask...)
	for _, c := range columns {
		b = append(b, ',')
		value := r.record.Fields.Lookup(c.key)
		text, isText := value.Text()
		switch {
		case !value.Exists() || !r.groups.Has(c.group):
			b = append(b, "null"...)
		case c.words != nil:
			b = strconv.AppendInt(b, int64(c.places[text]), 10)
		case isText: // most values are: spare them the box
			b = appendText(b, text)
		default:
			b = appendValue(b, value.Any())
		}
	}
	return append(b, ']')
}

// appendValue appends a value of the kinds crm.Fields allows, or a list of texts.
func appendValue(b []byte, v any) []byte {
	switch x := v.(type) {
	case string:
		return appendText(b, x)
	case int64:
		return strconv.AppendInt(b, x, 10)
	case bool:
		return strconv.AppendBool(b, x)
	case crm.Money:
		b = append(b, `{"amount":`...)
		b = strconv.AppendInt(b, x.Amount, 10)
		b = append(b, `,"currency":`...)
		b = appendText(b, x.Currency)
		return append(b, '}')
	default:
		return appendAny(b, v)
	}
}

// appendText appends a JSON string.
func appendText(b []byte, s string) []byte {
	if isPlain(s) { // ids, dates, most names
		b = append(b, '"')
		b = append(b, s...)
		return append(b, '"')
	}
	if !utf8.ValidString(s) {
		return appendAny(b, s)
	}
	const hex = "0123456789abcdef"
	b = append(b, '"')
	from := 0 // what is before it has been appended
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[from:i]...)
		from = i + 1
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		default:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	b = append(b, s[from:]...)
	return append(b, '"')
}

// isPlain reports whether s is ASCII that JSON writes as it is.
func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

func appendAny(b []byte, v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		return append(b, "null"...) // no kind that crm.Fields allows
	}
	return append(b, text...)
}
