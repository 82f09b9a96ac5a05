package mongostore

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"rapport/server/crm"
)

// MongoDB keeps a transaction open for a minute. Whoever reads a workspace as a
// whole may be slower – a pipe over a slow line, say –, so its documents are
// read into a file first, which is gone with the process.

// spool keeps documents in a temporary file.
type spool struct {
	file  *os.File
	out   *bufio.Writer
	types []crm.RecordType
	index map[crm.RecordType]uint64
}

func newSpool() (*spool, error) {
	file, err := os.CreateTemp("", "rapport-documents-*") // for this user only
	if err != nil {
		return nil, fmt.Errorf("mongostore: a temporary file is needed (TMPDIR): %w", err)
	}
	// Nobody else gets to see it, and no crash leaves it. Where an open file
	// cannot be removed, close does.
	_ = os.Remove(file.Name())
	return &spool{file: file, out: bufio.NewWriterSize(file, 1<<20), index: map[crm.RecordType]uint64{}}, nil
}

// keep adds a document.
func (s *spool) keep(t crm.RecordType, doc []byte) error {
	i, known := s.index[t]
	if !known {
		i = uint64(len(s.types))
		s.index[t], s.types = i, append(s.types, t)
	}
	var head [2 * binary.MaxVarintLen64]byte
	n := binary.PutUvarint(head[:], i)
	n += binary.PutUvarint(head[n:], uint64(len(doc)))
	if _, err := s.out.Write(head[:n]); err != nil {
		return spooling(err)
	}
	if _, err := s.out.Write(doc); err != nil {
		return spooling(err)
	}
	return nil
}

func (s *spool) flush() error {
	if err := s.out.Flush(); err != nil {
		return spooling(err)
	}
	return nil
}

func spooling(err error) error {
	return fmt.Errorf("mongostore: temporary file (TMPDIR): %w", err)
}

// empty forgets all documents.
func (s *spool) empty() error {
	s.out.Reset(s.file)
	_, err := s.file.Seek(0, io.SeekStart)
	return errors.Join(err, s.file.Truncate(0))
}

// each calls fn with every document, which is not fn's own.
func (s *spool) each(fn func(crm.RecordType, []byte) error) error {
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return spooling(err)
	}
	in := bufio.NewReaderSize(s.file, 1<<20)
	var doc []byte
	for {
		i, err := binary.ReadUvarint(in)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return spooling(err)
		}
		n, err := binary.ReadUvarint(in)
		if err != nil {
			return spooling(err)
		}
		if uint64(cap(doc)) < n {
			doc = make([]byte, n)
		}
		doc = doc[:n]
		if _, err := io.ReadFull(in, doc); err != nil {
			return spooling(err)
		}
		if err := fn(s.types[i], doc); err != nil {
			return err
		}
	}
}

func (s *spool) close() error {
	err := s.file.Close()
	_ = os.Remove(s.file.Name()) // mostly gone already
	return err
}
