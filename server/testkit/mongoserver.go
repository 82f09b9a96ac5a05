package testkit

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
)

// startLimit is how long a server may take until it answers; a real mongod
// elects itself first.
const startLimit = 30 * time.Second

// server is a running MongoDB server of the tests.
type server struct {
	program program
	dir     string
	port    int
	uri     string
	pid     int
	keeper  *exec.Cmd
	leash   io.Closer
}

// keeperScript runs the server until its own input ends, which it does when the
// test binary is gone, even by kill -9. $1: a folder to remove then, or "".
const keeperScript = `remove=$1; shift
"$@" </dev/null >>"$RAPPORT_SERVER_LOG" 2>&1 &
echo $!
cat >/dev/null
kill -9 $! 2>/dev/null
wait $! 2>/dev/null
[ -z "$remove" ] || rm -rf "$remove"`

func startServer(p program, dir, remove string) (*server, error) {
	s := &server{program: p, dir: dir}
	var err error
	if s.port, err = freePort(); err != nil {
		return nil, err
	}
	s.uri = fmt.Sprintf("mongodb://127.0.0.1:%d/?replicaSet=%s", s.port, p.replicaSet)
	return s, s.start(remove)
}

func (s *server) start(remove string) error {
	log := filepath.Join(s.dir, "server.log")
	args := append([]string{"-c", keeperScript, "keeper", remove, s.program.path}, s.program.args(s.dir, s.port)...)
	s.keeper = exec.Command("sh", args...)
	s.keeper.Env = append(os.Environ(), "RAPPORT_SERVER_LOG="+log)
	leash, err := s.keeper.StdinPipe()
	if err != nil {
		return err
	}
	s.leash = leash
	out, err := s.keeper.StdoutPipe()
	if err != nil {
		return err
	}
	if err := s.keeper.Start(); err != nil {
		return fmt.Errorf("start %s: %w", s.program.name, err)
	}
	line := make([]byte, 32)
	n, err := out.Read(line)
	if err != nil {
		return fmt.Errorf("start %s: %w", s.program.name, err)
	}
	if s.pid, err = strconv.Atoi(strings.TrimSpace(string(line[:n]))); err != nil {
		return fmt.Errorf("start %s: %w", s.program.name, err)
	}
	if err := s.awaitPrimary(); err != nil {
		text, _ := os.ReadFile(log)
		return fmt.Errorf("start %s: %w\n%s", s.program.name, err, text)
	}
	return nil
}

func (s *server) awaitPrimary() error {
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	if s.program.initiate {
		if err := s.initiate(ctx); err != nil {
			return err
		}
	}
	client, err := mongo.Connect(options.Client().ApplyURI(s.uri).SetServerSelectionTimeout(startLimit))
	if err != nil {
		return err
	}
	defer client.Disconnect(ctx) //nolint:errcheck // only asked
	return client.Ping(ctx, readpref.Primary())
}

// initiate makes a replica set of the one node.
func (s *server) initiate(ctx context.Context) error {
	direct := fmt.Sprintf("mongodb://127.0.0.1:%d/?directConnection=true", s.port)
	client, err := mongo.Connect(options.Client().ApplyURI(direct).SetServerSelectionTimeout(startLimit))
	if err != nil {
		return err
	}
	defer client.Disconnect(ctx) //nolint:errcheck // only told
	err = client.Database("admin").RunCommand(ctx, bson.D{{Key: "replSetInitiate", Value: bson.D{
		{Key: "_id", Value: s.program.replicaSet},
		{Key: "members", Value: bson.A{bson.D{{Key: "_id", Value: 0}, {Key: "host", Value: fmt.Sprintf("127.0.0.1:%d", s.port)}}}},
	}}}).Err()
	const alreadyInitialized = 23
	var already mongo.ServerError
	if errors.As(err, &already) && already.HasErrorCode(alreadyInitialized) {
		return nil
	}
	return err
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close() //nolint:errcheck // it was open
	return l.Addr().(*net.TCPAddr).Port, nil
}

// kill ends the server without warning and waits until it is gone.
func (s *server) kill() error {
	process, err := os.FindProcess(s.pid)
	if err != nil {
		return err
	}
	if err := process.Kill(); err != nil {
		return err
	}
	return s.release()
}

