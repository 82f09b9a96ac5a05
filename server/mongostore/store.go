// Package mongostore keeps a workspace in MongoDB, a replica set: each batch is
// one multi-document transaction acknowledged by a majority, and every node
// follows the log through one change stream.
package mongostore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"

	"rapport/server/crm"
	"rapport/server/synclog"
)

const (
	entriesName = "entries"
	metaName    = "meta"
	bucketName  = "files"
	// connectLimit is how long the first contact may take.
	connectLimit = 5 * time.Second
)

// Store implements synclog.Store.
type Store struct {
	client *mongo.Client
	db     *mongo.Database

	mu    sync.Mutex
	known map[string]bool // collections that exist: a transaction should not have to make one
}

// Open connects to the replica set that uri names.
// Errors: synclog.ErrRejected when the server does not answer (trying again may
// help); anything else will not mend itself, a standalone server above all.
func Open(ctx context.Context, uri, database string) (*Store, error) {
	o := options.Client().ApplyURI(uri).
		SetWriteConcern(writeconcern.Majority()).
		SetReadConcern(readconcern.Majority()).
		SetReadPreference(readpref.Primary()).
		SetServerSelectionTimeout(connectLimit).
		SetAppName("rapport")
	if err := o.Validate(); err != nil {
		return nil, fmt.Errorf("mongostore: MONGODB_URI: %w", err)
	}
	client, err := mongo.Connect(o)
	if err != nil {
		return nil, fmt.Errorf("mongostore: connect: %w", err)
	}
	s := &Store{client: client, db: client.Database(database), known: map[string]bool{}}
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// prepare checks that transactions are to be had and makes collections and
// indexes that are missing.
func (s *Store) prepare(ctx context.Context) error {
	var hello struct {
		SetName string `bson:"setName"`
		Msg     string `bson:"msg"`
	}
	if err := s.client.Database("admin").RunCommand(ctx, bson.D{{Key: "hello", Value: 1}}).Decode(&hello); err != nil {
		return fmt.Errorf("mongostore: %w: %w", synclog.ErrRejected, err)
	}
	if hello.SetName == "" && hello.Msg != "isdbgrid" {
		return errors.New("mongostore: this MongoDB is a standalone server, and Rapport needs transactions: " +
			"start mongod with --replSet rs0, run rs.initiate() once in mongosh, and add ?replicaSet=rs0 to MONGODB_URI")
	}
	names, err := s.db.ListCollectionNames(ctx, bson.D{})
	if err != nil {
		return fmt.Errorf("mongostore: %w: %w", synclog.ErrRejected, err)
	}
	for _, name := range names {
		s.known[name] = true
	}
	if err := s.ensure(ctx, entriesName, metaName); err != nil {
		return err
	}
	_, err = s.db.Collection(entriesName).Indexes().CreateMany(ctx, []mongo.IndexModel{
		{Keys: bson.D{{Key: "ids", Value: 1}, {Key: "offset", Value: -1}}},
		{Keys: bson.D{{Key: "group", Value: 1}, {Key: "offset", Value: 1}}, Options: options.Index().SetSparse(true)},
		{Keys: bson.D{{Key: "at", Value: 1}}},
	})
	if err != nil {
		return fmt.Errorf("mongostore: indexes: %w", err)
	}
	return nil
}

// ensure makes collections that do not exist yet, outside of any transaction.
func (s *Store) ensure(ctx context.Context, names ...string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range names {
		if s.known[name] {
			continue
		}
		err := s.db.CreateCollection(ctx, name)
		var refused mongo.CommandError
		if err != nil && !(errors.As(err, &refused) && refused.Name == "NamespaceExists") {
			return fmt.Errorf("mongostore: make collection %s: %w", name, err)
		}
		s.known[name] = true
	}
	return nil
}

// epoch returns the log's identity, made at the first call of any node.
func (s *Store) epoch(ctx context.Context, ws crm.WorkspaceID) (crm.ID, error) {
	meta := s.db.Collection(metaName)
	filter := bson.D{{Key: "_id", Value: string(ws)}}
	_, err := meta.InsertOne(ctx, bson.D{{Key: "_id", Value: string(ws)}, {Key: "epoch", Value: string(crm.NewID(time.Now()))}})
	if err != nil && !mongo.IsDuplicateKeyError(err) {
		return "", fmt.Errorf("mongostore: epoch: %w", err)
	}
	var doc struct {
		Epoch string `bson:"epoch"`
	}
	if err := meta.FindOne(ctx, filter).Decode(&doc); err != nil {
		return "", fmt.Errorf("mongostore: epoch: %w", err)
	}
	return crm.ID(doc.Epoch), nil
}

// Ping implements synclog.Store.
func (s *Store) Ping(ctx context.Context) error { return s.client.Ping(ctx, readpref.Primary()) }

// Close implements synclog.Store.
func (s *Store) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), connectLimit)
	defer cancel()
	return s.client.Disconnect(ctx)
}

// isSelection reports whether an operation failed before anything was sent.
func isSelection(err error) bool {
	return errors.As(err, new(mongo.ServerError)) == false && strings.Contains(err.Error(), "server selection")
}
