package schema_test

import (
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
	"testing"

	"rapport/server/crm"
	"rapport/server/schema"
)

const (
	someID = "01JD8ZK3N0M8Q4V5X6Y7Z8A9BC"
	custom = "01JD8ZK3N0M8Q4V5X6Y7Z8A9BD"
)

// definitions gives deals one custom field of each kind that no predefined field has.
func definitions() []crm.Record {
	var defs []crm.Record
	add := func(id string, f crm.Fields) {
		f["recordType"] = "deal"
		defs = append(defs, crm.Record{Type: crm.TypeField, ID: crm.ID(id), Version: 1, Fields: crm.Pack(f)})
	}
	choices := []any{map[string]any{"key": "red"}, map[string]any{"key": "blue"}}
	for i, kind := range []string{"text", "number", "time", "bool", "email", "phone"} {
		add(custom[:25]+strconv.Itoa(i), crm.Fields{"key": "my_" + kind, "kind": kind})
	}
	add(custom[:25]+"7", crm.Fields{"key": "colour", "kind": "choice", "choices": choices})
	add(custom[:25]+"8", crm.Fields{"key": "colours", "kind": "choices", "choices": choices})
	add(custom[:25]+"9", crm.Fields{"key": "must", "kind": "text", "required": true, "group": "money"})
	return defs
}

