package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"rapport/server/crm"
	"rapport/server/testkit"
)

// asServer makes the test binary be the program, so that a test can kill -9 it.
const asServer = "RAPPORT_TEST_AS_SERVER"

func TestMain(m *testing.M) {
	if os.Getenv(asServer) == "" {
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	if err := run(ctx, nil, os.Getenv, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		stop()
		os.Exit(1)
	}
	stop()
	os.Exit(0)
}

// process is a server that can be killed.
type process struct {
	t      *testing.T
	env    []string
	url    string
	cmd    *exec.Cmd
	output bytes.Buffer
	jar    string // the session cookie; sessions live in the log, so it is good for every node
	http   *http.Client
}

func newProcess(t *testing.T, env ...string) *process {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := ln.Addr().String()
	_ = ln.Close()
	p := &process{t: t, url: "http://" + address, http: &http.Client{Timeout: 90 * time.Second}}
	p.env = append(append(os.Environ(), asServer+"=1", "RAPPORT_LISTEN="+address), env...)
	t.Cleanup(p.kill)
	return p
}

// start runs the process and returns when it is ready.
func (p *process) start() {
	p.t.Helper()
	p.cmd = exec.Command(os.Args[0], "-test.run=^$")
	p.cmd.Env = p.env
	p.cmd.Stdout, p.cmd.Stderr = &p.output, &p.output
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	deadline := time.Now().Add(20 * time.Second)
	for {
		res, err := p.http.Get(p.url + "/readyz")
		if err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return
			}
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("not ready in time:\n%s", p.output.String())
		}
		time.Sleep(5 * time.Millisecond) // another process has no channel to wait on
	}
}

func (p *process) kill() {
	if p.cmd == nil || p.cmd.Process == nil {
		return
	}
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
	p.cmd = nil
}

// do sends JSON and decodes the answer into out. status is 0 when no answer came.
func (p *process) do(method, path string, body, out any) (status int) {
	raw, err := json.Marshal(body)
	if err != nil {
		p.t.Fatal(err)
	}
	req, err := http.NewRequest(method, p.url+path, bytes.NewReader(raw))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Origin", p.url)
	if p.jar != "" {
		req.Header.Set("Cookie", p.jar)
	}
	res, err := p.http.Do(req)
	if err != nil {
		return 0
	}
	defer res.Body.Close()
	for _, c := range res.Cookies() {
		p.jar = c.Name + "=" + c.Value
	}
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return 0 // cut off in the middle: not acknowledged
	}
	if out != nil && res.StatusCode < 300 {
		if err := json.Unmarshal(answer, out); err != nil {
			p.t.Fatalf("%s %s: %v: %s", method, path, err, answer)
		}
	}
	if res.StatusCode >= 400 && res.StatusCode != 503 {
		p.t.Logf("%s %s: %d %s", method, path, res.StatusCode, answer)
	}
	return res.StatusCode
}

// answered is what the tests read of a command's answer.
type answered struct {
	Offset  uint64 `json:"offset"`
	Records []struct {
		ID      string         `json:"id"`
		Version uint64         `json:"v"`
		Fields  map[string]any `json:"f"`
	} `json:"records"`
}

// command gives a command and repeats the same commandId until some node
// answers, as the app does.
func (p *process) command(name string, args map[string]any, nodes ...*process) (answered, int) {
	args["commandId"] = string(crm.NewID(time.Now()))
	nodes = append([]*process{p}, nodes...)
	deadline := time.Now().Add(time.Minute) // a restart under load and -race takes seconds
	for try := 0; time.Now().Before(deadline); try++ {
		node := nodes[try%len(nodes)]
		var out answered
		switch status := node.do("POST", "/api/v1/commands/"+name, args, &out); {
		case status == 200:
			return out, status
		case status != 0 && status != 503:
			return out, status
		}
		time.Sleep(10 * time.Millisecond) // the node is being killed and restarted
	}
	p.t.Errorf("%s was never answered: %s", name, p.output.String())
	return answered{}, 0
}

func (p *process) setUp() {
	p.t.Helper()
	if status := p.do("POST", "/api/v1/setup", setupForm(), nil); status >= 300 {
		p.t.Fatalf("setup: %d", status)
	}
}

// firstStages returns the stages of the first pipeline.
func (p *process) firstStages() (stages []string) {
	p.t.Helper()
	var boot struct {
		Records []struct {
			Type   string         `json:"t"`
			Fields map[string]any `json:"f"`
		} `json:"records"`
	}
	if status := p.do("GET", "/api/v1/bootstrap", nil, &boot); status != 200 {
		p.t.Fatalf("bootstrap: %d", status)
	}
	for _, rec := range boot.Records {
		if rec.Type != "pipeline" {
			continue
		}
		for _, s := range rec.Fields["stages"].([]any) {
			stage := s.(map[string]any)
			if stage["kind"] == "open" {
				stages = append(stages, stage["id"].(string))
			}
		}
	}
	if len(stages) < 2 {
		p.t.Fatal("no stages to move between")
	}
	return stages
}

