package mongostore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"rapport/server/bsoncodec"
	"rapport/server/crm"
	"rapport/server/synclog"
)

// source implements synclog.Source. The documents were read in one transaction
// when it was opened; entries never change, so that those up to the same
// position can be read at any time.
type source struct {
	store    *Store // without what a node writes: nothing is registered or followed
	ws       crm.WorkspaceID
	position synclog.Position
	records  *spool
	owner    bool // of the store
}

// OpenSource opens a workspace for reading, also while servers work on it.
// Errors: synclog.ErrRejected when no server answers; there is no such
// workspace; synclog.ErrUnfinished.
func OpenSource(ctx context.Context, uri, database string, ws crm.WorkspaceID) (synclog.Source, error) {
	store, err := visit(ctx, uri, database)
	if err != nil {
		return nil, err
	}
	s := &source{store: store, ws: ws, owner: true}
	if err := s.begin(ctx, false); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// visit connects to a database without becoming one of its nodes.
func visit(ctx context.Context, uri, database string) (*Store, error) {
	client, err := connect(uri)
	if err != nil {
		return nil, err
	}
	if err := requireReplicaSet(ctx, client); err != nil {
		return nil, errors.Join(err, disconnect(client))
	}
	return newStore(client, database), nil
}

func (s *source) begin(ctx context.Context, filling bool) error {
	var meta metaDocument
	err := s.store.meta.FindOne(ctx, bson.D{{Key: "_id", Value: s.ws}}).Decode(&meta)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return fmt.Errorf("mongostore: there is no workspace in the database %s", s.store.db.Name())
	}
	if err != nil {
		return fmt.Errorf("mongostore: meta: %w", err)
	}
	if meta.Filling && !filling {
		return unfinishedIn(s.store.db.Name())
	}
	if s.records, err = newSpool(); err != nil {
		return err
	}
	for try := 1; ; try++ {
		s.position, err = s.store.readSnapshot(ctx, meta, s.records.keep)
		if err == nil {
			return s.records.flush()
		}
		if !hasLabel(err, labelTransient) || try == loadTries || ctx.Err() != nil {
			return fmt.Errorf("mongostore: read documents: %w", err)
		}
		if err := s.records.empty(); err != nil {
			return err
		}
	}
}

// Position implements synclog.Source.
func (s *source) Position() synclog.Position { return s.position }

// Records implements synclog.Source.
func (s *source) Records(ctx context.Context, each func(crm.Record, error) error) error {
	var decoder bsoncodec.Decoder
	return s.records.each(func(t crm.RecordType, doc []byte) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		rec, err := decoder.Record(t, doc)
		if err != nil {
			id, _ := bson.Raw(doc).Lookup("_id").StringValueOK()
			return each(crm.Record{Type: t, ID: crm.ID(id)}, fmt.Errorf("%w: %w", synclog.ErrDamaged, err))
		}
		return each(rec, nil)
	})
}

// Entries implements synclog.Source.
func (s *source) Entries(ctx context.Context, each func(synclog.Entry, error) error) error {
	const batch = 1000
	ctx, patience := withPatience(ctx)
	defer patience.done()
	cursor, err := s.store.entries.Find(ctx, between(s.ws, 0, s.position.Offset),
		options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetBatchSize(batch))
	if err != nil {
		return fmt.Errorf("mongostore: entries: %w", patience.explain(err))
	}
	defer tidyClose(ctx, cursor)
	var decoder bsoncodec.Decoder
	for patience.next(cursor) {
		if err := each(s.entryOf(&decoder, cursor.Current)); err != nil {
			return err
		}
	}
	if err := cursor.Err(); err != nil {
		return fmt.Errorf("mongostore: entries: %w", patience.explain(err))
	}
	return nil
}

// entryOf reads an entry and says what is wrong with it where it lies.
func (s *source) entryOf(decoder *bsoncodec.Decoder, doc bson.Raw) (synclog.Entry, error) {
	key, _ := doc.Lookup("_id").StringValueOK() // the range selects texts
	offset, ok := bsoncodec.EntryOffset(s.ws, key)
	e, err := decoder.Entry(doc)
	switch {
	case !ok:
		return e, fmt.Errorf("%w: %q is no key of an entry", synclog.ErrDamaged, key)
	case err != nil:
		return synclog.Entry{Offset: offset}, fmt.Errorf("%w: %w", synclog.ErrDamaged, err)
	case e.Offset != offset:
		err = fmt.Errorf("%w: in it stands the offset %d", synclog.ErrDamaged, e.Offset)
		e.Offset = offset
		return e, err
	case !slices.Equal(indexedIDs(doc), idsOf(e)):
		return e, fmt.Errorf("%w: its ids are not those of the records it changes", synclog.ErrDamaged)
	}
	return e, nil
}

