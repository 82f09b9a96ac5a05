package wsapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fasthttp/websocket"

	"rapport/server/wire"
	"rapport/server/wsapi"
)

// [F5]
func TestUpgrade(t *testing.T) {
	b := newBench(t, wsapi.Times{})
	tests := []struct {
		name        string
		change      func(http.Header)
		subprotocol string
		want        int
	}{
		{"a page of ours", func(http.Header) {}, wire.Subprotocol, http.StatusSwitchingProtocols},
		{"a page of somebody else's", func(h http.Header) { h.Set("Origin", "https://evil.example") }, wire.Subprotocol, http.StatusForbidden},
		{"our host as a part of another name", func(h http.Header) { h.Set("Origin", h.Get("Origin")+".evil.example") }, wire.Subprotocol, http.StatusForbidden},
		{"no origin", func(h http.Header) { h.Del("Origin") }, wire.Subprotocol, http.StatusForbidden},
		{"an opaque origin", func(h http.Header) { h.Set("Origin", "null") }, wire.Subprotocol, http.StatusForbidden},
		{"nobody is signed in", func(h http.Header) { h.Del("Cookie") }, wire.Subprotocol, http.StatusUnauthorized},
		{"another subprotocol", func(http.Header) {}, "crm.v9", http.StatusUpgradeRequired},
		{"no subprotocol", func(http.Header) {}, "", http.StatusUpgradeRequired},
	}
	for _, tt := range tests {
		t.Run("[SL29] "+tt.name, func(t *testing.T) {
			header := b.header(1)
			tt.change(header)
			dialer := websocket.Dialer{HandshakeTimeout: 5 * time.Second}
			if tt.subprotocol != "" {
				dialer.Subprotocols = []string{"other", tt.subprotocol}
			}
			conn, response, err := dialer.Dial(b.url, header)
			if response == nil {
				t.Fatal(err)
			}
			defer func() { _ = response.Body.Close() }()
			if response.StatusCode != tt.want {
				t.Errorf("status %d, want %d", response.StatusCode, tt.want)
			}
			if conn != nil {
				if conn.Subprotocol() != wire.Subprotocol {
					t.Errorf("subprotocol %q", conn.Subprotocol())
				}
				_ = conn.Close()
			}
		})
	}
	response, err := http.Get(strings.Replace(b.url, "ws:", "http:", 1))
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusUpgradeRequired {
		t.Errorf("[SL29] a plain request got %d", response.StatusCode)
	}
	b.settled(0)
}

// [D32] Frames of several people's words, packed with one memory, would tell by their size what is in them.
func TestFramesAreNotPacked(t *testing.T) {
	b := newBench(t, wsapi.Times{})
	dialer := websocket.Dialer{Subprotocols: []string{wire.Subprotocol}, HandshakeTimeout: 5 * time.Second, EnableCompression: true}
	conn, response, err := dialer.Dial(b.url, b.header(1))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close(); _ = conn.Close() }()
	if agreed := response.Header.Get("Sec-WebSocket-Extensions"); agreed != "" {
		t.Errorf("agreed to %q", agreed)
	}
}

func TestEveryReasonHasACloseCode(t *testing.T) {
	resume := []wire.ByeReason{wire.ByeRestart, wire.ByeLagging, wire.ByeBehind, wire.ByeLimit, wire.ByeFailed, wire.ByeProtocol}
	giveUp := []wire.ByeReason{wire.ByeSessionEnded, wire.ByeVersion, wire.ByeReplaced}
	seen := map[int]wire.ByeReason{}
	check := func(reasons []wire.ByeReason, from, to int) {
		for _, r := range reasons {
			code, ok := wsapi.CloseCode(r)
			if !ok || code < from || code > to {
				t.Errorf("[SL26] %s has code %d, want one of %d–%d", r, code, from, to)
			}
			if other, taken := seen[code]; taken {
				t.Errorf("[SL26] %s and %s share code %d", r, other, code)
			}
			seen[code] = r
		}
	}
	check(resume, 4000, 4499)
	check(giveUp, 4500, 4999)
	if declared := reasonsDeclared(t); declared != len(seen) {
		t.Errorf("[SL26] wire declares %d reasons, the test knows %d", declared, len(seen))
	}
}

