package wsapi

import (
	"time"

	"github.com/gobwas/ws"

	"rapport/server/wire"
)

// A socket's turn goes idle → queued → writing → idle. Whoever moves it to queued
// puts it into the pump's queue, so that it stands there once and one goroutine
// writes at a time.
const (
	turnHeld    int32 = iota // before the first turn
	turnIdle                 // nothing to say
	turnQueued               // stands in the pump's queue
	turnWriting              // a worker, or writeOn, has it
	turnWoken                // the same, and there may be more to say
	turnOver                 // nothing will be written any more
)

// startTurns lets the pump write from here on.
func (s *socket) startTurns() {
	s.pinged = time.Now()
	s.queueUp()
}

// wake gives the socket a turn if it has none. It does not block.
func (s *socket) wake() {
	for {
		switch turn := s.turn.Load(); turn {
		case turnIdle:
			if s.turn.CompareAndSwap(turn, turnQueued) {
				s.edge.pump.add(s)
				return
			}
		case turnWriting:
			if s.turn.CompareAndSwap(turn, turnWoken) {
				return
			}
		default: // it will look for more to say as it is
			return
		}
	}
}

// queueUp ends a turn that has more to say.
func (s *socket) queueUp() {
	s.turn.Store(turnQueued)
	s.edge.pump.add(s)
}

// rest ends a turn that has said everything.
func (s *socket) rest() {
	if !s.turn.CompareAndSwap(turnWriting, turnIdle) {
		s.queueUp()
	}
}

// over ends the last turn.
func (s *socket) over() {
	s.turn.Store(turnOver)
	close(s.written)
}

// broken is over for a connection that takes nothing any more.
func (s *socket) broken() {
	s.cursor.End("")
	s.kick() // ends the reader
	s.over()
}

// takeTurn writes some of what there is to say.
func (s *socket) takeTurn(w *writer, now time.Time) {
	defer s.breakOnPanic()
	s.turn.Store(turnWriting)
	for range framesPerTurn {
		data, last := s.next(now)
		if data == nil {
			if last {
				s.over()
			} else {
				s.rest()
			}
			return
		}
		rest, err := w.writeNow(s.kernel, data)
		switch {
		case err != nil:
			s.broken()
			return
		case len(rest) > 0:
			go s.writeOn(rest, last)
			return
		case last:
			s.over()
			return
		}
	}
	s.queueUp()
}

// writeOn goes on with a turn that the network was too slow for.
func (s *socket) writeOn(rest []byte, last bool) {
	defer s.breakOnPanic()
	switch err := s.writeSlowly(rest); {
	case err != nil:
		s.broken()
	case last:
		s.over()
	default:
		s.queueUp()
	}
}

// writeSlowly writes and waits, within the time for one message.
func (s *socket) writeSlowly(data []byte) error {
	if err := s.conn.SetWriteDeadline(time.Now().Add(s.edge.o.Times.Write)); err != nil {
		return err
	}
	if _, err := s.conn.Write(data); err != nil {
		return err
	}
	return s.conn.SetWriteDeadline(time.Time{})
}

func (s *socket) breakOnPanic() {
	if s.recovered(recover(), "socket writer") {
		s.broken()
	}
}

// next returns the next frame; nil when there is none now. last says that there
// will be none after it.
func (s *socket) next(now time.Time) (data []byte, last bool) {
	if pong := s.pong.Load(); pong != nil {
		s.pong.CompareAndSwap(pong, nil)
		return *pong, false
	}
	if now.Sub(s.pinged) >= s.edge.o.Times.Ping {
		s.pinged = now
		if !s.edge.o.StillValid(s.who) {
			s.cursor.End(wire.ByeSessionEnded)
		}
		return pingFrame, false // the pong gives the reader time
	}
	data, end := s.cursor.Next()
	if end == nil {
		return data, false
	}
	code := s.closing.Load()
	if code == nil {
		code = new(ws.StatusCode)
	}
	return farewell(end, *code), true
}
