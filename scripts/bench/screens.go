package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fasthttp/websocket"

	"rapport/server/crm"
	"rapport/server/wire"
)

// screensEach is how many screens a person may have; the next one takes the place of the oldest.
const screensEach = 10

// maxChanges bounds how many changes one crowd can tell apart.
const maxChanges = 1 << 18

// crowd is many open screens. It notes when the last of them has got each change.
type crowd struct {
	conns   []*websocket.Conn
	readers sync.WaitGroup
	frame   atomic.Pointer[[]byte] // the last frame with entries
	closing atomic.Bool            // from here on connections end because the crowd goes
	lost    atomic.Pointer[string] // why one ended before

	got  [maxChanges]atomic.Int32 // screens that have the change, by offset
	last [maxChanges]atomic.Int64 // when the last one had it, in nanoseconds since began

	began   time.Time
	arrived chan struct{} // capacity 1: some change reached all screens
}

// openScreens connects n screens, spread over the tokens, a few at a time.
func openScreens(ctx context.Context, url string, tokens []string, board crm.ID, n int) (*crowd, error) {
	return openScreensBy(ctx, url, tokens, board, n, 16)
}

// openScreensBy is openScreens with so many at a time.
func openScreensBy(ctx context.Context, url string, tokens []string, board crm.ID, n, atOnce int) (*crowd, error) {
	c := &crowd{conns: make([]*websocket.Conn, n), began: time.Now(), arrived: make(chan struct{}, 1)}
	errs := make(chan error, n)
	places := make(chan int)
	var dialers sync.WaitGroup
	for range atOnce {
		dialers.Go(func() {
			for i := range places {
				var err error
				if c.conns[i], err = openScreen(ctx, url, tokens[i%len(tokens)], board); err != nil {
					errs <- err
				}
			}
		})
	}
	for i := range n {
		places <- i
	}
	close(places)
	dialers.Wait()
	close(errs)
	for err := range errs {
		c.close()
		return nil, err
	}
	for _, conn := range c.conns {
		c.readers.Go(func() { c.read(conn) })
	}
	return c, nil
}

var writeBuffers sync.Pool

type dialContext func(ctx context.Context, network, address string) (net.Conn, error)

// openScreen opens a screen that shows a board; "" on the yardstick, which has none.
func openScreen(ctx context.Context, url, token string, board crm.ID) (*websocket.Conn, error) {
	return openScreenOver(ctx, nil, url, token, board)
}

// openScreenOver opens a screen over a connection that dial makes; nil: the usual one.
func openScreenOver(ctx context.Context, dial dialContext, url, token string, board crm.ID) (*websocket.Conn, error) {
	d := websocket.Dialer{
		NetDialContext: dial,
		Subprotocols:   []string{wire.Subprotocol}, ReadBufferSize: 2048, WriteBufferSize: 512, WriteBufferPool: &writeBuffers,
		HandshakeTimeout: 20 * time.Second,
	}
	header := http.Header{"Origin": {url}, "Cookie": {"rapport=" + token}}
	conn, res, err := d.DialContext(ctx, strings.Replace(url, "http", "ws", 1)+"/api/v1/stream", header)
	if err != nil {
		if res != nil {
			return nil, fmt.Errorf("open a screen: %s: %w", res.Status, err)
		}
		return nil, fmt.Errorf("open a screen: %w", err)
	}
	hello := wire.Hello{Type: "hello", Protocol: wire.ProtocolVersion, Screen: string(crm.NewID(time.Now()))}
	if err := conn.WriteJSON(hello); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	_, message, err := conn.ReadMessage()
	if err != nil || !bytes.Contains(message, []byte(`"welcome"`)) {
		return nil, errors.Join(fmt.Errorf("no welcome but %q", message), err, conn.Close())
	}
	if board == "" {
		return conn, nil
	}
	if err := conn.WriteJSON(wire.Watch{Type: "watch", BoardID: string(board)}); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

func (c *crowd) read(conn *websocket.Conn) {
	var bye []byte
	for {
		_, message, err := conn.ReadMessage()
		if err != nil {
			c.noteEnd(bye, err)
			return
		}
		if bytes.HasPrefix(message, []byte(`{"type":"bye"`)) {
			bye = message
		}
		if !bytes.HasPrefix(message, []byte(`{"type":"entries"`)) {
			continue
		}
		after, upTo := number(message, `"after":`), number(message, `"upTo":`)
		for offset := after + 1; offset <= upTo && offset < maxChanges; offset++ {
			if int(c.got[offset].Add(1)) != len(c.conns) {
				continue
			}
			c.last[offset].Store(int64(time.Since(c.began)))
			c.frame.Store(&message)
			select {
			case c.arrived <- struct{}{}:
			default:
			}
		}
	}
}

// noteEnd keeps why a connection ended that was to stay.
func (c *crowd) noteEnd(bye []byte, err error) {
	if !c.closing.Load() {
		why := fmt.Sprintf("%s %v after %v", bye, err, time.Since(c.began).Round(time.Second))
		c.lost.Store(&why)
	}
}

// number reads the number behind key. Parsing whole frames in a thousand
// screens would take the cores away from the server.
func number(message []byte, key string) int {
	_, rest, _ := bytes.Cut(message, []byte(key))
	end := bytes.IndexAny(rest, ",}")
	if end < 0 {
		return 0
	}
	n, _ := strconv.Atoi(string(rest[:end])) // another form counts as 0 and shows as a change that never arrived
	return n
}

// wait blocks until all screens have a change, and returns when the last got it.
func (c *crowd) wait(ctx context.Context, offset int) (time.Time, error) {
	limit := time.NewTimer(20 * time.Second)
	defer limit.Stop()
	for {
		if at := c.last[offset].Load(); at != 0 {
			return c.began.Add(time.Duration(at)), nil
		}
		select {
		case <-c.arrived:
		case <-limit.C:
			why := "none"
			if lost := c.lost.Load(); lost != nil {
				why = *lost
			}
			return time.Time{}, fmt.Errorf("change %d reached %d of %d screens; connections that ended: %s", offset, c.got[offset].Load(), len(c.conns), why)
		case <-ctx.Done():
			return time.Time{}, ctx.Err()
		}
	}
}

func (c *crowd) close() {
	c.closing.Store(true)
	for _, conn := range c.conns {
		if conn != nil {
			_ = conn.Close()
		}
	}
	c.readers.Wait()
}
