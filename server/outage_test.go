package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/fasthttp/websocket"

	"rapport/server/crm"
	"rapport/server/httpapi"
	"rapport/server/synclog"
	"rapport/server/testkit"
	"rapport/server/wire"
)

// crowd is people who give commands all the time, each again until it is done.
type crowd struct {
	t      *testing.T
	server *server
	cookie string
	stop   chan struct{}
	people sync.WaitGroup

	mu      sync.Mutex // guards all below
	done    []doneCommand
	slowest time.Duration
	refused map[string]int // by reason
	changed chan struct{}  // closed and replaced with each command that is done
}

// doneCommand is one that was acknowledged.
type doneCommand struct {
	args   map[string]any
	offset uint64 // of its entry, as the answer said
}

// answerIn is how long an answer may take: a command that waits behind batches
// whose outcome has to be found out is given up with its request; and what a
// loaded machine adds.
const answerIn = httpapi.DefaultTimeout + time.Second*slowdown

func newCrowd(t *testing.T, s *server, cookie string, people int) *crowd {
	c := &crowd{t: t, server: s, cookie: cookie, stop: make(chan struct{}), refused: map[string]int{}, changed: make(chan struct{})}
	for i := range people {
		c.people.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-c.stop:
					return
				default:
					c.give(fmt.Sprintf("%d of %d", n, i))
				}
			}
		})
	}
	return c
}

func (c *crowd) give(name string) {
	id := crm.NewID(time.Now())
	args := map[string]any{"commandId": crm.NewID(time.Now()), "id": id, "name": name, "parentId": ""}
	for {
		began := time.Now()
		res, body := c.server.do("POST", "/api/v1/commands/department.create", c.cookie, args)
		c.answered(args, time.Since(began), res.StatusCode == http.StatusOK, body)
		switch res.StatusCode {
		case http.StatusOK:
			return
		case http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		default:
			c.t.Errorf("[A6] %d %s", res.StatusCode, body)
			return
		}
		c.refusedFor(body)
		select {
		case <-c.stop:
			return
		case <-time.After(50 * time.Millisecond): // as the app does
		}
	}
}

// whileAway are the reasons that may be given while the database is away: it is not to
// be reached, nobody knows yet, or the command waited too long behind others.
var whileAway = map[string]bool{"store_unavailable": true, "outcome_unknown": true, "busy": true}

