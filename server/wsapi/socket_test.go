package wsapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fasthttp/websocket"

	"rapport/server/crm"
	"rapport/server/wire"
	"rapport/server/wsapi"
)

func TestChangesReachTheSocket(t *testing.T) {
	b := newBench(t, wsapi.Times{})
	one, two := b.join(1), b.join(2)
	b.commit(2, "two")
	last := b.commit(1, "one")
	_, data := one.next()
	var f wire.EntriesFrame
	if err := json.Unmarshal(data, &f); err != nil || f.UpTo != last || f.After != 0 || len(f.Entries) != 1 || bytes.Contains(data, []byte("two")) {
		t.Errorf("got %s", data)
	}
	if _, data := two.next(); bytes.Contains(data, []byte("one")) {
		t.Errorf("got %s", data)
	}
}

func TestReplayAfterAReconnect(t *testing.T) {
	b := newBench(t, wsapi.Times{})
	c := b.dial(1)
	c.say(hello)
	_, data := c.next()
	var w wire.Welcome
	if err := json.Unmarshal(data, &w); err != nil {
		t.Fatal(err)
	}
	_ = c.Close()
	b.settled(0)
	for n := range 300 {
		b.commit(1, fmt.Sprint(n))
	}
	again := b.dial(1)
	position, _ := json.Marshal(w.Position) //nolint:errchkjson // two plain fields
	again.say(strings.Replace(strings.Replace(hello, "null", string(position), 1), `"audience":""`, `"audience":"`+w.Audience+`"`, 1))
	if _, data := again.next(); !bytes.Contains(data, []byte(`"replay"`)) {
		t.Fatalf("got %s", data)
	}
	at, entries := uint64(0), 0
	for at < 300 {
		_, data := again.next()
		var f wire.EntriesFrame
		if err := json.Unmarshal(data, &f); err != nil || f.After != at {
			t.Fatalf("at %d got %.200s", at, data)
		}
		at, entries = f.UpTo, entries+len(f.Entries)
	}
	if entries != 300 {
		t.Errorf("[SL6] %d entries", entries)
	}
}

// rounds is how many sockets come and go; see scripts/prove.mjs.
var rounds = flag.Int("rounds", 150, "sockets that come and go while others are written to")

// [B1] A connection's parts are pooled: what is written after the handler returned
// reaches the next client. Sockets of different people come and go while
// changes flow; nobody may ever get a frame of somebody else.
func TestNoFrameReachesAnotherPersonsSocket(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	b := newBench(t, wsapi.Times{})
	stop := make(chan struct{})
	var writers sync.WaitGroup
	writers.Add(1)
	go func() {
		defer writers.Done()
		pace := time.NewTicker(100 * time.Microsecond)
		defer pace.Stop()
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			case <-pace.C:
				b.commit(n%4, fmt.Sprintf("mark-%d-%d", n%4, n))
			}
		}
	}()
	for n := range *rounds {
		c := b.join(n % 4)
		mine := []byte(fmt.Sprintf("mark-%d-", n%4))
		for range 5 {
			kind, data := c.next()
			if kind == "entries" && bytes.Count(data, []byte("mark-")) != bytes.Count(data, mine) {
				t.Fatalf("[SL27] person %d got %.300s", n%4, data)
			}
		}
		// Without a close handshake, in the middle of the flow.
		_ = c.NetConn().Close()
	}
	close(stop)
	writers.Wait()
	b.settled(0)
	t.Logf("held %d sockets", *rounds)
	// A late write that meets no next client meets a connection taken apart.
	if faults := b.faults.String(); faults != "" {
		t.Errorf("[SL27] %.500s", faults)
	}
}

// [F1]
func TestASessionThatEndsClosesItsSockets(t *testing.T) {
	b := newBench(t, wsapi.Times{})
	c, other := b.join(1), b.join(2)
	began := time.Now()
	b.put(crm.TypeSession, id(501), crm.Fields{"userId": string(user(1)), crm.KeyTrashedAt: "2026-11-24T09:00:00.000Z"})
	code, bye := c.end()
	if code != 4501 || bye.Reason != wire.ByeSessionEnded || time.Since(began) > time.Second {
		t.Errorf("[SL24] closed with %d, %+v after %s", code, bye, time.Since(began))
	}
	b.commit(2, "still there")
	if kind, _ := other.next(); kind != "entries" {
		t.Errorf("[SL24] somebody else's socket got %s", kind)
	}
}

