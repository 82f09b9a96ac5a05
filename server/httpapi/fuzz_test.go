package httpapi_test

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/netip"
	"net/url"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"rapport/server/crm"
	"rapport/server/httpapi"
)

// FuzzObject: what the strict reader takes is what encoding/json reads, and what
// it refuses it refuses as bad input.
func FuzzObject(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"a":1,"b":[true,null,{"c":"d"}]}`, `{"a":1,"a":2}`, `{"a":1,"A":2}`, `{"é":1,"É":2}`, `{"a":"\ud83d\ude00"}`,
		`{"a":"\ud83d"}`, `{"a":"\\ud83d"}`, `{"a":1e400}`, `{"a":-0.0}`, `[1]`, `"a"`, `{"a":"\u0000"}`, `{"\u0000":1}`, `{} {}`,
		`{"a":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}`, "{\"a\":\"\xff\"}", "\xef\xbb\xbf{}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		tree, err := httpapi.ParseObject(raw)
		if err != nil {
			if code := crm.CodeOf(err); code != crm.CodeInvalid && code != crm.CodeTooLarge {
				t.Fatalf("refused with %s: %v", code, err)
			}
			return
		}
		var plain map[string]any
		dec := json.NewDecoder(bytes.NewReader(raw))
		dec.UseNumber()
		if err := dec.Decode(&plain); err != nil {
			t.Fatalf("taken, but encoding/json says %v", err)
		}
		if !reflect.DeepEqual(tree, plain) {
			t.Fatalf("%#v is read as %#v", plain, tree)
		}
		canonical, err := json.Marshal(tree)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := httpapi.ParseObject(canonical); err != nil || !reflect.DeepEqual(again, tree) {
			t.Fatalf("its canonical form %s is another: %v", canonical, err)
		}
	})
}

// FuzzDecode: a body lands in a struct as encoding/json would put it there, and
// only if all its keys are declared.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"title":"a","count":3,"values":{"x":1.50},"stages":[{"name":"n"}]}`, `{"maybe":null}`, `{"title":null}`, `{"count":1.0}`,
		`{"count":1e2}`, `{"count":99999999999999999999}`, `{"TITLE":"a"}`, `{"stages":[{"name":1}]}`, `{"stages":{}}`, `{"values":[]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		tree, err := httpapi.ParseObject(raw)
		if err != nil {
			return
		}
		var got, want sample
		if _, err := httpapi.Assign(tree, &got); err != nil {
			if crm.CodeOf(err) != crm.CodeInvalid {
				t.Fatalf("refused with %s: %v", crm.CodeOf(err), err)
			}
			return
		}
		dec := json.NewDecoder(bytes.NewReader(raw))
		dec.DisallowUnknownFields()
		dec.UseNumber()
		if err := dec.Decode(&want); err != nil {
			t.Fatalf("taken, but encoding/json says %v", err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("got %+v, want %+v", got, want)
		}
	})
}

// FuzzCookieToken: a token is the value of the one cookie of its name; a second
// one, wherever it comes from, takes it away.
func FuzzCookieToken(f *testing.F) {
	for _, seed := range []string{"", "rapport=a", "a=b; rapport=x", "rapport=; rapport=x", "rapport=x;rapport=", " rapport = x", "rapport=a=b", "__Host-rapport=x", "Rapport=x"} {
		f.Add(seed, false)
		f.Add(seed, true)
	}
	f.Fuzz(func(t *testing.T, header string, secure bool) {
		token := httpapi.CookieToken(header, secure)
		if token == "" {
			return
		}
		pair := httpapi.CookieName(secure) + "=" + token
		if !strings.Contains(header, pair) || strings.Contains(token, ";") {
			t.Fatalf("%q is no cookie of %q", token, header)
		}
		for _, planted := range []string{"x", ""} {
			other := httpapi.CookieName(secure) + "=" + planted
			if httpapi.CookieToken(header+"; "+other, secure) != "" || httpapi.CookieToken(other+"; "+header, secure) != "" {
				t.Fatalf("a planted %q does not take %q away", other, token)
			}
		}
	})
}

// FuzzPosition: a position that is taken is told in the same words again.
func FuzzPosition(f *testing.F) {
	for _, seed := range []string{"", ":", "01JD8ZK3N0M8Q4V5X6Y7Z8A9BC:7", "01JD8ZK3N0M8Q4V5X6Y7Z8A9BC:007", "01JD8ZK3N0M8Q4V5X6Y7Z8A9BC:-1", "01JD8ZK3N0M8Q4V5X6Y7Z8A9BC:18446744073709551616", "a:1:2"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at, err := httpapi.ParsePosition(text)
		if err != nil {
			if crm.CodeOf(err) != crm.CodeInvalid {
				t.Fatalf("refused with %s", crm.CodeOf(err))
			}
			return
		}
		if again, err := httpapi.ParsePosition(httpapi.PositionText(at)); err != nil || again != at {
			t.Fatalf("%q: %+v, told as %q, is %+v: %v", text, at, httpapi.PositionText(at), again, err)
		}
	})
}

// FuzzFileName: the name of a download is one header value, and says the name.
func FuzzFileName(f *testing.F) {
	for _, seed := range []string{"", "deals.csv", "сделки.csv", "a\"b;c.csv", "a\r\nSet-Cookie: x", "%0d%0a.csv", "名.csv", "../x", "a'b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		value := httpapi.Attachment(name)
		if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Fatalf("%q is no header value", value)
		}
		kind, params, err := mime.ParseMediaType(value)
		if err != nil || kind != "attachment" {
			t.Fatalf("%q: %s, %v", value, kind, err)
		}
		_, coded, _ := strings.Cut(value, "filename*=UTF-8''")
		if got, err := url.PathUnescape(coded); err != nil || got != name {
			t.Fatalf("%q names %q, want %q", value, got, name)
		}
		if params["filename"] == "" && name != "" {
			t.Fatalf("%q has no name", value)
		}
	})
}

// FuzzClientAddress: whoever does not come through a trusted proxy comes from
// where the connection comes from, whatever he writes.
func FuzzClientAddress(f *testing.F) {
	for _, seed := range []string{"", "1.2.3.4", "1.2.3.4, 10.0.0.1", "10.0.0.1,,", "::1", "evil", "1.2.3.4:80", "fe80::1%eth0"} {
		f.Add(seed)
	}
	trusted, err := httpapi.ParseProxies([]string{"10.0.0.0/8", "::1"})
	if err != nil {
		f.Fatal(err)
	}
	outside, proxy := netip.MustParseAddr("203.0.113.9"), netip.MustParseAddr("10.0.0.1")
	f.Fuzz(func(t *testing.T, header string) {
		if got := trusted.Origin(outside, header); got != outside {
			t.Fatalf("from %s: %q makes it %s", outside, header, got)
		}
		got := trusted.Origin(proxy, header)
		if !got.IsValid() {
			t.Fatalf("%q makes no address", header)
		}
		// What a client puts further left changes nothing, once somebody is named
		// who is no proxy.
		if !trusted.Trusts(got) && trusted.Origin(proxy, "198.51.100.7, "+header) != got {
			t.Fatalf("%q with another address before it is not %s any more", header, got)
		}
	})
}

// FuzzLists: whatever stands in the query of a list, the answer is a page or a
// refusal as documented, and a page goes on where it says.
func FuzzLists(f *testing.F) {
	o := newOffice(f).staffed()
	api := documented(f, o)
	for _, seed := range []struct{ kind, q, after, limit string }{
		{"deal", "", "", ""}, {"deal", "assam", "", "1"}, {"customer", "名 x", "1", "200"}, {"deal", "ſ ß İ", "-1", "0"},
		{"deal", "", "01JD8ZK3N0M8Q4V5X6Y7Z8A9BC.QQ", "1"}, {"deal", "", "01JD8ZK3N0M8Q4V5X6Y7Z8A9BC._w", "1"}, {"user", "", "", ""},
		{"deal", "\x00", "", ""}, {"deal", "\xff", "\xff", "\xff"},
	} {
		f.Add(seed.kind, seed.q, seed.after, seed.limit)
	}
	f.Fuzz(func(t *testing.T, kind, q, after, limit string) {
		o := *o
		o.t = t
		for _, route := range o.routes {
			if route.Name != "records" && route.Name != "trash" {
				continue
			}
			asked := url.Values{"type": {kind}, "q": {q}, "after": {after}, "limit": {limit}}
			req := o.requestAs("admin", "GET", route.Path+"?"+asked.Encode(), nil)
			res, body := send(t, o.app, req)
			api.answer(t, route, res, body)
			if res.StatusCode != http.StatusOK && res.StatusCode != http.StatusBadRequest {
				t.Fatalf("%d: %s", res.StatusCode, body)
			}
		}
	})
}

// wellWritten is a part of Accept-Encoding as RFC 9110 has it.
var wellWritten = regexp.MustCompile("^[ \t]*([-!#$%&'*+.^_`|~0-9A-Za-z]+)[ \t]*(?:;[ \t]*[qQ]=(0(?:\\.[0-9]{0,3})?|1(?:\\.0{0,3})?)[ \t]*)?$")

