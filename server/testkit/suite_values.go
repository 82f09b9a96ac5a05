package testkit

import (
	"fmt"
	"math"
	"reflect"
	"testing"

	"rapport/server/crm"
	"rapport/server/synclog"
)

// values are of every kind that crm.Fields allows.
var values = map[string]any{
	"a text":                       "Łódź, 東京, Ünïcödé 🙂",
	"an empty text":                "",
	"a text with a zero byte":      "a\x00b",
	"yes":                          true,
	"no":                           false,
	"zero":                         int64(0),
	"a small whole number":         int64(7),
	"the largest whole number":     int64(math.MaxInt64),
	"the smallest whole number":    int64(math.MinInt64),
	"a number":                     1.5,
	"a number that is whole":       float64(7),
	"the smallest number above 0":  math.SmallestNonzeroFloat64,
	"money":                        crm.Money{Amount: -123456789012, Currency: "EUR"},
	"an empty list":                []any{},
	"a list":                       []any{"a", int64(1), 1.0, true, crm.Money{Amount: 1, Currency: "JPY"}},
	"lists in a list":              []any{[]any{}, []any{[]any{"deep"}}},
	"an empty map":                 map[string]any{},
	"a map":                        map[string]any{"city": "Lugo", "lines": []any{"1", "2"}, "at": map[string]any{"x": 43.0}},
	"a map almost like money":      map[string]any{"amount": 1.0, "currency": "EUR"},
	"a map with more than money":   map[string]any{"amount": int64(1), "currency": "EUR", "on": "2026-11-24"},
	"a map whose keys are columns": map[string]any{"E-mail (work)": "email", "No. of staff": "staff", "$": "amount"},
}

var valueRows = []storeRow{
	{"every kind of value survives in documents and entries", func(t *testing.T, b *bench) {
		e := synclog.Entry{
			Offset: 1, At: at, Command: "record.edit", Group: id(), Undoes: 42,
			Actor:     crm.Actor{UserID: id(), SessionID: id(), Source: crm.SourceImport},
			CommandID: id(), CommandHash: "hash",
		}
		for name, v := range values {
			e.Ops = append(e.Ops, synclog.Op{
				Type: crm.TypeDeal, ID: id(), Version: 1, Set: crm.Pack(crm.Fields{"title": name, "value": v, "fields.custom": v}),
				Unset: []string{"fields.gone", "lostReason"}, Before: crm.Pack(crm.Fields{"value": v, "fields.gone": v}),
			})
		}
		b.append(e)
		got := b.entries(0, 1)
		if len(got) != 1 || len(got[0].Ops) != len(e.Ops) {
			t.Fatalf("entries %+v", got)
		}
		_, records := b.load()
		for i, op := range e.Ops {
			if !reflect.DeepEqual(got[0].Ops[i], op) {
				t.Errorf("%s in an entry:\n got %#v\nwant %#v", op.Set.String("title"), got[0].Ops[i], op)
			}
			if want := op.Apply(crm.Record{}); !reflect.DeepEqual(records[op.ID], want) {
				t.Errorf("%s in a document:\n got %#v\nwant %#v", op.Set.String("title"), records[op.ID], want)
			}
		}
		if got[0].Ops = e.Ops; !reflect.DeepEqual(got[0], e) {
			t.Errorf("entry\n got %+v\nwant %+v", got[0], e)
		}
	}},
	{"records of every type are loaded, also of types the server does not know", func(t *testing.T, b *bench) {
		types := []crm.RecordType{
			crm.TypeCustomer, crm.TypeContact, crm.TypeDeal, crm.TypeComment, crm.TypeWorkspace, crm.TypeDepartment,
			crm.TypeUser, crm.TypeMembership, crm.TypeRule, crm.TypePipeline, crm.TypeBoard, crm.TypeField, crm.TypeImport,
			crm.TypeCredential, crm.TypeSession, crm.TypeInvitation, "activity", "storeVisit",
		}
		e := entryOf(1, 1)
		for i, typ := range types {
			e.Ops = append(e.Ops, synclog.Op{Type: typ, ID: id(), Version: 1, Set: crm.Pack(crm.Fields{"name": fmt.Sprint(i)})})
		}
		b.append(e)
		b.reopen()
		_, records := b.load()
		for i, op := range e.Ops {
			if rec := records[op.ID]; rec.Type != types[i] || rec.Fields.Get("name") != fmt.Sprint(i) {
				t.Errorf("%s came back as %+v", types[i], rec)
			}
		}
	}},
	{"an entry as large as allowed is stored", func(t *testing.T, b *bench) {
		e := entryOf(1, 1)
		for range synclog.MaxOps {
			e.Ops = append(e.Ops, entryOf(1, 1, id()).Ops...)
		}
		b.append(e)
		if got := b.entries(0, 1); len(got) != 1 || len(got[0].Ops) != synclog.MaxOps {
			t.Errorf("%d entries", len(got))
		}
	}},
}