// What is left for a socket while it has its turn, behind what the turn has
// looked at already, gives it another one. The heartbeat would hide a wake-up that
// is lost, so the next one is seconds away.
func TestWhatComesDuringATurnIsSentAtOnce(t *testing.T) {
	b := newBench(t, wsapi.Times{})
	one, three := b.join(1), b.join(3)
	for _, c := range []*client{one, three} {
		if kind, data := c.next(); kind != "heartbeat" {
			t.Fatalf("got %s", data)
		}
	}
	// Who else is there is looked up last in a turn. The list is empty, as nothing
	// may be seen here, so that there is nothing to write and the turn ends.
	var once sync.Once
	b.during(func() {
		once.Do(func() {
			for _, n := range []int{1, 3} {
				b.stream.SendTo(user(n), wire.Progress{ImportID: string(id(7))})
			}
		})
	})
	watch := fmt.Sprintf(`{"type":"watch","boardId":"","record":%q,"holding":""}`, id(2001))
	one.say(watch)
	three.say(watch)
	for name, c := range map[string]*client{"one": one, "three": three} {
		if err := c.SetReadDeadline(time.Now().Add(2 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if kind, data := c.next(); kind != "progress" {
			t.Errorf("[SL18] socket %s got %s", name, data)
		}
	}
}

// [B10] Nothing has ended for this socket: only the time for one message is over.
func TestASocketThatStopsReadingIsCut(t *testing.T) {
	b := newBench(t, wsapi.Times{Write: 100 * time.Millisecond, Linger: time.Hour})
	b.flood(b.join(1))
	b.settled(0)
	if faults := b.faults.String(); faults != "" {
		t.Errorf("[SL18] %.500s", faults)
	}
}

// The time for one message is for that one: a network that was slow for a while is
// no reason to cut a socket later.
func TestASocketThatReadsOnIsNotCut(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for heartbeats")
	}
	t.Parallel()
	b := newBench(t, wsapi.Times{Write: 4 * time.Second}) // shorter than from one heartbeat to the next
	c := b.join(1)
	last := b.flood(c)
	for at := uint64(0); at < last; {
		kind, data := c.next()
		var f wire.EntriesFrame
		if err := json.Unmarshal(data, &f); err != nil || kind == "entries" && f.After != at {
			t.Fatalf("[SL18] at %d got %.200s", at, data)
		}
		at = max(at, f.UpTo)
	}
	for range 2 {
		if kind, data := c.next(); kind != "heartbeat" {
			t.Fatalf("[SL18] got %.200s", data)
		}
	}
}

// [B10] The client neither reads nor answers, so that no handshake can end the
// socket: it must be cut from another goroutine.
func TestASocketThatDoesNotAnswerIsCut(t *testing.T) {
	b := newBench(t, wsapi.Times{Linger: 200 * time.Millisecond})
	b.flood(b.join(1))
	began := time.Now()
	b.put(crm.TypeSession, id(501), crm.Fields{crm.KeyTrashedAt: "2026-11-24T09:00:00.000Z"})
	b.settled(0)
	if took := time.Since(began); took > time.Second {
		t.Errorf("[SL24] cut after %s", took)
	}
}

// [B8]
func TestASlowReaderDoesNotDelayOthers(t *testing.T) {
	b := newBench(t, wsapi.Times{})
	b.join(1) // never reads again
	keen := b.join(2)
	long := strings.Repeat("oak ", 5_000)
	for n := range 300 {
		b.commit(1, long+fmt.Sprint(n))
	}
	began := time.Now()
	b.commit(2, "quick")
	if kind, _ := keen.next(); kind != "entries" || time.Since(began) > time.Second {
		t.Errorf("[SL18] got %s after %s", kind, time.Since(began))
	}
}

// flood makes more for the socket of person 1 than both kernels' buffers hold, so
// that its writer is stuck in a write until c reads. It returns the last offset.
func (b *bench) flood(c *client) (last uint64) {
	b.t.Helper()
	if err := c.NetConn().(*net.TCPConn).SetReadBuffer(64 << 10); err != nil {
		b.t.Fatal(err)
	}
	long := strings.Repeat("oak ", 10_000)
	for n := range 500 {
		last = b.commit(1, long+fmt.Sprint(n))
	}
	return last
}

func TestASessionThatEndedDuringTheHandshake(t *testing.T) {
	b := newBench(t, wsapi.Times{})
	b.valid = func(wsapi.Identity) bool { return false }
	c := b.dial(1)
	c.say(hello)
	if code, _ := c.end(); code != 4501 {
		t.Errorf("[SL24] closed with %d", code)
	}
}

// [B4] What is logged is where it happened. The value of a panic may hold what a
// person wrote.
func TestAPanicEndsOneSocketOnly(t *testing.T) {
	const written = "what a person wrote"
	tests := []struct {
		name     string
		sabotage func(b *bench)
		then     func(b *bench, c *client)
	}{
		{"in the handler", func(b *bench) {
			b.valid = func(who wsapi.Identity) bool { panicFor(1, who.User, written); return true }
		}, func(_ *bench, c *client) { c.end() }},
		{"in the writer", func(b *bench) { b.during(func() { panic(errors.New(written)) }) },
			func(b *bench, c *client) {
				watch := fmt.Sprintf(`{"type":"watch","boardId":"","record":%q,"holding":""}`, id(1001))
				c.say(watch)
				b.join(3).say(watch)
				b.settledBelow(3) // one of the two, or both: who is told of the other first
			}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, wsapi.Times{})
			tt.sabotage(b)
			other := b.join(2)
			c := b.dial(1)
			c.say(hello)
			tt.then(b, c)
			switch log := b.faults.String(); {
			case !strings.Contains(log, "panicked") || !strings.Contains(log, "socket_test.go"):
				t.Errorf("[SL27] logged: %s", log)
			case strings.Contains(log, written):
				t.Errorf("[SL27] content was logged: %s", log)
			}
			b.commit(2, "alive")
			if kind, _ := other.next(); kind != "entries" {
				t.Errorf("[SL27] the other socket got %s", kind)
			}
		})
	}
}

