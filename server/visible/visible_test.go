package visible_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"rapport/server/crm"
	"rapport/server/schema"
	"rapport/server/visible"
	"rapport/server/wire"
)

var deal = crm.Record{Type: crm.TypeDeal, ID: "01JD8ZK3N0M8Q4V5X6Y7Z8A9BC", Version: 3, Fields: crm.Pack(crm.Fields{
	"title": "Tea for the \"harbour\" <b>", "amount": crm.Money{Amount: 129900, Currency: "EUR"}, "probability": 12.5,
	"notes": "first\nsecond", "stageId": "won", "fields.gone": "left over", "fields.count": int64(4),
})}

func schemaWithCount() *schema.Schema {
	return schema.New([]crm.Record{{Type: crm.TypeField, ID: "01JD8ZK3N0M8Q4V5X6Y7Z8A9BD", Version: 1, Fields: crm.Pack(crm.Fields{
		"recordType": "deal", "key": "count", "kind": "number",
	})}})
}

func TestRecordMasksByGroup(t *testing.T) {
	tests := []struct {
		name   string
		groups crm.Groups
		keys   []string
		masked []string
	}{
		{"who may see all sees all", crm.AllGroups,
			[]string{"amount", "fields.count", "fields.gone", "notes", "probability", "stageId", "title"}, nil},
		{"without money there is neither amount nor probability", crm.AllGroups &^ crm.GroupMoney,
			[]string{"fields.count", "fields.gone", "notes", "stageId", "title"}, []string{"money"}},
		{"standard alone shows no field that nobody defines any more", crm.GroupStandard,
			[]string{"fields.count", "stageId", "title"}, []string{"money", "notes"}},
		{"a group the type has no fields in is not named", crm.AllGroups &^ crm.GroupReach,
			[]string{"amount", "fields.count", "fields.gone", "notes", "probability", "stageId", "title"}, nil},
	}
	s := schemaWithCount()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			shown := visible.Record(s, deal, tt.groups)
			var keys []string
			for key := range shown.Fields {
				keys = append(keys, key)
			}
			slices.Sort(keys)
			if !slices.Equal(keys, tt.keys) || !slices.Equal(shown.Masked, tt.masked) {
				t.Fatalf("fields %v masked %v, want %v and %v", keys, shown.Masked, tt.keys, tt.masked)
			}
		})
	}
}

func TestTableSaysWhatRecordsSay(t *testing.T) {
	s := schemaWithCount()
	plain := deal
	plain.ID, plain.Fields = "01JD8ZK3N0M8Q4V5X6Y7Z8A9BE", crm.Pack(crm.Fields{"title": "Café \\ \t\x01 чай \xff", "amount": crm.Money{Amount: -1, Currency: "JPY"}, "sharedWith": []any{"a", "b"}})
	rows := []struct {
		rec    crm.Record
		groups crm.Groups
	}{{deal, crm.GroupStandard}, {plain, crm.GroupStandard | crm.GroupNotes}, {plain, 0}}

	table := visible.NewTable(s, crm.TypeDeal)
	for _, r := range rows {
		table.Add(r.rec, r.groups)
	}
	if table.Len() != 2 {
		t.Fatalf("%d rows, want 2: who may see nothing gets no row", table.Len())
	}
	var got wire.Table
	if err := json.Unmarshal(table.AppendJSON(nil), &got); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got.Keys, []string{"fields.count", "sharedWith", "stageId", "title"}) {
		t.Fatalf("columns %v: a column nobody sees a value of is not there", got.Keys)
	}
	for i, row := range got.Rows {
		want := visible.Record(s, rows[i].rec, rows[i].groups)
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var record wire.Record
		if err := json.Unmarshal(text, &record); err != nil {
			t.Fatal(err)
		}
		back := wire.Record{Type: got.Type, Fields: map[string]any{}}
		back.ID, _ = row[0].(string)
		version, _ := row[1].(float64)
		back.Version = uint64(version)
		if names, ok := row[2].([]any); ok {
			for _, n := range names {
				back.Masked = append(back.Masked, fmt.Sprint(n))
			}
		}
		for j, key := range got.Keys {
			if row[j+3] != nil {
				back.Fields[key] = row[j+3]
			}
		}
		if !reflect.DeepEqual(back, record) {
			t.Errorf("row %d says\n%+v, want\n%+v", i, back, record)
		}
	}
}

func TestAnEmptyTableIsATable(t *testing.T) {
	if got := string(visible.NewTable(schemaWithCount(), crm.TypeDeal).AppendJSON(nil)); got != `{"t":"deal","keys":[],"rows":[]}` {
		t.Fatal(got)
	}
}

func BenchmarkTableOf10000Deals(b *testing.B) {
	s := schemaWithCount()
	table := visible.NewTable(s, crm.TypeDeal)
	for range 10_000 {
		table.Add(deal, crm.AllGroups)
	}
	buf := table.AppendJSON(nil)
	for b.Loop() {
		buf = table.AppendJSON(buf[:0])
	}
}
