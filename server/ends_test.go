package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"rapport/server/crm"
	"rapport/server/sqlitestore"
	"rapport/server/synclog"
	"rapport/server/testkit"
	"rapport/server/wire"
)

// departmentMade is the entry of a command that made a department.
func departmentMade(offset uint64, name string) synclog.Batch {
	now := time.Now().UTC().Truncate(time.Millisecond)
	op := synclog.Op{
		Type: crm.TypeDepartment, ID: crm.NewID(now), Version: 1,
		Set: crm.Pack(crm.Fields{"name": name, crm.KeyCreatedAt: now.Format("2006-01-02T15:04:05.000Z07:00")}),
	}
	return synclog.Batch{
		Workspace: crm.MainWorkspace,
		Entries:   []synclog.Entry{{Offset: offset, At: now, Actor: crm.System, Command: "department.create", Ops: []synclog.Op{op}}},
		Records:   []crm.Record{op.Apply(crm.Record{})},
	}
}

// [A3] A server is killed when it has stored a change and has told nobody yet:
// here the change goes into the store and no server says anything about it.
func TestWhatADeadServerStoredReachesEverybody(t *testing.T) {
	t.Run("[A3] the screens of another server, at once", func(t *testing.T) {
		db := testkit.Mongo(t)
		s := start(t, environment("MONGODB_URI", db.URI, "RAPPORT_DATABASE", db.Name))
		defer s.finish()
		cookie := s.setUp()
		socket := s.dial(cookie)
		defer socket.Close()
		if err := socket.WriteJSON(wire.Hello{Type: "hello", Protocol: wire.ProtocolVersion, Screen: string(crm.NewID(time.Now()))}); err != nil {
			t.Fatal(err)
		}
		receive[wire.Welcome](t, socket, "welcome")
		dead := db.Open(t)
		defer dead.Close() //nolint:errcheck // it has said what it had to say
		head, err := dead.Head(t.Context(), crm.MainWorkspace)
		if err == nil {
			err = dead.Append(t.Context(), departmentMade(head.Offset+1, "Tasting"))
		}
		if err != nil {
			t.Fatal(err)
		}
		frame := receive[wire.EntriesFrame](t, socket, "entries")
		if len(frame.Entries) != 1 || frame.Entries[0].Ops[0].Fields["name"] != "Tasting" {
			t.Errorf("[A3] frame %+v", frame)
		}
	})
	t.Run("[A3] those of the next one on the same folder", func(t *testing.T) {
		dir := t.TempDir()
		first := start(t, environment("RAPPORT_DATA", dir))
		cookie := first.setUp()
		first.finish()
		dead, err := sqlitestore.Open(t.Context(), dir, sqlitestore.Options{})
		if err != nil {
			t.Fatal(err)
		}
		head, err := dead.Head(t.Context(), crm.MainWorkspace)
		if err == nil {
			err = errors.Join(dead.Append(t.Context(), departmentMade(head.Offset+1, "Tasting")), dead.Close())
		}
		if err != nil {
			t.Fatal(err)
		}
		second := start(t, environment("RAPPORT_DATA", dir))
		defer second.finish()
		if res, body := second.do("GET", "/api/v1/bootstrap", cookie, nil); res.StatusCode != 200 || !strings.Contains(body, "Tasting") {
			t.Errorf("[A3] %d %s", res.StatusCode, body)
		}
	})
}

// setUp makes the company and returns the cookie of its admin.
func (s *server) setUp() (cookie string) {
	s.t.Helper()
	res, body := s.do("POST", "/api/v1/setup", "", setupForm())
	if res.StatusCode != 200 {
		s.t.Fatalf("%d %s", res.StatusCode, body)
	}
	cookie, _, _ = strings.Cut(res.Header.Get("Set-Cookie"), ";")
	return cookie
}

// [A14] A server is told to stop while people work: it ends in time and without
// an error, and whatever it said yes to is there.
func TestAServerIsStoppedUnderLoad(t *testing.T) {
	const people = 16
	dir := t.TempDir()
	p := newProcess(t, "MONGODB_URI=", "RAPPORT_DATA="+dir)
	p.start()
	p.setUp()
	var (
		mu    sync.Mutex // guards done
		done  []crm.ID
		asked atomic.Int64
		work  sync.WaitGroup
		under = make(chan struct{})
	)
	for i := range people {
		work.Go(func() {
			for n := 0; ; n++ {
				id := crm.NewID(time.Now())
				status, body := p.ask("POST", "/api/v1/commands/department.create", map[string]any{
					"commandId": crm.NewID(time.Now()), "id": id, "name": fmt.Sprintf("%d of %d", n, i), "parentId": "",
				})
				if asked.Add(1) == 10*people {
					close(under)
				}
				switch status {
				case http.StatusOK:
					mu.Lock()
					done = append(done, id)
					mu.Unlock()
				case 0, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
					return // it is gone, or going
				default:
					t.Errorf("[A14] %d %s", status, body)
					return
				}
			}
		})
	}
	<-under
	began := time.Now()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	err := p.cmd.Wait()
	if took := time.Since(began); err != nil || took > 10*time.Second*slowdown {
		t.Errorf("[A14] ended after %v with %v:\n%s", took, err, p.output.String())
	}
	p.cmd = nil
	work.Wait()
	if out := mustSay(t, environment("RAPPORT_DATA", dir), "check"); !strings.Contains(out, "All of it agrees") {
		t.Errorf("[A14] %s", out)
	}
	store, err := sqlitestore.Open(t.Context(), dir, sqlitestore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close() //nolint:errcheck // only read
	there := map[crm.ID]bool{}
	if _, err := store.Load(t.Context(), crm.MainWorkspace, func(rec crm.Record) error { there[rec.ID] = true; return nil }); err != nil {
		t.Fatal(err)
	}
	for _, id := range done {
		if !there[id] {
			t.Errorf("[A14] department %s was acknowledged and is gone", id)
		}
	}
	t.Logf("%d commands were done", len(done))
}

// ask sends JSON. status is 0 when no answer came.
func (p *process) ask(method, path string, body any) (status int, answer string) {
	raw, err := json.Marshal(body)
	if err != nil {
		p.t.Error(err)
		return 0, ""
	}
	req, err := http.NewRequest(method, p.url+path, bytes.NewReader(raw))
	if err != nil {
		p.t.Error(err)
		return 0, ""
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Origin", p.url)
	req.Header.Set("Cookie", p.jar)
	res, err := p.http.Do(req)
	if err != nil {
		return 0, ""
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, ""
	}
	return res.StatusCode, string(text)
}
