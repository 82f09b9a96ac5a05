package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fasthttp/websocket"

	"rapport/server/crm"
	"rapport/server/wire"
	"rapport/server/workspace"
)

// What people and programs send that no page of ours would, to a whole server.
// Whatever it is, it is refused in words, nothing of it is kept, and the next
// request is answered.
func TestAttacks(t *testing.T) {
	w := newCompany(t)
	for _, attack := range []struct {
		name string
		do   func(t *testing.T, w *world)
	}{
		{"[C2] sixteen people move one deal from one version", sixteenMoves},
		{"[D31] what is hidden is refused as quickly as what is not there", hiddenIsAsQuick},
		{"[F6] a session in the address, or in the handshake", sessionElsewhere},
		{"[G3] [G14] requests that are two, and what is no request", oddRequests},
		{"[G15] an upload that breaks off", brokenUpload},
		{"[G7] [H1] keys that mean something to a database or a browser", hostileKeys},
		{"[H2] values of another shape", hostileValues},
		{"[H8] a search that looks like a pattern", hostileSearches},
		{"[H12] text that is hard to show", hardText},
		{"[L8] a hundred wrong passwords at once", passwordStorm},
		{"[L9] many write into one deal at once", hotDeal},
	} {
		t.Run(attack.name, func(t *testing.T) {
			attack.do(t, w)
			if a := w.person(wVera).ask(http.MethodGet, "/api/v1/bootstrap", nil); a.status != http.StatusOK {
				t.Errorf("afterwards: %d %s", a.status, a.body)
			}
		})
	}
}

func (w *world) versionOf(id crm.ID) (version uint64) {
	w.look(func(s *workspace.State) {
		rec, _ := s.Get(id)
		version = rec.Version
	})
	return version
}

// hiddenIsAsQuick compares medians of many answers, taken in turn.
func hiddenIsAsQuick(t *testing.T, w *world) {
	guest := w.person(wEd)
	var title string
	w.look(func(s *workspace.State) {
		rec, _ := s.Get(theDeal)
		title = rec.Fields.String("title")
	})
	for _, tt := range []struct {
		path           string
		hidden, absent string
		status         int
	}{
		{"/api/v1/records/%s", string(theDeal), string(neverMade), http.StatusNotFound},
		{"/api/v1/records/%s/history", string(theDeal), string(neverMade), http.StatusNotFound},
		{"/api/v1/records/%s/readers", string(theDeal), string(neverMade), http.StatusNotFound},
		{"/api/v1/boards/%s", string(wBoard), string(neverMade), http.StatusNotFound},
		{"/api/v1/imports/%s", string(theDeal), string(neverMade), http.StatusNotFound},
		{"/api/v1/records?type=deal&q=%s", escaped(title), escaped(strings.Repeat("x", len(title))), http.StatusOK},
	} {
		var hidden, absent []time.Duration
		ask := func(word string) time.Duration {
			path := fmt.Sprintf(tt.path, word)
			began := time.Now()
			a := guest.ask(http.MethodGet, path, nil)
			took := time.Since(began)
			if a.status != tt.status || tt.status == http.StatusOK && strings.Contains(a.body, title) {
				t.Fatalf("%s: %d %s", path, a.status, a.body)
			}
			return took
		}
		for range 2000 / slowdown {
			hidden, absent = append(hidden, ask(tt.hidden)), append(absent, ask(tt.absent))
		}
		slices.Sort(hidden)
		slices.Sort(absent)
		a, b := hidden[len(hidden)/2], absent[len(absent)/2]
		if apart := max(a, b) - min(a, b); apart > max(2*time.Millisecond, max(a, b)/10)*slowdown {
			t.Errorf("%s: %v for what is hidden, %v for what is not there", tt.path, a, b)
		}
	}
}

