package bsoncodec_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"pgregory.net/rapid"

	"rapport/server/bsoncodec"
	"rapport/server/crm"
	"rapport/server/synclog"
)

const someID = crm.ID("01ARZ3NDEKTSV4RRFFQ69G5FAV")

// anyValue draws a value of the kinds that crm.Fields allows.
func anyValue(depth int) *rapid.Generator[any] {
	kinds := []*rapid.Generator[any]{
		rapid.String().AsAny(), rapid.Bool().AsAny(), rapid.Int64().AsAny(), rapid.Float64().AsAny(),
		rapid.Custom(func(t *rapid.T) crm.Money {
			return crm.Money{Amount: rapid.Int64().Draw(t, "amount"), Currency: rapid.StringMatching(`[A-Z]{3}`).Draw(t, "currency")}
		}).AsAny(),
	}
	if depth > 0 {
		kinds = append(kinds,
			rapid.Custom(func(t *rapid.T) []any {
				return rapid.SliceOfN(anyValue(depth-1), 0, 4).Draw(t, "list")
			}).AsAny(),
			rapid.Custom(func(t *rapid.T) map[string]any {
				return rapid.MapOfN(rapid.StringMatching(`[a-z$. ]{0,8}`), anyValue(depth-1), 0, 4).Draw(t, "map")
			}).AsAny())
	}
	return rapid.OneOf(kinds...)
}

func anyFields() *rapid.Generator[crm.Fields] {
	return rapid.Custom(func(t *rapid.T) crm.Fields {
		keys := rapid.StringMatching(`(fields\.)?x[A-Za-z0-9_]{0,10}`)
		return crm.Fields(rapid.MapOfN(keys, anyValue(2), 0, 8).Draw(t, "fields"))
	})
}

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fields, before := crm.Pack(anyFields().Draw(t, "set")), crm.Pack(anyFields().Draw(t, "before"))
		rec := crm.Record{Type: crm.TypeDeal, ID: someID, Version: rapid.Uint64Range(1, 1<<62).Draw(t, "version"), Fields: fields}
		raw := must(bsoncodec.MarshalRecord(rec))
		if again := must(bsoncodec.MarshalRecord(rec)); !bytes.Equal(raw, again) {
			t.Fatal("equal records gave different bytes")
		}
		var d bsoncodec.Decoder
		if got := must(d.Record(crm.TypeDeal, raw)); !reflect.DeepEqual(got, rec) {
			t.Fatalf("record\n got %#v\nwant %#v", got, rec)
		}
		e := synclog.Entry{
			Offset: rapid.Uint64Range(1, bsoncodec.MaxOffset).Draw(t, "offset"), At: time.UnixMilli(1764000000123).UTC(),
			Actor: crm.Actor{UserID: someID, Source: crm.SourceApp}, CommandID: someID, CommandHash: "h", Command: "deal.move",
			Ops: []synclog.Op{{Type: crm.TypeDeal, ID: someID, Version: rec.Version, Set: fields, Unset: []string{"fields.x"}, Before: before}},
		}
		raw = must(bsoncodec.MarshalEntry("main", e))
		if got := must(d.Entry(raw)); !reflect.DeepEqual(got, e) {
			t.Fatalf("entry\n got %#v\nwant %#v", got, e)
		}
		want := synclog.CommandKey{Actor: someID, CommandID: someID, Hash: "h", Offset: e.Offset, At: e.At}
		if got := must(bsoncodec.UnmarshalCommand(raw)); got != want {
			t.Fatalf("command %+v, want %+v", got, want)
		}
	})
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestStoredFormIsReadable(t *testing.T) {
	rec := crm.Record{Type: crm.TypeDeal, ID: "d1", Version: 3, Fields: crm.Pack(crm.Fields{
		"title": "Needles", "amount": crm.Money{Amount: 1250, Currency: "EUR"}, "fields.industry": "craft", "fields.area": "north",
	})}
	e := synclog.Entry{Offset: 42, At: time.UnixMilli(1764000000123), Command: "record.edit", Actor: crm.System, Ops: []synclog.Op{{
		Type: crm.TypeDeal, ID: "d1", Version: 3, Set: crm.Pack(crm.Fields{"fields.industry": "craft"}), Unset: []string{"fields.old"}, Before: crm.Pack(crm.Fields{"fields.old": true}),
	}}}
	for _, tt := range []struct {
		name string
		raw  []byte
		want string
	}{
		{
			"a record is its fields, the custom ones nested", must(bsoncodec.MarshalRecord(rec)),
			`{"_id":"d1","version":3,"amount":{"amount":1250,"currency":"EUR"},"title":"Needles","fields":{"area":"north","industry":"craft"}}`,
		},
		{
			"an entry has a sortable id and no key with a dot", must(bsoncodec.MarshalEntry("main", e)),
			`{"_id":"main/000000000042","offset":42,"at":{"$date":"2025-11-24T16:00:00.123Z"},"actor":{"source":"system"},"command":"record.edit",` +
				`"ids":["d1"],"ops":[{"type":"deal","id":"d1","version":3,"set":{"fields":{"industry":"craft"}},"unset":["fields.old"],"before":{"fields":{"old":true}}}]}`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := bson.MarshalExtJSON(bson.Raw(tt.raw), false, false)
			if err != nil || string(got) != tt.want {
				t.Errorf("%v\n got %s\nwant %s", err, got, tt.want)
			}
		})
	}
}

