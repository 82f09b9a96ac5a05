package wsapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/gofiber/fiber/v2"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/schema"
	"rapport/server/stream"
	"rapport/server/synclog"
	"rapport/server/wire"
	"rapport/server/workspace"
	"rapport/server/wsapi"
)

func id(n int) crm.ID { return crm.ID(fmt.Sprintf("01%024d", n)) }

var (
	epoch      = id(1)
	department = id(2)
)

// user makes the id of a person: user(3). Everybody sees the deals he owns.
func user(n int) crm.ID { return id(100 + n) }

// bench is a server on loopback with a stream behind it.
type bench struct {
	t      *testing.T
	edge   *wsapi.Edge
	stream *stream.Stream
	url    string

	mu       sync.Mutex
	policy   *access.Policy
	offset   uint64
	records  map[crm.ID]crm.Record
	valid    func(wsapi.Identity) bool
	presence func()
	faults   faults
}

// faults collects what is logged as an error.
type faults struct {
	mu  sync.Mutex
	log bytes.Buffer
}

func (f *faults) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.log.Write(p)
}

func (f *faults) String() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.log.String()
}

const people = 40

// newBench starts a server; rules come beside the one by which everybody sees his
// own deals.
func newBench(t *testing.T, times wsapi.Times, rules ...access.Rule) *bench {
	t.Helper()
	b := &bench{t: t, records: map[crm.ID]crm.Record{}, valid: func(wsapi.Identity) bool { return true }, presence: func() {}}
	dir := access.Directory{
		Departments: []access.Department{{ID: department}},
		Rules:       []access.Rule{{ID: id(3), Who: "everyone", Effect: "may", Action: "see", What: "deal", Whose: "own", Fields: "all"}},
	}
	dir.Rules = append(dir.Rules, rules...)
	for n := range people {
		dir.People = append(dir.People, access.Person{ID: user(n)})
		dir.Memberships = append(dir.Memberships, access.Membership{Person: user(n), Department: department, Role: access.RoleGuest})
	}
	var err error
	if b.policy, err = access.NewPolicy(dir); err != nil {
		t.Fatal(err)
	}
	b.stream = stream.New(stream.Options{
		Position: synclog.Position{Epoch: epoch}, Policy: b.policy, Build: "test", Envelope: wsapi.Envelope,
		Records: func(ids []crm.ID) map[crm.ID]crm.Record {
			b.mu.Lock()
			presence := b.presence
			b.mu.Unlock()
			presence()
			return b.recordsOf(ids)
		},
	})
	b.edge = wsapi.New(wsapi.Options{
		Stream: b.stream, Identify: identify, Times: times,
		StillValid: func(who wsapi.Identity) bool {
			b.mu.Lock()
			valid := b.valid
			b.mu.Unlock()
			return valid(who)
		},
		OriginAllowed: func(origin, host string) bool { return origin == "http://"+host },
		Log:           slog.New(slog.NewTextHandler(&b.faults, &slog.HandlerOptions{Level: slog.LevelError})),
	})
	b.serve()
	return b
}

// during sets what happens when a turn looks up who else is there.
func (b *bench) during(do func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.presence = do
}

func (b *bench) recordsOf(ids []crm.ID) map[crm.ID]crm.Record {
	b.mu.Lock()
	defer b.mu.Unlock()
	found := map[crm.ID]crm.Record{}
	for _, id := range ids {
		if rec, ok := b.records[id]; ok {
			found[id] = rec
		}
	}
	return found
}

func (b *bench) serve() {
	app := fiber.New(fiber.Config{DisableStartupMessage: true, ErrorHandler: func(c *fiber.Ctx, err error) error {
		status := map[crm.Code]int{
			crm.CodeForbidden: 403, crm.CodeUnauthenticated: 401, crm.CodeUnsupported: 426, crm.CodeUnavailable: 503,
			crm.CodeInvalid: 400,
		}[crm.CodeOf(err)]
		return c.Status(status).SendString(err.Error())
	}})
	app.Server().KeepHijackedConns = true
	app.Get("/api/v1/stream", b.edge.Upgrade)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.t.Fatal(err)
	}
	b.url = "ws://" + listener.Addr().String() + "/api/v1/stream"
	served := make(chan error, 1)
	go func() { served <- app.Listener(listener) }()
	b.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := b.edge.Shutdown(ctx); err != nil {
			b.t.Errorf("shutdown: %v", err)
		}
		b.stream.Close()
		if err := app.ShutdownWithContext(ctx); err != nil {
			b.t.Errorf("app: %v", err)
		}
		<-served
	})
}