func sessionElsewhere(t *testing.T, w *world) {
	token := wToken(wVera)
	nobody := newTap(t, w.node.url, "", nil)
	for _, query := range []string{"token", "session", "rapport", "access_token"} {
		if a := nobody.ask(http.MethodGet, "/api/v1/bootstrap?"+query+"="+token, nil); a.status != http.StatusUnauthorized {
			t.Errorf("%s in the address: %d", query, a.status)
		}
	}
	if a := nobody.ask(http.MethodGet, "/api/v1/bootstrap", nil, "Authorization", "Bearer "+token); a.status != http.StatusUnauthorized {
		t.Errorf("a bearer token: %d", a.status)
	}
	for name, dialer := range map[string]websocket.Dialer{
		"?token=" + token:   {Subprotocols: []string{wire.Subprotocol}},
		"?rapport=" + token: {Subprotocols: []string{wire.Subprotocol, "token." + token}},
	} {
		socket, res, err := dialer.Dial("ws"+strings.TrimPrefix(w.node.url, "http")+"/api/v1/stream"+name, http.Header{"Origin": {w.node.url}})
		if err == nil {
			_ = socket.Close()
			t.Errorf("%s opens a socket", name[:8])
			continue
		}
		if res == nil || res.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: %v", name[:8], err)
		}
		if res != nil {
			_ = res.Body.Close()
		}
	}
}

// oddRequests go by hand over one connection each; what comes back is counted.
func oddRequests(t *testing.T, w *world) {
	host := strings.TrimPrefix(w.node.url, "http://")
	second := "GET /smuggled HTTP/1.1\r\nHost: " + host + "\r\n\r\n"
	post := "POST /api/v1/session HTTP/1.1\r\nHost: " + host + "\r\nContent-Type: application/json\r\n"
	for _, tt := range []struct {
		name, raw string
		answers   int // at most
		ok        bool
	}{
		{"a length and chunks", post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + second, 1, false},
		{"two lengths", post + fmt.Sprintf("Content-Length: 0\r\nContent-Length: %d\r\n\r\n", len(second)) + second, 1, false},
		{"a length with a sign", post + fmt.Sprintf("Content-Length: +%d\r\n\r\n", len(second)) + second, 1, false},
		{"a folded header", "GET /healthz HTTP/1.1\r\nHost: " + host + "\r\nX-A: b\r\n c: d\r\nConnection: close\r\n\r\n", 1, true},
		{"a blank before the colon", "GET /healthz HTTP/1.1\r\nHost: " + host + "\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + second, 1, false},
		{"another coding", post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + second, 1, false},
		{"HTTP/1.0", "GET /healthz HTTP/1.0\r\n\r\n", 1, true},
		{"two in a row", "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nGET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 2, true},
		{"HTTP/2 without asking", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00", 1, false},
		{"TLS", "\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03 hello hello hello\r\n\r\n", 1, false},
		{"a zero in the address", "GET /heal\x00thz HTTP/1.1\r\nHost: a\r\n\r\n", 1, false},
		{"10 kB of address", "GET /api/" + strings.Repeat("a", 10_000) + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 1, true},
		{"20 kB of a header", "GET /healthz HTTP/1.1\r\nHost: a\r\nX-A: " + strings.Repeat("a", 20_000) + "\r\n\r\n", 1, false},
	} {
		conn, err := net.Dial("tcp", host)
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(2 * time.Second)) // an open end is no answer
		if _, err := io.WriteString(conn, tt.raw); err != nil {
			t.Fatal(err)
		}
		var statuses []int
		for in := bufio.NewReader(conn); ; {
			res, err := http.ReadResponse(in, nil)
			if err != nil {
				break
			}
			_, _ = io.Copy(io.Discard, res.Body)
			_ = res.Body.Close()
			statuses = append(statuses, res.StatusCode)
		}
		_ = conn.Close()
		well := len(statuses) > 0 && statuses[0] < http.StatusInternalServerError
		if len(statuses) > tt.answers || tt.ok && !well || slices.Contains(statuses, http.StatusInternalServerError) {
			t.Errorf("%s: %v", tt.name, statuses)
		}
	}
}

// brokenUpload cuts more uploads than there are places to read one in, and as many
// answers. Nothing of them stays: no file, nobody who waits for the rest.
func brokenUpload(t *testing.T, w *world) {
	const broken = 30
	host := strings.TrimPrefix(w.node.url, "http://")
	vera := w.person(wVera)
	vera.get("/api/v1/bootstrap", &wire.Bootstrap{})
	files, goroutines := filesIn(t, w.dir), runtime.NumGoroutine()
	for _, request := range []string{
		"POST /api/v1/imports HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\nCookie: rapport=%s\r\nContent-Type: text/csv\r\nContent-Length: 100000\r\n\r\nname,stage\nhalf a fi",
		"GET /api/v1/openapi.json HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\nCookie: rapport=%s\r\n\r\n",
	} {
		for range broken {
			conn, err := net.Dial("tcp", host)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = fmt.Fprintf(conn, request, host, w.node.url, wToken(wVera))
			_ = conn.Close()
		}
	}
	for limit := time.Now().Add(10 * time.Second * slowdown); runtime.NumGoroutine() > goroutines+broken/3; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), goroutines)
		}
	}
	if now := filesIn(t, w.dir); !slices.Equal(now, files) {
		t.Errorf("left: %q, before %q", now, files)
	}
	if a := vera.ask(http.MethodPost, "/api/v1/imports", asFile("product,deal_stage\nChairs,new\n"), "X-File-Name", "whole.csv"); a.status != http.StatusCreated {
		t.Errorf("a whole one afterwards: %d %s", a.status, a.body)
	}
	var list wire.ImportList
	vera.get("/api/v1/imports", &list)
	if len(list.Imports) != 1 {
		t.Errorf("%d imports, want the whole one", len(list.Imports))
	}
	if now := filesIn(t, w.dir); len(now) != len(files)+1 {
		t.Errorf("%d files, want the whole one and %d of before", len(now), len(files))
	}
}

