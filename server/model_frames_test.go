package main

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"

	"pgregory.net/rapid"

	"rapport/server/crm"
	"rapport/server/testkit"
	"rapport/server/wire"
)

// take looks at a message and does as it says.
func (s *modelScreen) take(rt *rapid.T, data []byte) {
	var head struct {
		Type string `json:"type"`
	}
	decode(rt, data, &head)
	switch head.Type {
	case "welcome":
		var w wire.Welcome
		decode(rt, data, &w)
		s.welcome(rt, w)
	case "entries":
		var f wire.EntriesFrame
		decode(rt, data, &f)
		s.apply(rt, f)
	case "heartbeat":
		var b wire.Heartbeat
		decode(rt, data, &b)
		if b.Offset != s.position.Offset {
			testkit.Wrong(rt, "[SL20] a heartbeat at another offset than the screen's", "heartbeat at %d to a screen at %d", b.Offset, s.position.Offset)
		}
	case "presence":
		var p wire.Presence
		decode(rt, data, &p)
		s.checkPresence(rt, p)
	case "bye":
		var b wire.Bye
		decode(rt, data, &b)
		s.bye = b.Reason
		s.m.done.note("bye "+string(b.Reason), true)
	case "progress":
		var p wire.Progress
		decode(rt, data, &p)
		if whose := s.m.imports[crm.ID(p.ImportID)]; whose != s.person {
			testkit.Wrong(rt, "[SL23] somebody is told of the import of another", "%s is told of %+v, which %+v has started", s.person.name, p, whose)
		}
	default:
		testkit.Wrong(rt, "an unknown message", "%s", data)
	}
}

// welcome is the answer to hello, or the order to begin anew.
func (s *modelScreen) welcome(rt *rapid.T, w wire.Welcome) {
	again, known := s.welcomed, s.position.Epoch != ""
	s.welcomed, s.token = true, w.Audience
	if s.lagging && w.Mode != wire.ModeSnapshot {
		testkit.Wrong(rt, "[SL18] a screen that is lagging gets no snapshot", "a screen at %d was told that it is lagging and then gets a %s from %d", s.position.Offset, w.Mode, w.Position.Offset)
	}
	s.lagging = false
	switch {
	case again && (w.Mode != wire.ModeSnapshot || !s.m.truth.regrouped(w.Position.Offset)):
		testkit.Wrong(rt, "[SL17] a screen is to begin anew where too little has changed for it", "a screen at %d is to begin anew at %d, where too little has changed for it", s.position.Offset, w.Position.Offset)
	case w.Mode == wire.ModeReplay && w.Position != s.position:
		testkit.Wrong(rt, "[SL4] a replay from somewhere else than the screen's position", "replay from %+v to a screen at %+v", w.Position, s.position)
	case w.Mode == wire.ModeReplay:
		return
	case !again && known && s.mayResume():
		testkit.Wrong(rt, "[SL4] a screen that might resume is to begin anew", "a screen at %d is to begin anew at %d, and all it has missed is in the ring", s.position.Offset, w.Position.Offset)
	}
	s.position = w.Position
	s.hollow = !s.load(rt)
}

// mayResume reports whether nothing explains why a screen that comes back does
// not get just what it has missed.
func (s *modelScreen) mayResume() bool {
	return s.m.truth.head()-s.position.Offset <= modelRing && s.node.from <= s.position.Offset &&
		!s.m.truth.turnedSince(s.person.id, s.position.Offset)
}

func (s *modelScreen) apply(rt *rapid.T, f wire.EntriesFrame) {
	if f.Epoch != s.position.Epoch || f.After != s.position.Offset || f.UpTo <= f.After {
		testkit.Wrong(rt, "[SL6] a frame that does not follow", "frame %s (%d, %d] to a screen at %+v", f.Epoch, f.After, f.UpTo, s.position)
	}
	s.position.Offset = f.UpTo
	if f.Audience != "" {
		s.token = f.Audience
	}
	last := f.After
	for _, e := range f.Entries {
		if e.Offset <= last || e.Offset > f.UpTo || len(e.Ops) == 0 {
			testkit.Wrong(rt, "[SL7] an entry that does not belong into its frame", "entry %d with %d ops after %d in (%d, %d]", e.Offset, len(e.Ops), last, f.After, f.UpTo)
		}
		last = e.Offset
		s.checkWho(rt, e)
		s.forgetTalk(e.Ops)
		for _, op := range e.Ops {
			s.checkOp(rt, e, op)
			s.applyOp(op)
		}
	}
}

// checkOp holds an op against what the person could see before and after its
// entry: it is the one that tells the difference, and no value is in it that he
// may not see. Of a record that he did not see on either side there is none.
func (s *modelScreen) checkOp(rt *rapid.T, e wire.Entry, op wire.Op) {
	id := crm.ID(op.ID)
	was, is := s.m.truth.at(s.person.id, id, e.Offset-1), s.m.truth.at(s.person.id, id, e.Offset)
	if fault := testkit.Fault(op, was, is, s.m.truth.trashed(id, e.Offset)); fault != "" {
		testkit.Wrong(rt, "[SL8] [SL9] [SL11] an op that does not tell the difference", "%s at %d got %s %s %s: %s\n  saw      %v\n  may see  %v",
			s.person.name, e.Offset, op.Op, op.Type, id, fault, was, is)
	}
}

