package backup

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path"
	"strings"

	"github.com/klauspost/compress/zstd"

	"rapport/server/bsoncodec"
	"rapport/server/crm"
	"rapport/server/synclog"
)

// taker gets what is read from a backup, before it is known whether the backup
// is whole.
type taker interface {
	record(ctx context.Context, rec crm.Record) error
	file(ctx context.Context, id crm.ID, content io.Reader) error
	entry(ctx context.Context, e synclog.Entry) error
}

// archive is a backup that is being read.
type archive struct {
	to      taker
	tar     *tar.Reader
	head    []byte
	header  header
	sums    Sums
	decoder bsoncodec.Decoder
}

// read hands over everything in a backup. It returns without an error only when
// every byte of it is what was written.
// Errors: ErrDamaged, ErrForeign, those of to.
func read(ctx context.Context, in io.Reader, to taker) (*archive, error) {
	unpacked, err := zstd.NewReader(in, zstd.WithDecoderMaxWindow(64<<20))
	if err != nil {
		return nil, fmt.Errorf("backup: %w", err)
	}
	defer unpacked.Close()
	a := &archive{to: to, tar: tar.NewReader(unpacked)}
	if err := a.readHeader(); err != nil {
		return nil, err
	}
	written, err := a.members(ctx)
	if err != nil {
		return nil, err
	}
	// Behind the manifest comes nothing; reading on also tests the checksum of
	// the compressed stream.
	if _, err := a.tar.Next(); !errors.Is(err, io.EOF) {
		return nil, afterEnd(err)
	}
	rest, err := io.ReadAll(io.LimitReader(unpacked, maxJSON))
	if err != nil || len(bytes.Trim(rest, "\x00")) > 0 {
		return nil, afterEnd(err)
	}
	if a.sums.Offset != a.header.Offset {
		return nil, fmt.Errorf("%w: its log ends at entry %d, not at %d", ErrDamaged, a.sums.Offset, a.header.Offset)
	}
	return a, written.require(newManifest(a.head, a.sums))
}

func afterEnd(err error) error {
	if err == nil {
		err = errors.New("more of it")
	}
	return fmt.Errorf("%w: something follows its end: %w", ErrDamaged, err)
}

func (a *archive) readHeader() error {
	member, err := a.tar.Next()
	if err != nil || member.Name != headerName {
		return fmt.Errorf("%w: it does not begin as one", ErrForeign)
	}
	if a.head, err = a.content(member, maxJSON); err != nil {
		return err
	}
	if err := json.Unmarshal(a.head, &a.header); err != nil {
		return fmt.Errorf("%w: %w", ErrForeign, err)
	}
	if a.header.Format > formatVersion {
		return fmt.Errorf("%w: it was made by a newer Rapport (format %d, this one reads up to %d)", ErrForeign, a.header.Format, formatVersion)
	}
	if a.header.Format < 1 || a.header.Workspace != crm.MainWorkspace {
		return fmt.Errorf("%w: format %d, workspace %q", ErrForeign, a.header.Format, a.header.Workspace)
	}
	return nil
}

// members reads everything up to the manifest, which it returns.
func (a *archive) members(ctx context.Context) (manifest, error) {
	for {
		if err := ctx.Err(); err != nil {
			return manifest{}, err
		}
		member, err := a.tar.Next()
		if err != nil {
			return manifest{}, cutShort(err)
		}
		switch dir, _ := path.Split(member.Name); {
		case member.Name == manifestName:
			return a.manifest(member)
		case strings.HasPrefix(dir, recordsDir):
			err = a.records(ctx, member)
		case dir == filesDir:
			err = a.file(ctx, member)
		case dir == entriesDir:
			err = a.entries(ctx, member)
		default:
			err = fmt.Errorf("%w: it holds %q", ErrDamaged, member.Name)
		}
		if err != nil {
			return manifest{}, err
		}
	}
}

// cutShort names an error of reading the archive itself.
func cutShort(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: it is cut short", ErrDamaged)
	}
	return fmt.Errorf("%w: %w", ErrDamaged, err)
}

