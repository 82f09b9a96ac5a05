package httpapi_test

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/andybalholm/brotli"
	"github.com/gofiber/fiber/v2"

	"rapport/server/httpapi"
)

// [F3]
func TestUnsafeRequestsComeFromOurOwnPages(t *testing.T) {
	app := newApp(t, testOptions(), post("change", httpapi.Public, ok))
	tests := []struct {
		name, origin, site string
		status             int
	}{
		{"our own page", ownOrigin, "same-origin", 200},
		{"our own page in a browser that does not name the site", ownOrigin, "", 200},
		{"our own page in a browser that does not name the origin", "", "same-origin", 200},
		{"a foreign page", "https://evil.example", "cross-site", 403},
		{"a foreign page in an old browser", "https://evil.example", "", 403},
		{"a sibling domain", ownOrigin, "same-site", 403},
		{"a sandboxed page", "null", "", 403},
		{"a look-alike", ownOrigin + ".evil.example", "", 403},
		{"another port", "http://127.0.0.1:8091", "", 403},
		{"upper case", strings.ToUpper(ownOrigin), "", 403},
		{"a request that names nothing", "", "", 403},
		{"an address typed by hand", "", "none", 403},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			req := newRequest(t, "POST", "/api/v1/change", `{}`, "Origin", tt.origin, "Sec-Fetch-Site", tt.site)
			if res, body := send(t, app, req); res.StatusCode != tt.status {
				t.Errorf("status %d, want %d: %s", res.StatusCode, tt.status, body)
			}
		})
	}
}

// [F4]
func TestTheSessionCookie(t *testing.T) {
	route := httpapi.Route{Method: "GET", Path: "/api/v1/mine", Name: "mine", Access: httpapi.SignedIn, Handle: ok}
	secure := testOptions()
	secure.Secure = true
	tests := []struct {
		name, cookie string
		options      httpapi.Options
		status       int
	}{
		{"lets its owner in", "rapport=ana", testOptions(), 200},
		{"is found among others", "theme=dark; rapport=ana; x=y", testOptions(), 200},
		{"is needed", "", testOptions(), 401},
		{"must be known", "rapport=eve", testOptions(), 401},
		{"must be the only one of its name", "rapport=ana; rapport=ana", testOptions(), 401},
		{"and so beside an empty one", "rapport=; rapport=ana", testOptions(), 401},
		{"has another name behind TLS", "rapport=ana", secure, 401},
		{"has the prefix __Host- behind TLS", "__Host-rapport=ana", secure, 200},
		{"may lie beside 9 kB of others", "x=" + strings.Repeat("y", 9_000) + "; rapport=ana", testOptions(), 200},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			app := newApp(t, tt.options, route)
			if res, body := send(t, app, newRequest(t, "GET", "/api/v1/mine", "", "Cookie", tt.cookie)); res.StatusCode != tt.status {
				t.Errorf("status %d, want %d: %s", res.StatusCode, tt.status, body)
			}
		})
	}
}

