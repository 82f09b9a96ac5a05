package wsapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fasthttp/websocket"

	"rapport/server/wire"
	"rapport/server/wsapi"
)

// What SL18 says of frames and of the ring.
const (
	frameBytes  = 64 << 10
	ringEntries = 4096
)

// narrowLine hands its reader no more bytes than it was given; -1 is no limit.
type narrowLine struct {
	net.Conn
	mu    sync.Mutex
	more  *sync.Cond
	given int
}

func (l *narrowLine) give(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n < 0 || l.given < 0 {
		l.given = n
	} else {
		l.given += n
	}
	l.more.Broadcast()
}

func (l *narrowLine) Read(p []byte) (int, error) {
	l.mu.Lock()
	for l.given == 0 {
		l.more.Wait()
	}
	if l.given > 0 {
		p = p[:min(len(p), l.given)]
	}
	l.mu.Unlock()
	n, err := l.Conn.Read(p)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.given > 0 {
		l.given -= n // it has one reader
	}
	return n, err
}

// joinNarrow joins as somebody who reads only what his line is given from the welcome on.
func (b *bench) joinNarrow(n int) (*client, *narrowLine, wire.Welcome) {
	b.t.Helper()
	line := &narrowLine{given: -1}
	line.more = sync.NewCond(&line.mu)
	dialer := websocket.Dialer{
		Subprotocols: []string{wire.Subprotocol}, HandshakeTimeout: 5 * time.Second,
		NetDialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := new(net.Dialer).DialContext(ctx, network, address)
			line.Conn = conn
			return line, err
		},
	}
	conn, response, err := dialer.Dial(b.url, b.header(n))
	if err != nil {
		b.t.Fatalf("dial: %v (%v)", err, response)
	}
	_ = response.Body.Close()
	b.t.Cleanup(func() { _ = conn.Close(); line.give(-1) })
	c := &client{conn, b.t}
	c.say(hello)
	_, data := c.next()
	var welcome wire.Welcome
	if err := json.Unmarshal(data, &welcome); err != nil {
		b.t.Fatal(err)
	}
	line.give(0)
	return c, line, welcome
}

// follow reads entries from a position to an offset, or to the bye that comes
// before, and fails at anything that is not the next.
func (c *client) follow(at, upTo uint64) (reached uint64, frames int, bye wire.ByeReason) {
	c.t.Helper()
	seen := at
	for at < upTo {
		kind, data := c.next()
		if kind == "bye" {
			var end wire.Bye
			if err := json.Unmarshal(data, &end); err != nil {
				c.t.Fatal(err)
			}
			return at, frames, end.Reason
		}
		if kind != "entries" {
			continue
		}
		var f wire.EntriesFrame
		if err := json.Unmarshal(data, &f); err != nil || f.After != at {
			c.t.Fatalf("[SL6] at %d got %.200s (%v)", at, data, err)
		}
		if len(data) > frameBytes+4<<10 {
			c.t.Errorf("[SL18] a frame of %d bytes", len(data))
		}
		for _, entry := range f.Entries {
			if entry.Offset != seen+1 || !strings.HasPrefix(titleOf(entry), fmt.Sprint(entry.Offset, " ")) {
				c.t.Fatalf("[SL6] after %d comes %d with %.40q", seen, entry.Offset, titleOf(entry))
			}
			seen = entry.Offset
		}
		at, frames = f.UpTo, frames+1
	}
	return at, frames, ""
}

func titleOf(entry wire.Entry) string {
	title, _ := entry.Ops[0].Fields["title"].(string)
	return title
}

// [B9] A reader whose line takes a fifth of what happens: what it has not got yet
// comes joined, in its order and whole. One that falls out of what is remembered
// is told so, and begins anew.
func TestAReaderWithANarrowLine(t *testing.T) {
	b := newBench(t, wsapi.Times{Write: time.Minute})
	long := strings.Repeat("oak ", 500) // 2 kB
	write := func(n int) (last uint64) {
		for range n {
			b.mu.Lock()
			next := b.offset + 1
			b.mu.Unlock()
			last = b.commit(1, fmt.Sprint(next, " ", long))
		}
		return last
	}
	c, line, welcome := b.joinNarrow(1)
	if err := c.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}

	const rounds, each = 380, 10 // fewer than the ring holds
	begins := make(chan struct{})
	done := make(chan struct{})
	var frames int
	go func() {
		defer close(done)
		close(begins)
		_, frames, _ = c.follow(0, rounds*each)
	}()
	<-begins
	for range rounds {
		write(each)
		line.give(4 << 10)
	}
	line.give(-1)
	<-done
	if t.Failed() {
		return
	}
	if frames == 0 || frames > rounds*each/4 {
		t.Errorf("[SL18] %d entries came in %d frames", rounds*each, frames)
	}

	line.give(0)
	write(3 * ringEntries)
	line.give(-1)
	at, _, bye := c.follow(rounds*each, rounds*each+3*ringEntries)
	if bye != wire.ByeLagging || at >= rounds*each+2*ringEntries {
		t.Fatalf("[SL18] at %d: %q", at, bye)
	}
	again := b.dial(1)
	again.say(strings.Replace(strings.Replace(hello, "null", fmt.Sprintf(`{"epoch":%q,"offset":%d}`, welcome.Position.Epoch, at), 1),
		`"audience":""`, fmt.Sprintf(`"audience":%q`, welcome.Audience), 1))
	_, data := again.next()
	if !bytes.Contains(data, []byte(`"snapshot"`)) {
		t.Fatalf("[SL4] got %.200s", data)
	}
	head := uint64(rounds*each + 3*ringEntries)
	last := write(3)
	if reached, _, bye := again.follow(head, last); reached != last {
		t.Errorf("after the snapshot at %d of %d, %q", reached, last, bye)
	}
}
