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
		if err := socket.WriteJSON(firstHello()); err != nil {
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

// [A14] A server is told to stop while people work: what was on its way is answered,
// screens are told to come back, it ends in time and without an error, and whatever
// it said yes to is there.
func TestAServerIsStoppedUnderLoad(t *testing.T) {
	for _, on := range []struct {
		name  string
		place func(t *testing.T) []string
		open  func(t *testing.T, env []string) synclog.Store
	}{
		{
			"the embedded store",
			func(t *testing.T) []string { return []string{"MONGODB_URI", "", "RAPPORT_DATA", t.TempDir()} },
			func(t *testing.T, env []string) synclog.Store {
				store, err := sqlitestore.Open(t.Context(), env[3], sqlitestore.Options{})
				if err != nil {
					t.Fatal(err)
				}
				return store
			},
		},
		{
			"the shared store",
			func(t *testing.T) []string {
				db := testkit.Mongo(t)
				return []string{"MONGODB_URI", db.URI, "RAPPORT_DATABASE", db.Name}
			},
			func(t *testing.T, env []string) synclog.Store {
				return testkit.Database{URI: env[1], Name: env[3]}.Open(t)
			},
		},
	} {
		t.Run("[A14] "+on.name, func(t *testing.T) {
			env := on.place(t)
			done, onWay := stopUnderLoad(t, env[0]+"="+env[1], env[2]+"="+env[3])
			if out := mustSay(t, environment(env...), "check"); !strings.Contains(out, "All of it agrees") {
				t.Errorf("[A14] %s", out)
			}
			store := on.open(t, env)
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
			if onWay == 0 && on.name == "the shared store" { // the embedded one may be too fast for that
				t.Error("[A14] nothing was on its way, which proves nothing")
			}
			t.Logf("%d commands were done, %d on their way", len(done), onWay)
		})
	}
}

// onItsWay is a command that was given while a server was stopped.
type onItsWay struct {
	began, ended time.Time
	answered     bool
}

// readIn is how long a request may lie in the kernel before the server has read it:
// with a connection that it takes for idle it closes that, too.
const readIn = 5 * time.Millisecond

// stopUnderLoad stops a server to which sixteen people give commands, and returns
// what they were told is
// done, and how many commands were on their way.
func stopUnderLoad(t *testing.T, env ...string) (done []crm.ID, onWay int) {
	t.Helper()
	const people = 16
	p := newProcess(t, env...)
	p.start()
	p.setUp()
	screens := []*hearing{p.listens(p.jar), p.listens(p.jar), p.listens(p.jar)}
	var (
		mu    sync.Mutex // guards done and given
		given []onItsWay
		asked atomic.Int64
		work  sync.WaitGroup
		under = make(chan struct{})
	)
	for i := range people {
		work.Go(func() {
			for n := 0; ; n++ {
				id, began := crm.NewID(time.Now()), time.Now()
				status, body := p.ask("POST", "/api/v1/commands/department.create", map[string]any{
					"commandId": crm.NewID(time.Now()), "id": id, "name": fmt.Sprintf("%d of %d", n, i), "parentId": "",
				})
				if asked.Add(1) == 10*people {
					close(under)
				}
				mu.Lock()
				given = append(given, onItsWay{began, time.Now(), status != 0})
				switch status {
				case http.StatusOK:
					done = append(done, id)
				case 0, http.StatusServiceUnavailable, http.StatusGatewayTimeout: // it is gone, or going
				default:
					t.Errorf("[A14] %d %s", status, body)
				}
				mu.Unlock()
				if status != http.StatusOK {
					return
				}
			}
		})
	}
	<-under
	told := time.Now()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	err := p.cmd.Wait()
	if took := time.Since(told); err != nil || took > 10*time.Second*slowdown {
		t.Errorf("[A14] ended after %v with %v:\n%s", took, err, p.output.String())
	}
	p.cmd = nil
	work.Wait()
	for _, c := range given {
		if !c.began.Before(told.Add(-readIn)) || !c.ended.After(told) {
			continue
		}
		onWay++
		if !c.answered {
			t.Errorf("[A14] a command that was given %v before the stop was not answered", told.Sub(c.began))
		}
	}
	for _, h := range screens {
		<-h.ended
		if bye := h.bye.Load(); bye == nil || *bye != wire.ByeRestart {
			t.Errorf("[A14] [SL28] a screen was told %v", bye)
		}
	}
	return done, onWay
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
