package sqlitestore

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"rapport/server/synclog"
)

// SQLite notices a page whose structure is damaged, but not a changed byte in
// what it keeps, which would come back as a changed amount or name. So each
// body ends with the CRC-32C of the rest.
//
// A body begins with its own length, as all BSON does: one that ends there was
// written before there were sums, and is taken as it is.

const sumLength = 4

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

var errSum = fmt.Errorf("%w: its sum does not fit", synclog.ErrDamaged)

// seal appends the sum of a body to it.
func seal(body []byte) []byte {
	return binary.LittleEndian.AppendUint32(body, crc32.Checksum(body, castagnoli))
}

// unseal returns the body that seal was given. It shares its memory.
// Errors: synclog.ErrDamaged.
func unseal(sealed []byte) ([]byte, error) {
	if len(sealed) < sumLength {
		return nil, errSum
	}
	length := int(binary.LittleEndian.Uint32(sealed))
	switch len(sealed) {
	case length:
		return sealed, nil
	case length + sumLength:
		body := sealed[:length]
		if crc32.Checksum(body, castagnoli) == binary.LittleEndian.Uint32(sealed[length:]) {
			return body, nil
		}
	}
	return nil, errSum
}
