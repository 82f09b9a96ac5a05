package main

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"rapport/server/crm"
)

// [L10] A server with too little memory for an import says so, stays alive, and
// goes on with what it has.
func TestALimitOfMemoryIsNoEnd(t *testing.T) {
	if cutShort(t) {
		t.Skip("the race detector takes memory of its own")
	}
	const limit = 64 << 20
	p := newProcess(t, "MONGODB_URI=", "RAPPORT_DATA="+t.TempDir(), fmt.Sprint("GOMEMLIMIT=", limit))
	p.start()
	p.setUp()
	var rows strings.Builder
	rows.WriteString("opportunity_id,account,product,deal_stage\n")
	for n := range 100_000 {
		fmt.Fprintf(&rows, "X%d,Account %d,%s,Prospecting\n", n, n, strings.Repeat("Long product name ", 5))
	}
	var v struct {
		ID       string         `json:"id"`
		Settings map[string]any `json:"settings"`
	}
	if status := p.do("POST", "/api/v1/imports", rawBody(rows.String()), &v); status != http.StatusCreated {
		t.Fatalf("upload: %d", status)
	}
	start := map[string]any{"id": v.ID, "settings": v.Settings, "commandId": crm.NewID(time.Now())}
	if status := p.do("POST", "/api/v1/commands/import.start", start, nil); status != http.StatusOK {
		t.Fatalf("start: %d", status)
	}
	one := func() int {
		id := crm.NewID(time.Now())
		return p.do("POST", "/api/v1/commands/record.create", map[string]any{
			"type": "deal", "id": id, "values": map[string]any{"title": "By hand"}, "commandId": crm.NewID(time.Now()),
		}, nil)
	}
	deadline := time.Now().Add(time.Minute)
	for one() != http.StatusServiceUnavailable {
		if time.Now().After(deadline) {
			t.Fatal("it takes whatever comes")
		}
		time.Sleep(20 * time.Millisecond) // another process has no channel to wait on
	}
	var boot any
	if status := p.do("GET", "/api/v1/bootstrap", nil, &boot); status != http.StatusOK {
		t.Errorf("what is there: %d", status)
	}
	cancel := map[string]any{"id": v.ID, "commandId": crm.NewID(time.Now())}
	if status := p.do("POST", "/api/v1/commands/import.cancel", cancel, nil); status != http.StatusOK {
		t.Errorf("the import cannot be cancelled: %d", status)
	}
	if rss := residentOf(t, p.cmd.Process.Pid); rss > 3*limit {
		t.Errorf("%d MB resident with a limit of %d", rss>>20, limit>>20)
	}
}

// residentOf returns the resident memory of a process in bytes.
func residentOf(t *testing.T, pid int) int {
	t.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		t.Skip(err) // no Linux
	}
	var size, resident int
	if _, err := fmt.Sscan(string(raw), &size, &resident); err != nil {
		t.Fatal(err)
	}
	return resident * os.Getpagesize()
}

func TestMemoryIsFullFromOneShareToTheOther(t *testing.T) {
	var live uint64
	m := &memory{limit: 1000, live: func() uint64 { return live }}
	for _, step := range []struct {
		live uint64
		full bool
	}{{700, false}, {750, false}, {751, true}, {720, true}, {700, false}, {740, false}} {
		if live = step.live; m.look() != step.full {
			t.Errorf("at %d of 1000: full %v", step.live, !step.full)
		}
	}
}
