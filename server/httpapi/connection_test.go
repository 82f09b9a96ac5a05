package httpapi_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"rapport/server/crm"
	"rapport/server/httpapi"
	"rapport/server/wire"
)

// [G2]
func TestABodyOverTheLimitIsRefusedReadably(t *testing.T) {
	small := httpapi.Route{
		Method: "POST", Path: "/api/v1/small", Name: "small", Access: httpapi.Public, BodyLimit: 1000,
		Handle: func(c *fiber.Ctx) error {
			_, err := io.Copy(io.Discard, httpapi.Body(c))
			return err
		},
	}
	addr := listen(t, newApp(t, testOptions(), small, post("sample", httpapi.Public, func(c *fiber.Ctx) error {
		return httpapi.Decode(c, &sample{})
	})))
	tests := []struct {
		name, path string
		size       int
		chunked    bool
	}{
		{"a little over the limit of a route", "/api/v1/small", 1001, false},
		{"in chunks", "/api/v1/small", 5_000, true},
		{"5 MB of JSON", "/api/v1/sample", 5 << 20, false},
		{"5 MB of JSON in chunks", "/api/v1/sample", 5 << 20, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var body io.Reader = strings.NewReader(strings.Repeat(" ", tt.size))
			if tt.chunked {
				body = io.MultiReader(body) // hides the length
			}
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+addr+tt.path, body)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", "application/json")
			req.Header.Set("Origin", ownOrigin)
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal("the client could not read the answer: ", err)
			}
			defer res.Body.Close()
			if raw, _ := io.ReadAll(res.Body); res.StatusCode != 413 || problemIn(t, string(raw)).Code != string(crm.CodeTooLarge) {
				t.Errorf("%d %s", res.StatusCode, raw)
			}
		})
	}
}

// [G3] An unread body must not be taken for the next request.
func TestTheRestOfABodyIsNoRequest(t *testing.T) {
	asked := 0
	hidden := httpapi.Route{Method: "GET", Path: "/api/v1/hidden", Name: "hidden", Access: httpapi.Public, Handle: func(c *fiber.Ctx) error {
		asked++
		return ok(c)
	}}
	addr := listen(t, newApp(t, testOptions(), hidden, post("deaf", httpapi.Public, ok)))
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	smuggled := "GET /api/v1/hidden HTTP/1.1\r\nHost: x\r\n\r\n"
	filler := strings.Repeat("a", 100_000) // more than is read before the handler runs
	_, err = io.WriteString(conn, "POST /api/v1/deaf HTTP/1.1\r\nHost: x\r\nOrigin: "+ownOrigin+
		"\r\nContent-Length: "+strconv.Itoa(len(filler)+len(smuggled))+"\r\n\r\n"+filler+smuggled+
		"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	if err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(conn)
	for i, want := range []string{`{"done":true}`, `{"status":"ok"}`} {
		res, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatalf("answer %d: %v", i, err)
		}
		raw, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if string(raw) != want {
			t.Errorf("answer %d: %s", i, raw)
		}
	}
	if asked != 0 {
		t.Error("the body was taken for a request")
	}
}

