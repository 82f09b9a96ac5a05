package mongostore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"rapport/server/bsoncodec"
	"rapport/server/crm"
	"rapport/server/synclog"
)

// metaDocument says what a workspace consists of.
type metaDocument struct {
	Workspace crm.WorkspaceID  `bson:"_id"`
	Epoch     crm.ID           `bson:"epoch"`
	Types     []crm.RecordType `bson:"types"` // each has a collection
	Filling   bool             `bson:"filling,omitempty"`
}

// errReplaced: the log that this node has served so far is no more. Asking
// again does not help, starting again does.
var errReplaced = errors.New("mongostore: the database was restored or dropped while this server ran; start it again")

// unfinishedIn says what to do about a database that was not filled to the end.
func unfinishedIn(database string) error {
	return fmt.Errorf("%w: a restore or copy into the database %s is under way or was interrupted; if it was, start it again, it begins anew",
		synclog.ErrUnfinished, database)
}

// checkLog finds out whether the log is still the one that this node serves.
// Errors: errReplaced, from then on for ever; the database does not answer.
func (s *Store) checkLog(ctx context.Context) error {
	s.epochMu.Lock()
	serves, replaced := s.epoch, s.replaced
	s.epochMu.Unlock()
	if serves == "" || replaced != nil {
		return replaced
	}
	var meta metaDocument
	err := s.meta.FindOne(ctx, bson.D{}).Decode(&meta)
	switch {
	case err != nil && !errors.Is(err, mongo.ErrNoDocuments):
		return err
	case err == nil && meta.Epoch == serves && !meta.Filling:
		return nil
	}
	s.epochMu.Lock()
	defer s.epochMu.Unlock()
	s.replaced = errReplaced
	return s.replaced
}

// serves returns why no change is taken for good, if that is so.
func (s *Store) serves() error {
	s.epochMu.Lock()
	defer s.epochMu.Unlock()
	return s.replaced
}

// loadMeta returns the workspace's document, made at the first call of any node.
func (s *Store) loadMeta(ctx context.Context, ws crm.WorkspaceID) (metaDocument, error) {
	ctx, patience := withPatience(ctx)
	defer patience.done()
	find := func() (meta metaDocument, err error) {
		err = s.meta.FindOne(ctx, bson.D{{Key: "_id", Value: ws}}).Decode(&meta)
		return meta, err
	}
	meta, err := find()
	if errors.Is(err, mongo.ErrNoDocuments) {
		fresh := metaDocument{Workspace: ws, Epoch: crm.NewID(time.Now()), Types: []crm.RecordType{}}
		// Of nodes that do this in the same moment one is first.
		if _, err := s.meta.InsertOne(ctx, fresh); err != nil && !mongo.IsDuplicateKeyError(err) {
			return metaDocument{}, fmt.Errorf("mongostore: meta: %w", patience.explain(err))
		}
		meta, err = find()
	}
	if err != nil {
		return metaDocument{}, fmt.Errorf("mongostore: meta: %w", patience.explain(err))
	}
	if meta.Filling {
		return metaDocument{}, unfinishedIn(s.db.Name())
	}
	if err := s.serve(meta.Epoch); err != nil {
		return metaDocument{}, err
	}
	s.typesMu.Lock()
	defer s.typesMu.Unlock()
	for _, t := range meta.Types {
		s.types[t] = true
	}
	return meta, nil
}

// serve takes the epoch down at the first look, and holds all later ones to it.
func (s *Store) serve(epoch crm.ID) error {
	s.epochMu.Lock()
	defer s.epochMu.Unlock()
	switch s.epoch {
	case "":
		s.epoch = epoch
	case epoch:
	default:
		s.replaced = errReplaced
	}
	return s.replaced
}

// ensureCollections makes what the records of a batch need before its
// transaction: in one, MongoDB makes neither indexes nor, when another
// transaction does the same, collections.
func (s *Store) ensureCollections(ctx context.Context, ws crm.WorkspaceID, records []crm.Record) error {
	if len(s.unknownTypes(records)) == 0 {
		return nil
	}
	if _, err := s.loadMeta(ctx, ws); err != nil { // another node may have made them
		return err
	}
	for _, t := range s.unknownTypes(records) {
		if err := s.makeCollection(ctx, ws, t); err != nil {
			return fmt.Errorf("mongostore: collection of %s: %w", t, err)
		}
		s.typesMu.Lock()
		s.types[t] = true
		s.typesMu.Unlock()
	}
	return nil
}

// unknownTypes lists the types of records that may have no collection yet.
func (s *Store) unknownTypes(records []crm.Record) []crm.RecordType {
	s.typesMu.Lock()
	defer s.typesMu.Unlock()
	var unknown []crm.RecordType
	for _, rec := range records {
		if !s.types[rec.Type] && !slices.Contains(unknown, rec.Type) {
			unknown = append(unknown, rec.Type)
		}
	}
	return unknown
}

// makeCollection is safe to repeat, here and on other nodes. An empty
// collection, should the batch fail, does no harm.
func (s *Store) makeCollection(ctx context.Context, ws crm.WorkspaceID, t crm.RecordType) error {
	return makeCollection(ctx, s.db, ws, t)
}

// ownCollections are those that hold no records.
var ownCollections = []string{
	entriesCollection, metaCollection, writersCollection, screensCollection, filesBucket + ".files", filesBucket + ".chunks",
}

func makeCollection(ctx context.Context, db *mongo.Database, ws crm.WorkspaceID, t crm.RecordType) error {
	const namespaceExists = 48
	name := bsoncodec.Collection(t)
	if slices.Contains(ownCollections, name) {
		return fmt.Errorf("%q is a collection of the store itself", name)
	}
	if err := db.CreateCollection(ctx, name); err != nil && !hasCode(err, namespaceExists) {
		return err
	}
	for _, key := range recordIndexes[t] {
		if _, err := db.Collection(name).Indexes().CreateOne(ctx, mongo.IndexModel{Keys: bson.D{{Key: key, Value: 1}}}); err != nil {
			return err
		}
	}
	_, err := db.Collection(metaCollection).UpdateByID(ctx, ws, bson.D{{Key: "$addToSet", Value: bson.D{{Key: "types", Value: t}}}})
	return err
}
