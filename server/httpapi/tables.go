package httpapi

import (
	"encoding/json"
	"slices"
	"strconv"

	"rapport/server/crm"
	"rapport/server/schema"
)

// leftOut are fields no board or list shows; a record's own page brings them.
var leftOut = map[string]bool{
	crm.KeyCreatedAt: true, crm.KeyCreatedBy: true, crm.KeyUpdatedAt: true, crm.KeyUpdatedBy: true,
}

// column is one key of a table with the group that decides who sees it.
type column struct {
	key   string
	group crm.Groups
}

// appendTable writes records as wire.Table. It is written by hand because
// reflection over 10,000 maps takes four times as long as everything else a
// board needs.
func appendTable(dst []byte, t crm.RecordType, s *schema.Schema, rows sights) []byte {
	columns := columnsOf(t, s, rows)
	dst = append(dst, `{"t":`...)
	dst = appendJSONString(dst, string(t))
	dst = append(dst, `,"keys":[`...)
	for i, c := range columns {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendJSONString(dst, c.key)
	}
	dst = append(dst, `],"rows":[`...)
	has := s.GroupsOf(t)
	for i, row := range rows {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendRow(dst, row, has, columns)
	}
	return append(dst, "]}"...)
}

// columnsOf lists the fields that any of the rows has and shows.
func columnsOf(t crm.RecordType, s *schema.Schema, rows sights) []column {
	groupOf := map[string]crm.Groups{}
	used := map[string]bool{}
	for _, row := range rows {
		for key := range row.rec.Fields {
			if used[key] || leftOut[key] {
				continue
			}
			group, known := groupOf[key]
			if !known {
				group = s.GroupOf(t, key)
				groupOf[key] = group
			}
			used[key] = row.groups.Has(group)
		}
	}
	var columns []column
	for key, isUsed := range used {
		if isUsed {
			columns = append(columns, column{key, groupOf[key]})
		}
	}
	slices.SortFunc(columns, func(a, b column) int {
		if a.key < b.key {
			return -1
		}
		return 1
	})
	return columns
}

func appendRow(dst []byte, row sight, has crm.Groups, columns []column) []byte {
	dst = append(dst, '[')
	dst = appendJSONString(dst, string(row.rec.ID))
	dst = append(dst, ',')
	dst = appendUint(dst, row.rec.Version)
	if masked := has &^ row.groups; masked == 0 {
		dst = append(dst, ",null"...)
	} else {
		dst = append(dst, ',')
		dst = appendAny(dst, masked.Names())
	}
	for _, c := range columns {
		dst = append(dst, ',')
		if v, ok := row.rec.Fields[c.key]; ok && row.groups.Has(c.group) {
			dst = appendValue(dst, v)
		} else {
			dst = append(dst, "null"...)
		}
	}
	return append(dst, ']')
}

// appendValue writes a value of the kinds crm.Fields allows.
func appendValue(dst []byte, v any) []byte {
	switch x := v.(type) {
	case string:
		return appendJSONString(dst, x)
	case int64:
		return strconv.AppendInt(dst, x, 10)
	case bool:
		return strconv.AppendBool(dst, x)
	case crm.Money:
		dst = append(dst, `{"amount":`...)
		dst = strconv.AppendInt(dst, x.Amount, 10)
		dst = append(dst, `,"currency":`...)
		dst = appendJSONString(dst, x.Currency)
		return append(dst, '}')
	default:
		return appendAny(dst, v)
	}
}

func appendAny(dst []byte, v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		return append(dst, "null"...) // the kinds of crm.Fields can all be written
	}
	return append(dst, raw...)
}

func appendUint(dst []byte, n uint64) []byte { return strconv.AppendUint(dst, n, 10) }

// appendJSONString writes a string; what needs no escaping, which is nearly
// everything, is copied.
func appendJSONString(dst []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			return appendAny(dst, s)
		}
	}
	dst = append(dst, '"')
	dst = append(dst, s...)
	return append(dst, '"')
}
