package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/fasthttp/websocket"
	"pgregory.net/rapid"

	"rapport/server/crm"
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
	resting  bool            // reads nothing for now, not even from its kernel
	bye      wire.ByeReason  // why the socket ends; "" while nobody said so
	lagging  bool            // was told so, and has not come back yet
	settled  uint64          // the head at which it last held everything

	position wire.Position
	token    string
	held     map[crm.ID]heldRecord
}

// heldRecord is a record as a screen has it.
type heldRecord struct {
	kind   string
	fields map[string]any
	masked []string
}

func (h heldRecord) view() view {
	return view{h.kind, asJSON(h.fields), fmt.Sprint(h.masked)}
}

// byeLagging counts among the commands how often a screen was told that it is lagging.
const byeLagging = "bye lagging"

// connect opens the socket on a node and says hello. It does not read yet.
func (s *modelScreen) connect(rt *rapid.T, n *modelNode) {
	dialer := websocket.Dialer{
		Subprotocols: []string{wire.Subprotocol}, HandshakeTimeout: 10 * time.Second, ReadBufferSize: 4 << 10, NetDialContext: dialHalting,
	}
	header := http.Header{"Origin": {n.url}, "Cookie": {s.person.cookie}}
	socket, res, err := dialer.Dial("ws"+strings.TrimPrefix(n.url, "http")+"/api/v1/stream", header)
	if res != nil {
		_ = res.Body.Close()
	}
	if err != nil {
		if res != nil && res.StatusCode == http.StatusUnauthorized {
			return // signed out meanwhile
		}
		rt.Fatalf("dial: %v", err)
	}
	hello := wire.Hello{Type: "hello", Protocol: wire.ProtocolVersion, Audience: s.token, Screen: s.id}
	if s.position.Epoch != "" {
		hello.Position = &s.position
	}
	if err := socket.WriteJSON(hello); err != nil {
		rt.Fatalf("hello: %v", err)
	}
	messages := make(chan []byte, 1<<14) // a model's run has fewer
	s.socket, s.network, s.messages = socket, socket.NetConn().(*haltingConn), messages
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
		s.network.halt(resting)
	}
}

func (s *modelScreen) disconnect() {
	if s.socket == nil {
		return
	}
	_ = s.socket.Close()
	for range s.messages { // what had arrived is lost with the connection
	}
	s.socket, s.lagging = nil, false
}

// catchUp reads on until the screen holds what its person may see at the head.
func (s *modelScreen) catchUp(rt *rapid.T, deadline time.Time) {
	for s.socket != nil && !s.resting {
		head := s.m.truth.head()
		want := s.m.truth.all(s.person.id, head)
		if held := s.holds(); s.position.Epoch != "" && sameViews(held, want) {
			s.settled = head
			return
		}
		select {
		case data, open := <-s.messages:
			if !open {
				s.ended(rt)
				continue
			}
			s.take(rt, data)
		case <-time.After(time.Until(deadline)):
			rt.Fatalf("%s at %d of %d does not catch up:%s", s.person.name, s.position.Offset, head, differences(s.holds(), want))
		}
	}
}

// ended is the end of a socket: from a server that restarts, or is ahead by more
// than it keeps, one comes back at once.
func (s *modelScreen) ended(rt *rapid.T) {
	s.socket = nil
	if s.bye == wire.ByeRestart || s.bye == wire.ByeLagging {
		s.connect(rt, s.m.anyNode())
	}
}

