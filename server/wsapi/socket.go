package wsapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/gobwas/ws"
	"golang.org/x/time/rate"

	"rapport/server/crm"
	"rapport/server/stream"
	"rapport/server/wire"
)

// socket is one connection. Its own goroutine reads; the workers of the pump
// write, one of them at a time.
type socket struct {
	edge    *Edge
	who     Identity
	log     *slog.Logger
	conn    net.Conn
	kernel  syscall.RawConn // the same connection
	in      *reader
	limiter *rate.Limiter
	cursor  *stream.Cursor

	turn    atomic.Int32  // whose it is to write: one of the turn constants
	written chan struct{} // closed when nothing will be written any more
	pinged  time.Time     // belongs to whoever has the turn

	pong    atomic.Pointer[[]byte]        // answer to the client's last ping, as a frame
	closing atomic.Pointer[ws.StatusCode] // for a client that gets no bye

	mu     sync.Mutex  // guards linger
	linger *time.Timer // runs from the end of the cursor to the cut
}

// ending is how the reader's side ends: with a bye, with nothing but a close
// code, or, when the client is gone, with neither.
type ending struct {
	bye  stream.End
	code ws.StatusCode
}

// unanswered reports whether the client has yet to close its side.
func (e *ending) unanswered() bool {
	return e.bye.Reason != "" || e.code != 0 && e.code != ws.StatusNormalClosure
}

func endWith(reason wire.ByeReason) *ending { return &ending{bye: stream.End{Reason: reason}} }

// errLimit ends a read when the client sends too much, too fast.
var errLimit = errors.New("wsapi: too many messages")

// newSocket takes over a connection. early is what was read of it already.
func newSocket(e *Edge, who Identity, conn net.Conn, early []byte) (*socket, error) {
	s := &socket{
		edge: e, who: who, log: e.o.Log, conn: conn, written: make(chan struct{}),
		limiter: rate.NewLimiter(messagesPerSec, messagesAtOnce),
	}
	var source io.Reader = conn
	if len(early) > 0 {
		source = io.MultiReader(bytes.NewReader(early), conn)
	}
	s.in = newReader(source, s.control, s.heard)
	tcp, ok := conn.(interface {
		syscall.Conn
		SetWriteBuffer(bytes int) error
	})
	if !ok {
		return nil, errors.New("wsapi: not a connection of the kernel")
	}
	if err := tcp.SetWriteBuffer(kernelBuffer); err != nil {
		s.log.Debug("socket write buffer", "error", err)
	}
	var err error
	s.kernel, err = tcp.SyscallConn()
	return s, err
}

// serve sees a connection through to its end.
func (s *socket) serve() {
	defer s.close()
	if !s.edge.register(s) {
		return // the client sees the connection end, and tries again
	}
	defer s.edge.release(s)
	// A panic in here would end the process: nothing else is around it.
	defer s.recover("socket")
	if end := s.join(); end != nil {
		s.turnAway(end)
		return
	}
	defer s.cursor.Close()
	if !s.edge.o.StillValid(s.who) {
		s.cursor.End(wire.ByeSessionEnded)
	}

	began := time.Now()
	// Whatever happens to the reader, nobody writes any more when it is left.
	defer func() { <-s.written }()
	defer s.kick()
	defer s.cursor.End("")

	s.startTurns()
	end := s.read()
	if end.code != 0 {
		s.closing.Store(&end.code)
	}
	s.cursor.End(end.bye.Reason)
	if *end != (ending{}) {
		<-s.written
	}
	if end.unanswered() {
		s.drain()
	}
	s.log.Debug("socket closed", "reason", end.bye.Reason, "seconds", int(time.Since(began).Seconds()))
}

// join reads the hello and opens the cursor.
func (s *socket) join() *ending {
	if err := s.conn.SetReadDeadline(time.Now().Add(s.edge.o.Times.Hello)); err != nil {
		return &ending{}
	}
	message, end := s.receive()
	if end != nil {
		return end
	}
	hello, ok := message.(*wire.Hello)
	if !ok {
		return endWith(wire.ByeProtocol)
	}
	cursor, refused := s.edge.o.Stream.Open(context.Background(), stream.Opening{
		User: s.who.User, Session: s.who.Session, Hello: *hello, OnWake: s.wake, OnEnd: s.armLinger,
	})
	if refused != nil {
		return &ending{bye: *refused}
	}
	s.cursor = cursor
	return nil
}