// FuzzTakes: an encoding is taken if and only if some part that is well written
// names it with a weight above zero.
func FuzzTakes(f *testing.F) {
	for _, seed := range []string{
		"", "br", "gzip, br", "br;q=0", "br;q=0.0", "br; q=0.000", "br ;q=0.001", "BR;Q=1.000", "br;q=1.001", "br;q=2", "br;q=-1", "br;q=.5", "br;q=",
		"br;q=0, br", "brx", "*", "*;q=0, br", "br;level=1", "br;q=1;q=0", "identity;q=0", ",,br,,", "br\x00", "br;q=0x1p-2", "br;q=0.0001", "br;q=NaN",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		for _, encoding := range []string{"br", "gzip"} {
			want := false
			for _, part := range strings.Split(header, ",") {
				m := wellWritten.FindStringSubmatch(part)
				want = want || m != nil && strings.EqualFold(m[1], encoding) && (m[2] == "" || strings.ContainsAny(m[2], "123456789"))
			}
			if got := httpapi.Takes(header, encoding); got != want {
				t.Fatalf("%q takes %s: %v, want %v", header, encoding, got, want)
			}
		}
	})
}

// FuzzAssetPath: whatever is asked for, the answer is a file under its own name, the
// page, or a refusal; never a file that is hidden, nor the page with its placeholder.
func FuzzAssetPath(f *testing.F) {
	for _, seed := range []string{
		"/", "/index.html", "/assets/app-1a2b.js", "/assets/app-1a2b.js.br", "/assets/../.secret", "/%2e%2e/.secret", "/.secret", "//.secret", "/assets//app-1a2b.js",
		"/assets/app-1a2b.js%00", "/ASSETS/app-1a2b.js", "/boards/x", "/api", "/api/v1/nothing", "/API/x", "/..;/x", "/\\..\\.secret", "/%", "/a?b=.secret", "/a#b", "*", "/assets/", "/deep/.hidden/x",
	} {
		f.Add(seed)
	}
	files := fstest.MapFS{
		"index.html":            {Data: []byte(`<html lang="en"><head></head>the page __CSP_NONCE__</html>`)},
		"assets/app-1a2b.js":    {Data: []byte("the app")},
		"assets/app-1a2b.js.br": {Data: []byte("the app, packed")},
		".secret":               {Data: []byte("a secret")},
		"deep/.hidden":          {Data: []byte("a secret")},
		"manifest.webmanifest":  {Data: []byte("the manifest")},
	}
	o := testOptions()
	o.Assets = files
	app := newApp(f, o)
	f.Fuzz(func(t *testing.T, target string) {
		if target == "" || strings.ContainsAny(target, " \r\n") {
			return // no request line can hold it
		}
		req := newRequest(t, http.MethodGet, "/", "")
		req.RequestURI = target
		res, err := app.Test(req, 10_000)
		if err != nil {
			return // what reads requests has refused it before the app has it
		}
		raw, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		switch body := string(raw); {
		case strings.Contains(body, "a secret") || strings.Contains(body, "__CSP_NONCE__") || res.StatusCode >= http.StatusInternalServerError:
			t.Fatalf("%q: %d %s", target, res.StatusCode, body)
		case res.StatusCode != http.StatusOK:
		case body == "the app" && !strings.Contains(target, "app-1a2b.js"), body == "the manifest" && !strings.Contains(target, "manifest"):
			t.Fatalf("%q is answered with %s", target, body)
		case strings.Contains(body, "the page") && !strings.Contains(res.Header.Get("Content-Security-Policy"), "nonce-"):
			t.Fatalf("%q: a page without a policy", target)
		}
	})
}
