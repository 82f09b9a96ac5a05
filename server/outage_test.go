package main

import (
	"fmt"
	"net/http"
	"runtime"
	"sync"
	"testing"
	"time"

	"rapport/server/crm"
	"rapport/server/httpapi"
	"rapport/server/testkit"
)

// crowd is people who give commands all the time, each again until it is done.
type crowd struct {
	t      *testing.T
	server *server
	cookie string
	stop   chan struct{}
	people sync.WaitGroup

	mu      sync.Mutex // guards all below
	done    []crm.ID
	slowest time.Duration
	changed chan struct{} // closed and replaced with each command that is done
}

// answerIn is how long an answer may take: a command that waits behind batches
// whose outcome has to be found out is given up with its request; and what a
// loaded machine adds.
const answerIn = httpapi.DefaultTimeout + time.Second*slowdown

func newCrowd(t *testing.T, s *server, cookie string, people int) *crowd {
	c := &crowd{t: t, server: s, cookie: cookie, stop: make(chan struct{}), changed: make(chan struct{})}
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
		c.answered(id, time.Since(began), res.StatusCode == http.StatusOK)
		switch res.StatusCode {
		case http.StatusOK:
			return
		case http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		default:
			c.t.Errorf("[A6] %d %s", res.StatusCode, body)
			return
		}
		select {
		case <-c.stop:
			return
		case <-time.After(50 * time.Millisecond): // as the app does
		}
	}
}

func (c *crowd) answered(id crm.ID, took time.Duration, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.slowest = max(c.slowest, took)
	if ok {
		c.done = append(c.done, id)
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
	t.Logf("held %d commands, the slowest answer took %v", len(c.done), c.slowest.Round(time.Millisecond))
	http.DefaultClient.CloseIdleConnections()
	awaitGoroutines(t, goroutines)
	s.finish()

	out, err := said(t, environment("MONGODB_URI", db.URI, "RAPPORT_DATABASE", db.Name), "check")
	if err != nil {
		t.Errorf("[A6] %v\n%s", err, out)
	}
	store := db.Open(t)
	defer store.Close() //nolint:errcheck // only read
	there := map[crm.ID]uint64{}
	if _, err := store.Load(t.Context(), crm.MainWorkspace, func(rec crm.Record) error {
		there[rec.ID] = rec.Version
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for _, id := range c.done {
		if there[id] != 1 {
			t.Errorf("[A6] department %s was acknowledged and is at version %d", id, there[id])
		}
	}
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
