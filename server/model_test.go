package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rapport/frontend"
	"rapport/server/access"
	"rapport/server/config"
	"rapport/server/crm"
	"rapport/server/httpapi"
	"rapport/server/sqlitestore"
	"rapport/server/synclog"
	"rapport/server/testkit"
	"rapport/server/wire"
	"rapport/server/workspace"
)

// modelSettings are where the model's company works.
var modelSettings = []struct {
	name  string
	nodes int
	place func(t *testing.T) (open func() synclog.Store)
}{
	{"one node on the embedded store", 1, func(t *testing.T) func() synclog.Store {
		dir := t.TempDir()
		return func() synclog.Store {
			store, err := sqlitestore.Open(context.Background(), dir, sqlitestore.Options{})
			if err != nil {
				t.Fatal(err)
			}
			return store
		}
	}},
	{"two nodes on MongoDB", 2, func(t *testing.T) func() synclog.Store {
		db := testkit.Mongo(t)
		return func() synclog.Store { return db.Open(t) }
	}},
}

// A model of the whole server: random people do random things on real nodes
// over HTTP and sockets, while policy, roles, departments and connections
// change. After each step every screen that reads holds exactly what its
// person may see, and nothing that reached it, ever, was more than that.
func TestScreensHoldWhatTheirPeopleMaySee(t *testing.T) {
	for _, on := range modelSettings {
		t.Run(on.name, func(t *testing.T) {
			testkit.AtMost(t, "rapid.checks", 2)
			testkit.AtMost(t, "rapid.steps", 20)
			runs, steps := &modelRuns{done: tally{}}, 0
			testkit.Check(t, func(rt *rapid.T) {
				m := newModel(t, rt, on.nodes, on.place(t), runs)
				defer m.close()
				m.run(rt, *modelSteps)
				steps += m.steps
			})
			runs.done.check(t, steps)
			t.Logf("held %d steps", steps)
		})
	}
}

// A screen that does not read keeps nobody waiting: the others hold what they
// should while the server cannot write to it. Once it reads again it is told that
// it is lagging, and begins anew with a snapshot.
func TestAScreenThatDoesNotReadComesBack(t *testing.T) {
	for _, on := range modelSettings {
		t.Run("[SL18] "+on.name, func(t *testing.T) {
			testkit.AtMost(t, "rapid.checks", 1)
			testkit.Check(t, func(rt *rapid.T) {
				m := newModel(t, rt, on.nodes, on.place(t), &modelRuns{done: tally{}})
				defer m.close()
				m.check(rt)
				slow := m.screens[0] // of Ana, who sees everything
				m.fallBehind(rt, slow)
				m.check(rt)
				for _, s := range m.screens[1:] {
					if s.settled != m.truth.head() {
						testkit.Wrong(rt, "somebody is kept waiting", "%s stands at %d of %d", s.person.name, s.settled, m.truth.head())
					}
				}
				told := m.done.of(byeLagging) // perhaps others, of whom a burst was too much
				slow.rest(false)
				m.check(rt)
				if slow.settled != m.truth.head() || m.done.of(byeLagging) != told+1 {
					testkit.Wrong(rt, "who was lagging does not come back, or was not told so", "stands at %d of %d, told %d times that it is lagging", slow.settled, m.truth.head(), m.done.of(byeLagging)-told)
				}
			})
		})
	}
}

// tally counts, by command, how often it was given and how often it was done.
type tally map[string]*struct{ given, done int }

func (y tally) note(command string, done bool) {
	if y[command] == nil {
		y[command] = &struct{ given, done int }{}
	}
	y[command].given++
	if done {
		y[command].done++
	}
}

// of returns how often a command was done.
func (y tally) of(command string) int {
	if y[command] == nil {
		return 0
	}
	return y[command].done
}

// modelCommands are what a long run of the model does at least a few times.
var modelCommands = []string{
	"record.create", "record.edit", "record.assign", "record.share", "record.trash", "record.restore", "deal.move", "comment.add",
	"undo", "import.start", "board.share", "board.unshare", "member.set", "department.edit", "pipeline.save", "field.define", "field.edit",
	"person.disable", "person.enable", "a rule", "a rule taken away",
	byeLagging, "bye " + string(wire.ByeRestart), "bye " + string(wire.ByeSessionEnded),
}

