package mongostore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"

	"rapport/server/bsoncodec"
	"rapport/server/crm"
	"rapport/server/synclog"
)

const (
	// entriesPage is how many entries one call of Entries returns at most.
	entriesPage = 1000
	// loadTries bounds how often a load starts again after a transient error.
	loadTries = 3
)

// Load implements synclog.Store. The documents are read in one transaction, so
// that they and the position belong together, and handed over when it has
// ended: a transaction that must be repeated is not half delivered.
func (s *Store) Load(ctx context.Context, ws crm.WorkspaceID, each func(crm.Record) error) (synclog.Position, error) {
	meta, err := s.loadMeta(ctx, ws)
	if err != nil {
		return synclog.Position{}, err
	}
	for try := 1; ; try++ {
		position, records, err := s.loadOnce(ctx, meta)
		if err == nil {
			s.saw(position.Offset)
			for _, rec := range records {
				if err := each(rec); err != nil {
					return synclog.Position{}, err
				}
			}
			return position, nil
		}
		if !hasLabel(err, labelTransient) || try == loadTries || ctx.Err() != nil {
			return synclog.Position{}, fmt.Errorf("mongostore: load: %w", err)
		}
		if meta, err = s.loadMeta(ctx, ws); err != nil {
			return synclog.Position{}, err
		}
	}
}

func (s *Store) loadOnce(ctx context.Context, meta metaDocument) (position synclog.Position, records []crm.Record, err error) {
	read := func(ctx context.Context, emit func(crm.RecordType, []byte) error) (err error) {
		position, err = s.readSnapshot(ctx, meta, func(t crm.RecordType, doc []byte) error {
			return emit(t, slices.Clone(doc))
		})
		return err
	}
	err = bsoncodec.DecodeRecords(ctx, read, func(rec crm.Record) error {
		records = append(records, rec)
		return nil
	})
	return position, records, err
}

// readSnapshot reads all documents in one transaction, and the position they
// stand at. What emit gets is not its own.
func (s *Store) readSnapshot(ctx context.Context, meta metaDocument, emit func(crm.RecordType, []byte) error) (_ synclog.Position, err error) {
	session, err := s.client.StartSession()
	if err != nil {
		return synclog.Position{}, err
	}
	defer func() { s.end(ctx, session, err) }()
	if err := session.StartTransaction(options.Transaction().SetReadConcern(readconcern.Snapshot())); err != nil {
		return synclog.Position{}, err
	}
	position := synclog.Position{Epoch: meta.Epoch}
	inSession := mongo.NewSessionContext(ctx, session)
	if position.Offset, err = s.headOffset(inSession, meta.Workspace); err != nil {
		return synclog.Position{}, err
	}
	types := meta.Types
	// A type that came up since meta was read has its records in the snapshot
	// and must not be left out.
	var now metaDocument
	if err := s.meta.FindOne(inSession, bson.D{{Key: "_id", Value: meta.Workspace}}).Decode(&now); err == nil {
		types = now.Types
	} else if !errors.Is(err, mongo.ErrNoDocuments) {
		return synclog.Position{}, err
	}
	for _, t := range types {
		if err := s.readRecords(inSession, t, emit); err != nil {
			return synclog.Position{}, err
		}
	}
	return position, session.CommitTransaction(ctx)
}

func (s *Store) readRecords(ctx context.Context, t crm.RecordType, emit func(crm.RecordType, []byte) error) error {
	const batch = 5000
	ctx, patience := withPatience(ctx)
	defer patience.done()
	cursor, err := s.db.Collection(bsoncodec.Collection(t)).Find(ctx, bson.D{}, options.Find().SetBatchSize(batch))
	if err != nil {
		return patience.explain(err)
	}
	defer tidyClose(ctx, cursor)
	for patience.next(cursor) {
		if err := emit(t, cursor.Current); err != nil {
			return err
		}
	}
	return patience.explain(cursor.Err())
}

// Head implements synclog.Store.
func (s *Store) Head(ctx context.Context, ws crm.WorkspaceID) (synclog.Position, error) {
	meta, err := s.loadMeta(ctx, ws)
	if err != nil {
		return synclog.Position{}, err
	}
	offset, err := s.headOffset(ctx, ws)
	if err != nil {
		return synclog.Position{}, fmt.Errorf("mongostore: head: %w", err)
	}
	s.saw(offset)
	return synclog.Position{Epoch: meta.Epoch, Offset: offset}, nil
}

// headOffset returns the highest offset, 0 when there are no entries.
func (s *Store) headOffset(ctx context.Context, ws crm.WorkspaceID) (uint64, error) {
	ctx, patience := withPatience(ctx)
	defer patience.done()
	var last struct {
		Offset int64 `bson:"offset"`
	}
	err := s.entries.FindOne(ctx, between(ws, 0, bsoncodec.MaxOffset), options.FindOne().
		SetSort(bson.D{{Key: "_id", Value: -1}}).SetProjection(bson.D{{Key: "offset", Value: 1}})).Decode(&last)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return 0, nil
	}
	return uint64(last.Offset), patience.explain(err)
}