// TestAcknowledgedMovesSurviveKill9 is G2 with a real process: while deals are
// moved, the server is killed with -9 again and again. Every acknowledged move
// is there afterwards, once, and none is half there.
func TestAcknowledgedMovesSurviveKill9(t *testing.T) {
	const deals, moves = 8, 200
	for _, tt := range []struct {
		name  string
		nodes func(t *testing.T) []*process
	}{
		{"on the embedded store, the server is restarted", func(t *testing.T) []*process {
			return []*process{newProcess(t, "MONGODB_URI=", "RAPPORT_DATA="+t.TempDir())}
		}},
		{"on MongoDB with two servers, people go on with the other", func(t *testing.T) []*process {
			db := testkit.Mongo(t)
			env := []string{"MONGODB_URI=" + db.URI, "RAPPORT_DATABASE=" + db.Name}
			return []*process{newProcess(t, env...), newProcess(t, env...)}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			nodes := tt.nodes(t)
			for i, n := range nodes {
				n.start()
				if i == 0 {
					n.setUp()
				}
				n.jar = nodes[0].jar
			}
			first := nodes[0]
			stages := first.firstStages()
			ids := make([]string, deals)
			for i := range ids {
				ids[i] = string(crm.NewID(time.Now()))
				if _, status := first.command("record.create", map[string]any{"type": "deal", "id": ids[i], "values": map[string]any{"title": fmt.Sprint("Deal ", i)}}); status != 200 {
					t.Fatalf("create: %d", status)
				}
			}
			acknowledged := moveWhileKilling(t, nodes, ids, stages, moves)
			checkMoves(t, nodes, acknowledged)
		})
	}
}

// moved is the last acknowledged state of a deal.
type moved struct {
	version uint64
	stage   string
}

func moveWhileKilling(t *testing.T, nodes []*process, ids, stages []string, moves int) map[string]moved {
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		done  = make(chan struct{})
		acked = make(chan struct{}, moves)
		last  = map[string]moved{}
	)
	for i, id := range ids {
		wg.Go(func() {
			state := moved{version: 1}
			others := append(append([]*process{}, nodes[(i+1)%len(nodes):]...), nodes[:(i+1)%len(nodes)]...)
			for m := range moves / len(ids) {
				stage := stages[(m+1)%len(stages)]
				out, status := others[0].command("deal.move", map[string]any{"id": id, "basedOn": state.version, "stageId": stage}, others[1:]...)
				if status != 200 || len(out.Records) != 1 {
					t.Errorf("move %d of %s: %d", m, id, status)
					return
				}
				state = moved{out.Records[0].Version, stage}
				acked <- struct{}{}
			}
			mu.Lock()
			last[id] = state
			mu.Unlock()
		})
	}
	go func() { wg.Wait(); close(done) }()
	for round, count := 0, 0; ; {
		select {
		case <-acked:
			// Killed at progress, not at times: each round falls among moves.
			if count++; count%40 == 20 {
				victim := nodes[round%len(nodes)]
				round++
				victim.kill()
				victim.start()
			}
		case <-done:
			return last
		}
	}
}

func checkMoves(t *testing.T, nodes []*process, acknowledged map[string]moved) {
	t.Helper()
	for _, n := range nodes {
		n.kill()
	}
	for _, n := range nodes {
		n.start()
		for id, want := range acknowledged {
			var view struct {
				Record struct {
					Version uint64         `json:"v"`
					Fields  map[string]any `json:"f"`
				} `json:"record"`
			}
			if status := n.do("GET", "/api/v1/records/"+id, nil, &view); status != 200 {
				t.Errorf("deal %s: %d", id, status)
			}
			if view.Record.Version != want.version || view.Record.Fields["stageId"] != want.stage {
				t.Errorf("deal %s is at version %d in %v, acknowledged was version %d in %s", id, view.Record.Version, view.Record.Fields["stageId"], want.version, want.stage)
			}
			checkHistory(t, n, id, want.version)
		}
	}
}

// checkHistory makes sure that each version has exactly one entry.
func checkHistory(t *testing.T, n *process, id string, version uint64) {
	t.Helper()
	var history struct {
		Entries []struct {
			Offset  uint64 `json:"offset"`
			Command string `json:"command"`
		} `json:"entries"`
	}
	if status := n.do("GET", "/api/v1/records/"+id+"/history", nil, &history); status != 200 {
		t.Fatalf("history: %d", status)
	}
	names := make([]string, len(history.Entries))
	for i, e := range history.Entries {
		names[i] = e.Command
	}
	if uint64(len(history.Entries)) != version {
		t.Errorf("deal %s has %d entries for %d versions: %s", id, len(history.Entries), version, strings.Join(names, " "))
	}
}