// [G8] [G9] [G10] [G11]
func TestPathsAndMethods(t *testing.T) {
	get := httpapi.Route{Method: "GET", Path: "/api/v1/things/:id", Name: "things", Access: httpapi.Public, Handle: func(c *fiber.Ctx) error {
		if c.Params("id") != "1" {
			return fiber.ErrNotFound // like each route that is asked for an id
		}
		return ok(c)
	}}
	app := newApp(t, testOptions(), get)
	tests := []struct {
		name, method, path string
		status             int
		page               bool
	}{
		{"a route is found", "GET", "/api/v1/things/1", 200, false},
		{"its head is found", "HEAD", "/api/v1/things/1", 200, false},
		{"another method is refused", "POST", "/api/v1/things/1", 405, false},
		{"a change on no path is not found", "POST", "/api/v1/nothing", 404, false},
		{"a method nobody uses is refused", "TRACE", "/api/v1/things/1", 405, false},
		{"nor one that nobody has heard of", "QUERY", "/api/v1/things/1", 405, false},
		{"nor one of proxies", "CONNECT", "/api/v1/things/1", 405, false},
		{"nor one of shared folders", "PROPFIND", "/api/v1/things/1", 405, false},
		{"nor is anything put on a page", "PUT", "/boards/01ABC", 405, false},
		{"no other site is told what it may do", "OPTIONS", "/api/v1/things/1", 405, false},
		{"an unknown API path is not answered with a page", "GET", "/api/v2/things", 404, false},
		{"nor the API itself", "GET", "/api", 404, false},
		{"nor one in another case", "GET", "/API/v1/things/1", 404, false},
		{"nor one with a slash behind it", "GET", "/api/v1/things/1/", 404, false},
		{"nor one that looks like a file", "GET", "/api/v1/things/1/style.css", 404, false},
		{"nor one with a letter that is encoded", "GET", "/%61pi/v1/things/1", 404, false},
		{"nor one with a letter that is encoded in the middle", "GET", "/api/v1/%74hings/1", 404, false},
		{"nor one whose id is encoded", "GET", "/api/v1/things/%31", 404, false},
		{"nor one that is encoded twice", "GET", "/%2561pi/v1/things/1", 404, false},
		{"nor one that is encoded more often than anybody decodes", "GET", "/%25252525252561pi/v1/things/1", 404, false},
		{"nor one with two slashes before it", "GET", "//api/v1/things/1", 404, false},
		{"nor one with two slashes in it", "GET", "/api//v1/things/1", 404, false},
		{"nor one whose slashes are encoded", "GET", "/%2fapi%2fv1/things/1", 404, false},
		{"nor one with backslashes", "GET", "/\\api\\v1\\things\\1", 404, false},
		{"nor one with an encoded backslash", "GET", "/%5capi/v1/things/1", 404, false},
		{"nor one by way of this folder", "GET", "/./api/v1/things/1", 404, false},
		{"nor one by way of this folder, encoded", "GET", "/%2e/api/v1/things/1", 404, false},
		{"nor one by way of a folder above", "GET", "/boards/../api/v1/things/1", 404, false},
		{"nor one by way of a folder above, encoded", "GET", "/boards/%2e%2e/api/v1/things/1", 404, false},
		{"nor one by way of a folder above, encoded twice", "GET", "/boards/%252e%252e/api/v1/things/1", 404, false},
		{"nor one by way of a folder above, too long for UTF-8", "GET", "/boards/%c0%ae%c0%ae/api/v1/things/1", 404, false},
		{"nor one with a slash too long for UTF-8", "GET", "/%c0%afapi/v1/things/1", 404, false},
		{"nor one with a parameter of a folder", "GET", "/api;x=1/v1/things/1", 404, false},
		{"nor one with a parameter of a thing", "GET", "/api/v1/things/1;x=1", 404, false},
		{"nor one with a zero behind it", "GET", "/api/v1/things/1%00", 404, false},
		{"nor one with a zero before it", "GET", "/%00api/v1/things/1", 404, false},
		{"nor one with a new line in it", "GET", "/api%0d%0a/v1/things/1", 404, false},
		{"an id of 10 kB is none", "GET", "/api/v1/things/" + strings.Repeat("1", 10_000), 404, false},
		{"an address inside the app is the page", "GET", "/boards/01ABC", 200, true},
		{"also when somebody encoded a letter of it", "GET", "/%62oards/01ABC", 200, true},
		{"the root is the page", "GET", "/", 200, true},
		{"an absent file is not the page", "GET", "/assets/old-1234.js", 404, false},
		{"nor one whose dot is encoded", "GET", "/assets/old-1234%2ejs", 404, false},
		{"nor what nobody can decode", "GET", "/boards/%zz", 404, false},
		{"nor what has a zero in it", "GET", "/boards/%00", 404, false},
		{"nor 10 kB of address that are no text", "GET", "/" + strings.Repeat("%ff", 3_300), 404, false},
		{"a hidden file is not served", "GET", "/.keep", 404, false},
		{"a path above the root is not served", "GET", "/../../etc/passwd", 404, false},
		{"nor one that is encoded", "GET", "/%2e%2e%2f%2e%2e%2fetc%2fpasswd", 404, false},
		{"a repeated parameter is refused", "GET", "/api/v1/things/1?a=1&a=2", 400, false},
		{"a parameter in array notation is refused", "GET", "/api/v1/things/1?a[]=1", 400, false},
		{"a parameter with a huge index is refused", "GET", "/api/v1/things/1?a[999999999]=x", 400, false},
		{"a parameter that names a method is refused", "GET", "/api/v1/things/1?_method=DELETE", 400, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			req := newRequest(t, tt.method, "/", "")
			req.RequestURI = tt.path // as it stands, where an URL would be cleaned
			res, body := send(t, app, req)
			if res.StatusCode != tt.status {
				t.Fatalf("status %d, want %d: %s", res.StatusCode, tt.status, body)
			}
			if isPage := strings.Contains(body, "the app"); isPage != tt.page {
				t.Errorf("page %v, want %v", isPage, tt.page)
			}
		})
	}
}

