package importer

import (
	"crypto/sha256"

	"rapport/server/crm"
)

// derivedID makes the id of something an import creates. The same import, kind
// and key always give the same id, so that an import which goes on after a
// crash, or runs on two nodes at once, makes nothing twice. It keeps the
// import's time and takes 80 bits of a hash for the rest.
func derivedID(of crm.ID, kind, key string) crm.ID {
	const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	sum := sha256.Sum256([]byte(string(of) + "\n" + kind + "\n" + key))
	out := []byte(of)
	for i := range 16 {
		out[10+i] = crockford[sum[i]&31]
	}
	return crm.ID(out)
}