func (a *archive) manifest(member *tar.Header) (manifest, error) {
	var m manifest
	raw, err := a.content(member, maxJSON)
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(raw, &m); err != nil {
		return m, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return m, nil
}

// content reads a member whole.
func (a *archive) content(member *tar.Header, limit int64) ([]byte, error) {
	if member.Size > limit {
		return nil, fmt.Errorf("%w: %s has %d bytes", ErrDamaged, member.Name, member.Size)
	}
	raw := make([]byte, member.Size)
	if _, err := io.ReadFull(a.tar, raw); err != nil {
		return nil, cutShort(err)
	}
	return raw, nil
}

func (a *archive) records(ctx context.Context, member *tar.Header) error {
	escaped, _, _ := strings.Cut(strings.TrimPrefix(member.Name, recordsDir), "/")
	name, err := url.PathUnescape(escaped)
	if err != nil {
		return fmt.Errorf("%w: it holds %q", ErrDamaged, member.Name)
	}
	t := crm.RecordType(name)
	return a.documents(member, func(doc []byte) error {
		rec, err := a.decoder.Record(t, doc)
		if err := asWritten(doc, err, func() ([]byte, error) { return bsoncodec.MarshalRecord(rec) }); err != nil {
			return err
		}
		a.sums.Records.add(hashOf(name, doc))
		return a.to.record(ctx, rec)
	})
}

func (a *archive) entries(ctx context.Context, member *tar.Header) error {
	return a.documents(member, func(doc []byte) error {
		e, err := a.decoder.Entry(doc)
		if err := asWritten(doc, err, func() ([]byte, error) { return bsoncodec.MarshalEntry(crm.MainWorkspace, e) }); err != nil {
			return err
		}
		if e.Offset != a.sums.Offset+1 {
			return fmt.Errorf("%w: entry %d follows entry %d", ErrDamaged, e.Offset, a.sums.Offset)
		}
		a.sums.Offset = e.Offset
		a.sums.Entries.add(hashOf("", doc))
		return a.to.entry(ctx, e)
	})
}

// asWritten makes sure that a document that could be read would be written in
// the same way again. That of a damaged backup may be anything.
func asWritten(doc []byte, readErr error, write func() ([]byte, error)) error {
	if readErr != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, readErr)
	}
	again, err := write()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if !bytes.Equal(again, doc) {
		return fmt.Errorf("%w: a document is not as it is written", ErrDamaged)
	}
	return nil
}

// documents hands over the BSON documents of a member one by one.
func (a *archive) documents(member *tar.Header, each func(doc []byte) error) error {
	rest, err := a.content(member, maxChunk)
	if err != nil {
		return err
	}
	for len(rest) > 0 {
		if len(rest) < 4 {
			return fmt.Errorf("%w: %s ends in the middle", ErrDamaged, member.Name)
		}
		n := int(binary.LittleEndian.Uint32(rest))
		if n < 5 || n > len(rest) {
			return fmt.Errorf("%w: %s ends in the middle", ErrDamaged, member.Name)
		}
		if err := each(rest[:n]); err != nil {
			return err
		}
		rest = rest[n:]
	}
	return nil
}

func (a *archive) file(ctx context.Context, member *tar.Header) error {
	id := crm.ID(strings.TrimPrefix(member.Name, filesDir))
	if !id.Valid() {
		return fmt.Errorf("%w: it holds %q", ErrDamaged, member.Name)
	}
	counted := newCounted(id, archiveReader{a.tar})
	if err := a.to.file(ctx, id, counted); err != nil {
		return err
	}
	counted.into(&a.sums)
	return nil
}

// archiveReader tells errors of the archive from those of whoever reads it.
type archiveReader struct{ from io.Reader }

func (r archiveReader) Read(p []byte) (int, error) {
	n, err := r.from.Read(p)
	if err != nil && err != io.EOF { //nolint:errorlint // a Reader returns it as it is
		err = cutShort(err)
	}
	return n, err
}
