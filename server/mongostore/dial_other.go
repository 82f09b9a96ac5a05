//go:build !linux

package mongostore

import "syscall"

// limitUnconfirmed is for Linux only; elsewhere patience has to do.
func limitUnconfirmed(string, string, syscall.RawConn) error { return nil }