// [H2] [H11] [H13]
func TestCleanOneValue(t *testing.T) {
	tests := []struct {
		name   string
		typ    crm.RecordType
		key    string
		raw    any
		want   any // nil: unset
		reason string
	}{
		{name: "text loses the space around it", key: "title", raw: "  Tea for the harbour ", want: "Tea for the harbour"},
		{name: "500 characters of four bytes are a text", key: "title", raw: strings.Repeat("🫖", 500), want: strings.Repeat("🫖", 500)},
		{name: "501 characters are too many", key: "title", raw: strings.Repeat("a", 501), reason: "too_long"},
		{name: "a megabyte is too long", key: "title", raw: strings.Repeat("a", 1<<20), reason: "too_long"},
		{name: "a number is no text", key: "title", raw: json.Number("5"), reason: "not_text"},
		{name: "an object is no text", key: "title", raw: map[string]any{"$gt": ""}, reason: "not_text"},
		{name: "half a UTF-8 character is refused", key: "product", raw: "caf\xc3", reason: "bad_characters"},
		{name: "NUL is refused", key: "product", raw: "tea\x00pot", reason: "bad_characters"},
		{name: "a line break in a line is refused", key: "product", raw: "tea\npot", reason: "bad_characters"},
		{name: "a long text keeps its lines", key: "notes", raw: "one\r\ntwo\tthree", want: "one\ntwo\tthree"},
		{name: "a long text has no escape characters", key: "notes", raw: "\x1b[31m", reason: "bad_characters"},
		{name: "20,001 characters are too long", key: "notes", raw: strings.Repeat("a", 20_001), reason: "too_long"},
		{name: "an empty text is no value", key: "product", raw: "  ", want: nil},
		{name: "null is no value", key: "product", raw: nil, want: nil},
		{name: "a required field cannot be emptied", key: "title", raw: "", reason: "required"},

		{name: "whole numbers stay whole", key: "probability", raw: json.Number("40"), want: int64(40)},
		{name: "a whole number may be written with an exponent", key: "probability", raw: json.Number("4e1"), want: int64(40)},
		{name: "fractions are kept", key: "probability", raw: json.Number("12.5"), want: 12.5},
		{name: "a probability above 100 is refused", key: "probability", raw: json.Number("101"), reason: "out_of_range"},
		{name: "a number as text is no number", key: "probability", raw: "40", reason: "not_a_number"},
		{name: "an exponent beyond all floats is refused", key: "fields.my_number", raw: json.Number("1e400"), reason: "out_of_range"},
		{name: "a whole number no browser can hold is refused", key: "fields.my_number", raw: json.Number("9007199254740993"), reason: "out_of_range"},
		{name: "NaN is refused", key: "fields.my_number", raw: math.NaN(), reason: "not_a_number"},
		{name: "infinity is refused", key: "fields.my_number", raw: math.Inf(1), reason: "not_a_number"},

		{name: "money is kept in minor units", key: "amount", raw: money("129900", "EUR"), want: crm.Money{Amount: 129900, Currency: "EUR"}},
		{name: "thousandths of a dinar are its minor units", key: "amount", raw: money("1234567", "KWD"), want: crm.Money{Amount: 1234567, Currency: "KWD"}},
		{name: "a fraction of a minor unit is refused", key: "amount", raw: money("12.5", "EUR"), reason: "not_money"},
		{name: "a currency that there is not is refused", key: "amount", raw: money("1", "ZZZ"), reason: "not_money"},
		{name: "an unknown shape of currency is refused", key: "amount", raw: money("1", "euro"), reason: "not_money"},
		{name: "money above 1e15 minor units is refused", key: "amount", raw: money("1000000000000001", "EUR"), reason: "out_of_range"},
		{name: "money with a third key is refused", key: "amount", raw: map[string]any{"amount": json.Number("1"), "currency": "EUR", "x": "y"}, reason: "not_money"},
		{name: "a bare number is no money", key: "amount", raw: json.Number("12"), reason: "not_money"},

		{name: "a date of the calendar", key: "expectedCloseOn", raw: "2028-02-29", want: "2028-02-29"},
		{name: "a day that was not is refused", key: "expectedCloseOn", raw: "2027-02-29", reason: "not_a_date"},
		{name: "the year 0 is refused", key: "expectedCloseOn", raw: "0000-01-01", reason: "not_a_date"},
		{name: "the last day there is", key: "expectedCloseOn", raw: "9999-12-31", want: "9999-12-31"},
		{name: "the day after it is refused", key: "expectedCloseOn", raw: "10000-01-01", reason: "not_a_date"},
		{name: "31 April is refused", key: "expectedCloseOn", raw: "2027-04-31", reason: "not_a_date"},
		{name: "a day on which the clocks change is a day", key: "expectedCloseOn", raw: "2027-03-28", want: "2027-03-28"},
		{name: "a date with a time is refused", key: "expectedCloseOn", raw: "2027-03-28T24:00", reason: "not_a_date"},
		{name: "a date in words is refused", key: "expectedCloseOn", raw: "tomorrow", reason: "not_a_date"},
		{name: "a moment is kept in UTC", key: "fields.my_time", raw: "2026-11-24T16:00:00+01:00", want: "2026-11-24T15:00:00.000Z"},
		{name: "a moment within the hour that clocks leave out is where its offset says", key: "fields.my_time", raw: "2027-03-28T02:30:00+01:00", want: "2027-03-28T01:30:00.000Z"},
		{name: "24:00 is refused: it has two days", key: "fields.my_time", raw: "2027-03-28T24:00:00Z", reason: "not_a_time"},
		{name: "a leap second is refused", key: "fields.my_time", raw: "2026-06-30T23:59:60Z", reason: "not_a_time"},
		{name: "a moment without an offset is refused", key: "fields.my_time", raw: "2027-03-28T02:30:00", reason: "not_a_time"},
		{name: "the year 1 is far away", key: "fields.my_time", raw: "0001-01-01T00:00:00Z", want: "0001-01-01T00:00:00.000Z"},
		{name: "a moment before the year 1 in UTC is refused", key: "fields.my_time", raw: "0001-01-01T00:00:00+01:00", reason: "not_a_time"},
		{name: "a moment that leaves the year 9999 in UTC is refused", key: "fields.my_time", raw: "9999-12-31T23:59:59-12:00", reason: "not_a_time"},
		{name: "yes or no", key: "fields.my_bool", raw: false, want: false},
		{name: "a text is no truth", key: "fields.my_bool", raw: "true", reason: "not_yes_or_no"},

		{name: "an id", key: "customerId", raw: someID, want: someID},
		{name: "a path is no id", key: "customerId", raw: "../../etc/passwd", reason: "not_an_id"},
		{name: "a choice that exists", key: "fields.colour", raw: "red", want: "red"},
		{name: "a choice that does not exist is refused", key: "fields.colour", raw: "green", reason: "not_a_choice"},
		{name: "the same choice twice counts once", key: "fields.colours", raw: []any{"red", "blue", "red"}, want: []any{"red", "blue"}},
		{name: "one unknown choice among known ones is refused", key: "fields.colours", raw: []any{"red", "green"}, reason: "not_a_choice"},
		{name: "an empty list is no value", key: "fields.colours", raw: []any{}, want: nil},

		{name: "an address is kept as written", key: "fields.my_email", raw: "Ana.Petrova@Example.com", want: "Ana.Petrova@Example.com"},
		{name: "an e-mail with a display name is refused", key: "fields.my_email", raw: "Ana <ana@example.com>", reason: "not_an_email"},
		{name: "an e-mail without a dot in its domain is refused", key: "fields.my_email", raw: "ana@localhost", reason: "not_an_email"},
		{name: "an international phone number gets its common form", key: "fields.my_phone", raw: "+34600123456", want: "+34 600 12 34 56"},
		{name: "a national number stays as written", key: "fields.my_phone", raw: "(030) 123-456", want: "(030) 123-456"},
		{name: "words are no phone number", key: "fields.my_phone", raw: "call me", reason: "not_a_phone"},
		{name: "51 e-mails are too many", typ: crm.TypeCustomer, key: "emails", raw: repeated("a@example.com", 51), reason: "too_many"},
		{name: "a bare host becomes a web address", typ: crm.TypeCustomer, key: "website", raw: "example.com", want: "https://example.com"},
		{name: "a script is no web address", typ: crm.TypeCustomer, key: "website", raw: "javascript:alert(1)", reason: "not_a_url"},
		{name: "credentials in a web address are refused", typ: crm.TypeCustomer, key: "website", raw: "https://a:b@example.com", reason: "not_a_url"},
		{name: "an address keeps what is filled in", typ: crm.TypeCustomer, key: "address", raw: map[string]any{"city": "Cádiz", "street": ""}, want: map[string]any{"city": "Cádiz"}},
		{name: "an address has no other lines", typ: crm.TypeCustomer, key: "address", raw: map[string]any{"planet": "Mars"}, reason: "not_an_address"},

		{name: "an unknown field is refused", key: "colour", raw: "red", reason: "unknown_field"},
		{name: "an operator is no field", key: "$where", raw: "1", reason: "unknown_field"},
		{name: "a prototype is no field", key: "__proto__", raw: map[string]any{}, reason: "unknown_field"},
		{name: "the order on the board is not for writing", key: "order", raw: "a0", reason: "unknown_field"},
		{name: "who created a record is not for writing", key: "createdBy", raw: someID, reason: "read_only"},
	}
	s := schema.New(definitions())
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			typ := tt.typ
			if typ == "" {
				typ = crm.TypeDeal
			}
			set, unset, err := s.Clean(typ, map[string]any{tt.key: tt.raw})
			if tt.reason != "" {
				if got := problems(t, err)[tt.key]; got != tt.reason {
					t.Fatalf("reason %q, want %q", got, tt.reason)
				}
				if set != nil || unset != nil {
					t.Fatal("something was returned beside the error")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if tt.want == nil {
				if len(set) != 0 || len(unset) != 1 || unset[0] != tt.key {
					t.Fatalf("set %v, unset %v; want %s unset", set, unset, tt.key)
				}
				return
			}
			if !crm.ValueEqual(set[tt.key], tt.want) {
				t.Fatalf("%#v, want %#v", set[tt.key], tt.want)
			}
		})
	}
}

