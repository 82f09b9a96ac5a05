package importer

import (
	"encoding/json"
	"errors"
	"strings"

	"rapport/server/crm"
	"rapport/server/schema"
	"rapport/server/wire"
)

// column is one mapped column.
type column struct {
	to      string       // field of a deal, or one of the to… words
	field   schema.Field // of a deal field; toCloseOn has that of closedOn
	order   wire.DateOrder
	decimal string
	unsure  bool // the decimal is a guess: the numbers can be read both ways
}

// reading knows how to turn rows into deals. It is not changed while rows are read.
type reading struct {
	text     string
	layout   layout
	columns  []column // by position; to == "" is left out
	schema   *schema.Schema
	currency string // of amounts that name none
}

// cellProblem says what is wrong with a cell; column is -1 for the row as a whole.
type cellProblem struct {
	column int
	reason string
}

// draft is one row read.
type draft struct {
	row      int
	cells    []string // as in the file; only while previews and refusals need them
	values   []any    // by column, what the cell became; nil = nothing
	fields   crm.Fields
	closeOn  string
	customer string
	contact  string
	email    any // cleaned, or nil
	phone    any
	owner    string
	stage    string
	problems []cellProblem
}

func (d *draft) refuse(column int, reason string) {
	d.problems = append(d.problems, cellProblem{column, reason})
}

// each calls fn for every row below the header that holds anything.
func (r *reading) each(fn func(row int, cells []string) error) error {
	return scan(r.text, r.layout.delimiter, func(row int, cells []string) error {
		if row <= r.layout.headerRow || emptyRow(cells) {
			return nil
		}
		return fn(row, cells)
	})
}

// noValue are the words that programs write for nothing. In texts they stay.
var noValue = map[string]bool{"null": true, "NULL": true, "n/a": true, "N/A": true, "none": true, "None": true, "-": true, "—": true, "–": true, "#N/A": true}

// read turns a row into a draft. It never fails: what is wrong is in its problems.
func (r *reading) read(row int, cells []string) *draft {
	d := &draft{row: row, values: make([]any, len(r.columns))}
	r.checkWidth(d, cells)
	raw := make(map[string]any, len(r.columns))
	currency := r.currencyOf(d, cells)
	for i, c := range r.columns {
		if c.to == "" || i >= len(cells) {
			continue
		}
		cell := tidy(cells[i])
		if cell == "" {
			continue
		}
		r.readCell(d, raw, i, c, cell, currency)
	}
	r.clean(d, raw)
	return d
}

// checkWidth refuses ragged rows: with a cell too few or too many, values may
// stand under the wrong header. Empty cells behind the last column are no harm.
func (r *reading) checkWidth(d *draft, cells []string) {
	want := len(r.layout.headers)
	if len(cells) < want {
		d.refuse(-1, "too_few_cells")
	} else if len(cells) > want && !emptyRow(cells[want:]) {
		d.refuse(-1, "too_many_cells")
	}
}

func (r *reading) currencyOf(d *draft, cells []string) string {
	for i, c := range r.columns {
		if c.to != toCurrency || i >= len(cells) {
			continue
		}
		cell := tidy(cells[i])
		if cell == "" || noValue[cell] {
			break
		}
		code, ok := currencyOf(strings.ToLower(cell), r.currency)
		if !ok {
			d.refuse(i, "not_a_currency")
			break
		}
		d.values[i] = code
		return code
	}
	return r.currency
}

func (r *reading) readCell(d *draft, raw map[string]any, i int, c column, cell, currency string) {
	switch c.to {
	case toCurrency: // read before
		return
	case toCustomer:
		d.customer = oneLine(cell)
		d.values[i] = d.customer
	case toContact:
		d.contact = oneLine(cell)
		d.values[i] = d.contact
	case toOwner:
		d.owner = oneLine(cell)
		d.values[i] = d.owner
	case toStage:
		d.stage = oneLine(cell)
		d.values[i] = d.stage
	case toContactEmail, toContactPhone:
		r.readReach(d, i, c.to, cell)
	default:
		value, reason := r.readField(c, cell, currency)
		if reason != "" {
			d.refuse(i, reason)
			return
		}
		d.values[i] = value
		if c.to == toCloseOn {
			d.closeOn, _ = value.(string)
		} else if value != nil {
			raw[c.to] = value
		}
	}
}

func (r *reading) readReach(d *draft, i int, to, cell string) {
	key := "emails"
	if to == toContactPhone {
		key = "phones"
	}
	set, _, err := r.schema.Clean(crm.TypeContact, map[string]any{key: []any{cell}})
	if err != nil {
		d.refuse(i, fieldReason(err, key))
		return
	}
	d.values[i] = cell
	if to == toContactPhone {
		d.phone = set[key]
	} else {
		d.email = set[key]
	}
}

