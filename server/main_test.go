package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fasthttp/websocket"

	"rapport/server/crm"
	"rapport/server/wire"
)

// server is a running program.
type server struct {
	t       *testing.T
	address string
	stop    context.CancelFunc
	ended   chan error
	log     *lockedBuffer
}

type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// environment returns a getenv with a free port and the given settings.
func environment(pairs ...string) func(string) string {
	set := map[string]string{"RAPPORT_LISTEN": "127.0.0.1:0", "RAPPORT_SHUTDOWN_TIMEOUT": "5s"}
	for i := 0; i+1 < len(pairs); i += 2 {
		set[pairs[i]] = pairs[i+1]
	}
	return func(name string) string { return set[name] }
}

// start runs the program until the test ends and waits for its ready line.
func start(t *testing.T, getenv func(string) string, args ...string) *server {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	s := &server{t: t, stop: stop, ended: make(chan error, 1), log: &lockedBuffer{}}
	out, in := io.Pipe()
	go func() {
		err := run(ctx, args, getenv, in, s.log)
		_ = in.CloseWithError(io.EOF)
		s.ended <- err
	}()
	t.Cleanup(func() { stop() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("not ready: %v\n%s", <-s.ended, s.log)
	}
	address, ok := strings.CutPrefix(strings.TrimSpace(line), "Rapport is ready at ")
	if !ok {
		t.Fatalf("ready line %q", line)
	}
	s.address = address
	return s
}

// finish stops the program as a signal would.
func (s *server) finish() {
	s.t.Helper()
	s.stop()
	select {
	case err := <-s.ended:
		if err != nil {
			s.t.Errorf("stopped with %v", err)
		}
	case <-time.After(20 * time.Second):
		s.t.Fatal("does not stop")
	}
}

func (s *server) do(method, path, cookie string, body any) (*http.Response, string) {
	s.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		s.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.address+path, bytes.NewReader(raw))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Origin", s.address)
	if cookie != "" {
		req.Header.Set("Cookie", cookie)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return res, string(text)
}

func setupForm() map[string]string {
	return map[string]string{
		"company": "Nordwind Tea", "currency": "EUR", "timeZone": "Europe/Berlin", "language": "en",
		"name": "Ana Petrova", "email": "ana@example.com", "password": "correct horse battery",
	}
}

func TestWhatIsAcknowledgedSurvivesARestart(t *testing.T) {
	data := t.TempDir()
	first := start(t, environment("RAPPORT_DATA", data))
	if res, body := first.do("GET", "/readyz", "", nil); res.StatusCode != 200 {
		t.Fatalf("not ready: %s", body)
	}
	res, body := first.do("POST", "/api/v1/setup", "", setupForm())
	if res.StatusCode != 200 {
		t.Fatalf("%d %s", res.StatusCode, body)
	}
	cookie, _, _ := strings.Cut(res.Header.Get("Set-Cookie"), ";")
	first.finish()

	second := start(t, environment("RAPPORT_DATA", data))
	defer second.finish()
	if res, body := second.do("GET", "/api/v1/devices", cookie, nil); res.StatusCode != 200 || !strings.Contains(body, `"current":true`) {
		t.Errorf("the session is gone: %d %s", res.StatusCode, body)
	}
	if res, _ := second.do("POST", "/api/v1/setup", "", setupForm()); res.StatusCode != 403 {
		t.Errorf("set up again: %d", res.StatusCode)
	}
}

// [A10]
func TestTwoProcessesDoNotShareADirectory(t *testing.T) {
	data := t.TempDir()
	defer start(t, environment("RAPPORT_DATA", data)).finish()
	err := run(t.Context(), nil, environment("RAPPORT_DATA", data), io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("error %v", err)
	}
}

func TestAnAddressInUseIsSaid(t *testing.T) {
	first := start(t, environment("RAPPORT_DATA", t.TempDir()))
	defer first.finish()
	taken := strings.TrimPrefix(first.address, "http://")
	err := run(t.Context(), nil, environment("RAPPORT_DATA", t.TempDir(), "RAPPORT_LISTEN", taken), io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "listen") {
		t.Errorf("error %v", err)
	}
}

// A database that is away is waited for; meanwhile the server says so.
func TestAServerWithoutItsDatabaseWaits(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := ln.Addr().String() // free again in a moment
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	go func() {
		// Nobody listens on port 1.
		uri := "mongodb://127.0.0.1:1/?replicaSet=rs0&serverSelectionTimeoutMS=300"
		ended <- run(ctx, nil, environment("RAPPORT_LISTEN", address, "MONGODB_URI", uri), io.Discard, io.Discard)
	}()
	for path, want := range map[string]int{"/readyz": 503, "/healthz": 200, "/api/v1/setup": 503, "/": 503} {
		if status := statusOf(t, "http://"+address+path, ended); status != want {
			t.Errorf("%s: %d, want %d", path, status, want)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("stopped with %v", err)
	}
}

// statusOf asks until somebody answers.
func statusOf(t *testing.T, url string, ended <-chan error) int {
	t.Helper()
	retry := time.NewTicker(20 * time.Millisecond)
	defer retry.Stop()
	limit := time.After(30 * time.Second)
	for {
		res, err := http.Get(url)
		if err == nil {
			res.Body.Close()
			return res.StatusCode
		}
		select {
		case <-retry.C:
		case err := <-ended:
			t.Fatalf("ended: %v", err)
		case <-limit:
			t.Fatal(err)
		}
	}
}

func TestTheLogHoldsNoPersonalData(t *testing.T) {
	s := start(t, environment("RAPPORT_DATA", t.TempDir(), "RAPPORT_LOG_LEVEL", "debug"))
	s.do("POST", "/api/v1/setup", "", setupForm())
	s.do("POST", "/api/v1/session", "", map[string]string{"email": "ana@example.com", "password": "wrong horse battery"})
	s.do("GET", "/people/ana@example.com?q=Petrova", "", nil)
	s.finish()
	log := s.log.String()
	if !strings.Contains(log, `"route":"setup"`) {
		t.Fatalf("no log: %s", log)
	}
	for _, private := range []string{"ana@", "Petrova", "horse", "127.0.0.1"} {
		if strings.Contains(log, private) {
			t.Errorf("the log holds %q", private)
		}
	}
}

func TestCommandsOfTheProgram(t *testing.T) {
	tests := []struct {
		name   string
		args   []string
		getenv func(string) string
		stdout string // part of what is printed
		err    string // part of the error; "" = none
	}{
		{"version prints something", []string{"version"}, environment(), "\n", ""},
		{"check-config shows the settings", []string{"check-config"}, environment(), "embedded, directory ./data", ""},
		{"check-config names what is wrong", []string{"check-config"}, environment("RAPPORT_LISTEN", "nowhere"), "", "RAPPORT_LISTEN"},
		{"nothing starts with a wrong setting", nil, environment("RAPPORT_LOG_LEVEL", "loud"), "", "RAPPORT_LOG_LEVEL"},
		{"help shows the commands", []string{"--help"}, environment(), "rapport backup FILE", ""},
		{"an unknown command is refused", []string{"fly"}, environment(), "", "there is no command \"fly\"\nusage"},
		{"too many words are refused", []string{"version", "please"}, environment(), "", "was given \"please\"\nusage"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			err := run(t.Context(), tt.args, tt.getenv, &out, io.Discard)
			if (err == nil) != (tt.err == "") || !strings.Contains(fmt.Sprint(err), tt.err) {
				t.Errorf("error %v, want %q", err, tt.err)
			}
			if !strings.Contains(out.String(), tt.stdout) {
				t.Errorf("printed %q, want %q", out.String(), tt.stdout)
			}
		})
	}
}

// A change reaches the sockets, and a server that stops tells them to come back.
func TestAChangeReachesTheSocket(t *testing.T) {
	s := start(t, environment("RAPPORT_DATA", t.TempDir()))
	res, body := s.do("POST", "/api/v1/setup", "", setupForm())
	if res.StatusCode != 200 {
		t.Fatalf("%d %s", res.StatusCode, body)
	}
	cookie, _, _ := strings.Cut(res.Header.Get("Set-Cookie"), ";")

	socket := s.dial(cookie)
	defer socket.Close()
	hello := firstHello()
	if err := socket.WriteJSON(hello); err != nil {
		t.Fatal(err)
	}
	if welcome := receive[wire.Welcome](t, socket, "welcome"); welcome.Mode != wire.ModeSnapshot {
		t.Errorf("welcomed with %+v", welcome)
	}
	id := crm.NewID(time.Now())
	res, body = s.do("POST", "/api/v1/commands/department.create", cookie, map[string]any{
		"commandId": crm.NewID(time.Now()), "id": id, "name": "Tasting", "parentId": "",
	})
	if res.StatusCode != 200 {
		t.Fatalf("%d %s", res.StatusCode, body)
	}
	frame := receive[wire.EntriesFrame](t, socket, "entries")
	if len(frame.Entries) != 1 || frame.Entries[0].Ops[0].ID != string(id) || frame.Entries[0].Ops[0].Fields["name"] != "Tasting" {
		t.Errorf("frame %+v", frame)
	}
	s.stop()
	if bye := receive[wire.Bye](t, socket, "bye"); bye.Reason != wire.ByeRestart {
		t.Errorf("bye %+v", bye)
	}
	s.finish()
}

func (s *server) dial(cookie string) *websocket.Conn {
	s.t.Helper()
	conn := openSocket(s.t, s.address, cookie)
	_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	return conn
}

// openSocket opens a socket that ends with the test. It says nothing yet.
func openSocket(t *testing.T, url, cookie string) *websocket.Conn {
	t.Helper()
	dialer := websocket.Dialer{Subprotocols: []string{wire.Subprotocol}, HandshakeTimeout: 10 * time.Second}
	header := http.Header{"Origin": {url}, "Cookie": {cookie}}
	conn, res, err := dialer.Dial("ws"+strings.TrimPrefix(url, "http")+"/api/v1/stream", header)
	if err != nil {
		t.Fatalf("dial: %v", err)
	}
	_ = res.Body.Close()
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// firstHello is what a screen says that has nothing yet.
func firstHello() wire.Hello {
	return wire.Hello{Type: "hello", Protocol: wire.ProtocolVersion, Screen: string(crm.NewID(time.Now()))}
}

// receive reads until a message of the type comes.
func receive[M any](t *testing.T, socket *websocket.Conn, kind string) M {
	t.Helper()
	for {
		_, raw, err := socket.ReadMessage()
		if err != nil {
			t.Fatalf("waiting for %s: %v", kind, err)
		}
		var head struct{ Type string }
		if err := json.Unmarshal(raw, &head); err != nil {
			t.Fatal(err)
		}
		if head.Type != kind {
			continue
		}
		var m M
		if err := json.Unmarshal(raw, &m); err != nil {
			t.Fatal(err)
		}
		return m
	}
}
