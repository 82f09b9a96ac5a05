package wsapi

import (
	"bytes"
	"errors"
	"io"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// Envelope makes the frame of one message in JSON, header included, as the
// sockets send it: a server does not mask (RFC 6455, section 5.1), so that one
// frame serves all sockets. Hand it to stream.Options.
func Envelope(json []byte) []byte { return ws.MustCompileFrame(ws.NewTextFrame(json)) }

var pingFrame = ws.MustCompileFrame(ws.NewPingFrame(nil))

func pongFrame(data []byte) []byte { return ws.MustCompileFrame(ws.NewPongFrame(data)) }

func closeFrame(code ws.StatusCode, reason string) []byte {
	return ws.MustCompileFrame(ws.NewCloseFrame(ws.NewCloseFrameBody(code, reason)))
}

// reader takes the frames of one client apart. It reads no further than the
// frame it is at, so that a socket that says nothing holds no buffer.
type reader struct {
	wsutil.Reader
	control func(opCode ws.OpCode, data []byte) error
}

// errClosed ends a read when the client closes.
var errClosed = errors.New("wsapi: the client closed")

// newReader makes a reader. control is called for each ping and pong with its data,
// piece for each piece of a message but the first.
func newReader(source io.Reader, control func(ws.OpCode, []byte) error, piece func() error) *reader {
	r := &reader{control: control}
	r.Source, r.State = source, ws.StateServerSide
	r.MaxFrameSize, r.MaxMessageSize = readLimit, readLimit
	r.OnIntermediate = r.takeControl
	r.OnContinuation = func(ws.Header, io.Reader) error { return piece() }
	return r
}

// amid reports whether a message has begun that is not whole yet.
func (r *reader) amid() bool { return r.State.Fragmented() }

// message reads the next message.
// Errors: errClosed, what control and piece return, ws.ProtocolError,
// wsutil.ErrFrameTooLarge, wsutil.ErrMessageTooLarge, those of the source.
func (r *reader) message() (ws.OpCode, []byte, error) {
	for {
		header, err := r.NextFrame()
		if err != nil {
			return 0, nil, err
		}
		if header.OpCode.IsControl() {
			if err := r.takeControl(header, &r.Reader); err != nil {
				return 0, nil, err
			}
			continue
		}
		data, err := io.ReadAll(&r.Reader)
		return header.OpCode, data, err
	}
}

// takeControl reads a control frame; those have 125 bytes at most.
func (r *reader) takeControl(header ws.Header, body io.Reader) error {
	data, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	if header.OpCode == ws.OpClose {
		code, reason := ws.ParseCloseFrameData(data)
		if err := ws.CheckCloseFrameData(code, reason); err != nil && len(data) > 0 {
			return err
		}
		return errClosed
	}
	return r.control(header.OpCode, bytes.Clone(data))
}

// tooLarge reports whether a read failed because the client sent too much.
func tooLarge(err error) bool {
	return errors.Is(err, wsutil.ErrFrameTooLarge) || errors.Is(err, wsutil.ErrMessageTooLarge)
}

// violation reports whether a read failed because the client broke RFC 6455.
func violation(err error) bool {
	var broken ws.ProtocolError
	return errors.As(err, &broken) || errors.Is(err, ws.ErrHeaderLengthMSB) || errors.Is(err, ws.ErrHeaderLengthUnexpected)
}