// readField reads a cell as the kind of its field demands; the schema checks it
// afterwards.
func (r *reading) readField(c column, cell, currency string) (any, string) {
	kind := c.field.Kind
	if kind != schema.KindText && kind != schema.KindLongText && noValue[cell] {
		return nil, ""
	}
	switch kind {
	case schema.KindLongText:
		return cell, ""
	case schema.KindDate:
		on, ok := parseDate(cell, c.order)
		if !ok && c.order == wire.OrderAsk {
			return nil, "date_order"
		}
		if !ok {
			return nil, "not_a_date"
		}
		return on, ""
	case schema.KindMoney:
		m, reason := parseMoney(cell, c.decimal, currency, r.currency)
		if reason != "" {
			return nil, reason
		}
		return m, ""
	case schema.KindNumber:
		n, ok := parseNumber(cell, c.decimal)
		if !ok {
			return nil, "not_a_number"
		}
		return json.Number(n), ""
	case schema.KindBool:
		return parseBool(cell)
	case schema.KindChoice:
		return choiceKey(c.field, cell), ""
	case schema.KindChoices:
		return listOf(cell, func(item string) any { return choiceKey(c.field, item) }), ""
	case schema.KindEmails, schema.KindPhones:
		return listOf(cell, func(item string) any { return item }), ""
	default:
		return oneLine(cell), ""
	}
}

func listOf(cell string, value func(string) any) []any {
	var list []any
	for _, item := range strings.FieldsFunc(cell, func(r rune) bool { return r == ';' || r == ',' || r == '\n' || r == '|' }) {
		if item = tidy(item); item != "" {
			list = append(list, value(item))
		}
	}
	return list
}

// choiceKey finds a choice by key or by its label in any language.
func choiceKey(f schema.Field, cell string) string {
	wanted := schema.NormalName(cell)
	for _, c := range f.Choices {
		if schema.NormalName(c.Key) == wanted {
			return c.Key
		}
		for _, label := range c.Labels {
			if schema.NormalName(label) == wanted {
				return c.Key
			}
		}
	}
	return cell // the schema refuses it
}

var boolWords = map[string]bool{
	"true": true, "yes": true, "y": true, "1": true, "x": true, "да": true, "sí": true, "si": true, "是": true, "истина": true, "verdadero": true,
	"false": false, "no": false, "n": false, "0": false, "нет": false, "否": false, "ложь": false, "falso": false,
}

func parseBool(cell string) (any, string) {
	b, ok := boolWords[schema.NormalName(cell)]
	if !ok {
		return nil, "not_yes_or_no"
	}
	return b, ""
}

// clean checks the deal's values and names the deal.
func (r *reading) clean(d *draft, raw map[string]any) {
	for _, name := range []struct{ to, value string }{{toCustomer, d.customer}, {toContact, d.contact}, {toOwner, d.owner}, {toStage, d.stage}} {
		if name.value == "" {
			continue
		}
		// A name that no customer could have cannot be matched or made either.
		if _, _, err := r.schema.Clean(crm.TypeCustomer, map[string]any{"name": name.value}); err != nil {
			d.refuse(r.columnOf(name.to), fieldReason(err, "name"))
			return
		}
	}
	if tooLong(d.stage) {
		d.refuse(r.columnOf(toStage), "too_long")
		return
	}
	if raw["title"] == nil {
		if title := titleOf(d, raw); title != "" {
			raw["title"] = title
		} else {
			d.refuse(-1, "no_title")
			return
		}
	}
	set, _, err := r.schema.Clean(crm.TypeDeal, raw)
	var e *crm.Error
	if errors.As(err, &e) {
		for key, reason := range e.Fields {
			// A title made of bad values is bad for their reason.
			if column := r.columnOf(key); column >= 0 || len(e.Fields) == 1 {
				d.refuse(column, reason)
			}
		}
		return
	}
	d.fields = set
}

// titleOf names a deal that the file does not name.
func titleOf(d *draft, raw map[string]any) string {
	product, _ := raw["product"].(string)
	external, _ := raw["externalId"].(string)
	title := ""
	switch {
	case d.customer != "" && product != "":
		title = d.customer + " – " + product
	case d.customer != "":
		title = d.customer
	case product != "" && external != "":
		title = product + " – " + external
	default:
		title = product + external
	}
	if runes := []rune(title); len(runes) > 300 {
		title = string(runes[:300])
	}
	return title
}

func (r *reading) columnOf(to string) int {
	for i, c := range r.columns {
		if c.to == to {
			return i
		}
	}
	return -1
}

func fieldReason(err error, key string) string {
	var e *crm.Error
	if errors.As(err, &e) && e.Fields[key] != "" {
		return e.Fields[key]
	}
	return "invalid"
}
