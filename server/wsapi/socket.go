package wsapi

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"runtime/debug"
	"sync"
	"time"

	"github.com/fasthttp/websocket"
	"golang.org/x/time/rate"

	"rapport/server/stream"
	"rapport/server/wire"
)

// socket is one connection: the handler's goroutine reads, a second one writes.
// The handler returns only when both are done, for then the library hands the
// connection's parts to the next client.
type socket struct {
	edge    *Edge
	who     Identity
	log     *slog.Logger
	conn    *websocket.Conn
	cursor  *stream.Cursor
	limiter *rate.Limiter

	mu     sync.Mutex // guards all below
	raw    net.Conn
	linger *time.Timer // runs from the end of the cursor to the cut
	done   bool        // the handler has returned; nothing may be armed any more
}

// errLimit ends a read when the client sends too much, too fast.
var errLimit = errors.New("wsapi: too many messages")

// serve is the handler of one connection.
func (s *socket) serve(conn *websocket.Conn) {
	if !s.edge.register(s) {
		return // the client sees the connection end, and tries again
	}
	defer s.edge.release(s)
	defer s.finish()
	// A panic in here would end the process: no middleware is around it.
	defer s.recover("socket")
	s.prepare(conn)
	if end := s.join(); end != nil {
		s.bye(end)
		s.drain()
		return
	}
	defer s.cursor.Close()

	began := time.Now()
	written := make(chan struct{})
	go func() {
		defer close(written)
		s.write()
	}()
	// Whatever happens to the reader, the writer ends before the handler does.
	defer func() { <-written }()
	defer s.kick()
	defer s.cursor.End("")

	reason := s.read()
	s.cursor.End(reason)
	if reason != "" {
		<-written
		s.drain()
	}
	s.log.Debug("socket closed", "reason", reason, "seconds", int(time.Since(began).Seconds()))
}

func (s *socket) prepare(conn *websocket.Conn) {
	s.mu.Lock()
	s.raw = rawConn(conn)
	s.mu.Unlock()
	s.conn = conn
	s.limiter = rate.NewLimiter(messagesPerSec, messagesAtOnce)
	if tcp, ok := s.raw.(interface{ SetWriteBuffer(bytes int) error }); ok {
		if err := tcp.SetWriteBuffer(kernelBuffer); err != nil {
			s.log.Debug("socket write buffer", "error", err)
		}
	}
	conn.SetReadLimit(readLimit)
	conn.SetPongHandler(func(string) error { return s.heard() })
	conn.SetPingHandler(func(data string) error {
		if err := s.heard(); err != nil {
			return err
		}
		err := conn.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(s.edge.o.Times.Write))
		if errors.Is(err, websocket.ErrCloseSent) {
			return nil
		}
		return err
	})
}

// heard counts anything the client sent, and gives it time to send more. Before
// the hello it gives none.
func (s *socket) heard() error {
	if !s.limiter.Allow() {
		return errLimit
	}
	if s.cursor == nil {
		return nil
	}
	return s.conn.SetReadDeadline(time.Now().Add(s.edge.o.Times.Read))
}

// join reads the hello and opens the cursor.
func (s *socket) join() *stream.End {
	if err := s.conn.SetReadDeadline(time.Now().Add(s.edge.o.Times.Hello)); err != nil {
		return &stream.End{}
	}
	message, reason := s.receive()
	if message == nil {
		return &stream.End{Reason: reason}
	}
	hello, ok := message.(*wire.Hello)
	if !ok {
		return &stream.End{Reason: wire.ByeProtocol}
	}
	cursor, end := s.edge.o.Stream.Open(context.Background(), stream.Opening{
		User: s.who.User, Session: s.who.Session, Hello: *hello, OnEnd: s.armLinger,
	})
	if end != nil {
		return end
	}
	s.cursor = cursor
	if !s.edge.o.StillValid(s.who) {
		cursor.End(wire.ByeSessionEnded)
	}
	return nil
}

// receive reads one message. A nil message comes with the reason to end, which
// is empty when the client is gone.
func (s *socket) receive() (any, wire.ByeReason) {
	kind, r, err := s.conn.NextReader()
	if err != nil {
		return nil, s.reasonOf(err)
	}
	if err := s.heard(); err != nil {
		return nil, s.reasonOf(err)
	}
	// The library's limit ends the connection with 1009; this one bounds what is
	// held in memory whatever the library counts.
	data, err := io.ReadAll(io.LimitReader(r, readLimit+1))
	if err != nil {
		return nil, s.reasonOf(err)
	}
	if kind != websocket.TextMessage {
		return nil, wire.ByeProtocol
	}
	message, err := decode(data)
	if err != nil {
		s.log.Debug("socket message refused", "error", err)
		return nil, wire.ByeProtocol
	}
	return message, ""
}

// reasonOf says what to tell a client after a failed read.
func (s *socket) reasonOf(err error) wire.ByeReason {
	var failed net.Error
	switch {
	case errors.Is(err, errLimit):
		return wire.ByeLimit
	case errors.Is(err, websocket.ErrReadLimit):
		return wire.ByeProtocol // the library has closed with 1009 already
	case s.cursor == nil && errors.As(err, &failed) && failed.Timeout():
		return wire.ByeProtocol // no hello in time
	}
	return ""
}

// read takes in what the client sends until it ends, and returns the reason to
// tell it; "" when it is gone, or has been told to go.
func (s *socket) read() (reason wire.ByeReason) {
	defer func() {
		if s.recovered(recover(), "socket reader") {
			reason = wire.ByeFailed
		}
	}()
	if err := s.conn.SetReadDeadline(time.Now().Add(s.edge.o.Times.Read)); err != nil {
		return ""
	}
	for {
		message, reason := s.receive()
		if message == nil {
			return reason
		}
		watch, ok := message.(*wire.Watch)
		if !ok {
			return wire.ByeProtocol // a second hello
		}
		if err := s.cursor.Watch(*watch); err != nil {
			return wire.ByeProtocol
		}
	}
}

// drain reads on after a bye, so that the close frame is not lost to a reset
// that unread data would cause. The linger timer ends it.
func (s *socket) drain() {
	s.armLinger()
	for {
		if _, _, err := s.conn.NextReader(); err != nil {
			return
		}
	}
}

// armLinger cuts the connection a moment from now: the client has been told to
// close it, or cannot even take that in. The cursor calls it when it ends,
// under locks of others, so it must not block.
func (s *socket) armLinger() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.linger == nil && !s.done {
		s.linger = time.AfterFunc(s.edge.o.Times.Linger, s.kick)
	}
}

// kick cuts the connection from any goroutine, at any time.
func (s *socket) kick() {
	s.mu.Lock()
	raw := s.raw
	s.mu.Unlock()
	if raw != nil {
		_ = raw.Close() // closed already is as good
	}
}

// finish makes sure that nothing touches the connection after the handler.
func (s *socket) finish() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done = true
	s.raw = nil
	if s.linger != nil {
		s.linger.Stop()
	}
}

func (s *socket) recover(what string) { s.recovered(recover(), what) }

func (s *socket) recovered(p any, what string) bool {
	if p == nil {
		return false
	}
	// The value may hold what a person wrote; the place is enough to find it.
	s.log.Error(what+" panicked", "stack", string(debug.Stack()))
	return true
}

func encode(bye wire.Bye) []byte {
	data, err := json.Marshal(bye)
	if err != nil {
		panic(err) // a struct of texts and numbers
	}
	return data
}
