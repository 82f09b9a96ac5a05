package main

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rapport/server/crm"
	"rapport/server/sqlitestore"
	"rapport/server/testkit"
	"rapport/server/wire"
	"rapport/server/workspace"
)

// clockedNode is a node with a clock of its own.
type clockedNode struct {
	*modelNode
	ahead atomic.Int64 // of this machine's clock, as a time.Duration
}

func newClockedNode(t *testing.T, db testkit.Database, ahead time.Duration) *clockedNode {
	n := &clockedNode{}
	n.set(ahead)
	n.modelNode = serveOn(t, &node{store: db.Open(t), log: slog.New(slog.DiscardHandler), now: n.now}, n.now, func(workspace.Change) {})
	t.Cleanup(n.stop)
	return n
}

func (n *clockedNode) now() time.Time          { return time.Now().Add(time.Duration(n.ahead.Load())) }
func (n *clockedNode) set(ahead time.Duration) { n.ahead.Store(int64(ahead)) }

// desk is somebody's browser, which speaks to both nodes and never sees an older
// state than before.
type desk struct {
	t      *testing.T
	cookie string
	seen   string // Rapport-Position
}

func (d *desk) at(n *clockedNode) *tap { return newTap(d.t, n.url, d.cookie, nil) }

func (d *desk) ask(n *clockedNode, method, path string, body any) answer {
	d.t.Helper()
	a := d.at(n).ask(method, path, body, "Rapport-Position", d.seen)
	if at := a.header.Get("Rapport-Position"); at != "" {
		d.seen = at
	}
	if cookie, _, _ := strings.Cut(a.header.Get("Set-Cookie"), ";"); cookie != "" {
		d.cookie = cookie
	}
	return a
}

// must is ask for what has to be done.
func (d *desk) must(n *clockedNode, method, path string, body, out any) {
	d.t.Helper()
	a := d.ask(n, method, path, body)
	if a.status >= 300 {
		d.t.Fatalf("%s %s: %d %s", method, path, a.status, a.body)
	}
	if out != nil {
		decode(d.t, []byte(a.body), out)
	}
}

func (d *desk) command(n *clockedNode, name string, args map[string]any) wire.CommandResult {
	d.t.Helper()
	var result wire.CommandResult
	args["commandId"] = crm.NewID(time.Now())
	d.must(n, http.MethodPost, "/api/v1/commands/"+name, args, &result)
	return result
}

// opens a socket that looks at a board.
func (d *desk) opens(n *clockedNode, board string) *tap {
	d.t.Helper()
	p := d.at(n)
	if !p.listen(firstHello()) {
		d.t.Fatal("no socket")
	}
	p.awaitOne("a welcome", func(text string) bool { return messageOf(d.t, text).Type == "welcome" })
	p.say(wire.Watch{Type: "watch", BoardID: board})
	return p
}

