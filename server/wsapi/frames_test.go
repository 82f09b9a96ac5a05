package wsapi_test

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/gobwas/ws"

	"rapport/server/wire"
	"rapport/server/wsapi"
)

// bare is the other end of a socket without a library around it.
type bare struct {
	net.Conn
	t  *testing.T
	in *bufio.Reader
}

// dialBare opens a socket by hand; with sends go out with the handshake, in one
// piece.
func (b *bench) dialBare(n int, with ...ws.Frame) *bare {
	b.t.Helper()
	host := strings.TrimSuffix(strings.TrimPrefix(b.url, "ws://"), "/api/v1/stream")
	conn, err := net.Dial("tcp", host)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		b.t.Fatal(err)
	}
	var out bytes.Buffer
	header := b.header(n)
	fmt.Fprintf(&out, "GET /api/v1/stream HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==\r\nSec-WebSocket-Protocol: %s\r\n"+
		"Origin: %s\r\nCookie: %s\r\n\r\n", host, wire.Subprotocol, header.Get("Origin"), header.Get("Cookie"))
	for _, f := range with {
		out.Write(ws.MustCompileFrame(ws.MaskFrame(f)))
	}
	c := &bare{Conn: conn, t: b.t, in: bufio.NewReader(conn)}
	c.sendRaw(out.Bytes())
	response, err := http.ReadResponse(c.in, nil)
	if err != nil || response.StatusCode != http.StatusSwitchingProtocols {
		b.t.Fatalf("handshake: %v %v", response, err)
	}
	_ = response.Body.Close()
	return c
}

func (c *bare) sendRaw(data []byte) {
	c.t.Helper()
	if _, err := c.Write(data); err != nil {
		c.t.Fatal(err)
	}
}

// send masks frames, as a client must.
func (c *bare) send(frames ...ws.Frame) {
	c.t.Helper()
	for _, f := range frames {
		c.sendRaw(ws.MustCompileFrame(ws.MaskFrame(f)))
	}
}

func (c *bare) next() ws.Frame {
	c.t.Helper()
	header, err := ws.ReadHeader(c.in)
	if err != nil {
		c.t.Fatal(err)
	}
	payload := make([]byte, header.Length)
	if _, err := io.ReadFull(c.in, payload); err != nil {
		c.t.Fatal(err)
	}
	return ws.Frame{Header: header, Payload: payload}
}

// until reads on to the first frame with that op code.
func (c *bare) until(op ws.OpCode) ws.Frame {
	c.t.Helper()
	for {
		if f := c.next(); f.Header.OpCode == op {
			return f
		}
	}
}

func fragment(op ws.OpCode, last bool, text string) ws.Frame {
	return ws.NewFrame(op, last, []byte(text))
}

func TestAHelloThatDidNotWaitForTheHandshake(t *testing.T) {
	b := newBench(t, wsapi.Times{})
	// A ping follows, so that more than the hello lies in the request's buffer.
	c := b.dialBare(1, ws.NewTextFrame([]byte(hello)), ws.NewPingFrame([]byte("early")))
	got := []ws.Frame{c.next(), c.next()} // in either order
	slices.SortFunc(got, func(a, b ws.Frame) int { return cmp.Compare(a.Header.OpCode, b.Header.OpCode) })
	if f := got[0]; f.Header.OpCode != ws.OpText || !bytes.Contains(f.Payload, []byte(`"welcome"`)) {
		t.Errorf("[SL3] got %s", f.Payload)
	}
	if f := got[1]; f.Header.OpCode != ws.OpPong || string(f.Payload) != "early" {
		t.Errorf("[SL27] got %s", f.Payload)
	}
}

