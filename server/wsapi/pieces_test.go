package wsapi_test

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"rapport/server/wsapi"
)

const watchNothing = `{"type":"watch","boardId":"","record":"","holding":""}`

// padded is a message of that many bytes.
func padded(bytes int) string { return watchNothing + strings.Repeat(" ", bytes-len(watchNothing)) }

// enter says hello on a bare connection, and takes the welcome.
func (b *bench) enter(n int) *bare {
	b.t.Helper()
	c := b.dialBare(n, ws.NewTextFrame([]byte(hello)))
	c.until(ws.OpText)
	return c
}

// closed reads on to the close frame and returns its code.
func (c *bare) closed() ws.StatusCode {
	c.t.Helper()
	code, _ := ws.ParseCloseFrameData(c.until(ws.OpClose).Payload)
	return code
}

// lives fails unless a ping is answered.
func (c *bare) lives() {
	c.t.Helper()
	c.send(ws.NewPingFrame([]byte("alive")))
	if f := c.until(ws.OpPong); string(f.Payload) != "alive" {
		c.t.Errorf("[SL27] answered with %q", f.Payload)
	}
}

// [B5] The limit of a message holds to the byte, in one piece and in many, and so does
// the limit of what a client may send in a second: pieces count, also those of
// which nothing becomes.
func TestTheLimitsOfAMessage(t *testing.T) {
	// A client that is still busy with sending has time to take in why it must stop.
	b := newBench(t, wsapi.Times{Linger: 20 * time.Second})
	const limit, half = 64 << 10, 32 << 10
	tests := []struct {
		name string
		send func(c *bare)
		want ws.StatusCode // 0: the socket lives on
	}{
		{"the limit", func(c *bare) { c.send(ws.NewTextFrame([]byte(padded(limit)))) }, 0},
		{"a byte more", func(c *bare) { c.send(ws.NewTextFrame([]byte(padded(limit + 1)))) }, ws.StatusMessageTooBig},
		{"the limit, in two pieces", func(c *bare) {
			text := padded(limit)
			c.send(fragment(ws.OpText, false, text[:half]), fragment(ws.OpContinuation, true, text[half:]))
		}, 0},
		{"a byte more, in two pieces", func(c *bare) {
			text := padded(limit + 1)
			c.send(fragment(ws.OpText, false, text[:half]), fragment(ws.OpContinuation, true, text[half:]))
		}, ws.StatusMessageTooBig},
		{"64 MiB", func(c *bare) {
			if _, err := c.Write(ws.MustCompileFrame(ws.MaskFrame(ws.NewTextFrame(make([]byte, 64<<20))))); err != nil {
				c.t.Errorf("the rest is not taken in: %v", err)
			}
		}, ws.StatusMessageTooBig},
		{"as many pieces as messages are allowed", func(c *bare) {
			c.send(fragment(ws.OpText, false, watchNothing))
			for range 40 {
				c.send(fragment(ws.OpContinuation, false, " "))
			}
			c.send(fragment(ws.OpContinuation, true, " "))
		}, 0},
		{"10,000 pieces of a byte", func(c *bare) {
			c.send(fragment(ws.OpText, false, watchNothing))
			c.flood(10_000, fragment(ws.OpContinuation, false, " "))
		}, 4029},
		{"100,000 pieces of nothing", func(c *bare) {
			c.send(fragment(ws.OpText, false, watchNothing))
			c.flood(100_000, fragment(ws.OpContinuation, false, ""))
		}, 4029},
		{"pings between pieces", func(c *bare) {
			c.send(fragment(ws.OpText, false, watchNothing))
			c.flood(1000, ws.NewPingFrame(nil))
		}, 4029},
		{"messages of nothing", func(c *bare) { c.flood(1000, ws.NewTextFrame(nil)) }, 4004},
	}
	for _, tt := range tests {
		t.Run("[SL27] "+tt.name, func(t *testing.T) {
			c := b.enter(1)
			c.t = t
			tt.send(c)
			if tt.want == 0 {
				c.lives()
			} else if code := c.closed(); code != tt.want {
				t.Errorf("closed with %d, want %d", code, tt.want)
			}
			_ = c.Close()
		})
	}
	b.settled(0)
}

// flood sends a frame so many times.
func (c *bare) flood(times int, f ws.Frame) {
	c.t.Helper()
	one := ws.MustCompileFrame(ws.MaskFrame(f))
	c.sendRaw([]byte(strings.Repeat(string(one), times)))
}

// [B5] A message that never becomes whole ends the socket, though the client shows all
// the time that it is there: what it has begun is held for it meanwhile.
func TestAMessageThatNeverEnds(t *testing.T) {
	t.Parallel()
	const read = time.Second
	b := newBench(t, wsapi.Times{Hello: time.Hour, Write: time.Hour, Linger: time.Hour, Read: read})
	for _, tt := range []struct {
		name    string
		between ws.Frame
	}{
		{"pings in between", ws.NewPingFrame(nil)},
		{"pieces of nothing", fragment(ws.OpContinuation, false, "")},
		{"pieces of a byte", fragment(ws.OpContinuation, false, " ")},
	} {
		t.Run("[SL27] "+tt.name, func(t *testing.T) {
			t.Parallel()
			c := b.enter(1)
			c.t = t
			c.send(fragment(ws.OpText, false, watchNothing))
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				_, _ = io.Copy(io.Discard, c.in)
			}()
			pace := time.NewTicker(100 * time.Millisecond) // far below the limit
			defer pace.Stop()
			for sent := 0; ; sent++ {
				select {
				case <-ended:
					return
				case <-pace.C:
					_, _ = c.Write(ws.MustCompileFrame(ws.MaskFrame(tt.between)))
				}
				if sent > 80 {
					t.Fatal("the socket lives on")
				}
			}
		})
	}
}
