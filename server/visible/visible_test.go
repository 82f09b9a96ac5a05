package visible_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

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

// A table, long or short, whole or part, says of each record what visible.Record
// says of it.
func TestTableSaysWhatRecordsSay(t *testing.T) {
	s := schemaWithCount()
	only := []string{"title", "stageId", "amount"}
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SampledFrom([][]string{nil, only}).Draw(t, "only")
		table := visible.NewTable(s, crm.TypeDeal, keys...)
		var want []wire.Record
		for i := range rapid.IntRange(0, 60).Draw(t, "rows") {
			rec := anyDeal(t, i)
			groups := rapid.SampledFrom([]crm.Groups{0, crm.GroupStandard, crm.GroupStandard | crm.GroupNotes, crm.AllGroups}).Draw(t, "groups")
			table.Add(rec, groups)
			if groups == 0 {
				continue // who may see nothing gets no row
			}
			record := visible.Record(s, rec, groups)
			maps.DeleteFunc(record.Fields, func(key string, _ any) bool { return keys != nil && !slices.Contains(keys, key) })
			want = append(want, throughJSON(t, record))
		}
		var got wire.Table
		if err := json.Unmarshal(table.AppendJSON(nil), &got); err != nil {
			t.Fatal(err)
		}
		if len(got.Rows) != len(want) {
			t.Fatalf("%d rows, want %d", len(got.Rows), len(want))
		}
		if got.Part != (keys != nil) || len(got.Words) != 0 && len(got.Words) != len(got.Keys) {
			t.Fatalf("%+v", got)
		}
		seen := map[string]bool{}
		for i, row := range got.Rows {
			back := recordOf(t, got, row)
			if !reflect.DeepEqual(back, want[i]) {
				t.Fatalf("row %d says\n%+v, want\n%+v", i, back, want[i])
			}
			for key := range back.Fields {
				seen[key] = true
			}
		}
		if len(seen) != len(got.Keys) {
			t.Fatalf("columns %v: one that nobody sees a value of is not there", got.Keys)
		}
	})
}

func anyDeal(t *rapid.T, n int) crm.Record {
	f := crm.Fields{"title": rapid.String().Draw(t, "title")}
	if rapid.Bool().Draw(t, "staged") {
		f["stageId"] = rapid.SampledFrom([]string{"new", "won"}).Draw(t, "stage")
	}
	if rapid.Bool().Draw(t, "priced") {
		f["amount"] = crm.Money{Amount: rapid.Int64Range(-9, 9).Draw(t, "amount"), Currency: "JPY"}
	}
	if rapid.Bool().Draw(t, "noted") {
		f["notes"], f["fields.count"], f["sharedWith"] = "oak", int64(n), []any{"a", "b"}
	}
	return crm.Record{Type: crm.TypeDeal, ID: crm.ID(fmt.Sprintf("01JD8ZK3N0M8Q4V5X6Y7Z8%04d", n)), Version: uint64(n + 1), Fields: crm.Pack(f)}
}

func throughJSON(t *rapid.T, record wire.Record) (back wire.Record) {
	text, err := json.Marshal(record)
	if err == nil {
		err = json.Unmarshal(text, &back)
	}
	if err != nil {
		t.Fatal(err)
	}
	return back
}

// recordOf reads a row as the app does.
func recordOf(t *rapid.T, table wire.Table, row []any) wire.Record {
	back := wire.Record{Type: table.Type, Fields: map[string]any{}}
	back.ID, _ = row[0].(string)
	version, _ := row[1].(float64)
	back.Version = uint64(version)
	if names, ok := row[2].([]any); ok {
		for _, n := range names {
			back.Masked = append(back.Masked, fmt.Sprint(n))
		}
	}
	for j, key := range table.Keys {
		value := row[j+3]
		if value == nil {
			continue
		}
		if table.Words != nil && len(table.Words[j]) > 0 {
			at, ok := value.(float64)
			if !ok {
				t.Fatalf("%s repeats texts and holds %v", key, value)
			}
			value = table.Words[j][int(at)]
		}
		back.Fields[key] = value
	}
	return back
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