// [B6] [B7]
func TestFramesOfAClient(t *testing.T) {
	rsv := ws.NewTextFrame([]byte(hello))
	rsv.Header.Rsv = ws.Rsv(true, false, false)
	half := len(hello) / 2
	tests := []struct {
		name string
		send func(c *bare)
		want ws.StatusCode // 0: the hello is welcomed
	}{
		{"a hello in pieces", func(c *bare) {
			c.send(fragment(ws.OpText, false, hello[:half]), fragment(ws.OpContinuation, false, ""), fragment(ws.OpContinuation, true, hello[half:]))
		}, 0},
		{"a ping between the pieces", func(c *bare) {
			c.send(fragment(ws.OpText, false, hello[:half]), ws.NewPingFrame([]byte("x")), fragment(ws.OpContinuation, true, hello[half:]))
		}, 0},
		{"a byte at a time", func(c *bare) {
			for _, b := range ws.MustCompileFrame(ws.MaskFrame(ws.NewTextFrame([]byte(hello)))) {
				c.sendRaw([]byte{b})
			}
		}, 0},
		{"not masked", func(c *bare) { c.sendRaw(ws.MustCompileFrame(ws.NewTextFrame([]byte(hello)))) }, ws.StatusProtocolError},
		{"a reserved bit", func(c *bare) { c.send(rsv) }, ws.StatusProtocolError},
		{"a reserved op code", func(c *bare) { c.send(ws.NewFrame(3, true, nil)) }, ws.StatusProtocolError},
		{"a continuation of nothing", func(c *bare) { c.send(fragment(ws.OpContinuation, true, hello)) }, ws.StatusProtocolError},
		{"a message within a message", func(c *bare) {
			c.send(fragment(ws.OpText, false, hello[:half]), fragment(ws.OpText, true, hello))
		}, ws.StatusProtocolError},
		{"a ping in pieces", func(c *bare) { c.send(fragment(ws.OpPing, false, "x")) }, ws.StatusProtocolError},
		{"a ping that is too long", func(c *bare) { c.send(ws.NewPingFrame(make([]byte, 126))) }, ws.StatusProtocolError},
		{"a close code that is not in use", func(c *bare) { c.send(ws.NewCloseFrame(ws.NewCloseFrameBody(999, ""))) }, ws.StatusProtocolError},
		{"too large in one piece", func(c *bare) {
			c.sendRaw(ws.MustCompileFrame(ws.MaskFrame(ws.NewTextFrame(make([]byte, 64<<10+1))))[:14])
		}, ws.StatusMessageTooBig},
		{"too large in many", func(c *bare) {
			c.send(fragment(ws.OpText, false, strings.Repeat("a", 60<<10)), fragment(ws.OpContinuation, false, strings.Repeat("a", 8<<10)))
		}, ws.StatusMessageTooBig},
		{"a length of 63 bits", func(c *bare) {
			c.sendRaw([]byte{0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4})
		}, ws.StatusMessageTooBig},
		{"goodbye at once", func(c *bare) { c.send(ws.NewCloseFrame(ws.NewCloseFrameBody(ws.StatusGoingAway, ""))) }, ws.StatusNormalClosure},
	}
	b := newBench(t, wsapi.Times{})
	for _, tt := range tests {
		t.Run("[SL27] "+tt.name, func(t *testing.T) {
			c := b.dialBare(1)
			c.t = t
			tt.send(c)
			if tt.want == 0 {
				if f := c.until(ws.OpText); !bytes.Contains(f.Payload, []byte(`"welcome"`)) {
					t.Errorf("got %s", f.Payload)
				}
				return
			}
			code, _ := ws.ParseCloseFrameData(c.until(ws.OpClose).Payload)
			if code != tt.want {
				t.Errorf("closed with %d, want %d", code, tt.want)
			}
		})
	}
}

func TestTheClientCloses(t *testing.T) {
	// The answer must not wait for the moment after which a client is cut.
	b := newBench(t, wsapi.Times{Linger: time.Hour})
	c := b.dialBare(1, ws.NewTextFrame([]byte(hello)))
	c.until(ws.OpText)
	c.send(ws.NewCloseFrame(ws.NewCloseFrameBody(ws.StatusGoingAway, "")))
	if code, _ := ws.ParseCloseFrameData(c.until(ws.OpClose).Payload); code != ws.StatusNormalClosure {
		t.Errorf("[SL26] closed with %d", code)
	}
	if _, err := c.in.ReadByte(); err == nil {
		t.Error("[SL26] the connection is still open")
	}
	b.settled(0)
}

func TestPingsOfAClientAreAnsweredInTheFlow(t *testing.T) {
	b := newBench(t, wsapi.Times{})
	c := b.join(1)
	pongs := 0
	c.SetPongHandler(func(string) error { pongs++; return nil })
	for n := range 20 {
		b.commit(1, fmt.Sprint(n))
		if err := c.WriteControl(websocket.PingMessage, []byte{byte(n)}, time.Now().Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		for at := uint64(0); at < uint64(n+1) || pongs == 0; { //nolint:gosec // counts to 20
			_, data := c.next()
			var f wire.EntriesFrame
			if err := json.Unmarshal(data, &f); err != nil {
				t.Fatal(err)
			}
			at = f.UpTo
			if pongs == 0 {
				b.commit(1, "so that there is something to read behind the pong")
			}
		}
	}
}

// A reader that stops fills the kernel's buffers in the middle of a frame; from
// there on the socket writes at the reader's pace, and nothing may be missing.
func TestAReaderThatPausesMissesNothing(t *testing.T) {
	b := newBench(t, wsapi.Times{})
	c := b.join(1)
	long := strings.Repeat("oak ", 10_000)
	const changes = 200
	for n := range changes {
		b.commit(1, fmt.Sprint(n, " ", long))
	}
	at, entries := uint64(0), 0
	for at < changes {
		_, data := c.next()
		var f wire.EntriesFrame
		if err := json.Unmarshal(data, &f); err != nil || f.After != at {
			t.Fatalf("[SL18] at %d got %.200s (%v)", at, data, err)
		}
		at, entries = f.UpTo, entries+len(f.Entries)
	}
	if entries != changes {
		t.Errorf("[SL18] %d entries of %d", entries, changes)
	}
}

// [L1]
func TestAnIdleSocketHoldsOneGoroutine(t *testing.T) {
	b := newBench(t, wsapi.Times{})
	before := runtime.NumGoroutine()
	const sockets = people
	for n := range sockets {
		b.join(n)
	}
	// Goroutines of the handshakes end in their own time.
	const others = sockets / 4
	for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before+sockets+others; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines for %d sockets", runtime.NumGoroutine()-before, sockets)
		}
	}
}
