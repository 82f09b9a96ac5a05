package wsapi

import (
	"time"

	"github.com/fasthttp/websocket"

	"rapport/server/stream"
	"rapport/server/wire"
)

// write sends what the cursor gives until it ends, and says bye if there is
// somebody to say it to. It is the only goroutine that writes messages.
func (s *socket) write() {
	defer func() {
		if s.recovered(recover(), "socket writer") {
			s.kick() // ends the reader
		}
	}()
	beats := 0
	for range s.cursor.Wake() {
		for {
			data, end := s.cursor.Next()
			if end != nil {
				s.bye(end)
				return
			}
			if data == nil {
				break
			}
			if err := s.send(data); err != nil {
				s.cursor.End("")
				s.kick()
				return
			}
			if isHeartbeat(data) {
				beats++
				if beats%s.edge.o.Times.Beats == 0 && !s.check() {
					s.cursor.End(wire.ByeSessionEnded)
				}
			}
		}
	}
}

// heartbeatStart is how the JSON of a wire.Heartbeat begins.
const heartbeatStart = `{"type":"heartbeat"`

func isHeartbeat(data []byte) bool {
	return len(data) > len(heartbeatStart) && string(data[:len(heartbeatStart)]) == heartbeatStart
}

// check pings the client, whose pong extends the read deadline, and reports
// whether its session still counts.
func (s *socket) check() bool {
	// A failed ping shows at the next write.
	_ = s.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(s.edge.o.Times.Write))
	return s.edge.o.StillValid(s.who)
}

func (s *socket) send(data []byte) error {
	if err := s.conn.SetWriteDeadline(time.Now().Add(s.edge.o.Times.Write)); err != nil {
		return err
	}
	return s.conn.WriteMessage(websocket.TextMessage, data)
}

// bye tells the client why, and closes. The end of the connection is up to the
// client, and to the linger timer if the client does not act.
func (s *socket) bye(end *stream.End) {
	if end.Reason == "" {
		return
	}
	code := closeCodes[end.Reason]
	if err := s.send(encode(wire.Bye{Type: "bye", Reason: end.Reason, RetryMs: end.RetryMs})); err != nil {
		return
	}
	frame := websocket.FormatCloseMessage(code, string(end.Reason))
	_ = s.conn.WriteControl(websocket.CloseMessage, frame, time.Now().Add(s.edge.o.Times.Write)) // the linger timer closes anyway
}
