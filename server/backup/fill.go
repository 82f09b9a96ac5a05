package backup

import (
	"context"
	"errors"
	"fmt"
	"hash"
	"io"

	"rapport/server/crm"
	"rapport/server/synclog"
)

// How many documents or entries go into one call of a Target at most, and how
// many bytes of them: an entry may have 500 ops.
const (
	fillAt      = 2000
	fillAtBytes = 4 << 20
)

// filler puts a workspace into a Target and sums up what it puts there.
type filler struct {
	to      synclog.Target
	o       Options
	sums    Sums
	records []crm.Record
	entries []synclog.Entry
	waiting int // bytes of them
}

func newFiller(to synclog.Target, o Options) *filler { return &filler{to: to, o: o} }

func (f *filler) record(ctx context.Context, rec crm.Record) error {
	doc, err := f.sums.record(rec)
	if err != nil {
		return err
	}
	f.records = append(f.records, rec)
	return f.taken(ctx, len(doc))
}

func (f *filler) entry(ctx context.Context, e synclog.Entry) error {
	doc, err := f.sums.entry(e)
	if err != nil {
		return err
	}
	f.entries = append(f.entries, e)
	return f.taken(ctx, len(doc))
}

func (f *filler) taken(ctx context.Context, bytes int) error {
	f.waiting += bytes
	if len(f.records)+len(f.entries) < fillAt && f.waiting < fillAtBytes {
		return nil
	}
	return f.flush(ctx)
}

func (f *filler) flush(ctx context.Context) error {
	if len(f.records) > 0 {
		if err := f.to.AddRecords(ctx, f.records); err != nil {
			return err
		}
	}
	if len(f.entries) > 0 {
		if err := f.to.AddEntries(ctx, f.entries); err != nil {
			return err
		}
	}
	f.records, f.entries, f.waiting = f.records[:0], f.entries[:0], 0
	f.o.Progress(StepWrite, f.sums)
	return nil
}

func (f *filler) file(ctx context.Context, id crm.ID, content io.Reader) error {
	counted := newCounted(id, content)
	if err := f.to.AddFile(ctx, id, counted); err != nil {
		return err
	}
	counted.into(&f.sums)
	f.o.Progress(StepWrite, f.sums)
	return nil
}

// finish makes sure that the place holds what was put there, and makes it usable.
func (f *filler) finish(ctx context.Context, epoch crm.ID) error {
	if err := f.flush(ctx); err != nil {
		return err
	}
	there, err := f.to.Source(ctx)
	if err != nil {
		return err
	}
	sums, err := summarize(ctx, there, f.o)
	if err := errors.Join(err, there.Close()); err != nil {
		return fmt.Errorf("read back: %w", err)
	}
	if sums.Hash() != f.sums.Hash() {
		return fmt.Errorf("%w: what was read back is not what was written (%s, not %s)", synclog.ErrDamaged, sums.Hash(), f.sums.Hash())
	}
	return f.to.Finish(ctx, epoch)
}

// summarize sums up a whole workspace.
func summarize(ctx context.Context, src synclog.Source, o Options) (Sums, error) {
	var sums Sums
	tell := func(s Sum) {
		if s.Count%progressEvery == 0 {
			o.Progress(StepReadBack, sums)
		}
	}
	err := src.Records(ctx, func(rec crm.Record, wrong error) error {
		if wrong != nil {
			return damaged(fmt.Sprintf("%s %s", rec.Type, rec.ID), wrong)
		}
		_, err := sums.record(rec)
		tell(sums.Records)
		return err
	})
	if err != nil {
		return Sums{}, err
	}
	err = eachFile(ctx, src, func(file synclog.StoredFile, content *sizedReader) error {
		counted := newCounted(file.ID, content)
		if _, err := io.Copy(io.Discard, counted); err != nil {
			return err
		}
		counted.into(&sums)
		return nil
	})
	if err != nil {
		return Sums{}, err
	}
	err = src.Entries(ctx, func(e synclog.Entry, wrong error) error {
		if wrong != nil {
			return damaged(fmt.Sprintf("entry %d", e.Offset), wrong)
		}
		_, err := sums.entry(e)
		tell(sums.Entries)
		return err
	})
	return sums, err
}

// eachFile opens every file. One that is removed in between is left out: what
// needed it does not need it any more.
func eachFile(ctx context.Context, src synclog.Source, each func(file synclog.StoredFile, content *sizedReader) error) error {
	return src.Files(ctx, func(file synclog.StoredFile) error {
		content, err := file.Open(ctx)
		if errors.Is(err, synclog.ErrNotFound) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("file %s: %w", file.ID, err)
		}
		sized := &sizedReader{from: content, left: file.Size}
		err = each(file, sized)
		if err == nil {
			err = sized.end()
		}
		if err := errors.Join(err, content.Close()); err != nil {
			return fmt.Errorf("file %s: %w", file.ID, err)
		}
		return nil
	})
}

// sizedReader holds a file to the size it claims.
type sizedReader struct {
	from io.Reader
	left int64
}

func (r *sizedReader) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	n, err := r.from.Read(p[:min(int64(len(p)), r.left)])
	r.left -= int64(n)
	if errors.Is(err, io.EOF) && r.left > 0 {
		return n, fmt.Errorf("%w: %d bytes are missing", synclog.ErrDamaged, r.left)
	}
	if r.left > 0 || errors.Is(err, io.EOF) {
		return n, err
	}
	return n, nil
}

// end makes sure that nothing is left.
func (r *sizedReader) end() error {
	if r.left > 0 {
		return fmt.Errorf("%w: %d bytes are missing", synclog.ErrDamaged, r.left)
	}
	if n, _ := io.CopyN(io.Discard, r.from, 1); n > 0 {
		return fmt.Errorf("%w: it is longer than it should be", synclog.ErrDamaged)
	}
	return nil
}

// counted hashes and counts what is read through it.
type counted struct {
	from  io.Reader
	hash  hash.Hash
	bytes int64
}

func newCounted(id crm.ID, from io.Reader) *counted {
	return &counted{from: from, hash: newItemHash(string(id))}
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.hash.Write(p[:n]) // never fails
	c.bytes += int64(n)
	return n, err
}

// into adds the file to sums, once it has been read to its end.
func (c *counted) into(sums *Sums) {
	sums.Files.add([32]byte(c.hash.Sum(nil)))
	sums.FileBytes += c.bytes
}