func sameViews(a, b map[crm.ID]view) bool {
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

func (s *modelScreen) holds() map[crm.ID]view {
	held := map[crm.ID]view{}
	for id, h := range s.held {
		if slices.Contains(known, crm.RecordType(h.kind)) {
			held[id] = h.view()
		}
	}
	return held
}

func (s *modelScreen) take(rt *rapid.T, data []byte) {
	var head struct {
		Type string `json:"type"`
	}
	decode(rt, data, &head)
	switch head.Type {
	case "welcome":
		var w wire.Welcome
		decode(rt, data, &w)
		s.token = w.Audience
		if s.lagging && w.Mode != wire.ModeSnapshot {
			rt.Fatalf("[SL18] a screen at %d was told that it is lagging and then gets a %s from %d", s.position.Offset, w.Mode, w.Position.Offset)
		}
		s.lagging = false
		if w.Mode == wire.ModeReplay {
			if w.Position != s.position {
				rt.Fatalf("[SL4] replay from %+v to a screen at %+v", w.Position, s.position)
			}
			return
		}
		s.position = w.Position
		s.load(rt)
	case "entries":
		var f wire.EntriesFrame
		decode(rt, data, &f)
		s.apply(rt, f)
	case "heartbeat":
		var b wire.Heartbeat
		decode(rt, data, &b)
		if b.Offset != s.position.Offset {
			rt.Fatalf("[SL20] heartbeat at %d to a screen at %d", b.Offset, s.position.Offset)
		}
	case "presence":
		var p wire.Presence
		decode(rt, data, &p)
		s.checkPresence(rt, p)
	case "bye":
		var b wire.Bye
		decode(rt, data, &b)
		s.bye = b.Reason
		switch b.Reason {
		case wire.ByeRestart, wire.ByeSessionEnded, wire.ByeReplaced:
		case wire.ByeLagging:
			s.lagging = true
			s.m.done.note(byeLagging, true)
		default:
			rt.Fatalf("%s got bye %s", s.person.name, b.Reason)
		}
	case "progress":
	default:
		rt.Fatalf("unknown message %s", data)
	}
}

func (s *modelScreen) apply(rt *rapid.T, f wire.EntriesFrame) {
	if f.Epoch != s.position.Epoch || f.After != s.position.Offset || f.UpTo <= f.After {
		rt.Fatalf("[SL6] frame %s (%d, %d] to a screen at %+v", f.Epoch, f.After, f.UpTo, s.position)
	}
	s.position.Offset = f.UpTo
	if f.Audience != "" {
		s.token = f.Audience
	}
	last := f.After
	for _, e := range f.Entries {
		if e.Offset <= last || e.Offset > f.UpTo || len(e.Ops) == 0 {
			rt.Fatalf("[SL7] entry %d with %d ops after %d in (%d, %d]", e.Offset, len(e.Ops), last, f.After, f.UpTo)
		}
		last = e.Offset
		for _, op := range e.Ops {
			s.checkOp(rt, e, op)
			s.applyOp(op)
		}
	}
}

// checkOp holds an op against what the person could see at its offset: not one
// value more, and none that is not true.
func (s *modelScreen) checkOp(rt *rapid.T, e wire.Entry, op wire.Op) {
	may := s.m.truth.at(s.person.id, crm.ID(op.ID), e.Offset)
	if op.Op == wire.OpHide || op.Op == wire.OpDelete {
		if may != (view{}) {
			rt.Fatalf("[SL12] %s is told to forget %s at %d, and may see %v", s.person.name, op.ID, e.Offset, may)
		}
		return
	}
	var fields map[string]any
	if may != (view{}) {
		decode(rt, []byte(may.fields), &fields)
	}
	for key, value := range op.Fields {
		if allowed, ok := fields[key]; may == (view{}) || !ok || asJSON(allowed) != asJSON(value) {
			rt.Fatalf("[SL11] %s got %s.%s = %s at %d, and may see %v", s.person.name, op.ID, key, asJSON(value), e.Offset, may)
		}
	}
	// Whatever policy says, what he did himself is no secret to anybody.
	if by := crm.ID(e.By); by != "" && by != s.person.id && s.m.truth.at(s.person.id, by, e.Offset) == (view{}) {
		rt.Fatalf("[SL11] %s is told that %s did entry %d, whom he may not see: %v", s.person.name, by, e.Offset, s.m.truth.record(by))
	}
}

func (s *modelScreen) applyOp(op wire.Op) {
	id := crm.ID(op.ID)
	switch op.Op {
	case wire.OpShow:
		s.held[id] = heldRecord{op.Type, op.Fields, names(op.Masked)}
	case wire.OpSet:
		old, ok := s.held[id]
		if !ok {
			if op.Type == string(crm.TypeComment) {
				return // not loaded here
			}
			old = heldRecord{kind: op.Type + " that was never shown"}
		}
		fields := map[string]any{}
		for key, value := range old.fields {
			fields[key] = value
		}
		for key, value := range op.Fields {
			fields[key] = value
		}
		for _, key := range op.Unset {
			delete(fields, key)
		}
		old.fields = fields
		s.held[id] = old
	default:
		delete(s.held, id)
	}
}

func names(masked []string) []string {
	if masked == nil {
		return []string{}
	}
	return masked
}

// checkPresence refuses people and places that the viewer may not see. The list
// was made a moment ago, so what could be seen then counts, too.
func (s *modelScreen) checkPresence(rt *rapid.T, p wire.Presence) {
	head := s.m.truth.head()
	visible := func(id string) bool {
		if id == "" {
			return true
		}
		for offset := s.settled; offset <= head; offset++ {
			if s.m.truth.at(s.person.id, crm.ID(id), offset) != (view{}) {
				return true
			}
		}
		return false
	}
	for _, there := range p.People {
		for _, id := range []string{there.UserID, there.BoardID, there.Record, there.Holding} {
			if !visible(id) {
				rt.Fatalf("[SL21] %s is told of %s in %+v", s.person.name, id, there)
			}
		}
	}
}

// load takes a snapshot at the position or later, as a browser does: what the
// app needs first, and lists, page by page.
func (s *modelScreen) load(rt *rapid.T) {
	at := s.position
	s.held = map[crm.ID]heldRecord{}
	var boot wire.Bootstrap
	s.get(rt, "/api/v1/bootstrap", &boot)
	s.hold(rt, boot.Position, boot.Records)
	for _, t := range []crm.RecordType{crm.TypeCustomer, crm.TypeContact, crm.TypeDeal} {
		after := ""
		for total := 0; ; {
			var list wire.RecordList
			s.get(rt, "/api/v1/records?type="+string(t)+"&limit=50&after="+url.QueryEscape(after), &list)
			s.hold(rt, list.Position, list.Records)
			total += len(list.Records)
			if list.Next == "" {
				if list.Total != total {
					rt.Fatalf("%s is told of %d %ss and given %d", s.person.name, list.Total, t, total)
				}
				break
			}
			after = list.Next
		}
	}
	if s.position != at {
		rt.Fatalf("the position moved while a snapshot was loaded")
	}
}

// hold checks loaded records against the truth at their position, value by value.
func (s *modelScreen) hold(rt *rapid.T, at wire.Position, records []wire.Record) {
	if at.Epoch != s.position.Epoch || at.Offset < s.position.Offset {
		rt.Fatalf("[SL10] a snapshot at %+v for a screen at %+v", at, s.position)
	}
	s.m.truth.await(at.Offset)
	for _, rec := range records {
		h := heldRecord{rec.Type, rec.Fields, names(rec.Masked)}
		if may := s.m.truth.at(s.person.id, crm.ID(rec.ID), at.Offset); may != h.view() {
			rt.Fatalf("[SL11] %s loads %s as %v at %d, and may see %v", s.person.name, rec.ID, h.view(), at.Offset, may)
		}
		s.held[crm.ID(rec.ID)] = h
	}
}

func (s *modelScreen) get(rt *rapid.T, path string, out any) {
	header := http.Header{"Rapport-Position": {fmt.Sprintf("%s:%d", s.position.Epoch, s.position.Offset)}}
	status, answer := s.person.send(rt, s.m.anyNode(), http.MethodGet, path, nil, header)
	if status != http.StatusOK {
		rt.Fatalf("GET %s as %s: %d %s", path, s.person.name, status, answer)
	}
	decode(rt, answer, out)
}

// modelPerson is somebody who is signed in.
type modelPerson struct {
	name, email string
	id          crm.ID
	cookie      string
}

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
		rt.Fatalf("%s %s: %v", method, path, err)
	}
	defer res.Body.Close()
	for _, c := range res.Cookies() {
		p.cookie = c.Name + "=" + c.Value
	}
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		rt.Fatal(err)
	}
	if res.StatusCode >= 500 {
		rt.Fatalf("%s %s as %s: %d %s", method, path, p.name, res.StatusCode, answer)
	}
	return res.StatusCode, answer
}

func decode(rt rapid.TB, data []byte, out any) {
	if err := json.Unmarshal(data, out); err != nil && !errors.Is(err, io.EOF) {
		rt.Fatalf("%v in %s", err, data)
	}
}
