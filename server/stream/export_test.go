package stream

import "time"

// What the tests reach for from outside.
const (
	RingEntries  = ringEntries
	RingOps      = ringOps
	FrameEntries = frameEntries
	FrameBytes   = frameBytes
	StepLimit    = stepLimit
	RoomsBytes   = roomsBytes
)

// Window is the joining window.
func Window(entriesPerSecond float64, sockets int) time.Duration {
	return window(entriesPerSecond, sockets)
}

// NewWithoutClock makes a stream in which no time passes but by Beat.
func NewWithoutClock(o Options) *Stream { return newStream(o, nil) }

// Beat makes every socket's heartbeat due and lets presence go on.
func (s *Stream) Beat() {
	for shard := range beatShards {
		s.tick(shard)
	}
}

// ListsDue counts the screens whose list of who is there may have changed.
func (s *Stream) ListsDue() int {
	s.presence.mu.Lock()
	defer s.presence.mu.Unlock()
	return s.presence.dirty
}

// StepsHeld counts the entries that still hold the records of a policy change.
func (s *Stream) StepsHeld() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	held := 0
	for _, e := range s.ring.entries {
		if e.step == nil {
			continue
		}
		e.step.mu.Lock()
		if e.step.census != nil {
			held++
		}
		e.step.mu.Unlock()
	}
	return held
}
