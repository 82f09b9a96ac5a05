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

// wipeLimit bounds removing what was filled in, when the caller may be gone.
const wipeLimit = time.Minute

// target implements synclog.Target. It fills the place itself, under a mark in
// the workspace's document that keeps everybody else out.
type target struct {
	store    *Store
	ws       crm.WorkspaceID
	begun    bool
	finished bool
}

// NewTarget begins to fill a database, which must be empty and have no servers.
// Errors: synclog.ErrOccupied; synclog.ErrRejected when no server answers.
func NewTarget(ctx context.Context, uri, database string, ws crm.WorkspaceID) (synclog.Target, error) {
	store, err := visit(ctx, uri, database)
	if err != nil {
		return nil, err
	}
	t := &target{store: store, ws: ws}
	if err := t.begin(ctx); err != nil {
		return nil, errors.Join(err, t.Close())
	}
	return t, nil
}

func (t *target) begin(ctx context.Context) error {
	if err := t.requireNoWriters(ctx); err != nil {
		return err
	}
	// From here on another filling, or a server, sees that somebody is here.
	if err := t.store.register(ctx); err != nil {
		return err
	}
	t.store.beat()
	if err := t.requireEmpty(ctx); err != nil {
		return err
	}
	t.begun = true
	if err := t.wipe(ctx); err != nil {
		return err
	}
	_, err := t.store.meta.InsertOne(ctx, metaDocument{Workspace: t.ws, Types: []crm.RecordType{}, Filling: true})
	if err != nil {
		return fmt.Errorf("mongostore: fill: %w", err)
	}
	_, err = t.store.entries.Indexes().CreateMany(ctx, entryIndexes())
	if err != nil {
		return fmt.Errorf("mongostore: fill: %w", err)
	}
	return nil
}

// requireNoWriters refuses a database that servers have open.
func (t *target) requireNoWriters(ctx context.Context) error {
	now, err := t.serverTime(ctx)
	if err != nil {
		return err
	}
	n, err := t.store.writers().CountDocuments(ctx, bson.D{
		{Key: "_id", Value: bson.D{{Key: "$ne", Value: t.store.writer}}},
		{Key: "at", Value: bson.D{{Key: "$gt", Value: now.Add(-writerGone)}}},
	})
	if err != nil {
		return fmt.Errorf("mongostore: fill: %w", err)
	}
	if n > 0 {
		return fmt.Errorf("%w: %d servers have the database %s open, or had until a moment ago; stop them and try again in %s",
			synclog.ErrOccupied, n, t.store.db.Name(), writerGone)
	}
	return nil
}

// serverTime is the database's clock, by which writers say that they are there.
func (t *target) serverTime(ctx context.Context) (time.Time, error) {
	var hello struct {
		LocalTime time.Time `bson:"localTime"`
	}
	err := t.store.client.Database("admin").RunCommand(ctx, bson.D{{Key: "hello", Value: 1}}).Decode(&hello)
	if err != nil {
		return time.Time{}, opening("hello", err)
	}
	return hello.LocalTime, nil
}

// requireEmpty refuses a database that holds anything, unless it is what an
// interrupted filling left.
func (t *target) requireEmpty(ctx context.Context) error {
	var meta metaDocument
	err := t.store.meta.FindOne(ctx, bson.D{{Key: "_id", Value: t.ws}}).Decode(&meta)
	if err != nil && !errors.Is(err, mongo.ErrNoDocuments) {
		return fmt.Errorf("mongostore: fill: %w", err)
	}
	if meta.Filling {
		return nil
	}
	names, err := t.store.db.ListCollectionNames(ctx, bson.D{{Key: "type", Value: "collection"}})
	if err != nil {
		return fmt.Errorf("mongostore: fill: %w", err)
	}
	slices.Sort(names)
	for _, name := range names {
		if slices.Contains([]string{metaCollection, writersCollection, screensCollection}, name) {
			continue
		}
		err := t.store.db.Collection(name).FindOne(ctx, bson.D{}).Err()
		if err == nil {
			return fmt.Errorf("%w: the database %s is not empty (%s); name another one with RAPPORT_DATABASE", synclog.ErrOccupied, t.store.db.Name(), name)
		}
		if !errors.Is(err, mongo.ErrNoDocuments) {
			return fmt.Errorf("mongostore: fill: %w", err)
		}
	}
	return nil
}

