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

	"rapport/server/bsoncodec"
	"rapport/server/crm"
	"rapport/server/synclog"
)

// entriesPage is how many entries one call of Entries returns at most.
const entriesPage = 1000

// loadTypes are the record types whose collections make a workspace.
var loadTypes = []crm.RecordType{
	crm.TypeCustomer, crm.TypeContact, crm.TypeDeal, crm.TypeComment,
	crm.TypeWorkspace, crm.TypeDepartment, crm.TypeUser, crm.TypeMembership, crm.TypeRule,
	crm.TypePipeline, crm.TypeBoard, crm.TypeField, crm.TypeImport,
	crm.TypeCredential, crm.TypeSession, crm.TypeInvitation,
}

// Load implements synclog.Store. The collections are read one after another
// while other nodes may write: what has a version beyond the position read first
// is brought back to it by nobody, so the position is read last and the entries
// in between are applied here.
func (s *Store) Load(ctx context.Context, ws crm.WorkspaceID, each func(crm.Record) error) (synclog.Position, error) {
	before, err := s.Head(ctx, ws)
	if err != nil {
		return synclog.Position{}, err
	}
	records := map[crm.ID]crm.Record{} // only those that changed while reading
	read := func(ctx context.Context, emit func(crm.RecordType, []byte) error) error {
		return s.readAll(ctx, emit)
	}
	var loaded []crm.Record
	if err := bsoncodec.DecodeRecords(ctx, read, func(rec crm.Record) error {
		loaded = append(loaded, rec)
		return nil
	}); err != nil {
		return synclog.Position{}, fmt.Errorf("mongostore: load: %w", err)
	}
	at, err := s.applyMissed(ctx, ws, before, loaded, records)
	if err != nil {
		return synclog.Position{}, err
	}
	for _, rec := range loaded {
		if newer, ok := records[rec.ID]; ok {
			delete(records, rec.ID)
			rec = newer
		}
		if err := each(rec); err != nil {
			return synclog.Position{}, err
		}
	}
	for _, rec := range records { // made while reading
		if err := each(rec); err != nil {
			return synclog.Position{}, err
		}
	}
	return at, nil
}

func (s *Store) readAll(ctx context.Context, emit func(crm.RecordType, []byte) error) error {
	for _, t := range loadTypes {
		cursor, err := s.db.Collection(bsoncodec.Collection(t)).Find(ctx, bson.D{}, options.Find().SetBatchSize(5000))
		if err != nil {
			return err
		}
		for cursor.Next(ctx) {
			if err := emit(t, slices.Clone(cursor.Current)); err != nil {
				return errors.Join(err, cursor.Close(ctx))
			}
		}
		if err := errors.Join(cursor.Err(), cursor.Close(ctx)); err != nil {
			return err
		}
	}
	return nil
}

// applyMissed fills records with what entries after the position say that the
// reading has not seen, and returns the position all records stand at then.
func (s *Store) applyMissed(ctx context.Context, ws crm.WorkspaceID, from synclog.Position, loaded []crm.Record, records map[crm.ID]crm.Record) (synclog.Position, error) {
	var byID map[crm.ID]crm.Record
	for {
		entries, err := s.Entries(ctx, ws, from.Offset, 1<<62)
		if err != nil {
			return synclog.Position{}, err
		}
		if len(entries) == 0 {
			return from, nil
		}
		if byID == nil {
			byID = make(map[crm.ID]crm.Record, len(loaded))
			for _, rec := range loaded {
				byID[rec.ID] = rec
			}
		}
		for _, e := range entries {
			for _, op := range e.Ops {
				if rec := byID[op.ID]; rec.Version < op.Version {
					byID[op.ID] = op.Apply(rec)
					records[op.ID] = byID[op.ID]
				}
			}
			from.Offset = e.Offset
		}
	}
}

// Head implements synclog.Store.
func (s *Store) Head(ctx context.Context, ws crm.WorkspaceID) (synclog.Position, error) {
	epoch, err := s.epoch(ctx, ws)
	if err != nil {
		return synclog.Position{}, err
	}
	var last struct {
		Offset int64 `bson:"offset"`
	}
	err = s.db.Collection(entriesName).FindOne(ctx, between(ws, 0, 1<<62),
		options.FindOne().SetSort(bson.D{{Key: "_id", Value: -1}}).SetProjection(bson.D{{Key: "offset", Value: 1}})).Decode(&last)
	if err != nil && !errors.Is(err, mongo.ErrNoDocuments) {
		return synclog.Position{}, fmt.Errorf("mongostore: head: %w", err)
	}
	return synclog.Position{Epoch: epoch, Offset: uint64(last.Offset)}, nil
}