// checkWho refuses somebody whom the person may not see. Whatever policy says,
// what he did himself is no secret to anybody.
func (s *modelScreen) checkWho(rt *rapid.T, e wire.Entry) {
	if by := crm.ID(e.By); by != "" && by != s.person.id && s.m.truth.at(s.person.id, by, e.Offset) == (testkit.Sight{}) {
		testkit.Wrong(rt, "[SL14] somebody is told who did an entry whom he may not see", "%s is told that %s did entry %d: %v", s.person.name, by, e.Offset, s.m.truth.record(by))
	}
}

// forgetTalk drops what is said about records that an entry shows anew or takes
// away, see SL10.
func (s *modelScreen) forgetTalk(ops []wire.Op) {
	for _, op := range ops {
		if op.Op == wire.OpSet || op.Type == string(crm.TypeComment) {
			continue
		}
		delete(s.talks, crm.ID(op.ID))
		maps.DeleteFunc(s.held, func(_ crm.ID, h heldRecord) bool {
			return h.kind == string(crm.TypeComment) && h.fields["recordId"] == op.ID
		})
	}
}

func (s *modelScreen) applyOp(op wire.Op) {
	id := crm.ID(op.ID)
	switch op.Op {
	case wire.OpShow:
		s.held[id] = heldRecord{op.Type, op.Fields, op.Masked}
	case wire.OpSet:
		old, ok := s.held[id]
		if !ok {
			if op.Type == string(crm.TypeComment) {
				return // on a record whose page is not loaded here
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

// checkPresence refuses people and places that the viewer may not see. The list
// was made a moment ago, so what could be seen then counts, too.
func (s *modelScreen) checkPresence(rt *rapid.T, p wire.Presence) {
	head := s.m.truth.head()
	visible := func(id string) bool {
		if id == "" {
			return true
		}
		for offset := s.settled; offset <= head; offset++ {
			if s.m.truth.at(s.person.id, crm.ID(id), offset) != (testkit.Sight{}) {
				return true
			}
		}
		return false
	}
	for _, there := range p.People {
		for _, id := range []string{there.UserID, there.BoardID, there.Record, there.Holding} {
			if !visible(id) {
				testkit.Wrong(rt, "[SL21] somebody is told of a presence that he may not see", "%s is told of %s in %+v", s.person.name, id, there)
			}
		}
	}
}

// load takes a snapshot at the position or later, as a browser does: what the
// app needs first, and lists, page by page. false when the session has ended.
func (s *modelScreen) load(rt *rapid.T) bool {
	at := s.position
	s.held, s.talks = map[crm.ID]heldRecord{}, map[crm.ID]bool{}
	var boot wire.Bootstrap
	if !s.get(rt, "/api/v1/bootstrap", &boot) {
		return false
	}
	s.hold(rt, boot.Position, boot.Records)
	for _, t := range []crm.RecordType{crm.TypeCustomer, crm.TypeContact, crm.TypeDeal} {
		after := ""
		for total := 0; ; {
			var list wire.RecordList
			if !s.get(rt, "/api/v1/records?type="+string(t)+"&limit=50&after="+url.QueryEscape(after), &list) {
				return false
			}
			s.hold(rt, list.Position, list.Records)
			total += len(list.Records)
			if list.Next == "" {
				if list.Total != total {
					testkit.Wrong(rt, "a list has another length than it says", "%s is told of %d %ss and given %d", s.person.name, list.Total, t, total)
				}
				break
			}
			after = list.Next
		}
	}
	if s.position != at {
		rt.Fatal("the position moved while a snapshot was loaded")
	}
	return true
}

// hold checks loaded records against the truth at their position, value by value.
func (s *modelScreen) hold(rt *rapid.T, at wire.Position, records []wire.Record) {
	if at.Epoch != s.position.Epoch || at.Offset < s.position.Offset {
		testkit.Wrong(rt, "[SL10] a snapshot from before the screen's position", "a snapshot at %+v for a screen at %+v", at, s.position)
	}
	s.m.truth.await(at.Offset)
	for _, rec := range records {
		h := heldRecord{rec.Type, rec.Fields, rec.Masked}
		if may := s.m.truth.at(s.person.id, crm.ID(rec.ID), at.Offset); may != h.sight() {
			testkit.Wrong(rt, "[SL11] somebody loads something else than he may see", "%s loads %s as %v at %d, and may see %v", s.person.name, rec.ID, h.sight(), at.Offset, may)
		}
		s.held[crm.ID(rec.ID)] = h
	}
}

// get asks for something at the screen's position or later; false when the
// session has ended.
func (s *modelScreen) get(rt *rapid.T, path string, out any) bool {
	header := http.Header{"Rapport-Position": {fmt.Sprintf("%s:%d", s.position.Epoch, s.position.Offset)}}
	status, answer := s.person.send(rt, s.m.anyNode(), http.MethodGet, path, nil, header)
	if status == http.StatusUnauthorized && !s.person.in(s.m) {
		return false
	}
	if status != http.StatusOK {
		testkit.Wrong(rt, "a question is refused that may be asked", "GET %s as %s: %d %s", path, s.person.name, status, answer)
	}
	decode(rt, answer, out)
	return true
}
