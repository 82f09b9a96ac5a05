package bsoncodec_test

import (
	"reflect"
	"testing"
	"time"

	"rapport/server/bsoncodec"
	"rapport/server/crm"
	"rapport/server/synclog"
)

// FuzzRecord: a document is refused, or it is a record that is written and read
// back as it is.
func FuzzRecord(f *testing.F) {
	f.Add(must(bsoncodec.MarshalRecord(crm.Record{Type: crm.TypeDeal, ID: someID, Version: 3, Fields: crm.Pack(crm.Fields{
		"title": "Needles", "amount": crm.Money{Amount: 1250, Currency: "EUR"}, "fields.industry": "craft", "n": int64(7), "x": 1.5, "b": true,
		"list": []any{"a", int64(1)}, "map": map[string]any{"k": "v"},
	})})))
	f.Add([]byte{5, 0, 0, 0, 0})
	f.Add([]byte{255, 255, 255, 127, 0})
	f.Fuzz(func(t *testing.T, raw []byte) {
		var d bsoncodec.Decoder
		rec, err := d.Record(crm.TypeDeal, raw)
		if err != nil {
			return
		}
		written, err := bsoncodec.MarshalRecord(rec)
		if err != nil {
			t.Fatalf("%#v was read, and cannot be written: %v", rec, err)
		}
		again, err := d.Record(crm.TypeDeal, written)
		if err != nil || !reflect.DeepEqual(again, rec) {
			t.Fatalf("%#v is read back as %#v: %v", rec, again, err)
		}
	})
}

// FuzzEntry: the same for the log.
func FuzzEntry(f *testing.F) {
	f.Add(must(bsoncodec.MarshalEntry("main", synclog.Entry{
		Offset: 42, At: time.UnixMilli(1764000000123), Command: "record.edit", CommandID: someID, CommandHash: "h",
		Actor: crm.Actor{UserID: someID, Source: crm.SourceApp}, Group: someID, Undoes: 3,
		Ops: []synclog.Op{{
			Type: crm.TypeDeal, ID: someID, Version: 3, Set: crm.Pack(crm.Fields{"title": "Tea"}), Unset: []string{"fields.old"},
			Before: crm.Pack(crm.Fields{"fields.old": true}),
		}},
	})))
	f.Add([]byte{5, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, raw []byte) {
		var d bsoncodec.Decoder
		e, err := d.Entry(raw)
		if err != nil {
			return
		}
		written, err := bsoncodec.MarshalEntry("main", e)
		if err != nil {
			return // what could be damaged without being noticed is not written again
		}
		again, err := d.Entry(written)
		if err != nil || !reflect.DeepEqual(again, e) {
			t.Fatalf("%#v is read back as %#v: %v", e, again, err)
		}
		if _, err := bsoncodec.UnmarshalCommand(written); err != nil {
			t.Fatal(err)
		}
	})
}
