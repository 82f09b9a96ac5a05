package testkit

import (
	"context"
	"errors"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Network is what lies between a store and its MongoDB server: it can be slow,
// cut, or swallow everything.
type Network struct {
	t        testing.TB
	address  string // where it listens, also after a cut
	server   string // where it leads to
	carrying sync.WaitGroup

	mu       sync.Mutex // guards all below
	listener net.Listener
	links    map[*link]struct{} // that are open
	delay    time.Duration      // of everything, in each direction
	swallows way                // on every connection
}

// way is one of the two directions, or both, or none.
type way uint8

const (
	requests way = 1 << iota
	answers
)

// link is a connection of the store with its other half to the server.
type link struct {
	ends      [2]net.Conn
	forgotten bool          // swallows everything, for ever
	swallowed bool          // something is missing from it; guarded by the network's mutex
	closed    chan struct{} // when it is
}

// Through returns the same database as it is reached through a network of the
// test's own.
func (db Database) Through(t testing.TB) (Database, *Network) {
	t.Helper()
	n := &Network{t: t, address: "127.0.0.1:0", server: db.primary(t), links: map[*link]struct{}{}}
	n.listen()
	t.Cleanup(func() {
		n.Cut()
		n.carrying.Wait()
	})
	uri, err := url.Parse(db.URI)
	if err != nil {
		t.Fatal(err)
	}
	// A driver that looks for the members of the set would go around the network.
	query := uri.Query()
	query.Del("replicaSet")
	query.Set("directConnection", "true")
	uri.Host, uri.RawQuery = n.address, query.Encode()
	db.URI = uri.String()
	return db, n
}

// primary returns host and port of the server that takes writes.
func (db Database) primary(t testing.TB) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	var hello struct {
		Primary string `bson:"primary"`
	}
	if err := db.Client(t).Database("admin").RunCommand(ctx, bson.D{{Key: "hello", Value: 1}}).Decode(&hello); err != nil {
		t.Fatal(err)
	}
	return hello.Primary
}

// Slow delays everything, in each direction.
func (n *Network) Slow(delay time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.delay = delay
}

// Swallow lets nothing through any more, without a word to either side. When it
// is mended, what lost something is closed.
func (n *Network) Swallow() { n.swallow(requests | answers) }

// SwallowAnswers lets requests through, but no answer any more.
func (n *Network) SwallowAnswers() { n.swallow(answers) }

// SwallowRequests lets answers through, but no request any more. Together with
// SwallowAnswers it swallows both.
func (n *Network) SwallowRequests() { n.swallow(requests) }

func (n *Network) swallow(w way) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.swallows |= w
}

// Forget swallows everything on the connections that are open, for ever, as a
// router that has lost its memory does. New ones are as usual.
func (n *Network) Forget() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for l := range n.links {
		l.forgotten = true
	}
}

// Cut closes all connections and refuses new ones.
func (n *Network) Cut() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.listener != nil {
		_ = n.listener.Close()
		n.listener = nil
	}
	for l := range n.links {
		n.close(l)
	}
}

// Mend makes the network as it was, but for what it has forgotten.
func (n *Network) Mend() {
	n.t.Helper()
	n.mu.Lock()
	n.delay, n.swallows = 0, 0
	for l := range n.links {
		if l.swallowed && !l.forgotten {
			n.close(l)
		}
	}
	cut := n.listener == nil
	n.mu.Unlock()
	if cut {
		n.listen()
	}
}

func (n *Network) listen() {
	n.t.Helper()
	listener, err := net.Listen("tcp", n.address)
	if err != nil {
		n.t.Fatal(err)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.listener, n.address = listener, listener.Addr().String()
	n.carrying.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return // it was cut
			}
			n.carrying.Go(func() { n.join(conn, listener) })
		}
	})
}

// join connects to the server and carries both ways until the link is closed.
func (n *Network) join(conn net.Conn, from net.Listener) {
	far, err := net.Dial("tcp", n.server)
	if err != nil { // it is down
		_ = conn.Close()
		return
	}
	l := &link{ends: [2]net.Conn{conn, far}, closed: make(chan struct{})}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.links[l] = struct{}{}
	if n.listener != from { // it was cut in the meantime
		n.close(l)
		return
	}
	n.carrying.Go(func() { n.carry(l, requests, conn, far) })
	n.carrying.Go(func() { n.carry(l, answers, far, conn) })
}

// close requires the mutex.
func (n *Network) close(l *link) {
	if _, open := n.links[l]; !open {
		return
	}
	delete(n.links, l)
	close(l.closed)
	_ = errors.Join(l.ends[0].Close(), l.ends[1].Close())
}

// carry takes what comes in one direction to the other end. An end is not told
// that the other one has closed when that, too, would be swallowed.
func (n *Network) carry(l *link, w way, from, to net.Conn) {
	buffer := make([]byte, 64<<10)
	for {
		size, err := from.Read(buffer)
		delay, lost := n.passes(l, w)
		if lost {
			if err != nil {
				return
			}
			continue
		}
		if delay > 0 {
			select {
			case <-time.After(delay):
			case <-l.closed:
			}
		}
		if size > 0 && err == nil {
			_, err = to.Write(buffer[:size])
		}
		if err != nil {
			n.mu.Lock()
			n.close(l)
			n.mu.Unlock()
			return
		}
	}
}

// passes says how long something takes, or that it is lost.
func (n *Network) passes(l *link, w way) (delay time.Duration, lost bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if l.forgotten || n.swallows&w != 0 {
		l.swallowed = true
		return 0, true
	}
	return n.delay, false
}
