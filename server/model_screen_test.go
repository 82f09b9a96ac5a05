package main

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/fasthttp/websocket"
	"pgregory.net/rapid"

	"rapport/server/crm"
	"rapport/server/testkit"
	"rapport/server/wire"
)

// modelScreen is one open tab as the protocol describes it: it loads a snapshot
// when it is told to, applies frames, and never asks twice for what it has.
type modelScreen struct {
	m      *model
	person *modelPerson
	id     string

	socket   *websocket.Conn // nil while there is no connection
	network  *haltingConn    // below the socket
	messages chan []byte     // closed when the socket ends
	node     *modelNode      // where it is connected
	opened   uint64          // the head when it connected
	welcomed bool            // the node has answered
	resting  bool            // reads nothing for now, not even from its kernel
	rested   bool            // did so on this connection: the server may have given up on it
	bye      wire.ByeReason  // why the socket ends; "" while nobody said so
	lagging  bool            // was told so, and has not come back yet
	settled  uint64          // the head at which it last held everything

	position wire.Position
	token    string
	held     map[crm.ID]heldRecord
	talks    map[crm.ID]bool // records of which it holds all that is said about them
	hollow   bool            // was told to load a snapshot and could not: holds nothing of worth
}

// heldRecord is a record as a screen has it.
type heldRecord struct {
	kind   string
	fields map[string]any
	masked []string
}

func (h heldRecord) sight() testkit.Sight { return testkit.SightOf(h.kind, h.fields, h.masked) }

// byeLagging counts among the commands how often a screen was told that it is lagging.
const byeLagging = "bye lagging"

// forget makes it a tab that was just opened.
func (s *modelScreen) forget() {
	s.position, s.token, s.hollow = wire.Position{}, "", false
	s.held, s.talks = map[crm.ID]heldRecord{}, map[crm.ID]bool{}
}

// connect opens the socket on a node and says hello. It does not read yet. Whose
// session has ended stays outside.
func (s *modelScreen) connect(rt *rapid.T, n *modelNode) {
	dialer := websocket.Dialer{
		Subprotocols: []string{wire.Subprotocol}, HandshakeTimeout: 10 * time.Second, ReadBufferSize: 4 << 10, NetDialContext: dialHalting,
	}
	opened := s.m.truth.head()
	header := http.Header{"Origin": {n.url}, "Cookie": {s.person.cookie}}
	socket, res, err := dialer.Dial("ws"+strings.TrimPrefix(n.url, "http")+"/api/v1/stream", header)
	if res != nil {
		_ = res.Body.Close()
	}
	if err != nil {
		if res != nil && res.StatusCode == http.StatusUnauthorized && !s.person.in(s.m) {
			return
		}
		testkit.Wrong(rt, "a socket is refused", "dial as %s: %v", s.person.name, err)
	}
	hello := wire.Hello{Type: "hello", Protocol: wire.ProtocolVersion, Audience: s.token, Screen: s.id}
	if s.position.Epoch != "" {
		hello.Position = &s.position
	}
	if err := socket.WriteJSON(hello); err != nil {
		testkit.Wrong(rt, "a socket takes no hello", "%v", err)
	}
	messages := make(chan []byte, 1<<14) // a model's run has fewer
	s.socket, s.network, s.messages = socket, socket.NetConn().(*haltingConn), messages
	s.node, s.opened, s.welcomed, s.rested = n, opened, false, false
	s.bye, s.settled = "", s.m.settled
	go func() {
		defer close(messages)
		for {
			_, data, err := socket.ReadMessage()
			if err != nil {
				return
			}
			messages <- data
		}
	}()
}

// rest stops or begins reading.
func (s *modelScreen) rest(resting bool) {
	s.resting = resting
	if s.socket != nil {
		s.rested = s.rested || resting
		s.network.halt(resting)
	}
}

// hangUp closes the socket. What is still in the kernel is lost with it.
func (s *modelScreen) hangUp() {
	if s.socket != nil {
		_ = s.socket.Close()
	}
}

// disconnect hangs up and looks at what had arrived before.
func (s *modelScreen) disconnect(rt *rapid.T) {
	if s.socket == nil {
		return
	}
	s.hangUp()
	for data := range s.messages {
		s.take(rt, data)
	}
	s.gone()
}

// gone is what is left of a screen whose socket has ended.
func (s *modelScreen) gone() {
	s.socket, s.lagging = nil, false
	if s.hollow {
		s.forget()
	}
}

// catchUp reads all that has come, and on until the screen holds what its person
// may see at the head.
func (s *modelScreen) catchUp(rt *rapid.T, deadline time.Time) {
	for !s.resting {
		s.drain(rt)
		if s.socket == nil {
			return
		}
		head := s.m.truth.head()
		held, want := s.holds(), s.wants(head)
		if s.welcomed && sameViews(held, want) {
			if s.hears(rt) {
				continue
			}
			s.settled = head
			return
		}
		select {
		case data, open := <-s.messages:
			s.receive(rt, data, open)
		case <-time.After(time.Until(deadline)):
			s.m.runs.late = true
			testkit.Wrong(rt, "a screen does not come to hold what its person may see", "%s at %d of %d:%s", s.person.name, s.position.Offset, head, differences(held, want))
		}
	}
}