// [H7]
func TestCleanWholeBodies(t *testing.T) {
	s := schema.New(definitions())
	t.Run("all problems are named at once", func(t *testing.T) {
		_, _, err := s.Clean(crm.TypeDeal, map[string]any{
			"title": "", "probability": "high", "fields": map[string]any{"colour": "green", "my_number": json.Number("1")},
		})
		got := problems(t, err)
		want := map[string]string{"title": "required", "probability": "not_a_number", "fields.colour": "not_a_choice"}
		if len(got) != len(want) {
			t.Fatalf("%v, want %v", got, want)
		}
		for key, reason := range want {
			if got[key] != reason {
				t.Errorf("%s: %s, want %s", key, got[key], reason)
			}
		}
	})
	t.Run("a custom field given nested and flat is refused", func(t *testing.T) {
		_, _, err := s.Clean(crm.TypeDeal, map[string]any{
			"fields.colour": "red", "fields": map[string]any{"colour": "blue"},
		})
		if got := problems(t, err)["fields.colour"]; got != "duplicate_key" {
			t.Fatal(got)
		}
	})
	t.Run("10,000 unknown fields make a short answer", func(t *testing.T) {
		raw := map[string]any{}
		for i := range 10_000 {
			raw["key"+strconv.Itoa(i)] = "x"
		}
		_, _, err := s.Clean(crm.TypeDeal, raw)
		if got := len(problems(t, err)); got != 100 {
			t.Fatalf("%d problems named, want 100", got)
		}
	})
	t.Run("a key of a megabyte is not repeated in the answer", func(t *testing.T) {
		_, _, err := s.Clean(crm.TypeDeal, map[string]any{strings.Repeat("k", 1<<20): "x"})
		for key := range problems(t, err) {
			if len(key) > 100 {
				t.Fatalf("a key of %d bytes", len(key))
			}
		}
	})
}

func problems(t *testing.T, err error) map[string]string {
	t.Helper()
	var e *crm.Error
	if !errors.As(err, &e) || e.Code != crm.CodeInvalid {
		t.Fatalf("%v, want CodeInvalid", err)
	}
	return e.Fields
}

func money(amount, currency string) map[string]any {
	return map[string]any{"amount": json.Number(amount), "currency": currency}
}

func repeated(s string, n int) []any {
	list := make([]any, n)
	for i := range list {
		list[i] = s
	}
	return list
}