// identify reads the person from a cookie, as a session would.
func identify(_ context.Context, cookies string) (wsapi.Identity, error) {
	var n int
	if _, err := fmt.Sscanf(cookies, "person=%d", &n); err != nil {
		return wsapi.Identity{}, crm.Errorf(crm.CodeUnauthenticated, "signed_out", "sign in")
	}
	return wsapi.Identity{User: user(n), Session: id(500 + n)}, nil
}

// commit changes the deal of one person.
func (b *bench) commit(n int, title string) uint64 {
	return b.put(crm.TypeDeal, id(1000+n), crm.Fields{
		"title": title, "ownerId": string(user(n)), "departmentId": string(department),
	})
}

func (b *bench) put(kind crm.RecordType, i crm.ID, f crm.Fields) uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.offset++
	before := b.records[i]
	after := crm.Record{Type: kind, ID: i, Version: before.Version + 1, Fields: crm.Pack(f)}
	b.records[i] = after
	b.stream.Apply(workspace.Change{
		Epoch: epoch, PolicyBefore: b.policy, Policy: b.policy, Schema: schema.New(nil),
		Entry:   synclog.Entry{Offset: b.offset, At: time.Now(), Command: "record.edit"},
		Records: []workspace.RecordChange{{Before: before, After: after}},
	})
	return b.offset
}

// client is the other end of a socket.
type client struct {
	*websocket.Conn
	t *testing.T
}

func (b *bench) header(n int) http.Header {
	return http.Header{
		"Origin": {"http" + b.url[2:len(b.url)-len("/api/v1/stream")]}, "Cookie": {fmt.Sprintf("person=%d", n)},
	}
}

func (b *bench) dial(n int) *client {
	b.t.Helper()
	dialer := websocket.Dialer{Subprotocols: []string{wire.Subprotocol}, HandshakeTimeout: 5 * time.Second}
	conn, response, err := dialer.Dial(b.url, b.header(n))
	if err != nil {
		b.t.Fatalf("dial: %v (%v)", err, response)
	}
	_ = response.Body.Close()
	b.t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		b.t.Fatal(err)
	}
	return &client{conn, b.t}
}

const hello = `{"type":"hello","protocol":1,"position":null,"audience":"","screen":"01000000000000000000000009"}`

// join dials, says hello and takes the welcome.
func (b *bench) join(n int) *client {
	b.t.Helper()
	c := b.dial(n)
	c.say(hello)
	if kind, data := c.next(); kind != "welcome" {
		b.t.Fatalf("got %s", data)
	}
	return c
}

func (c *client) say(text string) {
	c.t.Helper()
	if err := c.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		c.t.Fatalf("write: %v", err)
	}
}

func (c *client) next() (kind string, data []byte) {
	c.t.Helper()
	_, data, err := c.ReadMessage()
	if err != nil {
		c.t.Fatalf("read: %v", err)
	}
	var head struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		c.t.Fatalf("%v in %s", err, data)
	}
	return head.Type, data
}

// end reads to the end, which must come, and returns the close code, 0 if there
// was none, and the bye.
func (c *client) end() (code int, bye wire.Bye) {
	c.t.Helper()
	for {
		_, data, err := c.ReadMessage()
		if err != nil {
			var closed *websocket.CloseError
			if errors.As(err, &closed) && closed.Code != websocket.CloseAbnormalClosure {
				return closed.Code, bye
			}
			if errors.Is(err, os.ErrDeadlineExceeded) {
				c.t.Error("the server does not end the socket")
			}
			return 0, bye
		}
		var got wire.Bye
		if json.Unmarshal(data, &got) == nil && got.Type == "bye" {
			bye = got
		}
	}
}

// settled waits until the edge serves n sockets.
func (b *bench) settled(n int) {
	b.t.Helper()
	b.await(func(sockets, cursors int) bool { return sockets == n && cursors == n })
}

// settledBelow waits until the edge serves fewer than n sockets.
func (b *bench) settledBelow(n int) {
	b.t.Helper()
	b.await(func(sockets, cursors int) bool { return sockets < n && cursors < n })
}

func (b *bench) await(ok func(sockets, cursors int) bool) {
	b.t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !ok(b.edge.Sockets(), b.stream.Stats().Sockets) {
		if time.Now().After(deadline) {
			b.t.Fatalf("%d sockets, %d cursors", b.edge.Sockets(), b.stream.Stats().Sockets)
		}
		time.Sleep(2 * time.Millisecond)
	}
}