// check fails when a command was never done: what is always refused tests nothing.
func (y tally) check(t *testing.T, steps int) {
	for command, n := range y {
		if n.given >= 50 && n.done == 0 {
			t.Errorf("%s was given %d times and always refused", command, n.given)
		}
		t.Logf("%s: %d of %d done", command, n.done, n.given)
	}
	for _, command := range modelCommands {
		if n := y.of(command); steps >= 3000 && n < 3 {
			t.Errorf("%s was done %d times in %d steps", command, n, steps)
		}
	}
}

// model is a company at work.
type model struct {
	t       *testing.T
	open    func() synclog.Store
	nodes   []*modelNode
	truth   *truth
	settled uint64 // the head at which all screens last were

	people  []*modelPerson // the first one is Ana, the admin
	screens []*modelScreen
	rules   []crm.ID // those that the model has added and not taken away

	departments []crm.ID
	imports     map[crm.ID]*modelPerson // who started each
	groups      []crm.ID                // their ids, in order
	runs        *modelRuns
	done        tally // that of runs
	turn        int
	steps       int // done so far
}

// modelRuns is what the runs of one test have in common.
type modelRuns struct {
	done tally
	late bool // one has waited for something in vain
}

// deadline is until when a run waits for what must come. Long, for the machine may
// be busy; but once a run has failed by waiting, those that follow are tries at a
// shorter script, and each that fails, too, takes all of it, twice.
func (r *modelRuns) deadline() time.Time {
	if r.late {
		return time.Now().Add(3 * time.Second * slowdown)
	}
	return time.Now().Add(20 * time.Second)
}

// modelNode is a node whose state the model looks into.
type modelNode struct {
	*node
	url      string
	from     uint64 // the head when it had begun; of what was before it may know nothing
	stopping atomic.Bool
	stop     func()
}

const (
	modelDepartments = 3
	// modelRing is how many entries a node keeps: few enough that a screen falls out
	// of them now and then, so many that most come back to what they have missed.
	modelRing = 32
)

func newModel(t *testing.T, rt *rapid.T, nodes int, open func() synclog.Store, runs *modelRuns) *model {
	t.Helper()
	m := &model{t: t, open: open, truth: newTruth(), runs: runs, done: runs.done, imports: map[crm.ID]*modelPerson{}}
	for range nodes {
		m.nodes = append(m.nodes, m.startNode(rt))
	}
	m.found(rt)
	for _, p := range m.people {
		s := &modelScreen{m: m, person: p, id: string(crm.NewID(time.Now()))}
		s.forget()
		s.connect(rt, m.anyNode())
		m.screens = append(m.screens, s)
	}
	return m
}

func (m *model) close() {
	for _, s := range m.screens {
		s.hangUp()
	}
	for _, n := range m.nodes {
		n.stop()
	}
}

// startNode opens the store and serves it.
func (m *model) startNode(rt *rapid.T) *modelNode {
	log := slog.New(slog.NewTextHandler(testOutput{m.t}, &slog.HandlerOptions{Level: slog.LevelError}))
	return serveOn(rt, &node{store: m.open(), log: log, ring: modelRing}, nil, m.truth.apply)
}