func panicFor(n int, who crm.ID, value string) {
	if who == user(n) {
		panic(value)
	}
}

// [B19]
func TestTooManyTabs(t *testing.T) {
	b := newBench(t, wsapi.Times{})
	first := b.join(1)
	for range 10 {
		b.join(1)
	}
	if code, bye := first.end(); code != 4509 || bye.Reason != wire.ByeReplaced {
		t.Errorf("[SL25] closed with %d, %+v", code, bye)
	}
	b.settled(10)
}

// [B21]
func TestShutdown(t *testing.T) {
	b := newBench(t, wsapi.Times{})
	polite := b.join(1)
	b.join(2) // never answers
	done := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		done <- b.edge.Shutdown(ctx)
	}()
	code, bye := polite.end()
	if code != 4012 || bye.Reason != wire.ByeRestart {
		t.Errorf("[SL28] closed with %d, %+v", code, bye)
	}
	if err := <-done; err != nil || b.edge.Sockets() != 0 {
		t.Errorf("[SL28] %v, %d sockets left", err, b.edge.Sockets())
	}
	dialer := websocket.Dialer{Subprotocols: []string{wire.Subprotocol}}
	_, response, err := dialer.Dial(b.url, b.header(1))
	if err == nil || response == nil || response.StatusCode != 503 {
		t.Errorf("[SL28] a socket was opened after shutdown: %v", response)
	}
	if response != nil {
		_ = response.Body.Close()
	}
}

// [B21] A server that starts again meets its clients one after another: each is told
// its own moment to come back, somewhere in five seconds.
func TestClientsAreToldToComeBackOneByOne(t *testing.T) {
	b := newBench(t, wsapi.Times{})
	var clients []*client
	for n := range people {
		clients = append(clients, b.join(n))
	}
	done := make(chan error, 1)
	go func() { done <- b.edge.Shutdown(context.Background()) }()
	waits := map[int]bool{}
	earliest, latest := math.MaxInt, math.MinInt
	for _, c := range clients {
		code, bye := c.end()
		if code != 4012 || bye.RetryMs < 0 || bye.RetryMs > 5000 {
			t.Errorf("[SL28] closed with %d, %+v", code, bye)
		}
		waits[bye.RetryMs] = true
		earliest, latest = min(earliest, bye.RetryMs), max(latest, bye.RetryMs)
	}
	// By chance less than one time in a billion.
	if len(waits) < people/2 || latest-earliest < 2000 {
		t.Errorf("[SL28] %d clients come back at %d moments between %d and %d ms", people, len(waits), earliest, latest)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestAShutdownThatMayNotWait(t *testing.T) {
	b := newBench(t, wsapi.Times{Linger: time.Hour})
	b.join(1)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := b.edge.Shutdown(ctx); err == nil || b.edge.Sockets() != 0 {
		t.Errorf("[SL28] %v, %d sockets left", err, b.edge.Sockets())
	}
}

// [F9]
func TestPingsAndExpiry(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for a heartbeat")
	}
	t.Parallel()
	b := newBench(t, wsapi.Times{Ping: time.Millisecond})
	c := b.join(1)
	pings := 0 // counted by end
	c.SetPingHandler(func(string) error { pings++; return nil })
	b.mu.Lock()
	b.valid = func(wsapi.Identity) bool { return false }
	b.mu.Unlock()
	if code, _ := c.end(); code != 4501 {
		t.Errorf("[SL24] closed with %d", code)
	}
	if pings == 0 {
		t.Error("[SL27] not pinged")
	}
}
