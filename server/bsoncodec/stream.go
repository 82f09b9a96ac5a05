package bsoncodec

import (
	"context"
	"sync"

	"rapport/server/crm"
)

const (
	streamChunk    = 512 // documents handed over at a time
	streamDecoders = 2   // beside the goroutine that reads and the one that takes
)

// rawRecord is a stored document on its way to a decoder.
type rawRecord struct {
	typ crm.RecordType
	doc []byte
}

type decodedChunk struct {
	records []crm.Record
	err     error
}

// DecodeRecords decodes what read emits, in parallel, since decoding is the
// larger part of loading a workspace, and calls each from this goroutine, in no
// particular order. emit keeps doc: hand over a copy. When emit reports an
// error, read must return it.
// The first error of read, of decoding or of each ends everything; when
// DecodeRecords returns, read has returned and no goroutine is left.
func DecodeRecords(ctx context.Context, read func(ctx context.Context, emit func(crm.RecordType, []byte) error) error, each func(crm.Record) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stored, decoded := make(chan []rawRecord, 4), make(chan decodedChunk, 4)
	var readErr error
	go func() {
		defer close(stored)
		readErr = readChunks(ctx, read, stored)
	}()
	var decoders sync.WaitGroup
	for range streamDecoders {
		decoders.Go(func() {
			var d Decoder
			for chunk := range stored {
				decoded <- d.chunk(chunk)
			}
		})
	}
	go func() {
		decoders.Wait()
		close(decoded)
	}()
	var err error
	for chunk := range decoded { // to its end, so that every goroutine ends
		if err == nil {
			err = chunk.err
		}
		for i := 0; err == nil && i < len(chunk.records); i++ {
			err = each(chunk.records[i])
		}
		if err != nil {
			cancel()
		}
	}
	if err != nil {
		return err // readErr is then only the echo of cancel
	}
	return readErr
}

func readChunks(ctx context.Context, read func(context.Context, func(crm.RecordType, []byte) error) error, out chan<- []rawRecord) error {
	var chunk []rawRecord
	flush := func() error {
		select {
		case out <- chunk:
			chunk = nil
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	err := read(ctx, func(t crm.RecordType, doc []byte) error {
		if chunk == nil {
			chunk = make([]rawRecord, 0, streamChunk)
		}
		if chunk = append(chunk, rawRecord{t, doc}); len(chunk) == streamChunk {
			return flush()
		}
		return nil
	})
	if err == nil && len(chunk) > 0 {
		err = flush()
	}
	return err
}

func (d *Decoder) chunk(raw []rawRecord) decodedChunk {
	records := make([]crm.Record, len(raw))
	for i, r := range raw {
		rec, err := d.Record(r.typ, r.doc)
		if err != nil {
			return decodedChunk{err: err}
		}
		records[i] = rec
	}
	return decodedChunk{records: records}
}
