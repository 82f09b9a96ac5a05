package wsapi

import (
	"errors"
	"io"

	"github.com/gobwas/ws"

	"rapport/server/wire"
)

// CloseCode returns the close code of a reason.
func CloseCode(r wire.ByeReason) (int, bool) {
	code, ok := closeCodes[r]
	return int(code), ok
}

// Decode reads one client message.
func Decode(data []byte) (any, error) { return decode(data) }

// ReadLimit is what a client message may weigh, in bytes.
const ReadLimit = readLimit

// NewReader returns what reads the messages of a client, one a call. Pings and
// pongs are swallowed.
func NewReader(source io.Reader) func() ([]byte, error) {
	r := newReader(source, func(ws.OpCode, []byte) error { return nil }, func() error { return nil })
	return func() ([]byte, error) {
		_, data, err := r.message()
		return data, err
	}
}

// ReadEnding names how a socket answers the end of a read; "" when it is just cut.
func ReadEnding(err error) string {
	switch {
	case errors.Is(err, errClosed):
		return "closed"
	case tooLarge(err):
		return "too large"
	case violation(err):
		return "violation"
	}
	return ""
}

// Sockets returns how many sockets are served now.
func (e *Edge) Sockets() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.sockets)
}