// filesIn lists what people have uploaded into a workspace.
func filesIn(t *testing.T, dir string) (names []string) {
	t.Helper()
	found, err := os.ReadDir(filepath.Join(dir, "files"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		names = append(names, f.Name())
	}
	return names
}

var keysOfOthers = []string{
	"$where", "$set", "$gt", "a.b", "", strings.Repeat("k", 1000), "nul\x00", "__proto__", "constructor", "_id",
	"title ", "Title", "fields.", "fields.$set", "fields.__proto__", "fields.a.b", "fields.unknown", "\u202etitle", "tit\u200ble", "ti\u0301tle",
}

// keysOfTheServer are written by the server alone.
var keysOfTheServer = []string{
	"id", "v", "createdAt", "createdBy", "updatedAt", "trashedAt", "order", "stageSince",
	"version", "offset", "workspace", "workspaceId", "owner", "role", "isAdmin", "department", "type", "epoch", "audience",
}

func hostileKeys(t *testing.T, w *world) {
	vera := w.person(wVera)
	before := w.node.ws.Position()
	for _, key := range slices.Concat(keysOfOthers, keysOfTheServer) {
		for name, args := range map[string]map[string]any{
			"record.edit":   {"id": theDeal, "basedOn": 1, "values": map[string]any{key: "x"}},
			"record.create": {"type": "deal", "id": crm.NewID(time.Now()), "values": map[string]any{"title": "x", key: "x"}},
			"deal.move":     {"id": theDeal, "basedOn": w.versionOf(theDeal), "stageId": "talk", "values": map[string]any{key: "x"}},
		} {
			a := w.command(vera, name, args)
			if a.status != http.StatusBadRequest && a.status != http.StatusForbidden {
				t.Errorf("%s with the key %q: %d %s", name, key, a.status, a.body)
			}
			var p wire.Problem
			decode(t, []byte(a.body), &p)
			if slices.Contains(keysOfTheServer, key) && !slices.ContainsFunc(slices.Collect(maps.Keys(p.Fields)), func(place string) bool { return strings.Contains(place, key) }) {
				t.Errorf("%s with the key %q does not name it: %s", name, key, a.body)
			}
		}
		if strings.HasPrefix(key, "fields.") || slices.Contains(keysOfTheServer, key) {
			continue // a custom field may be named like that: its key begins with "fields."
		}
		a := w.command(w.person(wAna), "field.define", map[string]any{"id": w.newID(), "recordType": "deal", "key": key, "kind": "text", "labels": map[string]any{"en": "x"}})
		if a.status != http.StatusBadRequest {
			t.Errorf("a field with the key %q: %d %s", key, a.status, a.body)
		}
	}
	if after := w.node.ws.Position(); after != before {
		t.Errorf("something was written: %d entries", after.Offset-before.Offset)
	}
}

func hostileValues(t *testing.T, w *world) {
	vera := w.person(wVera)
	before := w.node.ws.Position()
	for _, value := range []any{
		map[string]any{"$gt": ""}, map[string]any{"$regex": ".*"}, map[string]any{"$where": "sleep(1000)"}, map[string]any{"$oid": "507f1f77bcf86cd799439011"},
		map[string]any{"$code": "x"}, []any{"x"}, []any{map[string]any{}}, map[string]any{}, true, 1.5,
	} {
		for _, key := range []string{"title", "customerId", "departmentId", "ownerId", "fields.season", "fields.hotline", "amount", "notes"} {
			a := w.command(vera, "record.edit", map[string]any{"id": theDeal, "basedOn": 1, "values": map[string]any{key: value}})
			if a.status != http.StatusBadRequest {
				t.Errorf("%s = %v: %d %s", key, value, a.status, a.body)
			}
		}
		for _, args := range []map[string]any{
			{"id": value, "basedOn": 1, "values": map[string]any{}}, {"id": theDeal, "basedOn": value, "values": map[string]any{}}, {"id": theDeal, "basedOn": 1, "values": value},
		} {
			if _, plain := value.(map[string]any); plain && args["values"] != nil && len(value.(map[string]any)) == 0 {
				continue // no values at all are none to refuse
			}
			if a := w.command(vera, "record.edit", args); a.status != http.StatusBadRequest {
				t.Errorf("%v: %d %s", args, a.status, a.body)
			}
		}
	}
	if after := w.node.ws.Position(); after != before {
		t.Errorf("something was written: %d entries", after.Offset-before.Offset)
	}
}

func hostileSearches(t *testing.T, w *world) {
	vera := w.person(wVera)
	for _, words := range []string{"(a+)+$", ".*", "[", "\\", "^oak", "$where", "%_%", strings.Repeat("(a+)+", 700) + "$", strings.Repeat("qa ", 1000), strings.Repeat("é", 1500), "\u202e", "' OR 1=1 --"} {
		began := time.Now()
		a := vera.ask(http.MethodGet, "/api/v1/records?type=deal&q="+escaped(words), nil)
		var list wire.RecordList
		_ = json.Unmarshal([]byte(a.body), &list)
		if a.status >= http.StatusInternalServerError || len(list.Records) > 0 {
			t.Errorf("%.20q: %d, %d found", words, a.status, len(list.Records))
		}
		if took := time.Since(began); took > 500*time.Millisecond*slowdown {
			t.Errorf("%.20q took %v", words, took)
		}
	}
}

func escaped(text string) string {
	var out bytes.Buffer
	for _, b := range []byte(text) {
		fmt.Fprintf(&out, "%%%02X", b)
	}
	return out.String()
}

func hardText(t *testing.T, w *world) {
	vera := w.person(wVera)
	for _, text := range []string{
		"e" + strings.Repeat("\u0301", 200), "👩‍👩‍👧‍👦 family", "admin \u202ecod.exe", "zero\u200bwidth", strings.Repeat("W", 400),
		"<img src=x onerror=alert(1)>", "{{7*7}} ${7*7} %s %n", "مرحبا \u200e שלום", "=cmd|' /C calc'!A0", "line \u2028 separator",
	} {
		a := w.command(vera, "record.edit", map[string]any{"id": theDeal, "basedOn": w.versionOf(theDeal), "values": map[string]any{"title": text}})
		var shown wire.RecordView
		vera.get("/api/v1/records/"+string(theDeal), &shown)
		if got := shown.Record.Fields["title"]; a.status != http.StatusOK || got != text {
			t.Errorf("%q: %d, kept as %q", text, a.status, got)
		}
		var board wire.BoardView
		vera.get("/api/v1/boards/"+string(wBoard), &board)
		if !slices.ContainsFunc(board.Tables, func(table wire.Table) bool { return holds(table, theDeal, text) }) {
			t.Errorf("%q is not on the board", text)
		}
	}
	for _, text := range []string{"nul\x00", "bell\a", "\x1b[31mred", "two\nlines", "  \u200b ", strings.Repeat("x", 501)} {
		a := w.command(vera, "record.edit", map[string]any{"id": theDeal, "basedOn": w.versionOf(theDeal), "values": map[string]any{"title": text}})
		if a.status != http.StatusBadRequest || !strings.Contains(a.body, `"title"`) {
			t.Errorf("%.20q: %d %s", text, a.status, a.body)
		}
	}
	w.command(vera, "record.edit", map[string]any{"id": theDeal, "basedOn": w.versionOf(theDeal), "values": map[string]any{"title": "Oak desks"}})
}

// holds reports whether the row of a record has a value.
func holds(table wire.Table, id crm.ID, value string) bool {
	for _, row := range table.Rows {
		if row[0] == string(id) && slices.Contains(row[3:], any(value)) {
			return true
		}
	}
	return false
}

// passwordStorm keeps all who may hash busy; whoever is signed in goes on, and his
// socket brings what is written meanwhile.
func passwordStorm(t *testing.T, w *world) {
	watcher := w.person(wVera)
	watcher.listen(wire.Hello{Screen: string(w.newID())})
	watcher.awaitOne("the welcome", func(text string) bool { return messageOf(t, text).Type == "welcome" })
	var guessers sync.WaitGroup
	for n := range 100 {
		guessers.Go(func() {
			p := newTap(t, w.node.url, "", nil)
			if a := p.ask(http.MethodPost, "/api/v1/session", map[string]any{"email": fmt.Sprintf("nobody%d@example.com", n), "password": "a wrong guess"}); a.status >= http.StatusInternalServerError && a.status != http.StatusServiceUnavailable {
				t.Errorf("a guess: %d %s", a.status, a.body)
			}
		})
	}
	slowest, heard := time.Duration(0), time.Duration(0)
	for i := range 20 {
		began := time.Now()
		if a := w.person(wVera).ask(http.MethodGet, "/api/v1/records?type=deal", nil); a.status != http.StatusOK {
			t.Errorf("meanwhile: %d", a.status)
		}
		slowest = max(slowest, time.Since(began))
		words := fmt.Sprint("written in the storm, ", i)
		began = time.Now()
		if a := w.command(w.person(wVera), "record.edit", map[string]any{"id": theDeal, "basedOn": w.versionOf(theDeal), "values": map[string]any{"nextStep": words}}); a.status != http.StatusOK {
			t.Errorf("meanwhile: %d %s", a.status, a.body)
		}
		watcher.await("what was written", func(frames []string, gone bool) bool {
			if gone {
				t.Fatal("the socket was closed")
			}
			return slices.ContainsFunc(frames, func(text string) bool { return strings.Contains(text, words) })
		})
		heard = max(heard, time.Since(began))
		watcher.take()
	}
	guessers.Wait()
	if slowest > time.Second*slowdown || heard > time.Second*slowdown {
		t.Errorf("somebody who is signed in waited %v for an answer, and %v for what was written to be on a screen", slowest, heard)
	}
	watcher.hangUp()
}

// hotDeal lets many write into one field of one deal, each again until he is heard.
// Nothing of it is lost or told twice, and who works on another deal does not wait.
func hotDeal(t *testing.T, w *world) {
	const writers, each = 8, 30
	basedOn := w.versionOf(theDeal)
	watcher := w.person(wVera)
	watcher.listen(wire.Hello{Screen: string(w.newID())})
	watcher.awaitOne("the welcome", func(text string) bool { return messageOf(t, text).Type == "welcome" })

	var people sync.WaitGroup
	for n := range writers {
		people.Go(func() {
			version := basedOn
			for i := range each {
				version = insist(t, w, fmt.Sprintf("writer %d, word %d", n, i), version)
			}
		})
	}
	slowest := time.Duration(0)
	for i := range 20 {
		began := time.Now()
		other := fixedID("deal", 2)
		a := w.command(w.person(wVera), "record.edit", map[string]any{"id": other, "basedOn": w.versionOf(other), "values": map[string]any{"nextStep": fmt.Sprint("quiet ", i)}})
		if a.status != http.StatusOK {
			t.Errorf("meanwhile: %d %s", a.status, a.body)
		}
		slowest = max(slowest, time.Since(began))
	}
	people.Wait()
	if slowest > time.Second*slowdown {
		t.Errorf("somebody with another deal waited %v", slowest)
	}
	last := basedOn + writers*each
	if got := w.versionOf(theDeal); got != last {
		t.Errorf("version %d, want %d", got, last)
	}
	told := versionsTold(t, watcher, theDeal, last)
	words := map[string]bool{}
	for i, op := range told {
		if op.Version != basedOn+uint64(i)+1 { //nolint:gosec // counts to 240
			t.Fatalf("[SL6] after %d comes %d", basedOn+uint64(i), op.Version) //nolint:gosec // counts to 240
		}
		words[fmt.Sprint(op.Fields["nextStep"])] = true
	}
	if len(told) != writers*each || len(words) != writers*each {
		t.Errorf("%d changes told, with %d texts", len(told), len(words))
	}
	watcher.hangUp()
}

// insist writes into the deal, on top of whatever stands there, and returns the version it made.
func insist(t *testing.T, w *world, words string, basedOn uint64) uint64 {
	t.Helper()
	ana := w.person(wAna)
	for {
		a := ana.ask(http.MethodPost, "/api/v1/commands/record.edit", map[string]any{
			"commandId": crm.NewID(time.Now()), "id": theDeal, "basedOn": basedOn, "values": map[string]any{"nextStep": words},
		})
		var p wire.Problem
		var done wire.CommandResult
		switch _ = json.Unmarshal([]byte(a.body), &p); {
		case a.status == http.StatusOK && json.Unmarshal([]byte(a.body), &done) == nil && len(done.Records) == 1:
			return done.Records[0].Version
		case a.status == http.StatusConflict && p.Current != nil && p.Current.Version > basedOn:
			basedOn = p.Current.Version
		default:
			t.Errorf("%d %s", a.status, a.body)
			return basedOn
		}
	}
}

// versionsTold returns what a screen was told of a record, up to a version; frames
// have to follow one another.
func versionsTold(t *testing.T, p *tap, id crm.ID, last uint64) (told []wire.Op) {
	t.Helper()
	position := uint64(0)
	for len(told) == 0 || told[len(told)-1].Version < last {
		p.await("the last change", func(heard []string, _ bool) bool { return len(heard) > 0 })
		for _, text := range p.take() {
			m := messageOf(t, text)
			if m.Type == "welcome" {
				position = m.Position.Offset
			}
			if m.Type != "entries" {
				continue
			}
			if m.After != position {
				t.Fatalf("[SL6] at %d comes a frame after %d", position, m.After)
			}
			position = m.UpTo
			for _, raw := range m.Entries {
				var entry wire.Entry
				decode(t, raw, &entry)
				for _, op := range entry.Ops {
					if op.ID == string(id) {
						told = append(told, op)
					}
				}
			}
		}
	}
	return told
}

// What people write into names and addresses makes no lines of its own in the log.
func TestNobodyWritesLinesIntoTheLog(t *testing.T) {
	s := start(t, environment("RAPPORT_DATA", t.TempDir(), "RAPPORT_LOG_LEVEL", "debug"))
	t.Run("[G18] newlines, colours and quotes", func(t *testing.T) {
		evil := "x\n{\"level\":\"ERROR\",\"msg\":\"forged\"}\x1b[31m\""
		form := setupForm()
		form["name"], form["company"] = evil, evil
		s.do("POST", "/api/v1/setup", "", form)
		s.do("GET", "/"+escaped(evil), "", nil)
		s.do("GET", "/api/v1/records?q="+escaped(evil), "", nil)
		s.do("POST", "/api/v1/session", "", map[string]any{"email": evil, "password": evil})
		s.finish()
		for line := range strings.Lines(s.log.String()) {
			var parsed map[string]any
			if err := json.Unmarshal([]byte(line), &parsed); err != nil || parsed["msg"] == "forged" || strings.Contains(line, "\x1b") {
				t.Errorf("%v in %q", err, line)
			}
		}
	})
}