// [H9]
func TestWhatOthersWroteIsRead(t *testing.T) {
	at := time.Date(2026, 11, 24, 9, 30, 0, 5e6, time.UTC)
	for _, tt := range []struct {
		name   string
		stored any
		want   any
	}{
		{"a 32-bit number is a whole number", int32(7), int64(7)},
		{"a date is its text", at, "2026-11-24T09:30:00.005Z"},
		{"null is no value", nil, nil},
		{"money whose amount has 32 bits is money", bson.D{{Key: "amount", Value: int32(5)}, {Key: "currency", Value: "EUR"}}, crm.Money{Amount: 5, Currency: "EUR"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			raw := must(bson.Marshal(bson.D{{Key: "_id", Value: "x"}, {Key: "version", Value: int32(1)}, {Key: "x", Value: tt.stored}}))
			var d bsoncodec.Decoder
			rec, err := d.Record(crm.TypeDeal, raw)
			if err != nil || !reflect.DeepEqual(rec.Fields.Get("x"), tt.want) {
				t.Errorf("%#v, %v; want %#v", rec.Fields.Get("x"), err, tt.want)
			}
		})
	}
}

func TestDamagedDocumentsAreRefused(t *testing.T) {
	whole := must(bsoncodec.MarshalRecord(crm.Record{Type: crm.TypeDeal, ID: "d1", Version: 1, Fields: crm.Pack(crm.Fields{"list": []any{"a"}, "fields.x": int64(1)})}))
	var d bsoncodec.Decoder
	for n := range whole {
		if _, err := d.Record(crm.TypeDeal, whole[:n]); err == nil {
			t.Errorf("the first %d of %d bytes were taken for a record", n, len(whole))
		}
	}
	for _, doc := range []bson.D{
		{{Key: "version", Value: int64(1)}},
		{{Key: "_id", Value: "x"}},
		{{Key: "_id", Value: "x"}, {Key: "version", Value: int64(0)}},
		{{Key: "_id", Value: "x"}, {Key: "version", Value: int64(1)}, {Key: "y", Value: bson.Regex{Pattern: "a"}}},
	} {
		if rec, err := d.Record(crm.TypeDeal, must(bson.Marshal(doc))); err == nil {
			t.Errorf("%v was read as %v", doc, rec)
		}
	}
}

func TestCollectionsHaveAPersonsPlural(t *testing.T) {
	for typ, want := range map[crm.RecordType]string{
		"customer": "customers", "deal": "deals", "activity": "activities", "survey": "surveys", "address": "addresses", "storeVisit": "storeVisits",
	} {
		if got := bsoncodec.Collection(typ); got != want {
			t.Errorf("%s lie in %s, want %s", typ, got, want)
		}
	}
}

func TestDecodeRecordsEndsWithTheFirstError(t *testing.T) {
	raw := must(bsoncodec.MarshalRecord(crm.Record{Type: crm.TypeDeal, ID: someID, Version: 1}))
	enough := errors.New("enough")
	type emit = func(crm.RecordType, []byte) error
	endless := func(_ context.Context, emit emit) error {
		for {
			if err := emit(crm.TypeDeal, raw); err != nil {
				return err
			}
		}
	}
	take := func(crm.Record) error { return nil }
	for _, tt := range []struct {
		name string
		read func(context.Context, emit) error
		each func(crm.Record) error
		want string
	}{
		{"of the receiver", endless, func(crm.Record) error { return enough }, "enough"},
		{"of the reader", func(context.Context, emit) error { return enough }, take, "enough"},
		{"of decoding", func(_ context.Context, emit emit) error { return emit(crm.TypeDeal, []byte("junk")) }, take, "no text _id"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := bsoncodec.DecodeRecords(t.Context(), tt.read, tt.each)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}

func BenchmarkRecord(b *testing.B) {
	fields := crm.Fields{}
	for i := range 16 {
		fields[fmt.Sprintf("field%d", i)] = "some text of a field"
	}
	rec := crm.Record{Type: crm.TypeDeal, ID: someID, Version: 1, Fields: crm.Pack(fields)}
	raw := must(bsoncodec.MarshalRecord(rec))
	b.Run("write", func(b *testing.B) {
		for b.Loop() {
			must(bsoncodec.MarshalRecord(rec))
		}
	})
	b.Run("read", func(b *testing.B) {
		var d bsoncodec.Decoder
		for b.Loop() {
			must(d.Record(crm.TypeDeal, raw))
		}
	})
}