// drain looks at what has come, and waits for nothing.
func (s *modelScreen) drain(rt *rapid.T) {
	for s.socket != nil {
		select {
		case data, open := <-s.messages:
			s.receive(rt, data, open)
		default:
			return
		}
	}
}

func (s *modelScreen) receive(rt *rapid.T, data []byte, open bool) {
	if open {
		s.take(rt, data)
	} else {
		s.ended(rt)
	}
}

// ended is the end of a socket. There is a reason for each, and whoever may comes
// back at once.
func (s *modelScreen) ended(rt *rapid.T) {
	if !s.mayEnd() {
		testkit.Wrong(rt, "[SL24] somebody is cut off to whom nothing has happened", "%s is cut off with %q at %d of %d", s.person.name, s.bye, s.position.Offset, s.m.truth.head())
	}
	s.gone()
	s.lagging = s.bye == wire.ByeLagging
	if s.person.in(s.m) {
		s.connect(rt, s.m.anyNode())
	}
}

// mayEnd reports whether the state of the person, of the node or of the
// connection explains why the socket ends.
func (s *modelScreen) mayEnd() bool {
	stopped := s.node.stopping.Load()
	switch s.bye {
	case wire.ByeSessionEnded:
		return s.m.truth.shutSince(s.person.id, s.opened)
	case wire.ByeLagging:
		return s.m.truth.head()-s.position.Offset > modelRing
	case wire.ByeRestart:
		return stopped
	case "": // what was said may have been lost
		return s.rested || stopped || s.m.truth.shutSince(s.person.id, s.opened)
	default:
		return false
	}
}

func sameViews(a, b map[crm.ID]testkit.Sight) bool {
	if len(a) != len(b) {
		return false
	}
	for id, v := range a {
		if b[id] != v {
			return false
		}
	}
	return true
}

func (s *modelScreen) holds() map[crm.ID]testkit.Sight {
	held := map[crm.ID]testkit.Sight{}
	for id, h := range s.held {
		held[id] = h.sight()
	}
	return held
}

// wants returns what the screen is to hold at an offset: all that its person may
// see, of comments those on records of which it has loaded them.
func (s *modelScreen) wants(offset uint64) map[crm.ID]testkit.Sight {
	want := s.m.truth.all(s.person.id, offset)
	maps.DeleteFunc(want, func(id crm.ID, sight testkit.Sight) bool {
		if _, held := s.held[id]; held || sight.Kind != string(crm.TypeComment) {
			return false
		}
		return !s.talks[s.m.truth.about(id)]
	})
	return want
}

// hears loads what is said about one record of which the screen does not hold it,
// as the page of the record does; false when there is none. Where nothing is said
// there is nothing to ask for: what comes from then on comes in frames.
func (s *modelScreen) hears(rt *rapid.T) bool {
	said := map[crm.ID]bool{}
	for id, sight := range s.m.truth.all(s.person.id, s.m.truth.head()) {
		if sight.Kind == string(crm.TypeComment) {
			said[s.m.truth.about(id)] = true
		}
	}
	for id := range s.held {
		if s.talks[id] || !said[id] {
			s.talks[id] = true
			continue
		}
		var view wire.RecordView
		if s.get(rt, "/api/v1/records/"+string(id), &view) {
			s.hold(rt, view.Position, slices.DeleteFunc(view.Related, func(rec wire.Record) bool { return rec.Type != string(crm.TypeComment) }))
			s.talks[id] = true
			return true
		}
	}
	return false
}

// modelPerson is somebody who is signed in.
type modelPerson struct {
	name, email string
	id          crm.ID
	cookie      string
	signedIn    uint64 // the head right after he did
}

// in reports whether the person's session goes on.
func (p *modelPerson) in(m *model) bool { return !m.truth.shutSince(p.id, p.signedIn) }

// send sends a request to a node as this person.
func (p *modelPerson) send(rt *rapid.T, n *modelNode, method, path string, body any, header http.Header) (int, []byte) {
	var reader io.Reader
	contentType := "application/json"
	if raw, ok := body.(string); ok {
		reader, contentType = strings.NewReader(raw), "text/csv"
	} else if body != nil {
		reader = strings.NewReader(asJSON(body))
	}
	req, err := http.NewRequest(method, n.url+path, reader)
	if err != nil {
		rt.Fatal(err)
	}
	for key, values := range header {
		req.Header[key] = values
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("Origin", n.url)
	if p.cookie != "" {
		req.Header.Set("Cookie", p.cookie)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		testkit.Wrong(rt, "a request is not answered", "%s %s: %v", method, path, err)
	}
	defer res.Body.Close()
	for _, c := range res.Cookies() {
		p.cookie = c.Name + "=" + c.Value
	}
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		testkit.Wrong(rt, "a request is half answered", "%s %s: %v", method, path, err)
	}
	if res.StatusCode >= 500 {
		testkit.Wrong(rt, "a fault of the server", "%s %s as %s: %d %s", method, path, p.name, res.StatusCode, answer)
	}
	return res.StatusCode, answer
}

func decode(rt rapid.TB, data []byte, out any) {
	if err := json.Unmarshal(data, out); err != nil && !errors.Is(err, io.EOF) {
		testkit.Wrong(rt, "a message cannot be read", "%v in %s", err, data)
	}
}