// release lets the keeper end the server, if it still runs, and waits for it.
func (s *server) release() error {
	return errors.Join(s.leash.Close(), s.keeper.Wait())
}

// MongoServer is a server of one test's own, which may be killed.
type MongoServer struct {
	Database

	t      testing.TB
	server *server
}

// KillableMongo starts a server for one test alone. It needs a server program:
// one that MONGODB_URI names cannot be killed, so it is not used here.
func KillableMongo(t testing.TB) *MongoServer {
	t.Helper()
	p, err := findServer()
	if err != nil {
		t.Fatal(err)
	}
	s, err := startServer(p, t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	m := &MongoServer{t: t, server: s, Database: Database{URI: s.uri, Name: "rapport_test"}}
	t.Cleanup(func() { _ = m.server.release() })
	// SecantusDB that is killed while it sets its folder up, or adds a table to it,
	// does not start again.
	if err := s.makeTables(t.Context()); err != nil {
		t.Fatal(err)
	}
	m.Terminate()
	m.Restart()
	return m
}

// secantusTables is among how many tables SecantusDB divides its collections, by the
// FNV-1a hash of database and collection; each is made when it is first written to.
const secantusTables = 16

// makeTables writes to a collection of each table.
func (s *server) makeTables(ctx context.Context) error {
	client, err := mongo.Connect(options.Client().ApplyURI(s.uri))
	if err != nil {
		return err
	}
	defer client.Disconnect(context.WithoutCancel(ctx)) //nolint:errcheck // only told
	made := map[uint64]bool{}
	for n := 0; len(made) < secantusTables; n++ {
		const database = "tables"
		collection := fmt.Sprint("t", n)
		hash := fnv.New64a()
		_, _ = hash.Write([]byte(database + "\x00" + collection)) // a hash takes all
		table := hash.Sum64() % secantusTables
		if made[table] {
			continue
		}
		made[table] = true
		if _, err := client.Database(database).Collection(collection).InsertOne(ctx, bson.D{{Key: "_id", Value: n}}); err != nil {
			return err
		}
	}
	return nil
}

// Kill ends the server as kill -9 does.
func (m *MongoServer) Kill() {
	m.t.Helper()
	if err := m.server.kill(); err != nil {
		m.t.Fatal(err)
	}
}

// stopLimit is how long a server may take to stop when it is asked to.
const stopLimit = 3 * time.Second

// Terminate ends the server as a service manager does: it is asked to stop, and
// killed when it does not in time.
func (m *MongoServer) Terminate() {
	m.t.Helper()
	process, err := os.FindProcess(m.server.pid)
	if err == nil {
		err = process.Signal(syscall.SIGTERM)
	}
	if err != nil {
		m.t.Fatal(err)
	}
	m.server.awaitSilence(stopLimit)
	if err := m.server.release(); err != nil { // the keeper kills what is left
		m.t.Fatal(err)
	}
}

// awaitSilence waits until nobody listens any more, or for so long.
func (s *server) awaitSilence(limit time.Duration) {
	tick := time.NewTicker(limit / 10)
	defer tick.Stop()
	for end := time.Now().Add(limit); time.Now().Before(end); <-tick.C {
		conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", s.port))
		if err != nil {
			return
		}
		_ = conn.Close()
	}
}

// Restart starts it again on the same folder and port.
func (m *MongoServer) Restart() {
	m.t.Helper()
	if err := m.server.start(""); err != nil {
		m.t.Fatal(err)
	}
}

// StandaloneMongo starts a server that is no replica set, and returns its URI.
func StandaloneMongo(t testing.TB) string {
	t.Helper()
	p, err := findServer()
	if err != nil {
		t.Fatal(err)
	}
	full := p.args
	p.args = func(dir string, port int) []string {
		args := full(dir, port)
		if p.initiate {
			return args[2:] // without --replSet and its value
		}
		return append(args, "--standalone")
	}
	p.initiate = false
	s := &server{program: p, dir: t.TempDir()}
	if s.port, err = freePort(); err != nil {
		t.Fatal(err)
	}
	s.uri = fmt.Sprintf("mongodb://127.0.0.1:%d/?directConnection=true", s.port)
	if err := s.start(""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.release() })
	return s.uri
}