// indexedIDs returns the field by which History finds an entry.
func indexedIDs(doc bson.Raw) []crm.ID {
	list, ok := doc.Lookup("ids").ArrayOK()
	if !ok {
		return nil
	}
	values, err := list.Values()
	if err != nil {
		return nil
	}
	ids := make([]crm.ID, len(values))
	for i, v := range values {
		text, _ := v.StringValueOK()
		ids[i] = crm.ID(text)
	}
	return ids
}

func idsOf(e synclog.Entry) []crm.ID {
	ids := make([]crm.ID, len(e.Ops))
	for i, op := range e.Ops {
		ids[i] = op.ID
	}
	return ids
}

// Inspect implements synclog.Source: the log's identity, and entries under keys
// that are none.
func (s *source) Inspect(ctx context.Context, found func(error) error) error {
	if !s.position.Epoch.Valid() {
		if err := found(fmt.Errorf("%w: the log has no epoch", synclog.ErrDamaged)); err != nil {
			return err
		}
	}
	ctx, patience := withPatience(ctx)
	defer patience.done()
	cursor, err := s.store.entries.Find(ctx, bson.D{{Key: "$or", Value: bson.A{
		bson.D{{Key: "_id", Value: bson.D{{Key: "$not", Value: bson.D{{Key: "$regex", Value: "^" + string(s.ws) + "/[0-9]{12}$"}}}}}},
		bson.D{{Key: "_id", Value: bsoncodec.EntryID(s.ws, 0)}},
	}}}, options.Find().SetProjection(bson.D{{Key: "_id", Value: 1}}))
	if err != nil {
		return fmt.Errorf("mongostore: entries: %w", patience.explain(err))
	}
	defer tidyClose(ctx, cursor)
	for patience.next(cursor) {
		if err := found(fmt.Errorf("%w: an entry lies under the key %s, where nobody looks", synclog.ErrDamaged, cursor.Current.Lookup("_id"))); err != nil {
			return err
		}
	}
	if err := cursor.Err(); err != nil {
		return fmt.Errorf("mongostore: entries: %w", patience.explain(err))
	}
	return nil
}

// Commands implements synclog.Source.
func (s *source) Commands(ctx context.Context, since time.Time, each func(synclog.CommandKey) error) error {
	return s.store.Commands(ctx, s.ws, since, func(c synclog.CommandKey) error {
		if c.Offset > s.position.Offset {
			return nil // committed since
		}
		return each(c)
	})
}

// Files implements synclog.Source.
func (s *source) Files(ctx context.Context, each func(synclog.StoredFile) error) error {
	prefix := fileName(s.ws, "")
	ctx, patience := withPatience(ctx)
	defer patience.done()
	cursor, err := s.store.files.GetFilesCollection().Find(ctx, bson.D{},
		options.Find().SetSort(bson.D{{Key: "filename", Value: 1}, {Key: "uploadDate", Value: 1}, {Key: "_id", Value: 1}}))
	if err != nil {
		return fmt.Errorf("mongostore: files: %w", patience.explain(err))
	}
	defer tidyClose(ctx, cursor)
	var last crm.ID
	for patience.next(cursor) {
		var found struct {
			Name   string `bson:"filename"`
			Length int64  `bson:"length"`
		}
		if err := cursor.Decode(&found); err != nil {
			return fmt.Errorf("mongostore: files: %w", patience.explain(err))
		}
		if len(found.Name) <= len(prefix) || found.Name[:len(prefix)] != prefix {
			continue
		}
		id := crm.ID(found.Name[len(prefix):])
		if id == last {
			continue // two uploads at once: the older counts
		}
		last = id
		file := synclog.StoredFile{ID: id, Size: found.Length, Open: func(ctx context.Context) (io.ReadCloser, error) {
			return s.store.OpenFile(ctx, s.ws, id)
		}}
		if err := each(file); err != nil {
			return err
		}
	}
	if err := cursor.Err(); err != nil {
		return fmt.Errorf("mongostore: files: %w", patience.explain(err))
	}
	return nil
}

// Close implements synclog.Source.
func (s *source) Close() error {
	var err error
	if s.records != nil {
		err = s.records.close()
	}
	if s.owner {
		err = errors.Join(err, s.store.leave())
	}
	return err
}

// leave ends a visit.
func (s *Store) leave() error {
	s.tidying.Wait()
	return disconnect(s.client)
}