// highestOffset is the last one that twelve digits can name.
const highestOffset = 999_999_999_999

// between selects the entries (after, upTo] of a workspace by their _id.
func between(ws crm.WorkspaceID, after, upTo uint64) bson.D {
	return bson.D{{Key: "_id", Value: bson.D{
		{Key: "$gt", Value: bsoncodec.EntryID(ws, min(after, highestOffset))},
		{Key: "$lte", Value: bsoncodec.EntryID(ws, min(upTo, highestOffset))},
	}}}
}

// Entries implements synclog.Store.
func (s *Store) Entries(ctx context.Context, ws crm.WorkspaceID, after, upTo uint64) ([]synclog.Entry, error) {
	return s.entries(ctx, between(ws, after, upTo), options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetLimit(entriesPage))
}

// History implements synclog.Store.
func (s *Store) History(ctx context.Context, ws crm.WorkspaceID, id crm.ID, page synclog.Page) ([]synclog.Entry, error) {
	before := uint64(highestOffset)
	if page.Before > 0 {
		before = page.Before - 1
	}
	filter := append(between(ws, 0, before), bson.E{Key: "ids", Value: string(id)})
	return s.entries(ctx, filter, options.Find().SetSort(bson.D{{Key: "_id", Value: -1}}).SetLimit(int64(min(max(page.Limit, 1), 200))))
}

func (s *Store) entries(ctx context.Context, filter bson.D, o *options.FindOptionsBuilder) ([]synclog.Entry, error) {
	cursor, err := s.db.Collection(entriesName).Find(ctx, filter, o)
	if err != nil {
		return nil, fmt.Errorf("mongostore: entries: %w", err)
	}
	defer cursor.Close(ctx) //nolint:errcheck // Err tells
	var entries []synclog.Entry
	var d bsoncodec.Decoder
	for cursor.Next(ctx) {
		e, err := d.Entry(cursor.Current)
		if err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	if err := cursor.Err(); err != nil {
		return nil, fmt.Errorf("mongostore: entries: %w", err)
	}
	return entries, nil
}

// Group implements synclog.Store.
func (s *Store) Group(ctx context.Context, ws crm.WorkspaceID, group crm.ID) ([]uint64, error) {
	filter := append(between(ws, 0, highestOffset), bson.E{Key: "group", Value: string(group)})
	cursor, err := s.db.Collection(entriesName).Find(ctx, filter,
		options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetProjection(bson.D{{Key: "offset", Value: 1}}))
	if err != nil {
		return nil, fmt.Errorf("mongostore: group: %w", err)
	}
	var found []struct {
		Offset int64 `bson:"offset"`
	}
	if err := cursor.All(ctx, &found); err != nil {
		return nil, fmt.Errorf("mongostore: group: %w", err)
	}
	offsets := make([]uint64, len(found))
	for i, f := range found {
		offsets[i] = uint64(f.Offset)
	}
	return offsets, nil
}

// Commands implements synclog.Store.
func (s *Store) Commands(ctx context.Context, ws crm.WorkspaceID, since time.Time, each func(synclog.CommandKey) error) error {
	filter := append(between(ws, 0, highestOffset), bson.E{Key: "at", Value: bson.D{{Key: "$gte", Value: since}}})
	cursor, err := s.db.Collection(entriesName).Find(ctx, filter,
		options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetProjection(bson.D{{Key: "ops", Value: 0}, {Key: "ids", Value: 0}}))
	if err != nil {
		return fmt.Errorf("mongostore: commands: %w", err)
	}
	defer cursor.Close(ctx) //nolint:errcheck // Err tells
	for cursor.Next(ctx) {
		c, err := bsoncodec.UnmarshalCommand(cursor.Current)
		if err != nil {
			return err
		}
		if c.CommandID == "" {
			continue
		}
		if err := each(c); err != nil {
			return err
		}
	}
	if err := cursor.Err(); err != nil {
		return fmt.Errorf("mongostore: commands: %w", err)
	}
	return nil
}
