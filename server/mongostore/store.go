// Package mongostore keeps a workspace in a MongoDB replica set that any number
// of server nodes share: one document per record, in a collection per record
// type, and one document per entry of the log.
package mongostore

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
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
	entriesCollection = "entries"
	metaCollection    = "meta"
	filesBucket       = "files"
)

// How the driver deals with a network that fails, unless the URI says otherwise.
// All of it must leave the committer time to answer.
const (
	// serverSelection is how long an operation looks for a primary.
	serverSelection = 5 * time.Second
	// heartbeat is how often the driver asks a server how it is, and how long it
	// waits for the answer. Two that fail give up all connections.
	heartbeat = 4 * time.Second
)

// Store implements synclog.Store. A database holds the records of one workspace;
// every method's workspace must be that one.
//
// All reads have majority read concern and go to the primary: what they return
// is not rolled back any more.
type Store struct {
	client  *mongo.Client
	db      *mongo.Database
	entries *mongo.Collection
	meta    *mongo.Collection
	files   *mongo.GridFSBucket

	// head is the highest offset this node has seen. Only a lower bound: other
	// nodes append too.
	head atomic.Uint64

	writer      string                   // this node's document in writersCollection
	announcedMu sync.Mutex               // guards announced
	announced   map[string]bson.RawValue // the sessions that document names, by their ids
	stopBeating context.CancelFunc
	beating     sync.WaitGroup

	epochMu  sync.Mutex // guards epoch and replaced
	epoch    crm.ID     // of the log that this node serves; "" before the first look
	replaced error      // why that log is no more

	tidying sync.WaitGroup   // of sessions whose caller is gone
	doubtMu sync.Mutex       // guards doubts, and is held while they are settled
	doubts  []*mongo.Session // of commits whose outcome is unknown

	typesMu sync.Mutex // guards types
	types   map[crm.RecordType]bool

	watch     *watch
	clock     func() time.Time // of what neighbours tell
	shown     shown
	elsewhere elsewhere
}

var _ synclog.Store = (*Store)(nil)

// Open connects to the replica set in uri and prepares the database.
// Errors: synclog.ErrRejected when no server answers (worth trying again);
// anything else is not mended by waiting, such as a standalone server or a
// wrong password. No error holds the password of the uri.
func Open(ctx context.Context, uri, database string) (*Store, error) {
	client, err := connect(uri)
	if err != nil {
		return nil, err
	}
	s := newStore(client, database)
	err = s.prepare(ctx)
	if err == nil {
		err = s.register(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, disconnect(client))
	}
	s.watch = startWatch(s.entries)
	s.beat()
	return s, nil
}

func newStore(client *mongo.Client, database string) *Store {
	db := client.Database(database)
	return &Store{
		client: client, db: db,
		entries: db.Collection(entriesCollection),
		meta:    db.Collection(metaCollection),
		files:   db.GridFSBucket(options.GridFSBucket().SetName(filesBucket)),
		types:   map[crm.RecordType]bool{},
		clock:   time.Now,
	}
}

func connect(uri string) (*mongo.Client, error) {
	client, err := mongo.Connect(clientOptions(uri))
	if err != nil {
		return nil, fmt.Errorf("mongostore: connect: %w", err)
	}
	return client, nil
}

// clientOptions are what a uri says, but for what the store promises.
func clientOptions(uri string) *options.ClientOptions {
	return options.Client().
		SetServerSelectionTimeout(serverSelection).
		SetHeartbeatInterval(heartbeat).
		SetConnectTimeout(heartbeat).
		SetDialer(dialer()).
		SetAppName("rapport").
		ApplyURI(uri).
		SetReadConcern(readconcern.Majority()).
		SetWriteConcern(writeconcern.Majority()).
		SetReadPreference(readpref.Primary()).
		SetRetryWrites(true)
}

func (s *Store) prepare(ctx context.Context) error {
	if err := requireReplicaSet(ctx, s.client); err != nil {
		return err
	}
	if _, err := s.entries.Indexes().CreateMany(ctx, entryIndexes()); err != nil {
		return opening("indexes of "+entriesCollection, err)
	}
	return nil
}

// requireReplicaSet refuses a standalone: it has neither transactions nor change
// streams.
func requireReplicaSet(ctx context.Context, client *mongo.Client) error {
	var hello struct {
		SetName string `bson:"setName"`
		Msg     string `bson:"msg"`
	}
	err := client.Database("admin").RunCommand(ctx, bson.D{{Key: "hello", Value: 1}}).Decode(&hello)
	if err != nil {
		return opening("hello", err)
	}
	const router = "isdbgrid" // mongos, in front of a sharded cluster
	if hello.SetName == "" && hello.Msg != router {
		return errors.New("mongostore: this MongoDB is a standalone server, and Rapport needs a replica set for its transactions; " +
			"one node is enough: start mongod with --replSet rs0, run rs.initiate() once in mongosh, and add ?replicaSet=rs0 to MONGODB_URI")
	}
	return nil
}

// opening says whether an error of Open is worth another try.
func opening(what string, err error) error {
	if mongo.IsNetworkError(err) || mongo.IsTimeout(err) || serverNotFound(err) {
		return fmt.Errorf("%w: mongostore: %s: %w", synclog.ErrRejected, what, err)
	}
	return fmt.Errorf("mongostore: %s: %w", what, err)
}

// entryIndexes serve History and Group; ranges of offsets are ranges of _id. They
// are made anew each time: the driver writes names into them.
func entryIndexes() []mongo.IndexModel {
	return []mongo.IndexModel{
		{Keys: bson.D{{Key: "ids", Value: 1}, {Key: "_id", Value: -1}}},
		{Keys: bson.D{{Key: "group", Value: 1}}, Options: options.Index().SetSparse(true)},
	}
}

// recordIndexes are for people who read the database by other means; Rapport
// itself answers queries from memory.
var recordIndexes = map[crm.RecordType][]string{
	crm.TypeCustomer: {"name", crm.KeyOwner},
	crm.TypeContact:  {"customerId"},
	crm.TypeDeal:     {crm.KeyStage, "customerId", crm.KeyOwner},
	crm.TypeComment:  {crm.KeyRecord},
}

// Ping implements synclog.Store.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.client.Ping(ctx, readpref.Primary()); err != nil {
		return fmt.Errorf("mongostore: ping: %w", err)
	}
	return nil
}

// Close implements synclog.Store.
func (s *Store) Close() error {
	s.watch.stop()
	s.stopBeating()
	s.beating.Wait()
	s.tidying.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), serverSelection)
	defer cancel()
	s.unregister(ctx)
	if err := s.client.Disconnect(ctx); err != nil {
		return fmt.Errorf("mongostore: close: %w", err)
	}
	return nil
}

// saw raises the highest known offset.
func (s *Store) saw(offset uint64) {
	for {
		known := s.head.Load()
		if offset <= known || s.head.CompareAndSwap(known, offset) {
			return
		}
	}
}