func TestMessagesOfClients(t *testing.T) {
	tests := []struct {
		name, message string
		ok            bool
	}{
		{"a hello without a position", hello, true},
		{"a hello with one", `{"type":"hello","protocol":1,"position":{"epoch":"E","offset":7},"audience":"a","screen":"s"}`, true},
		{"a watch", `{"type":"watch","boardId":"","record":"","holding":""}`, true},
		{"spaces around", " \n" + `{"type":"watch"}` + "\n", true},
		{"nothing", ``, false},
		{"a list", `["hello"]`, false},
		{"a number", `1`, false},
		{"an unknown type", `{"type":"mut"}`, false},
		{"no type", `{"boardId":""}`, false},
		{"an unknown key", `{"type":"watch","boards":""}`, false},
		{"an unknown key inside", `{"type":"hello","position":{"epoch":"E","offset":7,"seq":1}}`, false},
		{"a key in another case", `{"type":"watch","BoardID":"x"}`, false},
		{"the type in another case", `{"TYPE":"watch"}`, false},
		{"a key twice", `{"type":"watch","record":"a","record":"b"}`, false},
		{"a key twice inside", `{"type":"hello","position":{"epoch":"E","epoch":"F","offset":7}}`, false},
		{"a key twice, once escaped", `{"type":"watch","record":"a","\u0072ecord":"b"}`, false},
		{"a prototype", `{"type":"watch","__proto__":{"a":1}}`, false},
		{"a negative offset", `{"type":"hello","position":{"epoch":"E","offset":-1}}`, false},
		{"a text for an offset", `{"type":"hello","position":{"epoch":"E","offset":"7"}}`, false},
		{"an offset beyond 64 bits", `{"type":"hello","position":{"epoch":"E","offset":18446744073709551616}}`, false},
		{"a fraction for an offset", `{"type":"hello","position":{"epoch":"E","offset":1.5}}`, false},
		{"a list for a text", `{"type":"watch","record":["a"]}`, false},
		{"two messages", `{"type":"watch"}{"type":"watch"}`, false},
		{"cut off", `{"type":"watch","record":"a`, false},
		{"deep", strings.Repeat(`{"a":`, 10_000) + "1" + strings.Repeat("}", 10_000), false},
		{"not UTF-8", "{\"type\":\"watch\",\"record\":\"\xff\"}", false},
		{"a byte order mark", "\ufeff" + `{"type":"watch"}`, false},
	}
	for _, tt := range tests {
		t.Run("[SL3] "+tt.name, func(t *testing.T) {
			message, err := wsapi.Decode([]byte(tt.message))
			if (err == nil) != tt.ok {
				t.Errorf("%v, %v", message, err)
			}
		})
	}
}

// [B2] [B3] [B5] [B6] [B18] [L12]
func TestWhatEndsASocket(t *testing.T) {
	newer := strings.Replace(hello, `"protocol":1`, `"protocol":2`, 1)
	ahead := strings.Replace(hello, `null`, fmt.Sprintf(`{"epoch":%q,"offset":9}`, epoch), 1)
	tests := []struct {
		name string
		say  func(*client)
		want int
	}{
		{"something before hello", func(c *client) { c.say(`{"type":"watch"}`) }, 4004},
		{"hello twice", func(c *client) { c.say(hello); c.say(hello) }, 4004},
		{"another version", func(c *client) { c.say(newer) }, 4505},
		{"a position this node does not reach", func(c *client) { c.say(ahead) }, 4013},
		{"an unknown message", func(c *client) { c.say(hello); c.say(`{"type":"mut"}`) }, 4004},
		{"a watch of no id", func(c *client) { c.say(hello); c.say(`{"type":"watch","boardId":"x"}`) }, 4004},
		{"a binary message", func(c *client) {
			if err := c.WriteMessage(websocket.BinaryMessage, []byte(hello)); err != nil {
				c.t.Error(err)
			}
		}, 4004},
		{"not UTF-8", func(c *client) { c.say(hello); c.say("{\"type\":\"watch\",\"record\":\"\xff\"}") }, 4004},
		{"a message over the limit", func(c *client) {
			c.say(hello)
			c.say(`{"type":"watch","record":"` + strings.Repeat("a", 64<<10) + `"}`)
		}, websocket.CloseMessageTooBig},
		{"too many messages", func(c *client) {
			c.say(hello)
			for range 200 {
				if c.WriteMessage(websocket.TextMessage, []byte(`{"type":"watch","boardId":"","record":"","holding":""}`)) != nil {
					return
				}
			}
		}, 4029},
		{"too many pings", func(c *client) {
			c.say(hello)
			for range 200 {
				if c.WriteControl(websocket.PingMessage, nil, time.Now().Add(time.Second)) != nil {
					return
				}
			}
		}, 4029},
		{"no hello in time", func(*client) {}, 4004},
		{"no hello in time, but pings", func(c *client) {
			for range 5 {
				_ = c.WriteControl(websocket.PingMessage, nil, time.Now().Add(time.Second))
			}
		}, 4004},
	}
	// A client that is still busy with sending has time to take in why it must stop.
	b := newBench(t, wsapi.Times{Hello: 300 * time.Millisecond, Linger: 20 * time.Second})
	for _, tt := range tests {
		t.Run("[SL3] "+tt.name, func(t *testing.T) {
			c := b.dial(1)
			tt.say(c)
			code, bye := c.end()
			if code != tt.want {
				t.Errorf("closed with %d (%+v), want %d", code, bye, tt.want)
			}
			_ = c.Close()
		})
	}
	b.settled(0)
}
