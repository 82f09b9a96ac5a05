package httpapi_test

import (
	"bufio"
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
