package main

import (
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/fasthttp/websocket"

	"rapport/server/crm"
	"rapport/server/synclog"
	"rapport/server/wire"
)

// replay is what the entries of a log make, as far as they were read.
type replay struct {
	offset   uint64
	made     map[crm.ID]crm.Record
	commands map[string]uint64 // offset by the commandId and who gave it
}

// checkLog makes sure that the documents of a store, which it closes, are exactly
// what its entries make of them: each version of each record has one entry, no
// batch is half there, no command twice, and what was acknowledged is where it
// was said to be.
func (s *siege) checkLog(store synclog.Store, acknowledged []acknowledged) {
	defer store.Close() //nolint:errcheck // only read
	records := map[crm.ID]crm.Record{}
	position, err := store.Load(s.t.Context(), crm.MainWorkspace, func(rec crm.Record) error {
		records[rec.ID] = rec
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	if s.log.made == nil {
		s.log = replay{made: map[crm.ID]crm.Record{}, commands: map[string]uint64{}}
	}
	for s.log.offset < position.Offset {
		entries, err := store.Entries(s.t.Context(), crm.MainWorkspace, s.log.offset, position.Offset)
		if err != nil || len(entries) == 0 {
			s.t.Fatalf("%d entries after %d of %d (%v)", len(entries), s.log.offset, position.Offset, err)
		}
		for _, e := range entries {
			s.replay(e)
		}
	}
	if len(s.log.made) != len(records) {
		s.t.Errorf("%d documents, and entries make %d", len(records), len(s.log.made))
	}
	for id, rec := range records {
		if got := s.log.made[id]; got.Version != rec.Version || asJSON(got.Fields.Unpack()) != asJSON(rec.Fields.Unpack()) {
			s.t.Errorf("%s is %v, and its entries make %v", id, rec, got)
		}
	}
	there := map[string]uint64{} // whoever gave it: commandIds are unique by themselves
	for key, offset := range s.log.commands {
		there[key[strings.LastIndex(key, " ")+1:]] = offset
	}
	for _, a := range acknowledged {
		if offset := there[fmt.Sprint(a.args["commandId"])]; offset != a.offset {
			s.t.Errorf("[A2] %s, acknowledged at %d, is at %d of %d", a.name, a.offset, offset, position.Offset)
		}
	}
}

func (s *siege) replay(e synclog.Entry) {
	if e.Offset != s.log.offset+1 {
		s.t.Fatalf("entry %d follows entry %d", e.Offset, s.log.offset)
	}
	s.log.offset = e.Offset
	if e.CommandID != "" {
		key := fmt.Sprint(e.Actor.UserID, " ", e.CommandID)
		if first, twice := s.log.commands[key]; twice {
			s.t.Errorf("[A2] command %s, %s, is in entry %d and in entry %d", e.CommandID, e.Command, first, e.Offset)
		}
		s.log.commands[key] = e.Offset
	}
	for _, op := range e.Ops {
		rec := s.log.made[op.ID]
		if op.Version != rec.Version+1 {
			s.t.Errorf("entry %d makes version %d of %s, which is at %d", e.Offset, op.Version, op.ID, rec.Version)
		}
		s.log.made[op.ID] = crm.Record{Type: op.Type, ID: op.ID, Version: op.Version, Fields: rec.Fields.With(op.Set, op.Unset)}
	}
}

// follower is a socket that stays open and takes down which entries it was told.
type follower struct {
	p      *process
	socket *websocket.Conn

	from uint64 // where it began

	mu     sync.Mutex // guards all below
	at     uint64
	told   map[uint64]bool
	faults []string
	gone   bool // the socket has ended
}

// follow opens a socket on a process.
func (p *process) follow() *follower {
	p.t.Helper()
	socket := openSocket(p.t, p.url, p.jar)
	f := &follower{p: p, socket: socket, told: map[uint64]bool{}}
	if err := socket.WriteJSON(firstHello()); err != nil {
		p.t.Fatal(err)
	}
	var welcome wire.Welcome
	if err := socket.ReadJSON(&welcome); err != nil || welcome.Type != "welcome" {
		p.t.Fatalf("%+v (%v) instead of a welcome", welcome, err)
	}
	f.from, f.at = welcome.Position.Offset, welcome.Position.Offset
	go f.read()
	return f
}

func (f *follower) read() {
	for {
		var m struct {
			wire.EntriesFrame
			Offset uint64 `json:"offset"` // of a heartbeat
			Reason string `json:"reason"` // of a bye
		}
		err := f.socket.ReadJSON(&m)
		f.mu.Lock()
		switch {
		case err != nil:
			f.gone = true
		case m.Type == "entries" && m.After == f.at:
			f.at = m.UpTo
			for _, e := range m.Entries {
				f.told[e.Offset] = true
			}
		case m.Type == "heartbeat" && m.Offset == f.at, m.Type == "progress", m.Type == "presence":
		default:
			f.faults = append(f.faults, fmt.Sprintf("[A7] a socket at %d is told %+v", f.at, m))
		}
		gone := f.gone
		f.mu.Unlock()
		if gone {
			return
		}
	}
}

// end waits until the socket has brought all that was acknowledged. It must not
// have ended, nor left anything out.
func (f *follower) end(acknowledged []acknowledged) {
	f.p.t.Helper()
	missing := map[uint64]string{}
	for _, a := range acknowledged {
		if a.offset > f.from && a.name != "import.start" { // of an import itself nobody is told
			missing[a.offset] = a.name
		}
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) { // a socket has no channel to wait on
		f.mu.Lock()
		maps.DeleteFunc(missing, func(offset uint64, _ string) bool { return f.told[offset] })
		faults, gone := f.faults, f.gone
		f.mu.Unlock()
		for _, fault := range faults {
			f.p.t.Error(fault)
		}
		switch {
		case gone:
			f.p.t.Error("[A7] the socket has ended")
		case len(missing) > 0 && time.Now().Before(deadline) && len(faults) == 0:
			continue
		case len(missing) > 0:
			f.p.t.Errorf("[A7] the socket was not told of %v", missing)
		}
		return
	}
}