// [F3] [G10] A header that names another method changes nothing about the one that
// is asked with.
func TestAMethodIsWhatTheFirstLineSays(t *testing.T) {
	called := 0
	app := newApp(t, testOptions(), post("change", httpapi.Public, func(c *fiber.Ctx) error {
		called++
		return ok(c)
	}))
	for _, header := range []string{"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"} {
		for _, method := range []string{"GET", "HEAD", "DELETE", "OPTIONS"} {
			if res, _ := send(t, app, newRequest(t, method, "/api/v1/change", "", header, "POST")); res.StatusCode != 405 {
				t.Errorf("%s with %s: %d", method, header, res.StatusCode)
			}
		}
		if res, body := send(t, app, newRequest(t, "POST", "/api/v1/change", "{}", header, "DELETE")); res.StatusCode != 200 {
			t.Errorf("POST with %s: %d %s", header, res.StatusCode, body)
		}
	}
	if called != 3 {
		t.Errorf("%d changes were made, want 3", called)
	}
}

// [F3] [G10] Whatever is asked for with GET, by an image or a link on somebody else's
// page, nothing is written; and what changes something is not to be had that way.
func TestReadingChangesNothing(t *testing.T) {
	o := newOffice(t).staffed()
	probes := map[string]probe{}
	for _, route := range o.routes {
		probes[route.Name] = probeOf(o, route.Name)
	}
	before := o.ws.Position()
	for _, route := range o.routes {
		path := cmp.Or(probes[route.Name].path, route.Path)
		for _, method := range []string{"GET", "HEAD"} {
			req := o.requestAs("admin", method, path, nil)
			for header, value := range map[string]string{"Origin": "", "Sec-Fetch-Site": "cross-site", "X-HTTP-Method-Override": route.Method} {
				req.Header.Set(header, value)
			}
			res, body := send(t, o.app, req)
			answered := slices.ContainsFunc(o.routes, func(r httpapi.Route) bool { return r.Method == "GET" && r.Path == route.Path })
			if !answered && res.StatusCode != 405 && res.StatusCode != 404 {
				t.Errorf("%s %s: %d %s", method, path, res.StatusCode, body)
			}
		}
	}
	if after := o.ws.Position(); after != before {
		t.Errorf("%d entries were written", after.Offset-before.Offset)
	}
}

