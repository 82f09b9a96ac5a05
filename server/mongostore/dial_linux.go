package mongostore

import (
	"errors"
	"syscall"

	"golang.org/x/sys/unix"
)

// limitUnconfirmed makes a connection fail when what was sent on it has not been
// confirmed for stallLimit. The system would try for a quarter of an hour.
func limitUnconfirmed(_, _ string, conn syscall.RawConn) error {
	var err error
	return errors.Join(conn.Control(func(fd uintptr) {
		err = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(stallLimit.Milliseconds()))
	}), err)
}
