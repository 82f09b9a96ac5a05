// Package wsapi is the socket edge: it upgrades requests, turns stream cursors
// into connections and takes in the few messages a client may send. It cannot
// change anything; commands travel over HTTP.
package wsapi

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/utils"
	"github.com/valyala/fasthttp"

	"rapport/server/crm"
	"rapport/server/stream"
	"rapport/server/wire"
)

// Identity is who a socket belongs to.
type Identity struct{ User, Session crm.ID }

// Options of the edge.
type Options struct {
	Stream *stream.Stream
	// Identify returns whose the cookies of an upgrade request are, the Cookie
	// header as it was sent.
	// Errors: CodeUnauthenticated.
	Identify func(ctx context.Context, cookies string) (Identity, error)
	// StillValid reports whether a session counts at this moment. It is asked
	// after a socket has joined the stream, for an end in between would be
	// missed, and again with each ping, for sessions expire. It must not block.
	StillValid func(Identity) bool
	// OriginAllowed reports whether a page of that origin may open a socket to
	// this host.
	OriginAllowed func(origin, host string) bool
	Log           *slog.Logger // default slog.Default()
	Times         Times        // zero fields take their defaults
}

// Times are the deadlines of a socket.
type Times struct {
	Hello  time.Duration // to the first message; 5 s
	Read   time.Duration // without anything from the client, a pong included; 60 s
	Write  time.Duration // for one message; 10 s
	Linger time.Duration // from bye to the end of the connection; 900 ms
	Ping   time.Duration // between two pings; 25 s, and up to a heartbeat more
}

func (t Times) withDefaults() Times {
	set := func(d *time.Duration, value time.Duration) {
		if *d == 0 {
			*d = value
		}
	}
	set(&t.Hello, 5*time.Second)
	set(&t.Read, 60*time.Second)
	set(&t.Write, 10*time.Second)
	set(&t.Linger, 900*time.Millisecond)
	set(&t.Ping, 25*time.Second)
	return t
}

// Buffers and limits of a socket.
const (
	readLimit      = 64 << 10 // bytes of one client message
	kernelBuffer   = 64 << 10 // what a reader that stopped reading can hold of ours
	messagesPerSec = 20
	messagesAtOnce = 60
)

// Edge serves the sockets of one stream. All methods are safe for concurrent use.
type Edge struct {
	o        Options
	upgrader websocket.FastHTTPUpgrader
	pump     pump

	mu      sync.Mutex // guards sockets, and closing against sockets still being added
	sockets map[*socket]struct{}
	closing bool
	ended   sync.WaitGroup // one per socket
}

// New makes an edge.
func New(o Options) *Edge {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	o.Times = o.Times.withDefaults()
	return &Edge{
		o: o,
		upgrader: websocket.FastHTTPUpgrader{
			// Its buffers are never used: see takeOver.
			ReadBufferSize: 1, WriteBufferSize: 1, WriteBufferPool: &sync.Pool{},
			Subprotocols: []string{wire.Subprotocol},
			// Upgrade checks the origin before the library gets the request.
			CheckOrigin: func(*fasthttp.RequestCtx) bool { return true },
			Error:       func(*fasthttp.RequestCtx, int, error) {}, // answered by the app's error handler
		},
		sockets: map[*socket]struct{}{},
	}
}

// Upgrade is the handler of GET /api/v1/stream. The app's server must have
// KeepHijackedConns set, for the connection outlives its request.
// Errors: CodeUnsupported (not a socket request, or another subprotocol),
// CodeForbidden (origin), CodeUnauthenticated, CodeUnavailable (shutting down).
func (e *Edge) Upgrade(c *fiber.Ctx) error {
	if !websocket.FastHTTPIsWebSocketUpgrade(c.Context()) {
		return crm.Errorf(crm.CodeUnsupported, "not_a_socket", "this address is for WebSocket connections")
	}
	origin, host := utils.CopyString(c.Get(fiber.HeaderOrigin)), string(c.Context().Host())
	if origin == "" || !e.o.OriginAllowed(origin, host) {
		return crm.Errorf(crm.CodeForbidden, "origin", "this request does not come from a page of this server")
	}
	who, err := e.o.Identify(c.UserContext(), utils.CopyString(c.Get(fiber.HeaderCookie)))
	if err != nil {
		return err
	}
	if !offers(c, wire.Subprotocol) {
		return crm.Errorf(crm.CodeUnsupported, "subprotocol", "the subprotocol must be %s", wire.Subprotocol)
	}
	if e.isClosing() {
		return crm.Errorf(crm.CodeUnavailable, "restarting", "the server is restarting")
	}
	// Fiber pools its contexts: nothing of c may be used once this has returned.
	err = e.upgrader.Upgrade(c.Context(), func(conn *websocket.Conn) { e.takeOver(who, conn.NetConn()) })
	if err != nil {
		return crm.Errorf(crm.CodeInvalid, "handshake", "the WebSocket handshake is malformed: %w", err)
	}
	return nil
}

// takeOver takes the connection out of the hands of fasthttp, and lets go of its
// request context and its 16 kB read buffer, which an idle socket would hold
// otherwise.
func (e *Edge) takeOver(who Identity, hijacked net.Conn) {
	conn := hijacked
	if inner, ok := hijacked.(interface{ UnsafeConn() net.Conn }); ok {
		conn = inner.UnsafeConn()
	}
	early, err := buffered(hijacked, conn)
	if err == nil {
		var s *socket
		if s, err = newSocket(e, who, conn, early); err == nil {
			go s.serve()
			return
		}
	}
	e.o.Log.Warn("socket not taken over", "error", err)
	_ = conn.Close() // nobody knows of it yet
}

// buffered returns what a client that did not wait for the handshake has sent
// already. With a deadline in the past a read gives what is buffered, and fails
// instead of asking the connection for more.
func buffered(hijacked, conn net.Conn) ([]byte, error) {
	if err := conn.SetReadDeadline(time.Unix(1, 0)); err != nil {
		return nil, err
	}
	early, err := io.ReadAll(hijacked)
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		return nil, err
	}
	return early, conn.SetReadDeadline(time.Time{})
}

func offers(c *fiber.Ctx, subprotocol string) bool {
	for offered := range strings.SplitSeq(c.Get(fiber.HeaderSecWebSocketProtocol), ",") {
		if strings.TrimSpace(offered) == subprotocol {
			return true
		}
	}
	return false
}

func (e *Edge) isClosing() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.closing
}

// register adds a socket that is being served. It is not done before the
// upgrade: when the client is gone by then, the handler is never called. It
// reports false when Shutdown no longer waits for new ones.
func (e *Edge) register(s *socket) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closing {
		return false
	}
	e.sockets[s] = struct{}{}
	e.ended.Add(1)
	return true
}

func (e *Edge) release(s *socket) {
	e.mu.Lock()
	delete(e.sockets, s)
	e.mu.Unlock()
	e.ended.Done()
}

// Shutdown refuses new sockets, says bye to all and waits for their handlers.
// When ctx ends first the rest is cut off. Call it before the app's own
// Shutdown, which neither closes sockets nor waits for them.
func (e *Edge) Shutdown(ctx context.Context) error {
	e.mu.Lock()
	e.closing = true
	e.mu.Unlock()
	e.o.Stream.EndAll(wire.ByeRestart)
	done := make(chan struct{})
	go func() {
		e.ended.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	e.mu.Lock()
	for s := range e.sockets {
		s.kick()
	}
	e.mu.Unlock()
	<-done
	return ctx.Err()
}
