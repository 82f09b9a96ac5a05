package backup

import (
	"archive/tar"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"time"

	"github.com/klauspost/compress/zstd"

	"rapport/server/crm"
	"rapport/server/synclog"
)

// Write writes a backup of a workspace. It holds no more of it in memory than
// one member of the archive for each record type.
func Write(ctx context.Context, out io.Writer, from synclog.Source, o Options) (Sums, error) {
	o = o.withDefaults()
	packed, err := zstd.NewWriter(out)
	if err != nil {
		return Sums{}, fmt.Errorf("backup: %w", err)
	}
	w := &writer{tar: tar.NewWriter(packed), o: o, at: o.Now().UTC().Truncate(time.Second), chunks: map[crm.RecordType]*chunk{}}
	if err := w.all(ctx, from); err != nil {
		_ = packed.Close() // what is written is thrown away
		return Sums{}, err
	}
	if err := packed.Close(); err != nil {
		return Sums{}, fmt.Errorf("backup: write: %w", err)
	}
	return w.sums, nil
}

// writer writes one backup.
type writer struct {
	tar    *tar.Writer
	o      Options
	at     time.Time
	sums   Sums
	chunks map[crm.RecordType]*chunk
}

// chunk is a member of documents that is not full yet.
type chunk struct {
	number int
	docs   []byte
}

func (w *writer) all(ctx context.Context, from synclog.Source) error {
	position := from.Position()
	head, err := json.Marshal(header{
		Format: formatVersion, Workspace: crm.MainWorkspace, Epoch: position.Epoch, Offset: position.Offset,
		MadeAt: w.at, MadeBy: w.o.Build,
	})
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	if err := w.member(headerName, head); err != nil {
		return err
	}
	if err := w.records(ctx, from); err != nil {
		return err
	}
	if err := eachFile(ctx, from, w.file); err != nil {
		return err
	}
	if err := w.entries(ctx, from); err != nil {
		return err
	}
	if w.sums.Offset != position.Offset {
		return fmt.Errorf("the log ends at entry %d, not at %d; rapport check lists all that is wrong", w.sums.Offset, position.Offset)
	}
	end, err := json.Marshal(newManifest(head, w.sums))
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	if err := w.member(manifestName, end); err != nil {
		return err
	}
	if err := w.tar.Close(); err != nil {
		return fmt.Errorf("backup: write: %w", err)
	}
	w.o.Progress(StepWrite, w.sums)
	return nil
}

// member writes a member of the archive.
func (w *writer) member(name string, content []byte) error {
	if err := w.begin(name, int64(len(content))); err != nil {
		return err
	}
	if _, err := w.tar.Write(content); err != nil {
		return fmt.Errorf("backup: write: %w", err)
	}
	return nil
}

func (w *writer) begin(name string, size int64) error {
	err := w.tar.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o600, ModTime: w.at})
	if err != nil {
		return fmt.Errorf("backup: write: %w", err)
	}
	return nil
}

func (w *writer) records(ctx context.Context, from synclog.Source) error {
	err := from.Records(ctx, func(rec crm.Record, wrong error) error {
		if wrong != nil {
			return damaged(fmt.Sprintf("%s %s", rec.Type, rec.ID), wrong)
		}
		doc, err := w.sums.record(rec)
		if err != nil {
			return err
		}
		c := w.chunks[rec.Type]
		if c == nil {
			c = &chunk{}
			w.chunks[rec.Type] = c
		}
		c.docs = append(c.docs, doc...)
		w.tell(w.sums.Records)
		if len(c.docs) < chunkBytes {
			return nil
		}
		return w.flush(rec.Type, c)
	})
	if err != nil {
		return err
	}
	for _, t := range slices.Sorted(maps.Keys(w.chunks)) {
		if err := w.flush(t, w.chunks[t]); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) flush(t crm.RecordType, c *chunk) error {
	if len(c.docs) == 0 {
		return nil
	}
	c.number++
	err := w.member(fmt.Sprintf("%s%s/%06d.bson", recordsDir, url.PathEscape(string(t)), c.number), c.docs)
	c.docs = c.docs[:0]
	return err
}

func (w *writer) file(file synclog.StoredFile, content *sizedReader) error {
	if err := w.begin(filesDir+string(file.ID), file.Size); err != nil {
		return err
	}
	counted := newCounted(file.ID, content)
	if _, err := io.Copy(w.tar, counted); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	counted.into(&w.sums)
	w.o.Progress(StepWrite, w.sums)
	return nil
}

func (w *writer) entries(ctx context.Context, from synclog.Source) error {
	var docs []byte
	first := uint64(1)
	flush := func() error {
		if len(docs) == 0 {
			return nil
		}
		err := w.member(fmt.Sprintf("%s%012d.bson", entriesDir, first), docs)
		docs, first = docs[:0], w.sums.Offset+1
		return err
	}
	err := from.Entries(ctx, func(e synclog.Entry, wrong error) error {
		if wrong != nil {
			return damaged(fmt.Sprintf("entry %d", e.Offset), wrong)
		}
		doc, err := w.sums.entry(e)
		if err != nil {
			return err
		}
		docs = append(docs, doc...)
		w.tell(w.sums.Entries)
		if len(docs) < chunkBytes {
			return nil
		}
		return flush()
	})
	if err != nil {
		return err
	}
	return flush()
}

// tell reports progress now and then.
func (w *writer) tell(s Sum) {
	if s.Count%progressEvery == 0 {
		w.o.Progress(StepWrite, w.sums)
	}
}
