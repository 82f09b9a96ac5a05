package testkit

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"rapport/server/crm"
	"rapport/server/mongostore"
)

// mongoServer is the database server of one test binary.
type mongoServer struct {
	uri string
	cmd *exec.Cmd
	err error
}

var (
	startMongo sync.Once
	theMongo   mongoServer
)

// Mongo returns the URI of a replica set and the name of a database of the
// test's own, which is dropped with it. The server is, in this order: the one in
// MONGODB_URI, a mongod named by RAPPORT_MONGOD or on the PATH, SecantusDB from
// .cache/mongo. None to be had is a failure, not a skip.
func Mongo(t testing.TB) (uri, database string) {
	t.Helper()
	startMongo.Do(func() { theMongo = findMongo() })
	if theMongo.err != nil {
		t.Fatal(theMongo.err)
	}
	database = "rapport-test-" + strings.ToLower(string(crm.NewID(time.Now())))
	t.Cleanup(func() { dropDatabase(theMongo.uri, database) })
	return theMongo.uri, database
}

// MongoStore opens a store in a database of the test's own.
func MongoStore(t testing.TB) *mongostore.Store {
	t.Helper()
	uri, database := Mongo(t)
	store, err := mongostore.Open(t.Context(), uri, database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store
}

// StopMongo ends a server that Mongo started. A TestMain calls it last; without
// one, the server ends with the test binary, whose child it is.
func StopMongo() {
	if theMongo.cmd != nil {
		_ = theMongo.cmd.Process.Kill()
		_ = theMongo.cmd.Wait()
	}
}

func dropDatabase(uri, database string) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	client, err := mongo.Connect(options.Client().ApplyURI(uri))
	if err != nil {
		return
	}
	defer client.Disconnect(ctx)
	_ = client.Database(database).Drop(ctx)
}

func findMongo() mongoServer {
	if uri := os.Getenv("MONGODB_URI"); uri != "" {
		fmt.Println("MongoDB tests run on the server in MONGODB_URI")
		return mongoServer{uri: uri}
	}
	if path := os.Getenv("RAPPORT_MONGOD"); path != "" {
		return startMongod(path)
	}
	if path, err := exec.LookPath("mongod"); err == nil {
		return startMongod(path)
	}
	_, here, _, _ := runtime.Caller(0)
	secantus := filepath.Join(filepath.Dir(here), "..", "..", ".cache", "mongo", "bin", "secantusd-py")
	if _, err := os.Stat(secantus); err != nil {
		return mongoServer{err: fmt.Errorf("no MongoDB server for the tests: set MONGODB_URI, install mongod, or run node scripts/mongo-setup.mjs (%w)", err)}
	}
	return startSecantus(secantus)
}

func startSecantus(path string) mongoServer {
	fmt.Println("MongoDB tests run on SecantusDB")
	return launch("secantus", func(port, dir string) *exec.Cmd {
		return exec.Command(path, "--host", "127.0.0.1", "--port", port, "--storage-path", dir,
			"--sync-on-commit", "--noop-heartbeat-seconds", "5", "--enable-test-commands")
	}, nil)
}

func startMongod(path string) mongoServer {
	fmt.Println("MongoDB tests run on", path)
	return launch("rs0", func(port, dir string) *exec.Cmd {
		return exec.Command(path, "--port", port, "--bind_ip", "127.0.0.1", "--dbpath", dir, "--replSet", "rs0", "--setParameter", "enableTestCommands=1")
	}, func(ctx context.Context, port string) error {
		client, err := mongo.Connect(options.Client().ApplyURI("mongodb://127.0.0.1:" + port + "/?directConnection=true"))
		if err != nil {
			return err
		}
		defer client.Disconnect(ctx)
		member := bson.D{{Key: "_id", Value: 0}, {Key: "host", Value: "127.0.0.1:" + port}}
		config := bson.D{{Key: "_id", Value: "rs0"}, {Key: "members", Value: bson.A{member}}}
		return client.Database("admin").RunCommand(ctx, bson.D{{Key: "replSetInitiate", Value: config}}).Err()
	})
}

// launch starts a server on a free port and waits until it takes commands.
func launch(set string, command func(port, dir string) *exec.Cmd, initiate func(context.Context, string) error) mongoServer {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return mongoServer{err: err}
	}
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	_ = ln.Close()
	dir, err := os.MkdirTemp("", "rapport-mongo-")
	if err != nil {
		return mongoServer{err: err}
	}
	cmd := command(port, dir)
	endWithParent(cmd)
	if err := cmd.Start(); err != nil {
		return mongoServer{err: err}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for {
		conn, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err == nil {
			_ = conn.Close()
			break
		}
		if ctx.Err() != nil {
			return mongoServer{err: fmt.Errorf("the MongoDB server does not listen: %w", err)}
		}
		time.Sleep(20 * time.Millisecond) // another process has no channel to wait on
	}
	if initiate != nil {
		if err := initiate(ctx, port); err != nil {
			return mongoServer{err: fmt.Errorf("initiate the replica set: %w", err)}
		}
	}
	return mongoServer{uri: "mongodb://127.0.0.1:" + port + "/?replicaSet=" + set, cmd: cmd}
}
