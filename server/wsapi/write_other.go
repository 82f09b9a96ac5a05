//go:build !unix

package wsapi

import "syscall"

// writer would write without waiting, where the system can.
type writer struct{}

func newWriter() *writer { return &writer{} }

// writeNow writes nothing: everything is left for the goroutine that may wait.
func (*writer) writeNow(_ syscall.RawConn, data []byte) (rest []byte, err error) {
	return data, nil
}
