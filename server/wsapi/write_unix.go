//go:build unix

package wsapi

import (
	"errors"
	"syscall"
)

// writer writes without waiting. It belongs to one worker.
type writer struct {
	rest []byte
	err  error
	try  func(fd uintptr) // w.write, bound once
}

func newWriter() *writer {
	w := &writer{}
	w.try = w.write
	return w
}

// writeNow hands the kernel as much of data as it takes at once, and returns
// what is left. Whoever calls it is the only one who writes to the connection.
func (w *writer) writeNow(kernel syscall.RawConn, data []byte) (rest []byte, err error) {
	w.rest, w.err = data, nil
	err = kernel.Control(w.try) // Write would get ready to wait
	rest, w.rest = w.rest, nil
	return rest, errors.Join(err, w.err)
}

func (w *writer) write(fd uintptr) {
	for len(w.rest) > 0 {
		n, err := syscall.Write(int(fd), w.rest)
		if n > 0 {
			w.rest = w.rest[n:]
		}
		switch {
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.EAGAIN):
			return
		case err != nil:
			w.err = err
			return
		}
	}
}