// wipe removes what a filling makes; the mark goes last.
func (t *target) wipe(ctx context.Context) error {
	var meta metaDocument
	err := t.store.meta.FindOne(ctx, bson.D{{Key: "_id", Value: t.ws}}).Decode(&meta)
	if err != nil && !errors.Is(err, mongo.ErrNoDocuments) {
		return fmt.Errorf("mongostore: wipe: %w", err)
	}
	names := []string{entriesCollection, filesBucket + ".files", filesBucket + ".chunks"}
	for _, typ := range meta.Types {
		names = append(names, bsoncodec.Collection(typ))
	}
	for _, name := range names {
		if err := t.store.db.Collection(name).Drop(ctx); err != nil {
			return fmt.Errorf("mongostore: wipe: %w", err)
		}
	}
	if _, err := t.store.meta.DeleteOne(ctx, bson.D{{Key: "_id", Value: t.ws}}); err != nil {
		return fmt.Errorf("mongostore: wipe: %w", err)
	}
	return nil
}

// AddRecords implements synclog.Target.
func (t *target) AddRecords(ctx context.Context, records []crm.Record) error {
	byType := map[crm.RecordType][]any{}
	var types []crm.RecordType
	for _, rec := range records {
		doc, err := bsoncodec.MarshalRecord(rec)
		if err != nil {
			return err
		}
		if byType[rec.Type] == nil {
			types = append(types, rec.Type)
		}
		byType[rec.Type] = append(byType[rec.Type], bson.Raw(doc))
	}
	for _, typ := range types {
		// The mark's document names the type before the collection has anything in it.
		if !t.store.types[typ] {
			if err := makeCollection(ctx, t.store.db, t.ws, typ); err != nil {
				return fmt.Errorf("mongostore: collection of %s: %w", typ, err)
			}
			t.store.types[typ] = true
		}
		if err := insertAll(ctx, t.store.db.Collection(bsoncodec.Collection(typ)), byType[typ]); err != nil {
			return err
		}
	}
	return nil
}

// AddEntries implements synclog.Target.
func (t *target) AddEntries(ctx context.Context, entries []synclog.Entry) error {
	w, err := encode(synclog.Batch{Workspace: t.ws, Entries: entries})
	if err != nil {
		return err
	}
	return insertAll(ctx, t.store.entries, w.entries)
}

func insertAll(ctx context.Context, collection *mongo.Collection, docs []any) error {
	if len(docs) == 0 {
		return nil
	}
	if _, err := collection.InsertMany(ctx, docs, options.InsertMany().SetOrdered(false)); err != nil {
		return fmt.Errorf("mongostore: fill %s: %w", collection.Name(), err)
	}
	return nil
}

// AddFile implements synclog.Target.
func (t *target) AddFile(ctx context.Context, id crm.ID, r io.Reader) error {
	_, err := t.store.findFile(ctx, t.ws, id)
	if err == nil {
		return fmt.Errorf("mongostore: fill: the file %s came twice", id)
	}
	if !errors.Is(err, synclog.ErrNotFound) {
		return err
	}
	return t.store.PutFile(ctx, t.ws, id, r)
}

// Source implements synclog.Target.
func (t *target) Source(ctx context.Context) (synclog.Source, error) {
	s := &source{store: t.store, ws: t.ws}
	if err := s.begin(ctx, true); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Finish implements synclog.Target.
func (t *target) Finish(ctx context.Context, epoch crm.ID) error {
	if err := t.requireNoWriters(ctx); err != nil {
		return err
	}
	result, err := t.store.meta.UpdateOne(ctx, bson.D{{Key: "_id", Value: t.ws}, {Key: "filling", Value: true}}, bson.D{
		{Key: "$set", Value: bson.D{{Key: "epoch", Value: epoch}}},
		{Key: "$unset", Value: bson.D{{Key: "filling", Value: ""}}},
	})
	if err == nil && result.MatchedCount == 0 {
		err = errors.New("somebody has taken the mark away")
	}
	if err != nil {
		return fmt.Errorf("mongostore: fill: %w", err)
	}
	t.finished = true
	return nil
}

// Close implements synclog.Target.
func (t *target) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), wipeLimit)
	defer cancel()
	var err error
	if t.begun && !t.finished {
		err = t.wipe(ctx)
	}
	if t.store.stopBeating != nil {
		t.store.stopBeating()
		t.store.beating.Wait()
		t.store.unregister(ctx)
	}
	return errors.Join(err, t.store.leave())
}