// [G12]
func TestTheClientsAddress(t *testing.T) {
	tests := []struct {
		name    string
		trusted []string
		header  string
		want    string
	}{
		{"is that of the connection", nil, "", "127.0.0.1"},
		{"cannot be made up", nil, "203.0.113.5", "127.0.0.1"},
		{"is named by a trusted proxy", []string{"127.0.0.0/8"}, "203.0.113.5", "203.0.113.5"},
		{"is the one the proxy added, not the one the client wrote", []string{"127.0.0.1"}, "198.51.100.1, 203.0.113.5", "203.0.113.5"},
		{"is found behind two proxies", []string{"127.0.0.1", "10.0.0.0/8"}, "198.51.100.1, 203.0.113.5, 10.0.0.9", "203.0.113.5"},
		{"is the proxy's when the header is nonsense", []string{"127.0.0.1"}, "nonsense", "127.0.0.1"},
		{"may be of IPv6", []string{"127.0.0.1"}, "2001:db8::1", "2001:db8::1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := testOptions()
			o.TrustedProxies = tt.trusted
			got := ""
			addr := listen(t, newApp(t, o, post("who", httpapi.Public, func(c *fiber.Ctx) error {
				got = httpapi.Client(c).Address
				return ok(c)
			})))
			req := newRequest(t, "POST", "http://"+addr+"/api/v1/who", "{}", "X-Forwarded-For", tt.header)
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

// [G12] Only the header Host says what the server is called, and only the settings
// whether browsers reach it by https: who forges the headers of a proxy gets neither
// a page of his own in, nor other cookies, nor links that lead elsewhere.
func TestForgedHeadersOfAProxyChangeNothing(t *testing.T) {
	for name, trusted := range map[string][]string{"from anybody": nil, "from a trusted proxy": {"0.0.0.0"}} {
		t.Run(name, func(t *testing.T) {
			o := testOptions()
			o.TrustedProxies = trusted
			hosts := []string{}
			o.OriginAllowed = func(origin, host string) bool {
				hosts = append(hosts, host)
				return origin == "http://"+host
			}
			app := newApp(t, o, post("change", httpapi.Public, ok))
			forged := []string{"X-Forwarded-Host", "evil.example", "X-Forwarded-Proto", "https", "X-Forwarded-Ssl", "on", "Forwarded", "host=evil.example;proto=https", "X-Original-Host", "evil.example"}
			res, body := send(t, app, newRequest(t, "POST", "/api/v1/change", "{}", append(forged, "Origin", "https://evil.example")...))
			if res.StatusCode != 403 || problemIn(t, body).Reason != "origin" {
				t.Errorf("a page of elsewhere: %d %s", res.StatusCode, body)
			}
			res, body = send(t, app, newRequest(t, "POST", "/api/v1/change", "{}", forged...))
			if res.StatusCode != 200 || res.Header.Get("Strict-Transport-Security") != "" {
				t.Errorf("a page of ours: %d %s, %v", res.StatusCode, body, res.Header)
			}
			if want := []string{"127.0.0.1:8090", "127.0.0.1:8090"}; !slices.Equal(hosts, want) {
				t.Errorf("called %q, want %q", hosts, want)
			}
		})
	}
	t.Run("a cookie and a link", func(t *testing.T) {
		o := newOffice(t).staffed()
		forge := func(req *http.Request) *http.Request {
			req.Host = "127.0.0.1:8090"
			req.Header.Set("X-Forwarded-Host", "evil.example")
			req.Header.Set("X-Forwarded-Proto", "https")
			return req
		}
		res, body := send(t, o.app, forge(o.requestAs("anonymous", "POST", "/api/v1/session", fields{"email": "ana@example.com", "password": anaPassword})))
		if cookie := res.Header.Get("Set-Cookie"); res.StatusCode != 200 || !strings.HasPrefix(cookie, httpapi.CookieName(false)+"=") || strings.Contains(strings.ToLower(cookie), "domain") {
			t.Errorf("%d %s, cookie %q", res.StatusCode, body, cookie)
		}
		req := forge(o.requestAs("admin", "POST", "/api/v1/invitations", fields{"email": "new@example.com", "name": "", "departmentId": o.north, "role": "member"}))
		req.Host = "evil.example"
		_, body = send(t, o.app, req)
		var made wire.Link
		if err := json.Unmarshal([]byte(body), &made); err != nil || !strings.HasPrefix(made.Path, "/invite#") || strings.Contains(body, "evil") {
			t.Errorf("%v: %s", err, body)
		}
	})
}

// [G11] What is asked for in pieces comes whole: nothing is put together from ranges
// that somebody else has counted.
func TestRangesAreNotAnswered(t *testing.T) {
	app := newApp(t, testOptions(), httpapi.Route{Method: "GET", Path: "/api/v1/thing", Name: "thing", Access: httpapi.Public, Handle: ok})
	for _, asked := range []string{"bytes=0-0", "bytes=-1", "bytes=999999999999-", "bytes=5-1", "bytes=" + strings.Repeat("0-,", 3_000) + "0-", "bytes=-9223372036854775808", "apples=1"} {
		for path, want := range map[string]int{"/assets/app-4f3a.js": len("export const many = ''") + 4000, "/api/v1/thing": len(`{"done":true}`)} {
			res, body := send(t, app, newRequest(t, "GET", path, "", "Range", asked))
			if res.StatusCode != 200 || len(body) != want || res.Header.Get("Content-Range") != "" {
				t.Errorf("%s with %.30q: %d, %d bytes", path, asked, res.StatusCode, len(body))
			}
		}
	}
}

// [G16] Fiber reuses the buffers behind what it hands out.
func TestWhatHandlersKeepDoesNotChange(t *testing.T) {
	var kept []string
	app := newApp(t, testOptions(), httpapi.Route{
		Method: "GET", Path: "/api/v1/things/:id", Name: "things", Access: httpapi.Public, Doc: httpapi.Doc{Query: []httpapi.Param{{Name: "q"}}},
		Handle: func(c *fiber.Ctx) error {
			kept = append(kept, c.Params("id")+c.Query("q")+c.Get("X-Word"))
			return ok(c)
		},
	})
	addr := listen(t, app)
	var want []string
	for i := range 200 {
		word := strings.Repeat(string(rune('a'+i%26)), 1+i%40)
		want = append(want, word+word+word)
		res, err := http.DefaultClient.Do(newRequest(t, "GET", "http://"+addr+"/api/v1/things/"+word+"?q="+word, "", "X-Word", word))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, res.Body)
		res.Body.Close()
	}
	if !slices.Equal(kept, want) {
		t.Error("a kept text changed")
	}
}
