// Package crm is the kernel: the few types every other package speaks in.
// It imports the standard library only.
package crm

import (
	"crypto/rand"
	"encoding/binary"
	"strings"
	"time"
)

// ID names a record, a person or a department. It is a ULID: 26 characters of
// Crockford base32, whose first 10 carry the milliseconds since 1970 and whose
// last 16 carry 80 random bits (github.com/ulid/spec). Clients make the ids of
// what they create, so that a retry makes no second record.
type ID string

// WorkspaceID names one company's data: 1..32 characters of [a-z0-9-].
type WorkspaceID string

// MainWorkspace is the workspace a server serves unless it is told otherwise.
const MainWorkspace WorkspaceID = "main"

const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// NewID makes an ID for the given moment. Safe for concurrent use.
func NewID(now time.Time) ID {
	var raw [16]byte
	// A moment before 1970 has no ULID; zero keeps the id valid.
	ms := uint64(max(now.UnixMilli(), 0))
	binary.BigEndian.PutUint64(raw[:8], ms<<16)
	if _, err := rand.Read(raw[6:]); err != nil {
		panic("crm: no randomness: " + err.Error()) // crypto/rand never fails on supported systems
	}
	return spell(raw)
}

// Next returns the id that follows id within its moment: what one command makes
// sorts as it was made. Behind the last one there is none, and id comes back;
// chance does not lead there.
func (id ID) Next() ID {
	out := []byte(id)
	for i := len(out) - 1; i >= 10; i-- {
		if at := strings.IndexByte(crockford, out[i]); at < len(crockford)-1 {
			out[i] = crockford[at+1]
			return ID(out)
		}
		out[i] = crockford[0]
	}
	return id
}

func spell(raw [16]byte) ID {
	var out [26]byte
	hi, lo := binary.BigEndian.Uint64(raw[:8]), binary.BigEndian.Uint64(raw[8:])
	for i := 25; i >= 0; i-- {
		out[i] = crockford[lo&31]
		lo = lo>>5 | hi<<59
		hi >>= 5
	}
	return ID(out[:])
}

// Valid reports whether id is a ULID in its canonical spelling.
func (id ID) Valid() bool {
	if len(id) != 26 || id[0] > '7' {
		return false
	}
	for i := range len(id) {
		if !isCrockford(id[i]) {
			return false
		}
	}
	return true
}

func isCrockford(c byte) bool {
	if c >= '0' && c <= '9' {
		return true
	}
	return c >= 'A' && c <= 'Z' && c != 'I' && c != 'L' && c != 'O' && c != 'U'
}
