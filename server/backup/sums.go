package backup

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"math/bits"

	"rapport/server/bsoncodec"
	"rapport/server/crm"
	"rapport/server/synclog"
)

// Sum sums up a set of items: how many there are, and the sum, modulo 2^256, of
// the SHA-256 of each. It does not depend on their order, which differs between
// stores.
type Sum struct {
	Count uint64
	words [4]uint64 // least significant first
}

func (s *Sum) add(item [sha256.Size]byte) {
	s.Count++
	var carry uint64
	for i := range s.words {
		var word uint64
		for _, b := range item[i*8 : i*8+8] {
			word = word<<8 | uint64(b)
		}
		s.words[i], carry = bits.Add64(s.words[i], word, carry)
	}
}

// Hash returns the sum as hexadecimal digits.
func (s Sum) Hash() string {
	return fmt.Sprintf("%016x%016x%016x%016x", s.words[3], s.words[2], s.words[1], s.words[0])
}

// Sums sums up a workspace. Equal workspaces have equal ones, in whatever store
// they lie and whatever their epoch.
type Sums struct {
	Records, Entries, Files Sum

	Offset    uint64 // of the last entry
	FileBytes int64
}

// Hash is over everything.
func (s Sums) Hash() string {
	text := fmt.Sprintf("records %d %s\nentries %d %s\nfiles %d %s\n",
		s.Records.Count, s.Records.Hash(), s.Entries.Count, s.Entries.Hash(), s.Files.Count, s.Files.Hash())
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// record adds a document, which it returns as it is stored.
func (s *Sums) record(rec crm.Record) ([]byte, error) {
	doc, err := bsoncodec.MarshalRecord(rec)
	if err != nil {
		return nil, err
	}
	s.Records.add(hashOf(string(rec.Type), doc))
	return doc, nil
}

// entry adds an entry, which it returns as it is stored.
// Errors: it is not the next one.
func (s *Sums) entry(e synclog.Entry) ([]byte, error) {
	if e.Offset != s.Offset+1 {
		return nil, fmt.Errorf("the log has no entry %d, but an entry %d; rapport check lists all that is wrong", s.Offset+1, e.Offset)
	}
	doc, err := bsoncodec.MarshalEntry(crm.MainWorkspace, e)
	if err != nil {
		return nil, err
	}
	s.Offset = e.Offset
	s.Entries.add(hashOf("", doc))
	return doc, nil
}

// hashOf returns the hash of an item under a name.
func hashOf(name string, content []byte) [sha256.Size]byte {
	h := newItemHash(name)
	h.Write(content)
	return [sha256.Size]byte(h.Sum(nil))
}

func newItemHash(name string) hash.Hash {
	h := sha256.New()
	h.Write(append([]byte(name), 0)) // never fails
	return h
}