// Two nodes share a store, and their clocks are five minutes apart; then one of
// them jumps. Sessions, presence, imports and the order of things do not mind.
func TestNodesWhoseClocksDiffer(t *testing.T) {
	t.Parallel()
	db := testkit.Mongo(t)
	east, west := newClockedNode(t, db, 0), newClockedNode(t, db, 5*time.Minute)
	ana, paul := &desk{t: t}, &desk{t: t}
	ana.must(east, http.MethodPost, "/api/v1/setup", setupForm(), nil)
	var boot wire.Bootstrap
	ana.must(east, http.MethodGet, "/api/v1/bootstrap", nil, &boot)
	first := map[string]string{}
	for _, rec := range boot.Records {
		if _, known := first[rec.Type]; !known {
			first[rec.Type] = rec.ID
		}
	}
	board := first["board"]
	deal := string(crm.NewID(time.Now()))

	t.Run("[A16] an invitation of the one is good on the other, and so is the session", func(t *testing.T) {
		var link wire.Link
		ana.must(east, http.MethodPost, "/api/v1/invitations", map[string]any{
			"email": "paul@example.com", "name": "Paul", "departmentId": first["department"], "role": "lead",
		}, &link)
		paul.seen = ana.seen
		paul.must(west, http.MethodPost, "/api/v1/invitations/accept", map[string]any{
			"token": link.Token, "name": "Paul", "password": wPassword, "language": "en",
		}, nil)
		for _, n := range []*clockedNode{west, east} {
			if a := paul.ask(n, http.MethodGet, "/api/v1/devices", nil); a.status != http.StatusOK {
				t.Errorf("[A16] %d %s", a.status, a.body)
			}
		}
	})
	t.Run("[A16] a session that ends on the one ends on the other", func(t *testing.T) {
		form := setupForm()
		other := &desk{t: t, seen: ana.seen}
		other.must(west, http.MethodPost, "/api/v1/session", map[string]any{"email": form["email"], "password": form["password"]}, nil)
		cookie := other.cookie
		other.must(east, http.MethodGet, "/api/v1/bootstrap", nil, nil)
		other.must(west, http.MethodDelete, "/api/v1/session", nil, nil)
		other.cookie = cookie
		ended := time.Now()
		for other.ask(east, http.MethodGet, "/api/v1/bootstrap", nil).status != http.StatusUnauthorized {
			if time.Since(ended) > 2*time.Second*slowdown {
				t.Fatal("[A16] still signed in two seconds after it had ended on the other node")
			}
		}
	})
	t.Run("[A16] people see each other, and no longer when one goes", func(t *testing.T) {
		here, there := ana.opens(east, board), paul.opens(west, board)
		others := func(n int) func(string) bool {
			return func(text string) bool {
				var list wire.Presence
				_ = json.Unmarshal([]byte(text), &list)
				return list.Type == "presence" && len(list.People) == n
			}
		}
		here.awaitOne("Paul", others(1))
		there.awaitOne("Ana", others(1))
		here.take()
		there.hangUp()
		here.awaitOne("that Paul has gone", others(0))
		here.hangUp()
	})
	t.Run("[A16] an import is run once, whoever is asked how far it is", func(t *testing.T) {
		v := importWhole(east, west, ana, 1000)
		for _, n := range []*clockedNode{east, west} {
			var list wire.RecordList
			ana.must(n, http.MethodGet, "/api/v1/records?type=deal&limit=1", nil, &list)
			if list.Total != 1000 || v.Counts.Created != 1000 {
				t.Errorf("[A16] %d deals, %d of them made", list.Total, v.Counts.Created)
			}
		}
	})
	t.Run("[A16] history says when by the clock of who wrote, and goes by the order of the log", func(t *testing.T) {
		ana.command(east, "record.create", map[string]any{"type": "deal", "id": deal, "values": map[string]any{"title": "Refit"}})
		ahead := ana.command(west, "record.edit", map[string]any{"id": deal, "basedOn": 1, "values": map[string]any{"nextStep": "Call"}})
		back := ana.command(east, "record.edit", map[string]any{"id": deal, "basedOn": 2, "values": map[string]any{"nextStep": "Visit"}})
		var history wire.History
		ana.must(west, http.MethodGet, "/api/v1/records/"+deal+"/history", nil, &history)
		if len(history.Entries) != 3 || history.Entries[0].Offset != back.Offset || history.Entries[1].Offset != ahead.Offset {
			t.Fatalf("[A16] %+v", history.Entries)
		}
		later, earlier := momentOf(t, history.Entries[0].At), momentOf(t, history.Entries[1].At)
		if apart := earlier.Sub(later); apart < 4*time.Minute || apart > 6*time.Minute {
			t.Errorf("[A16] the entry of the node that is ahead says %v, the one after it %v", earlier, later)
		}
	})
	t.Run("[A15] a clock that jumps with sockets open", func(t *testing.T) {
		here, there := ana.opens(east, board), paul.opens(west, board)
		for _, jump := range []time.Duration{-time.Hour, 0, 48 * time.Hour, -24 * time.Hour} {
			west.set(jump)
			done := paul.command(west, "record.edit", map[string]any{
				"id": deal, "basedOn": versionAt(t, west, deal), "values": map[string]any{"nextStep": fmt.Sprint("after ", jump)},
			})
			for name, p := range map[string]*tap{"the other node": here, "the node that jumped": there} {
				p.awaitOne("the change on "+name, func(text string) bool { return messageOf(t, text).UpTo >= done.Offset })
			}
			if a := ana.ask(west, http.MethodGet, "/api/v1/devices", nil); a.status != http.StatusOK {
				t.Errorf("[A15] signed out by a jump of %v: %d", jump, a.status)
			}
		}
		after := uint64(0)
		for _, text := range there.take() {
			m := messageOf(t, text)
			if m.Type == "welcome" {
				after = m.Position.Offset
			}
			if m.Type != "entries" {
				continue
			}
			if m.After != after {
				t.Errorf("[A15] [SL6] at %d came a frame after %d", after, m.After)
			}
			after = m.UpTo
		}
		if there.gone || here.gone {
			t.Error("[A15] a jump ended a socket")
		}
		here.hangUp()
		there.hangUp()
	})
	t.Run("[A15] ten years later nobody is signed in on that node, and everybody on the other", func(t *testing.T) {
		west.set(10 * 365 * 24 * time.Hour)
		if a := ana.ask(west, http.MethodGet, "/api/v1/bootstrap", nil); a.status != http.StatusUnauthorized {
			t.Errorf("[A15] %d", a.status)
		}
		if paul.at(west).listen(wire.Hello{}) {
			t.Error("[A15] a socket is opened with a session that has expired")
		}
		ana.must(east, http.MethodGet, "/api/v1/bootstrap", nil, nil)
	})
}

func momentOf(t *testing.T, text string) time.Time {
	t.Helper()
	moment, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		t.Fatal(err)
	}
	return moment
}

// versionAt returns the version of a record as a node has it.
func versionAt(t *testing.T, n *clockedNode, id string) (version uint64) {
	t.Helper()
	n.ws.Peek(func(s *workspace.State) {
		rec, _ := s.Get(crm.ID(id))
		version = rec.Version
	})
	if version == 0 {
		t.Fatalf("%s is not there", id)
	}
	return version
}

// soleNode serves an empty workspace on the embedded store, set up by its founder.
func soleNode(t *testing.T) (n *clockedNode, founder *desk) {
	t.Helper()
	store, err := sqlitestore.Open(t.Context(), t.TempDir(), sqlitestore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	n = &clockedNode{modelNode: serveOn(t, &node{store: store, log: slog.New(slog.DiscardHandler)}, nil, func(workspace.Change) {})}
	t.Cleanup(n.stop)
	founder = &desk{t: t}
	founder.must(n, http.MethodPost, "/api/v1/setup", setupForm(), nil)
	return n, founder
}
