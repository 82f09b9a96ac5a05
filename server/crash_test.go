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
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"rapport/server/crm"
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
	seen   *atomic.Pointer[string] // the position of the last answer; a screen asks for nothing older
}

func newProcess(t *testing.T, env ...string) *process {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := ln.Addr().String()
	_ = ln.Close()
	p := &process{t: t, url: "http://" + address, http: &http.Client{Timeout: 90 * time.Second}, seen: &atomic.Pointer[string]{}}
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
	p.awaitReady()
}

func (p *process) awaitReady() {
	p.t.Helper()
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

// rawBody is a file to upload.
type rawBody string

// do sends JSON, or a file, and decodes the answer into out. status is 0 when no
// answer came.
func (p *process) do(method, path string, body, out any) (status int) {
	raw, err := json.Marshal(body)
	if err != nil {
		p.t.Fatal(err)
	}
	contentType := "application/json"
	if file, ok := body.(rawBody); ok {
		raw, contentType = []byte(file), "text/csv"
	}
	req, err := http.NewRequest(method, p.url+path, bytes.NewReader(raw))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("Origin", p.url)
	if p.jar != "" {
		req.Header.Set("Cookie", p.jar)
	}
	if seen := p.seen.Load(); seen != nil && method == http.MethodGet {
		req.Header.Set("Rapport-Position", *seen)
	}
	res, err := p.http.Do(req)
	if err != nil {
		return 0
	}
	defer res.Body.Close()
	if at := res.Header.Get("Rapport-Position"); at != "" {
		p.seen.Store(&at)
	}
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
	Offset   uint64 `json:"offset"`
	Repeated bool   `json:"repeated"`
	Records  []struct {
		ID      string         `json:"id"`
		Version uint64         `json:"v"`
		Fields  map[string]any `json:"f"`
	} `json:"records"`
}

// command gives a command and repeats the same commandId until some node
// answers, as the app does.
func (p *process) command(name string, args map[string]any, nodes ...*process) (answered, int) {
	args["commandId"] = string(crm.NewID(time.Now()))
	return p.again(name, args, nodes...)
}

// again is command for one that has its commandId.
func (p *process) again(name string, args map[string]any, nodes ...*process) (answered, int) {
	nodes = append([]*process{p}, nodes...)
	deadline := time.Now().Add(time.Minute) // a restart under load and -race takes seconds
	for try := 0; time.Now().Before(deadline); try++ {
		node := nodes[try%len(nodes)]
		var out answered
		switch status := node.do("POST", "/api/v1/commands/"+name, args, &out); {
		case status == 200:
			return out, status
		case status != 0 && status != 503 && status != 504:
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
