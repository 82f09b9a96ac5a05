package backup

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"rapport/server/crm"
)

// A backup is a tar archive, compressed with zstd, so that it can be taken
// apart without Rapport. Its members, in this order:
//
//	rapport.json                  header
//	records/<type>/000001.bson …  documents one after another, as MongoDB's tools read them
//	files/<id>                    files
//	entries/000000000001.bson …   the log, named after the first offset in each
//	manifest.json                 manifest; without it the backup is cut short
//
// The commands that idempotency remembers are in the entries.
const (
	formatVersion = 1

	headerName   = "rapport.json"
	manifestName = "manifest.json"
	recordsDir   = "records/"
	filesDir     = "files/"
	entriesDir   = "entries/"

	// chunkBytes is when a member of documents or entries is full.
	chunkBytes = 1 << 20
	// maxChunk bounds what is read at once: a full member and MongoDB's largest
	// document on top.
	maxChunk = chunkBytes + 17<<20
	// maxJSON bounds header and manifest.
	maxJSON = 1 << 20
)

// header says what a backup is of.
type header struct {
	Format    int             `json:"format"`
	Workspace crm.WorkspaceID `json:"workspace"`
	Epoch     crm.ID          `json:"epoch"`
	Offset    uint64          `json:"offset"` // everything stands at it
	MadeAt    time.Time       `json:"madeAt"`
	MadeBy    string          `json:"madeBy"`
}

// manifest says what a backup holds.
type manifest struct {
	Records section `json:"records"`
	Files   section `json:"files"`
	Entries section `json:"entries"`
	// Hash is over the header and all sections.
	Hash string `json:"hash"`
}

type section struct {
	Count uint64 `json:"count"`
	Bytes int64  `json:"bytes,omitempty"`
	Hash  string `json:"hash"` // the sum, modulo 2^256, of the SHA-256 of each item's name, a zero byte and its content
}

func newManifest(header []byte, s Sums) manifest {
	m := manifest{
		Records: section{Count: s.Records.Count, Hash: s.Records.Hash()},
		Files:   section{Count: s.Files.Count, Bytes: s.FileBytes, Hash: s.Files.Hash()},
		Entries: section{Count: s.Entries.Count, Hash: s.Entries.Hash()},
	}
	sections, err := json.Marshal(m)
	if err != nil {
		panic(err) // it has nothing that JSON cannot hold
	}
	all := sha256.New()
	all.Write(header)
	all.Write(sections)
	m.Hash = hex.EncodeToString(all.Sum(nil))
	return m
}

// require holds what was read to the manifest that was written.
func (m manifest) require(read manifest) error {
	for _, part := range []struct {
		what       string
		want, have section
	}{{"documents", m.Records, read.Records}, {"files", m.Files, read.Files}, {"log", m.Entries, read.Entries}} {
		if part.want != part.have {
			return fmt.Errorf("%w: of the %s %d were written, %d are here, or they are not the same", ErrDamaged, part.what, part.want.Count, part.have.Count)
		}
	}
	if m.Hash != read.Hash {
		return fmt.Errorf("%w: its header does not fit", ErrDamaged)
	}
	return nil
}

// Errors of a file that is to be restored. Nothing of it is.
var (
	// ErrDamaged: it is not what was written, or cut short.
	ErrDamaged = errors.New("the backup is damaged")
	// ErrForeign: it is no backup, or one of a newer Rapport.
	ErrForeign = errors.New("this is no backup that can be read here")
)
