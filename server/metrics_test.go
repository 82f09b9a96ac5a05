package main

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"rapport/server/crm"
	"rapport/server/httpapi"
	"rapport/server/wire"
)

// What an operator's graphs need: is it up, how far is it, who is connected, and
// how much is kept for those who are behind.
func TestMetricsTellTheStateOfAServer(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	_ = free.Close()
	s := start(t, environment("RAPPORT_DATA", t.TempDir(), "RAPPORT_METRICS_LISTEN", address))
	res, body := s.do("POST", "/api/v1/setup", "", setupForm())
	if res.StatusCode != 200 {
		t.Fatalf("%d %s", res.StatusCode, body)
	}
	cookie, _, _ := strings.Cut(res.Header.Get("Set-Cookie"), ";")
	socket := s.dial(cookie)
	defer socket.Close()
	if err := socket.WriteJSON(firstHello()); err != nil {
		t.Fatal(err)
	}
	welcome := receive[wire.Welcome](t, socket, "welcome")

	figures := &server{t: t, address: "http://" + address}
	_, text := figures.do("GET", "/metrics", "", nil)
	for _, want := range []string{
		"rapport_ready 1", "rapport_sockets 1", "rapport_audiences 1", "rapport_state_age_seconds 0",
		fmt.Sprintf("rapport_log_offset %d", welcome.Position.Offset), "rapport_ring_entries", "rapport_ring_ops", "rapport_room_bytes", "rapport_decisions",
		`rapport_http_requests_total{route="setup",status="200"} 1`, "go_goroutines", "process_open_fds", "go_gc_heap_live_bytes",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("without %q", want)
		}
	}
	if _, page := s.do("GET", "/metrics", "", nil); strings.Contains(page, "rapport_sockets") {
		t.Error("the public address tells the figures")
	}
}

// [D27] What is told without a session, to operators or to anybody, and what a server at
// its most talkative logs, tells of no person and of no record. Figures are for
// their own listener alone, and there is nothing to debug with on either. Who asked,
// the log tells by his id, so that what he did can be found.
func TestWhatIsOpenTellsOfNobody(t *testing.T) {
	metrics := freeAddress(t)
	s := start(t, environment("RAPPORT_DATA", t.TempDir(), "RAPPORT_LOG_LEVEL", "debug", "RAPPORT_METRICS_LISTEN", metrics))
	private := secrets{t, map[string]string{}}
	form := setupForm()
	for _, what := range []string{"company", "name", "email"} {
		private.keep(what, form[what])
	}
	res, body := s.do("POST", "/api/v1/setup", "", form)
	if res.StatusCode != 200 {
		t.Fatalf("%d %s", res.StatusCode, body)
	}
	ana, _, _ := strings.Cut(res.Header.Get("Set-Cookie"), ";")
	var boot wire.Bootstrap
	s.json(ana, "GET", "/api/v1/bootstrap", nil, &boot)
	private.keep("id of a person", boot.UserID)
	department := ""
	for _, rec := range boot.Records {
		private.keep("id of a "+rec.Type, rec.ID)
		if rec.Type == "department" {
			department = rec.ID
		}
	}
	customer := private.keep("id of a customer", string(crm.NewID(time.Now())))
	name := private.keep("name of a customer", "Tern Ferries")
	create := map[string]any{"commandId": crm.NewID(time.Now()), "type": "customer", "id": customer, "values": map[string]any{"name": name, "departmentId": department}}
	s.json(ana, "POST", "/api/v1/commands/record.create", create, &wire.CommandResult{})
	for _, ask := range [][2]string{
		{"GET", "/api/v1/records/" + customer}, {"GET", "/api/v1/records/" + customer + "/history"}, {"GET", "/api/v1/records?type=customer&q=Tern+Ferries"},
		{"GET", "/customers/" + customer}, {"GET", "/api/v1/" + customer}, {"DELETE", "/api/v1/devices/" + customer}, {"POST", "/api/v1/people/" + boot.UserID + "/reset-link"},
		{"POST", "/api/v1/commands/" + customer}, {"PUT", "/api/v1/records/" + customer}, {"GET", "/Tern%20Ferries?q=Tern+Ferries"},
	} {
		s.do(ask[0], ask[1], ana, map[string]any{"email": form["email"], name: name})
	}
	socket := s.dial(ana)
	for _, message := range []any{
		wire.Hello{Type: "hello", Protocol: wire.ProtocolVersion, Screen: customer},
		wire.Watch{Type: "watch", Record: customer},
		map[string]any{"type": name, customer: form["email"]},
	} {
		if err := socket.WriteJSON(message); err != nil {
			t.Fatal(err)
		}
	}
	for { // until it is closed for the last message
		if _, _, err := socket.ReadMessage(); err != nil {
			break
		}
	}
	_ = socket.Close()

	operators := &server{t: t, address: "http://" + metrics}
	for _, place := range []struct {
		at   *server
		path string
	}{
		{operators, "/metrics"}, {operators, "/debug/pprof/"}, {operators, "/debug/vars"}, {operators, "/"},
		{s, "/metrics"}, {s, "/debug/pprof/"}, {s, "/debug/pprof/heap?debug=1"}, {s, "/debug/pprof/cmdline"}, {s, "/debug/vars"},
		{s, "/healthz"}, {s, "/readyz"}, {s, httpapi.DocumentPath}, {s, "/api/v1/setup"}, {s, "/"}, {s, "/api/v1/nothing"},
	} {
		_, text := place.at.do("GET", place.path, "", nil)
		private.searched(place.at.address+place.path, text)
		if figures := strings.Contains(text, "rapport_sockets"); figures != (place.at == operators) {
			t.Errorf("%s%s tells the figures: %v", place.at.address, place.path, figures)
		}
		for _, word := range []string{"goroutine profile", "heap profile", `"memstats"`, `"cmdline"`} {
			if strings.Contains(text, word) {
				t.Errorf("%s%s tells of its inside: %s", place.at.address, place.path, word)
			}
		}
	}
	s.finish()
	delete(private.words, "id of a person")
	delete(private.words, "id of a user")
	if log := s.log.String(); !strings.Contains(log, `"route":"record.history"`) || !strings.Contains(log, "socket message refused") {
		t.Errorf("the log tells too little to prove anything: %s", log)
	} else {
		private.searched("the log", log)
	}
}
