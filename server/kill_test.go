package main

import (
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rapport/server/crm"
	"rapport/server/sqlitestore"
	"rapport/server/synclog"
	"rapport/server/testkit"
	"rapport/server/wire"
)

// readyLimit is how long it may take from a kill until the server that was
// started again, or whose database was, has done a command. Race detection and
// other tests on the same cores are added.
const readyLimit = 3 * time.Second * slowdown

// [A1] [A2] [A7] While people move, edit, comment, throw away, undo and import, something is
// killed with -9, again and again. After each kill, whatever was acknowledged
// before is there, once: the same command given again is known, at its offset,
// and every version of every record has its entry. No import or undo is half
// there in the end. Where the database is killed, a socket stays open and misses
// nothing.
//
// Acknowledged commands are given again after each kill. That the documents are what
// the entries make of them is looked at after each kill on the embedded store; on
// MongoDB, which takes seconds to read all of them, after every tenth, and on both
// at the end.
func TestWhatIsAcknowledgedSurvivesKill9(t *testing.T) {
	for _, on := range []struct {
		name  string
		row   string
		kills int
		open  func(t *testing.T) *siege
	}{
		{"the server on the embedded store", "A1] [A2", *kills, func(t *testing.T) *siege {
			dir := t.TempDir()
			node := newProcess(t, "MONGODB_URI=", "RAPPORT_DATA="+dir)
			open := func(dir string) synclog.Store {
				store, err := sqlitestore.Open(t.Context(), dir, sqlitestore.Options{Log: slog.New(slog.DiscardHandler)})
				if err != nil {
					t.Fatal(err)
				}
				return store
			}
			found := filepath.Join(t.TempDir(), "found")
			return &siege{
				t: t, nodes: []*process{node}, place: environment("RAPPORT_DATA", dir), store: func() synclog.Store { return open(dir) },
				kill: func(int) *process {
					node.kill()
					// What lies there is looked at in a copy: it is the server that has to cope with it.
					if err := errors.Join(os.RemoveAll(found), os.CopyFS(found, os.DirFS(dir))); err != nil {
						t.Fatal(err)
					}
					node.start()
					return node
				},
				found: func() synclog.Store { return open(found) }, every: 1,
			}
		}},
		{"one of two servers on MongoDB", "A1] [A2", *kills, func(t *testing.T) *siege {
			db := testkit.Mongo(t)
			env := []string{"MONGODB_URI=" + db.URI, "RAPPORT_DATABASE=" + db.Name}
			nodes := []*process{newProcess(t, env...), newProcess(t, env...)}
			open := func() synclog.Store { return db.Open(t) }
			return &siege{
				t: t, nodes: nodes, place: environment("MONGODB_URI", db.URI, "RAPPORT_DATABASE", db.Name), store: open, found: open, every: 10,
				kill: func(round int) *process {
					nodes[round%2].kill()
					nodes[round%2].start()
					return nodes[round%2]
				},
			}
		}},
		{"the database server", "A7", max(3, *kills/4+1), func(t *testing.T) *siege {
			db := testkit.KillableMongo(t)
			node := newProcess(t, "MONGODB_URI="+db.URI, "RAPPORT_DATABASE="+db.Name)
			open := func() synclog.Store { return db.Open(t) }
			return &siege{
				t: t, nodes: []*process{node}, place: environment("MONGODB_URI", db.URI, "RAPPORT_DATABASE", db.Name), store: open, found: open, every: 10,
				kill:    func(int) *process { db.Kill(); db.Restart(); return node },
				follows: true,
			}
		}},
	} {
		t.Run(fmt.Sprintf("[%s] %s", on.row, on.name), func(t *testing.T) {
			s := on.open(t)
			s.random = rand.New(rand.NewPCG(*seed, 0)) //nolint:gosec // a seed is to be repeated
			s.run(on.kills)
		})
	}
}

// siege is a company at work under fire.
type siege struct {
	t      *testing.T
	nodes  []*process
	place  func(string) string            // the settings of their store
	kill   func(round int) (hit *process) // returns who has to cope with it
	store  func() synclog.Store           // what lies in the store
	found  func() synclog.Store           // what lay there after a kill, or lies there since
	every  int                            // after how many kills it is looked at: reading all of it takes a database seconds
	random *rand.Rand                     // of the one who kills
	stages []string
	deal   string // on which a comment shows that commands are done again

	follows bool   // a socket stays open all the while
	log     replay // the entries so far

	stop   chan struct{}
	people sync.WaitGroup
	pause  sync.RWMutex // held for writing while what was acknowledged is checked

	mu           sync.Mutex // guards acknowledged
	acknowledged []acknowledged
	imports      atomic.Int32
	ended        []wire.Import // as they ended; of the one who imports
}