func (c *crowd) refusedFor(body string) {
	var p wire.Problem
	if err := json.Unmarshal([]byte(body), &p); err != nil || !whileAway[p.Reason] {
		c.t.Errorf("[A6] refused with %q, %v", body, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refused[p.Reason]++
}

func (c *crowd) answered(args map[string]any, took time.Duration, ok bool, body string) {
	var result wire.CommandResult
	if ok {
		decode(c.t, []byte(body), &result)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.slowest = max(c.slowest, took)
	if ok {
		c.done = append(c.done, doneCommand{args, result.Offset})
		close(c.changed)
		c.changed = make(chan struct{})
	}
}

// awaitMore waits until n more commands are done.
func (c *crowd) awaitMore(n int) {
	c.t.Helper()
	c.mu.Lock()
	want := len(c.done) + n
	c.mu.Unlock()
	limit := time.After(30 * time.Second)
	for {
		c.mu.Lock()
		have, changed := len(c.done), c.changed
		c.mu.Unlock()
		if have >= want {
			return
		}
		select {
		case <-changed:
		case <-limit:
			c.t.Fatalf("[A6] only %d of %d more commands were done", have-(want-n), n)
		}
	}
}

// checkRepeats gives the first and the last commands once more: each is told the
// entry that it made then.
func (c *crowd) checkRepeats() {
	c.t.Helper()
	for _, d := range append(c.done[:20:20], c.done[len(c.done)-20:]...) {
		res, body := c.server.do("POST", "/api/v1/commands/department.create", c.cookie, d.args)
		var result wire.CommandResult
		if err := json.Unmarshal([]byte(body), &result); err != nil || res.StatusCode != http.StatusOK || !result.Repeated || result.Offset != d.offset {
			c.t.Errorf("[A6] a command of entry %d, repeated: %d %s", d.offset, res.StatusCode, body)
		}
	}
}

// checkLog looks for each acknowledged command where the answer said, and for any
// that is there twice.
func (c *crowd) checkLog(store synclog.Store) {
	c.t.Helper()
	head, err := store.Head(c.t.Context(), crm.MainWorkspace)
	if err != nil {
		c.t.Fatal(err)
	}
	at := map[crm.ID]uint64{}
	for after := uint64(0); after < head.Offset; { // a page at a time
		entries, err := store.Entries(c.t.Context(), crm.MainWorkspace, after, head.Offset)
		if err != nil || len(entries) == 0 {
			c.t.Fatalf("[A6] of %d entries the store has %d: %v", head.Offset, after, err)
		}
		for _, e := range entries {
			after = e.Offset
			if e.CommandID == "" {
				continue
			}
			if first, twice := at[e.CommandID]; twice {
				c.t.Errorf("[A6] command %s is entry %d and entry %d", e.CommandID, first, e.Offset)
			}
			at[e.CommandID] = e.Offset
		}
	}
	for _, d := range c.done {
		if id := d.args["commandId"].(crm.ID); at[id] != d.offset {
			c.t.Errorf("[A6] command %s was acknowledged as entry %d, and is entry %d", id, d.offset, at[id])
		}
	}
}

// [A6] The database is not to be reached for a while: commands are answered in
// time, nothing is lost or doubled, and nothing is left over when it is back.
func TestTheDatabaseIsAway(t *testing.T) {
	db := testkit.Mongo(t)
	distant, network := db.Through(t)
	s := start(t, environment("MONGODB_URI", distant.URI, "RAPPORT_DATABASE", db.Name))
	cookie := s.setUp()
	c := newCrowd(t, s, cookie, 8)
	c.awaitMore(40)
	goroutines := runtime.NumGoroutine()
	ways := map[string]func(){"cut": network.Cut, "answers lost": network.SwallowAnswers}
	if *outage >= 10*time.Second {
		ways["swallowed"], ways["forgotten"] = network.Swallow, network.Forget
	}
	for name, fail := range ways {
		fail()
		<-time.After(*outage)
		if res, body := s.do("GET", "/api/v1/bootstrap", cookie, nil); res.StatusCode != 200 {
			t.Errorf("[A6] %s: reading: %d %s", name, res.StatusCode, body)
		}
		network.Mend()
		c.awaitMore(40)
	}
	close(c.stop)
	c.people.Wait()
	if c.slowest > answerIn {
		t.Errorf("[A6] an answer took %v", c.slowest)
	}
	if *outage >= 10*time.Second && len(c.refused) == 0 { // what is shorter, commands may wait for
		t.Error("[A6] nothing was refused, so nothing was away")
	}
	t.Logf("held %d commands, the slowest answer took %v, refused %v", len(c.done), c.slowest.Round(time.Millisecond), c.refused)
	c.checkRepeats()
	http.DefaultClient.CloseIdleConnections()
	awaitGoroutines(t, goroutines)
	s.finish()

	out, err := said(t, environment("MONGODB_URI", db.URI, "RAPPORT_DATABASE", db.Name), "check")
	if err != nil {
		t.Errorf("[A6] %v\n%s", err, out)
	}
	store := db.Open(t)
	defer store.Close() //nolint:errcheck // only read
	c.checkLog(store)
	there := map[crm.ID]bool{}
	if _, err := store.Load(t.Context(), crm.MainWorkspace, func(rec crm.Record) error {
		there[rec.ID] = true
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for _, d := range c.done {
		if !there[d.args["id"].(crm.ID)] {
			t.Errorf("[A6] department %s was acknowledged and is gone", d.args["id"])
		}
	}
}

// [A6] While the database is silent nobody takes what he sees for current: neither who
// comes, nor who is there.
func TestScreensAreToldThatTheDatabaseIsSilent(t *testing.T) {
	db := testkit.Mongo(t)
	distant, network := db.Through(t)
	s := start(t, environment("MONGODB_URI", distant.URI, "RAPPORT_DATABASE", db.Name))
	cookie := s.setUp()
	there := s.dial(cookie)
	greet := func(socket *websocket.Conn) wire.Welcome {
		if err := socket.WriteJSON(firstHello()); err != nil {
			t.Fatal(err)
		}
		return receive[wire.Welcome](t, socket, "welcome")
	}
	if w := greet(there); w.AgeMs != 0 {
		t.Fatalf("the state is %d ms old while the database answers", w.AgeMs)
	}
	network.SwallowAnswers()
	for receive[wire.Heartbeat](t, there, "heartbeat").AgeMs == 0 { // ends with the socket's deadline
	}
	if w := greet(s.dial(cookie)); w.AgeMs == 0 {
		t.Error("who comes is told that all is current")
	}
	network.Mend()
	s.finish()
}

// awaitGoroutines waits until there are no more than before, and some.
func awaitGoroutines(t *testing.T, before int) {
	t.Helper()
	const some = 20 // connections of pools that are larger now
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for limit := time.After(30 * time.Second); runtime.NumGoroutine() > before+some; {
		select {
		case <-tick.C:
		case <-limit:
			stacks := make([]byte, 1<<20)
			t.Fatalf("[A6] %d goroutines, %d before\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
		}
	}
}
