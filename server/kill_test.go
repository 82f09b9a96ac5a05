package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
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

// readyLimit is how long a restarted server may take to be ready; see design
// figure "start". Race detection and other tests on the same cores are added.
const readyLimit = 3 * time.Second * slowdown

// [A1] [A2] [A7] While people move, edit, comment, throw away, undo and import, something is
// killed with -9, again and again. After each kill, whatever was acknowledged
// before is there, once: the same command given again is known, at its offset.
// In the end every version of every record has its entry, and no import or
// undo is half there.
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
			open := func() synclog.Store {
				store, err := sqlitestore.Open(t.Context(), dir, sqlitestore.Options{})
				if err != nil {
					t.Fatal(err)
				}
				return store
			}
			return &siege{t: t, nodes: []*process{node}, store: open, kill: func(int) { node.kill(); node.start() }}
		}},
		{"one of two servers on MongoDB", "A1] [A2", *kills, func(t *testing.T) *siege {
			db := testkit.Mongo(t)
			env := []string{"MONGODB_URI=" + db.URI, "RAPPORT_DATABASE=" + db.Name}
			nodes := []*process{newProcess(t, env...), newProcess(t, env...)}
			open := func() synclog.Store { return db.Open(t) }
			return &siege{t: t, nodes: nodes, store: open, kill: func(round int) { nodes[round%2].kill(); nodes[round%2].start() }}
		}},
		{"the database server", "A7", max(3, *kills/4), func(t *testing.T) *siege {
			db := testkit.KillableMongo(t)
			node := newProcess(t, "MONGODB_URI="+db.URI, "RAPPORT_DATABASE="+db.Name)
			open := func() synclog.Store { return db.Open(t) }
			return &siege{t: t, nodes: []*process{node}, store: open, kill: func(int) { db.Kill(); db.Restart(); node.awaitReady() }}
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
	kill   func(round int)
	store  func() synclog.Store
	random *rand.Rand // of the one who kills
	stages []string

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
	s.stop = make(chan struct{})
	for person := range siegePeople {
		s.people.Go(func() { s.work(rand.New(rand.NewPCG(*seed, uint64(person+1)))) }) //nolint:gosec // as above
	}
	s.people.Go(s.importAndUndo)
	checked, slowest := 0, time.Duration(0)
	for round := range rounds {
		pauseFor(s.t, time.Duration(20+s.random.IntN(200))*time.Millisecond)
		began := time.Now()
		s.kill(round)
		slowest = max(slowest, time.Since(began))
		checked = s.checkAcknowledged(checked)
		if s.t.Failed() {
			break
		}
	}
	close(s.stop)
	s.people.Wait()
	s.checkEnds(s.random, s.ended...)
	checked = s.checkAcknowledged(checked)
	s.checkLog()
	if slowest > readyLimit {
		s.t.Errorf("ready again after %s", slowest)
	}
	s.t.Logf("held %d kills, %d acknowledged commands, %d imports; ready again within %s", rounds, checked, s.imports.Load(), slowest.Round(time.Millisecond))
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
		if left := s.total("deal"); left > siegePeople {
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

// checkLog makes sure that the documents are exactly what the entries make of
// them: each version of each record has one entry, and no batch is half there.
func (s *siege) checkLog() {
	for _, n := range s.nodes {
		n.kill()
	}
	store := s.store()
	defer store.Close()
	records := map[crm.ID]crm.Record{}
	position, err := store.Load(s.t.Context(), crm.MainWorkspace, func(rec crm.Record) error {
		records[rec.ID] = rec
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	made := map[crm.ID]crm.Record{}
	for after := uint64(0); after < position.Offset; {
		entries, err := store.Entries(s.t.Context(), crm.MainWorkspace, after, position.Offset)
		if err != nil || len(entries) == 0 {
			s.t.Fatalf("%d entries after %d of %d (%v)", len(entries), after, position.Offset, err)
		}
		for _, e := range entries {
			if e.Offset != after+1 {
				s.t.Fatalf("entry %d follows entry %d", e.Offset, after)
			}
			after = e.Offset
			for _, op := range e.Ops {
				rec := made[op.ID]
				if op.Version != rec.Version+1 {
					s.t.Errorf("entry %d makes version %d of %s, which is at %d", e.Offset, op.Version, op.ID, rec.Version)
				}
				made[op.ID] = crm.Record{Type: op.Type, ID: op.ID, Version: op.Version, Fields: rec.Fields.With(op.Set, op.Unset)}
			}
		}
	}
	if len(made) != len(records) {
		s.t.Errorf("%d documents, and entries make %d", len(records), len(made))
	}
	for id, rec := range records {
		if got := made[id]; got.Version != rec.Version || asJSON(got.Fields.Unpack()) != asJSON(rec.Fields.Unpack()) {
			s.t.Errorf("%s is %v, and its entries make %v", id, rec, got)
		}
	}
}