// acknowledged is a command that was answered with yes.
type acknowledged struct {
	name   string
	args   map[string]any // with its commandId
	offset uint64
}

const siegePeople = 6

func (s *siege) run(rounds int) {
	for i, n := range s.nodes {
		n.start()
		if i == 0 {
			n.setUp()
		}
		n.jar, n.seen = s.nodes[0].jar, s.nodes[0].seen
	}
	s.stages = s.nodes[0].firstStages()
	s.deal = string(crm.NewID(time.Now()))
	s.give(s.random, "record.create", map[string]any{"type": "deal", "id": s.deal, "values": map[string]any{"title": "Siege"}})
	var socket *follower
	if s.follows {
		socket = s.nodes[0].follow()
	}
	s.stop = make(chan struct{})
	for person := range siegePeople {
		s.people.Go(func() { s.work(rand.New(rand.NewPCG(*seed, uint64(person+1)))) }) //nolint:gosec // as above
	}
	s.people.Go(s.importAndUndo)
	checked, slowest := 0, time.Duration(0)
	for round := range rounds {
		pauseFor(s.t, time.Duration(20+s.random.IntN(200))*time.Millisecond)
		before, began := s.known(), time.Now()
		s.awaitDone(s.kill(round))
		slowest = max(slowest, time.Since(began))
		if round%s.every == 0 {
			s.checkLog(s.found(), before)
		}
		checked = s.checkAcknowledged(checked)
		if s.t.Failed() {
			break
		}
	}
	close(s.stop)
	s.people.Wait()
	s.checkEnds(s.random, s.ended...)
	checked = s.checkAcknowledged(checked)
	if socket != nil {
		socket.end(s.acknowledged)
	}
	for _, n := range s.nodes {
		n.kill()
	}
	s.checkLog(s.store(), s.acknowledged)
	if out, err := said(s.t, s.place, "check"); err != nil {
		s.t.Errorf("%v\n%s", err, out)
	}
	if slowest > readyLimit {
		s.t.Errorf("ready again after %s", slowest)
	}
	s.t.Logf("held %d kills, %d acknowledged commands, %d imports; ready again within %s", rounds, checked, s.imports.Load(), slowest.Round(time.Millisecond))
}

// known returns the commands that are acknowledged by now.
func (s *siege) known() []acknowledged {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.acknowledged)
}

// awaitDone gives a command that nobody gave before, and waits until the one who
// was hit has done it: what a page says of being ready may be of before.
func (s *siege) awaitDone(hit *process) {
	args := map[string]any{"id": crm.NewID(time.Now()), "recordId": s.deal, "text": "And now?"}
	if out, status := hit.command("comment.add", args); status != http.StatusOK || out.Repeated {
		s.t.Errorf("after the kill, a comment is answered with %d, repeated %v", status, out.Repeated)
	}
}

func (s *siege) stopped() bool {
	select {
	case <-s.stop:
		return true
	default:
		return false
	}
}

