package workspace

import (
	"strings"

	"rapport/server/crm"
	"rapport/server/schema"
)

// textIndex answers "contains all these words" over the short texts of one
// record type by scanning them in one slice: 100,000 customers take a few
// milliseconds, and nothing has to be kept in balance.
type textIndex struct {
	rowOf map[crm.ID]int
	rows  []textRow
}

type textRow struct {
	id   crm.ID
	text string
}

func newTextIndex() *textIndex { return &textIndex{rowOf: map[crm.ID]int{}} }

func (x *textIndex) put(id crm.ID, text string) {
	if i, ok := x.rowOf[id]; ok {
		x.rows[i].text = text
		return
	}
	x.rowOf[id] = len(x.rows)
	x.rows = append(x.rows, textRow{id, text})
}

func (x *textIndex) remove(id crm.ID) {
	i, ok := x.rowOf[id]
	if !ok {
		return
	}
	last := len(x.rows) - 1
	x.rows[i] = x.rows[last]
	x.rowOf[x.rows[i].id] = i
	x.rows[last] = textRow{}
	x.rows = x.rows[:last]
	delete(x.rowOf, id)
}

// scan calls fn for each row that contains every word, until fn returns false.
func (x *textIndex) scan(words []string, fn func(crm.ID, string) bool) {
	for _, row := range x.rows {
		if containsAll(row.text, words) && !fn(row.id, row.text) {
			return
		}
	}
}

func containsAll(text string, words []string) bool {
	for _, w := range words {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}

// searchFields lists what a search looks into, per type. A field's group
// matters: see State.Search.
var searchFields = map[crm.RecordType][]string{
	crm.TypeCustomer: {"name", "website", "externalId", "emails", "phones"},
	crm.TypeContact:  {"name", "jobTitle", "externalId", "emails", "phones"},
	crm.TypeDeal:     {"title", "externalId", "product"},
}

func searchText(rec crm.Record) string {
	return textOf(rec, searchFields[rec.Type], func(string) bool { return true })
}

// textOf joins the named fields that ok admits, folded for comparison. A phone
// is there twice, as written and in its normal form.
func textOf(rec crm.Record, fields []string, ok func(field string) bool) string {
	var b strings.Builder
	add := func(field, s string) {
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(schema.NormalName(s))
		if field == "phones" {
			b.WriteByte('\n')
			b.WriteString(schema.NormalPhone(s))
		}
	}
	for _, field := range fields {
		if !ok(field) {
			continue
		}
		switch v := rec.Fields[field].(type) {
		case string:
			add(field, v)
		case []any:
			for _, item := range v {
				if s, isText := item.(string); isText {
					add(field, s)
				}
			}
		}
	}
	return b.String()
}