// serveOn serves a node's store as serve does, until stop is called, which closes
// it. now, if set, is its clock; onChange sees each entry before the screens do.
func serveOn(t rapid.TB, on *node, now func() time.Time, onChange func(workspace.Change)) *modelNode {
	t.Helper()
	cfg, err := config.Load(environment("RAPPORT_SHUTDOWN_TIMEOUT", "10s"))
	if err != nil {
		t.Fatal(err)
	}
	ws, err := workspace.Open(context.Background(), on.store, workspace.Options{Log: on.log, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	ws.OnChange(onChange)
	on.cfg, on.ws = cfg, ws
	on.edge = httpapi.Options{OriginAllowed: cfg.OriginAllowed, Log: on.log, Assets: frontend.Dist(), Observe: func(string, int, time.Duration) {}}
	n := &modelNode{node: on}
	ctx, stop := context.WithCancel(context.Background())
	out, in := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := n.run(ctx, in)
		_ = in.CloseWithError(io.EOF)
		ended <- err
	}()
	line := make([]byte, 200)
	read, err := out.Read(line)
	if err != nil {
		t.Fatalf("not ready: %v", <-ended)
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	n.url = strings.TrimSpace(strings.TrimPrefix(string(line[:read]), "Rapport is ready at "))
	n.from = ws.Position().Offset
	n.stop = func() {
		n.stopping.Store(true)
		stop()
		if err := <-ended; err != nil {
			t.Log(err)
			t.Error("a node does not stop well")
		}
		ws.Close()
		if err := on.store.Close(); err != nil {
			t.Log(err)
			t.Error("a store does not close well")
		}
	}
	return n
}

// testOutput writes log lines where the test's own go.
type testOutput struct{ t *testing.T }

func (o testOutput) Write(p []byte) (int, error) {
	o.t.Log(strings.TrimSpace(string(p)))
	return len(p), nil
}

// found makes the company: departments, people of each role, a second
// pipeline, some records to begin with.
func (m *model) found(rt *rapid.T) {
	ana := &modelPerson{name: "Ana", email: "ana@example.com"}
	if status, answer := ana.send(rt, m.nodes[0], http.MethodPost, "/api/v1/setup", setupForm(), nil); status != http.StatusOK {
		testkit.Wrong(rt, "the company is not set up", "%d %s", status, answer)
	}
	m.people = []*modelPerson{ana}
	var root, pipeline crm.ID
	m.look(func(s *workspace.State) {
		s.Each(crm.TypeUser, func(rec crm.Record) bool { ana.id = rec.ID; return true })
		s.Each(crm.TypeDepartment, func(rec crm.Record) bool { root = rec.ID; return true })
		s.Each(crm.TypePipeline, func(rec crm.Record) bool { pipeline = rec.ID; return true })
	})
	m.departments = []crm.ID{root}
	for n := range modelDepartments {
		id := crm.NewID(time.Now())
		m.departments = append(m.departments, id)
		m.must(rt, ana, "department.create", map[string]any{"id": id, "name": fmt.Sprint("Department ", n), "parentId": root})
	}
	for n, who := range []struct {
		name string
		role access.Role
	}{{"Hanna", access.RoleHead}, {"Leo", access.RoleLead}, {"Mia", access.RoleMember}, {"Gus", access.RoleGuest}, {"Olga", access.RoleMember}} {
		p := &modelPerson{name: who.name, email: strings.ToLower(who.name) + "@example.com"}
		var link struct{ Token string }
		_, answer := ana.send(rt, m.nodes[0], http.MethodPost, "/api/v1/invitations", map[string]any{
			"email": p.email, "name": p.name, "departmentId": m.departments[1+n/4], "role": who.role,
		}, nil)
		decode(rt, answer, &link)
		if status, answer := p.send(rt, m.nodes[0], http.MethodPost, "/api/v1/invitations/accept", map[string]any{
			"token": link.Token, "name": p.name, "password": passwordOf(p), "language": "en",
		}, nil); status != http.StatusOK {
			testkit.Wrong(rt, "somebody invited cannot join", "%d %s", status, answer)
		}
		m.people = append(m.people, p)
	}
	m.look(func(s *workspace.State) {
		for _, p := range m.people {
			p.id = s.Find(crm.TypeUser, "email", p.email)[0].ID
		}
	})
	for n := range 6 {
		customer := crm.NewID(time.Now())
		m.must(rt, ana, "record.create", map[string]any{"type": "customer", "id": customer, "values": map[string]any{
			"name": fmt.Sprint("Customer ", n), "departmentId": m.departments[1+n%modelDepartments],
		}})
		m.must(rt, ana, "record.create", map[string]any{"type": "deal", "id": crm.NewID(time.Now()), "values": map[string]any{
			"title": fmt.Sprint("Deal ", n), "customerId": customer, "pipelineId": pipeline, "departmentId": m.departments[1+n%modelDepartments],
			"ownerId": m.people[1+n%5].id, "amount": map[string]any{"amount": 100 * (n + 1), "currency": "EUR"},
		}})
	}
	m.meet(rt)
	m.look(func(s *workspace.State) {
		ids := []crm.ID{}
		for _, p := range m.people {
			ids = append(ids, p.id)
		}
		m.truth.begin(s, ids)
	})
}

func passwordOf(p *modelPerson) string { return "the password of " + p.name }

func (m *model) look(fn func(*workspace.State)) {
	err := m.nodes[0].ws.Read(context.Background(), nil, func(s *workspace.State) error { fn(s); return nil })
	if err != nil {
		m.t.Fatal(err)
	}
}

// anyNode takes the nodes in turn.
func (m *model) anyNode() *modelNode {
	m.turn++
	return m.nodes[m.turn%len(m.nodes)]
}

// meet waits until all nodes stand at one position.
func (m *model) meet(rt *rapid.T) {
	deadline := m.runs.deadline()
	for {
		head := m.nodes[0].ws.Position()
		for _, n := range m.nodes {
			if p := n.ws.Position(); p.Offset > head.Offset {
				head = p
			}
		}
		together := true
		for _, n := range m.nodes {
			together = together && n.ws.Position() == head
		}
		if together {
			return
		}
		if time.Now().After(deadline) {
			m.runs.late = true
			testkit.Wrong(rt, "the nodes do not meet", "at %v", head)
		}
		time.Sleep(time.Millisecond) // the other node follows in its own time
	}
}

// does gives a command and returns its status; what is refused is refused.
func (m *model) does(rt *rapid.T, p *modelPerson, command string, args map[string]any) (int, wire.CommandResult) {
	args["commandId"] = crm.NewID(time.Now())
	status, answer := p.send(rt, m.anyNode(), http.MethodPost, "/api/v1/commands/"+command, args, nil)
	var result wire.CommandResult
	if status == http.StatusOK {
		decode(rt, answer, &result)
	}
	m.done.note(command, status == http.StatusOK)
	return status, result
}

func (m *model) must(rt *rapid.T, p *modelPerson, command string, args map[string]any) {
	if status, _ := m.does(rt, p, command, args); status != http.StatusOK {
		testkit.Wrong(rt, "what is needed to begin is refused", "%s: %d", command, status)
	}
}

// run does random steps, at least so many: rapid by itself may end after a handful.
func (m *model) run(rt *rapid.T, least int) {
	for actions := m.actions(); m.steps < least; {
		rt.Repeat(actions)
	}
	m.finish(rt)
}

// finish is the end of a run: whoever may be signed in is, and reads on to the
// head. Everybody sees the last entry, so that by then each has looked at all he
// was ever sent.
func (m *model) finish(rt *rapid.T) {
	m.check(rt)
	for _, s := range m.screens {
		s.rest(false)
		if s.socket == nil && m.truth.mayComeIn(s.person.id) {
			m.comesIn(rt, s)
		}
	}
	m.check(rt)
	office := m.truth.ids(crm.TypeWorkspace)[0]
	if err := m.system(func(tx *workspace.Tx) error {
		return tx.Edit(office, crm.Fields{"name": fmt.Sprint("After ", m.steps)}, nil)
	}); err != nil {
		testkit.Wrong(rt, "a change by the system is refused", "%v", err)
	}
	m.check(rt)
	for _, s := range m.screens {
		if head := m.truth.head(); m.truth.mayComeIn(s.person.id) && (s.socket == nil || s.settled != head || s.position.Offset != head) {
			testkit.Wrong(rt, "somebody is not there in the end", "%s is connected (%v), holds everything at %d and stands at %d of %d", s.person.name, s.socket != nil, s.settled, s.position.Offset, head)
		}
	}
}

// check is what holds after each step.
func (m *model) check(rt *rapid.T) {
	m.meet(rt)
	if wrong := m.truth.misjudged(); len(wrong) > 0 {
		testkit.Wrong(rt, "[E2] an entry that the policy before it forbade", "%s", strings.Join(wrong, "\n"))
	}
	deadline := m.runs.deadline()
	for _, s := range m.screens {
		s.catchUp(rt, deadline)
	}
	m.settled = m.truth.head()
}