// give gives a command until it is answered, and notes the answer.
func (s *siege) give(random *rand.Rand, name string, args map[string]any) (answered, bool) {
	s.pause.RLock()
	defer s.pause.RUnlock()
	first := random.IntN(len(s.nodes))
	out, status := s.nodes[first].command(name, args, s.nodes[(first+1)%len(s.nodes)])
	if status != http.StatusOK || out.Offset == 0 {
		return out, status == http.StatusOK // nothing had to change: nothing to remember
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.acknowledged = append(s.acknowledged, acknowledged{name, args, out.Offset})
	return out, true
}

// work is what one person does with a deal of his own.
func (s *siege) work(random *rand.Rand) {
	deal := string(crm.NewID(time.Now()))
	out, ok := s.give(random, "record.create", map[string]any{"type": "deal", "id": deal, "values": map[string]any{"title": "Refit"}})
	if !ok {
		s.t.Error("no deal could be made")
		return
	}
	version, trashed := uint64(1), false
	for step := 0; !s.stopped(); step++ {
		name, args := "deal.move", map[string]any{"id": deal, "basedOn": version, "stageId": s.stages[step%len(s.stages)]}
		switch kind := random.IntN(6); {
		case trashed:
			name, args = "record.restore", map[string]any{"id": deal}
		case kind == 0:
			name, args = "record.trash", map[string]any{"id": deal}
		case kind == 1:
			name, args = "record.edit", map[string]any{"id": deal, "basedOn": version, "values": map[string]any{"title": fmt.Sprint("Refit ", step)}}
		case kind == 2:
			name, args = "comment.add", map[string]any{"id": crm.NewID(time.Now()), "recordId": deal, "text": "Still on it"}
		case kind == 3 && version > 1:
			name, args = "undo", map[string]any{"offset": out.Offset}
		}
		next, ok := s.give(random, name, args)
		if !ok {
			s.t.Errorf("%s was refused", name)
			return
		}
		if next.Offset == 0 || name == "comment.add" {
			continue
		}
		out = next
		version, trashed = version+1, true // the answer shows nothing of what is in the trash
		for _, rec := range next.Records {
			if rec.ID == deal {
				version, trashed = rec.Version, false
			}
		}
	}
}

// importAndUndo imports a file and takes it back, again and again.
func (s *siege) importAndUndo() {
	random := rand.New(rand.NewPCG(*seed, 99)) //nolint:gosec // as above
	var file strings.Builder
	file.WriteString("opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value\n")
	for n := range 60 {
		fmt.Fprintf(&file, "OP%d,,Item,Account %d,%s,2026-01-02,,\n", n, n%9, []string{"Prospecting", "Engaging"}[n%2])
	}
	for !s.stopped() {
		v, ok := s.upload(random, file.String())
		if !ok {
			return
		}
		if _, ok := s.give(random, "import.start", map[string]any{"id": v.ID, "settings": v.Settings}); !ok {
			s.t.Error("the import was not started")
			return
		}
		end := s.endOf(random, v.ID)
		if end.State != wire.ImportDone || end.Counts.Created == 0 || end.Counts.Refused > 0 {
			s.t.Errorf("the import ended as %+v", end)
			return
		}
		if _, ok := s.give(random, "undo", map[string]any{"group": v.ID}); !ok {
			s.t.Error("the import was not taken back")
			return
		}
		if left := s.total("deal"); left > siegePeople+1 {
			s.t.Errorf("%d deals after the import was taken back", left)
		}
		s.ended = append(s.ended, end)
		s.checkEnds(random, end)
		s.imports.Add(1)
	}
}

// any asks nodes until one answers.
func (s *siege) any(random *rand.Rand, method, path string, body, out any) int {
	deadline := time.Now().Add(time.Minute)
	for time.Now().Before(deadline) {
		status := s.nodes[random.IntN(len(s.nodes))].do(method, path, body, out)
		if status != 0 && status != http.StatusServiceUnavailable {
			return status
		}
		time.Sleep(5 * time.Millisecond) // it is being killed and started
	}
	return 0
}

func (s *siege) upload(random *rand.Rand, file string) (v wire.Import, ok bool) {
	status := s.any(random, http.MethodPost, "/api/v1/imports", rawBody(file), &v)
	if status != http.StatusCreated {
		s.t.Errorf("upload: %d", status)
	}
	return v, status == http.StatusCreated
}

func (s *siege) endOf(random *rand.Rand, id string) (v wire.Import) {
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if status := s.any(random, http.MethodGet, "/api/v1/imports/"+id, nil, &v); status != http.StatusOK {
			s.t.Errorf("import: %d", status)
			return v
		}
		if v.State != wire.ImportRunning && v.State != wire.ImportUploaded {
			return v
		}
	}
	return v
}

// checkEnds makes sure that imports are still as they ended: a server that was
// started meanwhile may have gone on with one.
func (s *siege) checkEnds(random *rand.Rand, ended ...wire.Import) {
	for _, end := range ended {
		if now := s.endOf(random, end.ID); now.State != end.State || now.Counts != end.Counts {
			s.t.Errorf("an import ended as %s %+v, and is %s %+v now", end.State, end.Counts, now.State, now.Counts)
		}
	}
}

func (s *siege) total(t string) int {
	var list wire.RecordList
	random := rand.New(rand.NewPCG(*seed, 98)) //nolint:gosec // as above
	if status := s.any(random, http.MethodGet, "/api/v1/records?limit=1&type="+t, nil, &list); status != http.StatusOK {
		s.t.Errorf("list: %d", status)
	}
	return list.Total
}

// checkAcknowledged gives every command that was acknowledged since the last
// check once more. It must be known, at the offset it was acknowledged at.
func (s *siege) checkAcknowledged(from int) (to int) {
	s.pause.Lock()
	defer s.pause.Unlock()
	for _, a := range s.acknowledged[from:] {
		out, status := s.nodes[0].again(a.name, a.args, s.nodes...)
		if status != http.StatusOK || out.Offset != a.offset || !out.Repeated {
			s.t.Errorf("[A2] %s, acknowledged at %d, given again: %d at %d, repeated %v", a.name, a.offset, status, out.Offset, out.Repeated)
		}
	}
	return len(s.acknowledged)
}