// read takes in what the client sends until it ends.
func (s *socket) read() (end *ending) {
	defer func() {
		if s.recovered(recover(), "socket reader") {
			end = endWith(wire.ByeFailed)
		}
	}()
	if err := s.conn.SetReadDeadline(time.Now().Add(s.edge.o.Times.Read)); err != nil {
		return &ending{}
	}
	for {
		message, end := s.receive()
		if end != nil {
			return end
		}
		watch, ok := message.(*wire.Watch)
		if !ok {
			return endWith(wire.ByeProtocol) // a second hello
		}
		if err := s.cursor.Watch(*watch); err != nil {
			return endWith(wire.ByeProtocol)
		}
	}
}

// receive reads one message.
func (s *socket) receive() (any, *ending) {
	opCode, data, err := s.in.message()
	if err == nil {
		err = s.heard()
	}
	if err != nil {
		return nil, s.endingOf(err)
	}
	if opCode != ws.OpText {
		return nil, endWith(wire.ByeProtocol)
	}
	message, err := decode(data)
	if err != nil {
		s.log.Debug("socket message refused", "error", err)
		return nil, endWith(wire.ByeProtocol)
	}
	return message, nil
}

// endingOf says how to end after a failed read.
func (s *socket) endingOf(err error) *ending {
	var failed net.Error
	switch {
	case errors.Is(err, errLimit):
		return endWith(wire.ByeLimit)
	case errors.Is(err, errClosed):
		return &ending{code: ws.StatusNormalClosure}
	case tooLarge(err):
		return &ending{code: ws.StatusMessageTooBig}
	case violation(err):
		return &ending{code: ws.StatusProtocolError}
	case s.cursor == nil && errors.As(err, &failed) && failed.Timeout():
		return endWith(wire.ByeProtocol) // no hello in time
	}
	return &ending{}
}

// control takes a ping or a pong.
func (s *socket) control(opCode ws.OpCode, data []byte) error {
	if err := s.heard(); err != nil {
		return err
	}
	if opCode == ws.OpPing {
		frame := pongFrame(data)
		s.pong.Store(&frame) // RFC 6455, section 5.5.3: the last ping is answered
		s.wake()
	}
	return nil
}

// heard counts anything the client sent, and gives it time to send more. Before
// the hello it gives none, nor in the middle of a message: that must become whole
// in the time it began in, whatever comes between its pieces.
func (s *socket) heard() error {
	if !s.limiter.Allow() {
		return errLimit
	}
	if s.cursor == nil || s.in.amid() {
		return nil
	}
	return s.conn.SetReadDeadline(time.Now().Add(s.edge.o.Times.Read))
}

// turnAway ends a connection that never got a cursor, and with it no turns.
func (s *socket) turnAway(end *ending) {
	if data := farewell(&end.bye, end.code); data != nil && s.writeSlowly(data) == nil {
		s.drain()
	}
}

// farewell returns the frames that end a connection; nil when the client is gone.
func farewell(bye *stream.End, code ws.StatusCode) []byte {
	if bye.Reason == "" {
		if code == 0 {
			return nil
		}
		return closeFrame(code, "")
	}
	message, err := json.Marshal(wire.Bye{Type: "bye", Reason: bye.Reason, RetryMs: bye.RetryMs})
	if err != nil {
		panic(err) // a struct of texts and numbers
	}
	return append(Envelope(message), closeFrame(closeCodes[bye.Reason], string(bye.Reason))...)
}

// drain reads on after a farewell, so that it is not lost to a reset that unread
// data would cause. The client's close frame ends it, or the linger timer.
func (s *socket) drain() {
	s.armLinger()
	_ = s.conn.SetReadDeadline(time.Time{}) // on a connection that is gone, reading fails as well
	for {
		switch _, _, err := s.in.message(); {
		case err == nil, errors.Is(err, errLimit):
		case tooLarge(err), violation(err): // where the next frame begins nobody knows
			_, _ = io.Copy(io.Discard, s.conn)
			return
		default:
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
	if s.linger == nil {
		s.linger = time.AfterFunc(s.edge.o.Times.Linger, s.kick)
	}
}

// kick cuts the connection from any goroutine, at any time.
func (s *socket) kick() { _ = s.conn.Close() } // closed already is as good

// close is the end of the connection.
func (s *socket) close() {
	s.kick()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.linger != nil {
		s.linger.Stop()
	}
}

func (s *socket) recover(what string) { s.recovered(recover(), what) }

func (s *socket) recovered(p any, what string) bool {
	if p == nil {
		return false
	}
	s.log.Error(what+" panicked", "error", crm.Fault(p))
	return true
}