func TestEveryAnswerHasSecurityHeaders(t *testing.T) {
	o := testOptions()
	o.Secure = true
	app := newApp(t, o,
		post("change", httpapi.Public, ok),
		post("broken", httpapi.Public, func(*fiber.Ctx) error { panic("at the disco") }))
	requests := map[string]*http.Request{
		"an answer":           newRequest(t, "POST", "/api/v1/change", `{}`),
		"a refusal":           newRequest(t, "POST", "/api/v1/change", `{}`, "Origin", "https://evil.example"),
		"a panic":             newRequest(t, "POST", "/api/v1/broken", `{}`),
		"an unknown API path": newRequest(t, "GET", "/api/v9", ""),
		"a page":              newRequest(t, "GET", "/", ""),
		"a file":              newRequest(t, "GET", "/assets/app-4f3a.js", ""),
		"an absent file":      newRequest(t, "GET", "/nothing.js", ""),
		"health":              newRequest(t, "GET", "/healthz", ""),
	}
	for name, req := range requests {
		t.Run(name, func(t *testing.T) {
			res, _ := send(t, app, req)
			for header, want := range map[string]string{
				"Content-Security-Policy":      "frame-ancestors 'none'",
				"X-Content-Type-Options":       "nosniff",
				"Referrer-Policy":              "no-referrer",
				"Cross-Origin-Opener-Policy":   "same-origin",
				"Cross-Origin-Resource-Policy": "same-origin",
				"Strict-Transport-Security":    "max-age=",
			} {
				if got := res.Header.Get(header); !strings.Contains(got, want) {
					t.Errorf("%s: %q", header, got)
				}
			}
			if csp := res.Header.Get("Content-Security-Policy"); strings.Contains(csp, "script-src 'unsafe") || strings.Contains(csp, "unsafe-eval") {
				t.Errorf("scripts are not safe: %s", csp)
			}
		})
	}
}

// [G17]
func TestAPanicIsAnErrorWithATrace(t *testing.T) {
	var log bytes.Buffer
	o := testOptions()
	o.Log = slog.New(slog.NewJSONHandler(&log, nil))
	app := newApp(t, o, post("broken", httpapi.Public, func(*fiber.Ctx) error { panic("what a person wrote") }), post("fine", httpapi.Public, ok))
	res, body := send(t, app, newRequest(t, "POST", "/api/v1/broken", `{}`))
	p := problemIn(t, body)
	if res.StatusCode != 500 || p.TraceID == "" || strings.Contains(body, "panic") || strings.Contains(body, "wrote") {
		t.Errorf("%d %s", res.StatusCode, body)
	}
	if text := log.String(); !strings.Contains(text, p.TraceID) || !strings.Contains(text, "server_test.go") {
		t.Errorf("the log does not help: %s", text)
	}
	if strings.Contains(log.String(), "wrote") {
		t.Errorf("the log holds content: %s", log.String())
	}
	if res, _ := send(t, app, newRequest(t, "POST", "/api/v1/fine", `{}`)); res.StatusCode != 200 {
		t.Errorf("the next request got %d", res.StatusCode)
	}
}

func TestReadinessFollowsTheStore(t *testing.T) {
	o := testOptions()
	var trouble error
	o.Ready = func() error { return trouble }
	app := newApp(t, o)
	trouble = errors.New("dial tcp 10.0.0.7: refused")
	res, body := send(t, app, newRequest(t, "GET", "/readyz", ""))
	if p := problemIn(t, body); res.StatusCode != 503 || p.Reason != "store_unavailable" || strings.Contains(body, "10.0.0.7") {
		t.Errorf("%d %s", res.StatusCode, body)
	}
	if res, _ := send(t, app, newRequest(t, "GET", "/healthz", "")); res.StatusCode != 200 {
		t.Errorf("health %d: a restart would not bring the store back", res.StatusCode)
	}
	trouble = nil
	if res, _ := send(t, app, newRequest(t, "GET", "/readyz", "")); res.StatusCode != 200 {
		t.Errorf("ready again, but %d", res.StatusCode)
	}
}

