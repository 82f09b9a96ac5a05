package stream

import (
	"sync"
	"time"
)

// Heartbeats go out every beatEvery per socket. The sockets are spread over
// shards, of which one is served each tick: one clock for all instead of a
// timer per socket, and no second in which everybody is written to at once.
const (
	beatEvery  = 5 * time.Second
	tickEvery  = 100 * time.Millisecond
	beatShards = int(beatEvery / tickEvery)
)

// Joining: while more than freeWrites socket writes a second would be needed to
// send each entry at once, wake-ups are spaced so that about that many are
// done, at most maxWindow apart. One write costs about 8 µs of CPU.
const (
	freeWrites = 20_000
	maxWindow  = 250 * time.Millisecond
)

// pulse wakes the cursors: when there are entries, and when the clock says so.
// Apply only signals it, so that waking thousands of sockets costs the
// committer nothing.
type pulse struct {
	news    chan struct{}
	done    chan struct{}
	stopped chan struct{}
	once    sync.Once
	meter   meter
}

func (p *pulse) start(s *Stream, ticks <-chan time.Time) {
	p.news, p.done, p.stopped = make(chan struct{}, 1), make(chan struct{}), make(chan struct{})
	p.meter.now = s.o.Now
	go p.run(s, ticks)
}

func (p *pulse) stop() {
	p.once.Do(func() { close(p.done) })
	<-p.stopped
}

// entry notes that the ring has a new entry.
func (p *pulse) entry() {
	p.meter.add()
	select {
	case p.news <- struct{}{}:
	default:
	}
}

func (p *pulse) run(s *Stream, ticks <-chan time.Time) {
	defer close(p.stopped)
	var (
		joined <-chan time.Time // set while a joining window is open
		last   time.Time
		shard  int
	)
	for {
		select {
		case <-p.done:
			return
		case <-p.news:
			if joined != nil {
				continue
			}
			wait := window(p.meter.rate(), s.sockets()) - time.Since(last)
			if wait > 0 {
				joined = time.After(wait)
				continue
			}
			s.wakeAll()
			last = time.Now()
		case <-joined:
			joined = nil
			s.wakeAll()
			last = time.Now()
		case <-ticks:
			s.tick(shard)
			shard = (shard + 1) % beatShards
		}
	}
}

// window returns how far apart wake-ups are at a number of entries per second
// and of sockets: 0 when every entry may go out at once.
func window(entriesPerSecond float64, sockets int) time.Duration {
	if entriesPerSecond*float64(sockets) <= freeWrites {
		return 0
	}
	return min(maxWindow, time.Duration(float64(sockets)/freeWrites*float64(time.Second)))
}

// meter counts entries over the last second, as the mean of a sliding window.
type meter struct {
	now func() time.Time

	mu        sync.Mutex // guards all below
	second    int64
	this, old float64
}

func (m *meter) add() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.roll(m.now())
	m.this++
}

func (m *meter) rate() float64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	m.roll(now)
	rest := 1 - float64(now.Nanosecond())/float64(time.Second)
	return m.old*rest + m.this
}

// roll requires mu.
func (m *meter) roll(now time.Time) {
	second := now.Unix()
	switch second - m.second {
	case 0:
	case 1:
		m.old, m.this = m.this, 0
	default:
		m.old, m.this = 0, 0
	}
	m.second = second
}

func (s *Stream) sockets() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	n := 0
	for _, shard := range s.shards {
		n += len(shard)
	}
	return n
}

func (s *Stream) wakeAll() {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, shard := range s.shards {
		for _, c := range shard {
			c.onWake()
		}
	}
}

// tick does what the clock asks for: the heartbeats of one shard, and presence
// that had to wait.
func (s *Stream) tick(shard int) {
	s.mu.RLock()
	for _, c := range s.shards[shard] {
		c.box.noteBeat()
	}
	s.mu.RUnlock()
	s.presence.tick()
}
