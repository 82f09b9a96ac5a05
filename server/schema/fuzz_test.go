package schema_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"rapport/server/crm"
	"rapport/server/schema"
)

// FuzzClean: what may be stored is clean, and stays as it is when it is sent
// once more.
func FuzzClean(f *testing.F) {
	for _, seed := range []string{
		`{"title":" Tea ","amount":{"amount":1,"currency":"EUR"},"probability":50,"nextStepOn":"2026-12-01"}`,
		`{"fields":{"my_number":1e3,"my_time":"2026-11-24T09:30:00+14:00","colours":["red","red"]}}`, `{"fields.my_email":"a@b.c","fields":{"my_email":"x"}}`,
		`{"fields":{"my_phone":"+49 30 123456 ext. 7"}}`, `{"notes":"a\r\nb"}`, `{"amount":{"amount":1.5,"currency":"eur"}}`, `{"fields":{"my_number":-0.0}}`,
	} {
		f.Add("deal", seed)
	}
	f.Add("contact", `{"name":"Bo","emails":["bo@example.com","BO@example.com"],"phones":["+34 600 000 000","0"],"jobTitle":null}`)
	f.Add("customer", `{"name":"Globex","website":"example.com","address":{"street":"x","country":"DE"},"kind":"company"}`)
	s := schema.New(definitions())
	f.Fuzz(func(t *testing.T, kind, body string) {
		raw, ok := decoded(body)
		if !ok {
			return
		}
		set, unset, err := s.Clean(crm.RecordType(kind), raw)
		if err != nil {
			if crm.CodeOf(err) != crm.CodeInvalid || set != nil || unset != nil {
				t.Fatalf("refused with %v, but for %v and %v", err, set, unset)
			}
			return
		}
		stored := crm.Pack(set).Unpack() // panics for kinds that no record has
		sent, err := json.Marshal(stored)
		if err != nil {
			t.Fatal(err)
		}
		again, _ := decoded(string(sent))
		if got, _, err := s.Clean(crm.RecordType(kind), again); err != nil || !reflect.DeepEqual(got, set) {
			t.Fatalf("%#v, sent once more, is %#v: %v", set, got, err)
		}
	})
}

// decoded reads an object as the server reads a body.
func decoded(body string) (map[string]any, bool) {
	var raw map[string]any
	dec := json.NewDecoder(strings.NewReader(body))
	dec.UseNumber()
	return raw, utf8.ValidString(body) && dec.Decode(&raw) == nil && raw != nil
}

// FuzzNormalName: the form under which equal names are equal is its own form,
// and two spellings of the same characters have the same.
func FuzzNormalName(f *testing.F) {
	for _, seed := range []string{"", "Ana", "  a  b ", "ﬀ", "ß", "İ", "ſ", "Å", "A\u030a", "\u0345", "ᾳ", "\u1e9e", "㍿", "\u03d2\u0301", "\u3000", "ß\u0301", "ΐ"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if !utf8.ValidString(name) {
			return // no text that is stored, and none in a query
		}
		if strings.ContainsFunc(name, func(r rune) bool { return unicode.Is(unicode.Cherokee, r) }) {
			return // golang.org/x/text/cases folds small to capital letters there, and capital to small
		}
		normal := schema.NormalName(name)
		if again := schema.NormalName(normal); again != normal {
			t.Fatalf("%+q becomes %+q, and that %+q", name, normal, again)
		}
		for _, form := range []norm.Form{norm.NFC, norm.NFD, norm.NFKD} {
			if other := schema.NormalName(form.String(name)); other != normal {
				t.Fatalf("%+q becomes %+q, but in another spelling %+q", name, normal, other)
			}
		}
		if strings.TrimSpace(normal) != normal || strings.Contains(normal, "  ") {
			t.Fatalf("%+q has blanks too many", normal)
		}
	})
}
