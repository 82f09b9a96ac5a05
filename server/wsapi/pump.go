package wsapi

import (
	"runtime"
	"sync"
	"time"
)

// A turn is short, so that a socket with much to catch up does not keep the
// others waiting; workers take several sockets at once to meet at the queue less
// often.
const (
	framesPerTurn = 4
	socketsAtOnce = 16
)

// pump writes for all sockets. Sockets that have something to say stand in one
// queue, and a worker per processor goes through it, writing only what the
// kernel takes at once. Who cannot take a frame waits for its network in a
// goroutine of its own and comes back into the queue.
//
// A goroutine per socket would do the same and cost twice as much: waking a
// thousand of them takes as long as their writes.
type pump struct {
	mu      sync.Mutex // guards all below
	queue   []*socket
	workers int // they come with work and go when there is none
}

// add puts a socket into the queue.
func (p *pump) add(s *socket) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.queue = append(p.queue, s)
	if p.workers < runtime.GOMAXPROCS(0) {
		p.workers++
		go p.work()
	}
}

func (p *pump) work() {
	var batch [socketsAtOnce]*socket
	w := newWriter()
	for {
		taken := p.take(batch[:])
		if taken == 0 {
			return
		}
		now := time.Now()
		for _, s := range batch[:taken] {
			s.takeTurn(w, now)
		}
	}
}

// take moves the front of the queue into batch. Who gets nothing has left.
func (p *pump) take(batch []*socket) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := copy(batch, p.queue)
	clear(p.queue[:n])
	p.queue = p.queue[n:]
	if n == 0 {
		p.queue = nil
		p.workers--
	}
	return n
}
