package httpapi_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"rapport/server/crm"
	"rapport/server/httpapi"
)

type sample struct {
	Title  string         `json:"title"`
	Count  int64          `json:"count"`
	Maybe  *string        `json:"maybe"`
	Values map[string]any `json:"values"`
	Stages []sampleStage  `json:"stages"`
}

type sampleStage struct {
	Name string `json:"name"`
}

func nested(depth int) string {
	return `{"values":` + strings.Repeat(`{"a":`, depth) + "1" + strings.Repeat("}", depth) + "}"
}

// [G4] [G5] [G6]
func TestDecode(t *testing.T) {
	var got sample
	app := newApp(t, testOptions(), post("sample", httpapi.Public, func(c *fiber.Ctx) error {
		got = sample{}
		if err := httpapi.Decode(c, &got); err != nil {
			return err
		}
		return ok(c)
	}))
	tests := []struct {
		name   string
		body   string
		status int
		reason string // or the reason under field
		field  string
	}{
		{"a plain object is read", `{"title":"a","count":3,"values":{"x":1.50},"stages":[{"name":"n"}]}`, 200, "", ""},
		{"null is for pointers", `{"maybe":null}`, 200, "", ""},
		{"32 levels pass", nested(31), 200, "", ""},
		{"a body of exactly the limit passes", `{"title":"` + strings.Repeat("a", 1<<20-12) + `"}`, 200, "", ""},
		{"a pair of surrogates is one character", `{"title":"\ud83d\ude00"}`, 200, "", ""},
		{"an escaped backslash before u is no escape", `{"title":"\\ud83d"}`, 200, "", ""},
		{"one byte more is too large", `{"title":"` + strings.Repeat("a", 1<<20-11) + `"}`, 413, "too_large", ""},
		{"33 levels are too deep", nested(32), 400, "too_deep", "values" + strings.Repeat(".a", 31)},
		{"200,000 levels are refused", strings.Repeat("[", 200_000), 400, "not_json", ""},
		{"more than 20,000 values are too many", `{"values":{"a":[` + strings.Repeat("0,", 20_000) + `0]}}`, 413, "too_many_values", ""},
		{"an unknown key is named", `{"isAdmin":true}`, 400, "unknown_key", "isAdmin"},
		{"an unknown key inside an array is named with its place", `{"stages":[{"name":"a"},{"role":"x"}]}`, 400, "unknown_key", "stages[1].role"},
		{"a key in another case is unknown", `{"TITLE":"a"}`, 400, "unknown_key", "TITLE"},
		{"a repeated key is refused", `{"title":"a","title":"b"}`, 400, "duplicate_key", "title"},
		{"a key repeated in another case is refused", `{"values":{"owner":1,"OWNER":2}}`, 400, "duplicate_key", "values.OWNER"},
		{"an escaped repetition is refused", `{"title":"a","\u0074itle":"b"}`, 400, "duplicate_key", "title"},
		{"a second value behind the first is refused", `{"title":"a"} {}`, 400, "not_json", ""},
		{"a comment is refused", `{"title":"a"} // hello`, 400, "not_json", ""},
		{"NaN is refused", `{"count":NaN}`, 400, "not_json", ""},
		{"a number beyond 64 bits is refused", `{"count":1e400}`, 400, "wrong_type", "count"},
		{"a fraction is no count", `{"count":1.5}`, 400, "wrong_type", "count"},
		{"a number as text is refused", `{"count":"3"}`, 400, "wrong_type", "count"},
		{"null is no text", `{"title":null}`, 400, "wrong_type", "title"},
		{"an array is no object", `[]`, 400, "not_an_object", ""},
		{"an empty body is refused", ``, 400, "not_json", ""},
		{"half a body is refused", `{"title":"a`, 400, "not_json", ""},
		{"a byte order mark is refused", "\ufeff{}", 400, "not_json", ""},
		{"UTF-16 is refused", "\xff\xfe{\x00}\x00", 400, "not_utf8", ""},
		{"Latin-1 is refused", "{\"title\":\"caf\xe9\"}", 400, "not_utf8", ""},
		{"half a surrogate pair is refused", `{"title":"\ud800"}`, 400, "not_utf8", ""},
		{"two high surrogates are refused", `{"title":"\ud800\ud800"}`, 400, "not_utf8", ""},
		{"a zero character is refused", `{"title":"a\u0000b"}`, 400, "control_character", "title"},
		{"a key of 201 bytes is refused", `{"values":{"` + strings.Repeat("k", 201) + `":1}}`, 400, "key_too_long", "values"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			res, body := send(t, app, newRequest(t, "POST", "/api/v1/sample", tt.body))
			if res.StatusCode != tt.status {
				t.Fatalf("status %d, want %d: %s", res.StatusCode, tt.status, body)
			}
			if tt.status == 200 {
				return
			}
			p := problemIn(t, body)
			if tt.field == "" && p.Reason != tt.reason {
				t.Errorf("reason %q, want %q", p.Reason, tt.reason)
			}
			if tt.field != "" && p.Fields[tt.field] != tt.reason {
				t.Errorf("fields %v, want %s: %s", p.Fields, tt.field, tt.reason)
			}
		})
	}
}

func TestDecodeKeepsNumbersAsWritten(t *testing.T) {
	var got sample
	app := newApp(t, testOptions(), post("sample", httpapi.Public, func(c *fiber.Ctx) error {
		return httpapi.Decode(c, &got)
	}))
	send(t, app, newRequest(t, "POST", "/api/v1/sample", `{"values":{"amount":9007199254740993}}`))
	if fmt.Sprint(got.Values["amount"]) != "9007199254740993" {
		t.Errorf("amount %v passed through a float", got.Values["amount"])
	}
}

// [F3] [G6] [G11]
func TestDecodeAcceptsJSONOnly(t *testing.T) {
	app := newApp(t, testOptions(), post("sample", httpapi.Public, func(c *fiber.Ctx) error {
		if err := httpapi.Decode(c, &sample{}); err != nil {
			return err
		}
		return ok(c)
	}))
	tests := []struct {
		name, header, value string
		status              int
	}{
		{"application/json", "Content-Type", "application/json", 200},
		{"application/json in UTF-8", "Content-Type", "application/json; charset=utf-8", 200},
		{"another character set", "Content-Type", "application/json; charset=utf-16", 415},
		{"text, which a foreign page may send without asking", "Content-Type", "text/plain", 415},
		{"a form", "Content-Type", "application/x-www-form-urlencoded", 415},
		{"a form with files", "Content-Type", "multipart/form-data; boundary=x", 415},
		{"JSON of another kind", "Content-Type", "application/merge-patch+json", 415},
		{"no type", "Content-Type", "", 415},
		{"a compressed body", "Content-Encoding", "gzip", 415},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			res, body := send(t, app, newRequest(t, "POST", "/api/v1/sample", `{}`, tt.header, tt.value))
			if res.StatusCode != tt.status {
				t.Fatalf("status %d, want %d: %s", res.StatusCode, tt.status, body)
			}
			if tt.status != 200 && problemIn(t, body).Code != string(crm.CodeUnsupported) {
				t.Errorf("body %s", body)
			}
		})
	}
}