func TestFilesOfTheFrontEnd(t *testing.T) {
	app := newApp(t, testOptions())
	t.Run("hashed files are kept for ever and come compressed", func(t *testing.T) {
		for _, encoding := range []string{"br", "gzip"} {
			res, body := send(t, app, newRequest(t, "GET", "/assets/app-4f3a.js", "", "Accept-Encoding", encoding))
			if res.Header.Get("Content-Encoding") != encoding || body != "packed as "+encoding {
				t.Errorf("%s: %q, %.40q", encoding, res.Header.Get("Content-Encoding"), body)
			}
			if !strings.Contains(res.Header.Get("Cache-Control"), "immutable") {
				t.Errorf("Cache-Control %q", res.Header.Get("Cache-Control"))
			}
		}
	})
	t.Run("other files are asked for again", func(t *testing.T) {
		res, _ := send(t, app, newRequest(t, "GET", "/favicon.svg", ""))
		if got := res.Header.Get("Cache-Control"); got != "no-cache" {
			t.Errorf("Cache-Control %q", got)
		}
	})
	t.Run("each page has a nonce of its own", func(t *testing.T) {
		seen := map[string]bool{}
		for range 2 {
			res, body := send(t, app, newRequest(t, "GET", "/", ""))
			_, rest, _ := strings.Cut(body, `nonce="`)
			nonce, _, _ := strings.Cut(rest, `"`)
			if len(nonce) < 20 || seen[nonce] || !strings.Contains(res.Header.Get("Content-Security-Policy"), "'nonce-"+nonce+"'") {
				t.Errorf("nonce %q, policy %s", nonce, res.Header.Get("Content-Security-Policy"))
			}
			seen[nonce] = true
		}
	})
	t.Run("a page is in the language of who reads it before there is an app", func(t *testing.T) {
		o := testOptions()
		o.Languages = []string{"en", "ru", "zh-Hant"}
		o.Assets = fstest.MapFS{"index.html": {Data: []byte(`<html lang="en"><head></head></html>`)}}
		app := newApp(t, o)
		for accept, want := range map[string]string{
			"": "en", "ru-RU,ru;q=0.9": "ru", "de, ru;q=0.5": "ru", "fr": "en", "zh-CN": "zh-Hant", "ru;q=0.1, en": "en", "\"><script>": "en",
		} {
			req := newRequest(t, "GET", "/boards", "")
			req.Header.Set("Accept-Language", accept)
			if _, body := send(t, app, req); !strings.Contains(body, `<html lang="`+want+`">`) {
				t.Errorf("%q gets %s", accept, body)
			}
		}
	})
	t.Run("a server without its front end says so", func(t *testing.T) {
		o := testOptions()
		o.Assets = nil
		res, body := send(t, newApp(t, o), newRequest(t, "GET", "/", ""))
		if res.StatusCode != 503 || !strings.Contains(body, "npm run build") {
			t.Errorf("%d %s", res.StatusCode, body)
		}
	})
}

func TestLargeAnswersAreCompressed(t *testing.T) {
	app := newApp(t, testOptions(), post("long", httpapi.Public, func(c *fiber.Ctx) error {
		return c.JSON(fiber.Map{"text": strings.Repeat("a", 10_000)})
	}))
	tests := []struct{ name, accepts, encoding string }{
		{"brotli where the browser takes it", "gzip, deflate, br", "br"},
		{"gzip elsewhere", "gzip, deflate", "gzip"},
		{"gzip when brotli is ruled out", "br;q=0, gzip", "gzip"},
		{"nothing for who takes nothing", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			res, body := send(t, app, newRequest(t, "POST", "/api/v1/long", `{}`, "Accept-Encoding", tt.accepts))
			if got := res.Header.Get("Content-Encoding"); got != tt.encoding {
				t.Fatalf("packed as %q", got)
			}
			var plain io.Reader = strings.NewReader(body)
			switch tt.encoding {
			case "br":
				plain = brotli.NewReader(plain)
			case "gzip":
				var err error
				if plain, err = gzip.NewReader(plain); err != nil {
					t.Fatal(err)
				}
			}
			var got struct{ Text string }
			if err := json.NewDecoder(plain).Decode(&got); err != nil || len(got.Text) != 10_000 {
				t.Errorf("%v, %d characters", err, len(got.Text))
			}
		})
	}
}
