package wsapi_test

import (
	"bytes"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/wsapi"
)

// [B10] [B18] Nobody is there when nothing comes, not even an answer to a ping:
// such a socket is cut, and those who saw the person there see him no more. Who
// says nothing and answers the pings stays, however long.
func TestWhoAnswersNoPingIsGone(t *testing.T) {
	t.Parallel()
	const read = time.Second
	// Nothing but the time without a word may end a socket.
	b := newBench(t, wsapi.Times{Hello: time.Hour, Write: time.Hour, Linger: time.Hour, Read: read, Ping: 100 * time.Millisecond},
		access.Rule{ID: id(4), Who: "everyone", Effect: "may", Action: "see", What: "deal", Whose: "all", Fields: "all"},
		access.Rule{ID: id(5), Who: "everyone", Effect: "may", Action: "see", What: "user", Whose: "all", Fields: "all"})
	for _, n := range []int{1, 2} {
		b.put(crm.TypeUser, user(n), crm.Fields{"name": fmt.Sprint("person ", n)})
	}
	b.commit(1, "where both are")
	watch := ws.NewTextFrame([]byte(fmt.Sprintf(`{"type":"watch","boardId":"","record":%q,"holding":""}`, id(1001))))
	alive, silent := b.dialBare(1, ws.NewTextFrame([]byte(hello)), watch), b.dialBare(2, ws.NewTextFrame([]byte(hello)), watch)
	ended := make(chan struct{}, 2)
	for _, c := range []*bare{silent, b.dialBare(2, ws.NewTextFrame([]byte(hello)))} { // one that says no more than hello
		go func() {
			_, _ = io.Copy(io.Discard, c)
			ended <- struct{}{}
		}()
	}
	stop := b.workOn(3) // a socket is pinged in its turn
	defer stop()

	began := time.Now()
	here := []byte(user(2))
	alive.answering(func(text []byte) bool {
		return bytes.Contains(text, []byte(`"presence"`)) && bytes.Contains(text, here)
	})
	alive.answering(func(text []byte) bool {
		return bytes.Contains(text, []byte(`"presence"`)) && !bytes.Contains(text, here)
	})
	if took := time.Since(began); took < read/2 {
		t.Errorf("[SL27] gone after %s", took)
	}
	for range cap(ended) {
		select {
		case <-ended:
		case <-time.After(5 * time.Second):
			t.Error("[SL27] a silent one's connection is still open")
		}
	}
	b.settled(1)
	alive.answering(func([]byte) bool { return time.Since(began) > 3*read })
	b.commit(1, "still there")
	alive.answering(func(text []byte) bool { return bytes.Contains(text, []byte("still there")) })
}

// workOn changes the deal of a person again and again until stop is called.
func (b *bench) workOn(n int) (stop func()) {
	done, over := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(over)
		pace := time.NewTicker(50 * time.Millisecond)
		defer pace.Stop()
		for round := 0; ; round++ {
			select {
			case <-done:
				return
			case <-pace.C:
				b.commit(n, fmt.Sprint("round ", round))
			}
		}
	}()
	return func() {
		close(done)
		<-over
	}
}

// answering reads on, and answers pings, until enough says so of a message.
func (c *bare) answering(enough func(text []byte) bool) {
	c.t.Helper()
	for {
		switch f := c.next(); f.Header.OpCode {
		case ws.OpPing:
			c.send(ws.NewPongFrame(f.Payload))
		case ws.OpText:
			if enough(f.Payload) {
				return
			}
		case ws.OpClose:
			c.t.Fatalf("closed: %s", f.Payload)
		}
	}
}
