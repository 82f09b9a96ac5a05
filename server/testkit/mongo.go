package testkit

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"rapport/server/crm"
	"rapport/server/mongostore"
)

// Database is an empty MongoDB database of one test.
type Database struct {
	URI  string // of the replica set
	Name string
}

// Mongo gives a test a database of its own on a server that all tests of the
// binary share. It takes the first of these and says which: MONGODB_URI; a
// mongod named by RAPPORT_MONGOD or on the PATH; SecantusDB, which
// scripts/mongo-setup.mjs installs. None to be had fails the test.
func Mongo(t testing.TB) Database {
	t.Helper()
	uri, err := sharedServer()
	if err != nil {
		t.Fatal(err)
	}
	db := Database{URI: uri, Name: "rapport_test_" + strings.ToLower(string(crm.NewID(time.Now())))}
	if shared == nil { // the server lives on; one of our own goes with all it holds
		t.Cleanup(func() { db.drop(t) })
	}
	return db
}

// MongoStore opens a store on a database of the test's own.
func MongoStore(t testing.TB) *mongostore.Store {
	t.Helper()
	store := Mongo(t).Open(t)
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store
}

// Open opens a store on the database; several may be open at once. The caller
// closes it.
func (db Database) Open(t testing.TB) *mongostore.Store {
	t.Helper()
	store, err := mongostore.Open(context.Background(), db.URI, db.Name)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// Client connects to the server for what a store does not offer. It is
// disconnected with the test.
func (db Database) Client(t testing.TB) *mongo.Client {
	t.Helper()
	client, err := mongo.Connect(options.Client().ApplyURI(db.URI))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Disconnect(context.Background()) })
	return client
}

func (db Database) drop(t testing.TB) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	client, err := mongo.Connect(options.Client().ApplyURI(db.URI))
	if err != nil {
		t.Error(err)
		return
	}
	defer client.Disconnect(ctx) //nolint:errcheck // the test is over
	if err := client.Database(db.Name).Drop(ctx); err != nil {
		t.Errorf("drop %s: %v", db.Name, err)
	}
}

// shared is kept for the binary's life: the server ends when its leash is closed,
// which the garbage collector would do.
var shared *server

// sharedServer returns the URI of this binary's server, started at the first
// call. It ends with the binary, however that ends.
var sharedServer = sync.OnceValues(func() (string, error) {
	if uri := os.Getenv("MONGODB_URI"); uri != "" {
		fmt.Println("MongoDB for these tests: the server in MONGODB_URI")
		return uri, nil
	}
	p, err := findServer()
	if err != nil {
		return "", err
	}
	fmt.Println("MongoDB for these tests:", p.name)
	dir, err := os.MkdirTemp("", "rapport-mongo-")
	if err != nil {
		return "", err
	}
	if shared, err = startServer(p, dir, dir); err != nil {
		return "", err
	}
	return shared.uri, nil
})

// program is a MongoDB server that can be started.
type program struct {
	name       string
	path       string
	replicaSet string
	args       func(dir string, port int) []string
	initiate   bool // the replica set must be made
}

// findServer returns what is installed here. Each variant allows failpoints.
func findServer() (program, error) {
	mongod := os.Getenv("RAPPORT_MONGOD")
	if mongod == "" {
		mongod, _ = exec.LookPath("mongod")
	}
	if mongod != "" {
		return program{name: mongod, path: mongod, replicaSet: "rapport", initiate: true, args: func(dir string, port int) []string {
			return []string{"--replSet", "rapport", "--dbpath", dir, "--port", fmt.Sprint(port), "--bind_ip", "127.0.0.1", "--setParameter", "enableTestCommands=1"}
		}}, nil
	}
	root, err := moduleRoot()
	if err != nil {
		return program{}, err
	}
	path := filepath.Join(root, ".cache", "mongo", "bin", "secantusd-py")
	if _, err := os.Stat(path); err != nil {
		return program{}, fmt.Errorf("no MongoDB to test against: set MONGODB_URI or RAPPORT_MONGOD, or run: node scripts/mongo-setup.mjs (%w)", err)
	}
	return program{name: "SecantusDB", path: path, replicaSet: "secantus", args: func(dir string, port int) []string {
		return []string{"--host", "127.0.0.1", "--port", fmt.Sprint(port), "--storage-path", dir, "--sync-on-commit",
			"--noop-heartbeat-seconds", "5", "--enable-test-commands", "--log-level", "ERROR"}
	}}, nil
}

func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	for ; err == nil; dir = filepath.Dir(dir) {
		if _, statErr := os.Stat(filepath.Join(dir, "go.mod")); statErr == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("no go.mod above the working directory")
		}
	}
	return "", err
}