// namedOneByOne is up to how many entries are asked for by their ids: servers
// that only speak MongoDB's protocol may look through all there are for a range.
const namedOneByOne = 64

// between selects the entries (after, upTo].
func between(ws crm.WorkspaceID, after, upTo uint64) bson.D {
	if after < upTo && upTo-after <= namedOneByOne {
		ids := bson.A{}
		for offset := after + 1; offset <= min(upTo, bsoncodec.MaxOffset); offset++ {
			ids = append(ids, bsoncodec.EntryID(ws, offset))
		}
		return bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}}
	}
	return bson.D{{Key: "_id", Value: bson.D{
		{Key: "$gt", Value: bsoncodec.EntryID(ws, min(after, bsoncodec.MaxOffset))},
		{Key: "$lte", Value: bsoncodec.EntryID(ws, min(upTo, bsoncodec.MaxOffset))},
	}}}
}

// Entries implements synclog.Store.
func (s *Store) Entries(ctx context.Context, ws crm.WorkspaceID, after, upTo uint64) ([]synclog.Entry, error) {
	entries, err := s.find(ctx, between(ws, after, upTo),
		options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetLimit(entriesPage))
	if err == nil && len(entries) > 0 {
		s.saw(entries[len(entries)-1].Offset)
	}
	return entries, err
}

// History implements synclog.Store.
func (s *Store) History(ctx context.Context, ws crm.WorkspaceID, id crm.ID, page synclog.Page) ([]synclog.Entry, error) {
	newest := uint64(bsoncodec.MaxOffset)
	if page.Before > 0 {
		newest = page.Before - 1
	}
	filter := append(between(ws, 0, newest), bson.E{Key: "ids", Value: id})
	return s.find(ctx, filter, options.Find().
		SetSort(bson.D{{Key: "_id", Value: -1}}).SetLimit(int64(min(max(page.Limit, 1), 200))))
}

func (s *Store) find(ctx context.Context, filter bson.D, o *options.FindOptionsBuilder) ([]synclog.Entry, error) {
	ctx, patience := withPatience(ctx)
	defer patience.done()
	cursor, err := s.entries.Find(ctx, filter, o)
	if err != nil {
		return nil, fmt.Errorf("mongostore: entries: %w", patience.explain(err))
	}
	defer tidyClose(ctx, cursor)
	var entries []synclog.Entry
	var decoder bsoncodec.Decoder
	for patience.next(cursor) {
		e, err := decoder.Entry(cursor.Current)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errUnreadable, err)
		}
		entries = append(entries, e)
	}
	if err := cursor.Err(); err != nil {
		return nil, fmt.Errorf("mongostore: entries: %w", patience.explain(err))
	}
	return entries, nil
}

// Group implements synclog.Store.
func (s *Store) Group(ctx context.Context, ws crm.WorkspaceID, group crm.ID) ([]uint64, error) {
	if group == "" {
		return nil, nil // entries without a group are none
	}
	ctx, patience := withPatience(ctx)
	defer patience.done()
	filter := append(bson.D{{Key: "group", Value: group}}, between(ws, 0, bsoncodec.MaxOffset)...)
	cursor, err := s.entries.Find(ctx, filter, options.Find().
		SetSort(bson.D{{Key: "_id", Value: 1}}).SetProjection(bson.D{{Key: "offset", Value: 1}}))
	if err != nil {
		return nil, fmt.Errorf("mongostore: group: %w", patience.explain(err))
	}
	defer tidyClose(ctx, cursor)
	var offsets []uint64
	for patience.next(cursor) {
		offset, ok := cursor.Current.Lookup("offset").AsInt64OK()
		if !ok {
			return nil, fmt.Errorf("mongostore: group %s: an entry has no offset", group)
		}
		offsets = append(offsets, uint64(offset))
	}
	if err := cursor.Err(); err != nil {
		return nil, fmt.Errorf("mongostore: group: %w", patience.explain(err))
	}
	return offsets, nil
}

// Commands implements synclog.Store.
func (s *Store) Commands(ctx context.Context, ws crm.WorkspaceID, since time.Time, each func(synclog.CommandKey) error) error {
	ctx, patience := withPatience(ctx)
	defer patience.done()
	cursor, err := s.entries.Find(ctx, between(ws, 0, bsoncodec.MaxOffset), options.Find().
		SetSort(bson.D{{Key: "_id", Value: -1}}).
		SetProjection(bson.D{{Key: "ops", Value: 0}, {Key: "ids", Value: 0}}))
	if err != nil {
		return fmt.Errorf("mongostore: commands: %w", patience.explain(err))
	}
	defer tidyClose(ctx, cursor)
	young := synclog.Young{Since: since}
	for enough := false; !enough && patience.next(cursor); {
		c, err := bsoncodec.UnmarshalCommand(cursor.Current)
		if err != nil {
			return err
		}
		enough = young.Add(c)
	}
	if err := cursor.Err(); err != nil {
		return fmt.Errorf("mongostore: commands: %w", patience.explain(err))
	}
	return young.Each(each)
}
