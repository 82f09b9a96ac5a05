package main

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"rapport/server/crm"
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
	if err := socket.WriteJSON(wire.Hello{Type: "hello", Protocol: wire.ProtocolVersion, Screen: string(crm.NewID(time.Now()))}); err != nil {
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
