//go:build unix

package main

import (
	"fmt"
	"net/http"
	"sync"
	"syscall"
	"testing"
	"time"

	"rapport/server/crm"
	"rapport/server/testkit"
)

// [E12] A node that stands still, as a paused virtual machine does, misses what
// happens meanwhile: a move, and the end of somebody's rights. Requests that
// reach it then are answered when it goes on – by what holds then.
func TestAPausedNodeAnswersByWhatHoldsWhenItGoesOn(t *testing.T) {
	t.Parallel()
	db := testkit.Mongo(t)
	env := []string{"MONGODB_URI=" + db.URI, "RAPPORT_DATABASE=" + db.Name}
	paused, other := newProcess(t, env...), newProcess(t, env...)
	paused.start()
	paused.setUp()
	other.jar = paused.jar
	other.start()
	stages := other.firstStages()
	deal := string(crm.NewID(time.Now()))
	if _, status := other.command("record.create", map[string]any{"type": "deal", "id": deal, "values": map[string]any{"title": "Refit"}}); status != http.StatusOK {
		t.Fatalf("create: %d", status)
	}
	signal := func(s syscall.Signal) {
		t.Helper()
		if err := paused.cmd.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
	}
	read := func(p *process) (stage any, status int) {
		var view struct {
			Record struct {
				Fields map[string]any `json:"f"`
			} `json:"record"`
		}
		status = p.do(http.MethodGet, "/api/v1/records/"+deal, nil, &view)
		return view.Record.Fields["stageId"], status
	}
	if stage, status := read(paused); stage != stages[0] {
		t.Fatalf("before: %v, %d", stage, status)
	}

	signal(syscall.SIGSTOP)
	if _, status := other.command("deal.move", map[string]any{"id": deal, "basedOn": 1, "stageId": stages[1]}); status != http.StatusOK {
		t.Fatalf("move: %d", status)
	}
	var readers sync.WaitGroup
	answers := make(chan string, 20)
	for range cap(answers) {
		readers.Go(func() {
			stage, status := read(paused) // waits until the node goes on
			answers <- fmt.Sprint(status, " ", stage)
		})
	}
	pauseFor(t, *pauseLength)
	signal(syscall.SIGCONT)
	readers.Wait()
	close(answers)
	for answer := range answers {
		if want := fmt.Sprint(http.StatusOK, " ", stages[1]); answer != want {
			t.Errorf("answered %s, and %s holds", answer, want)
		}
	}

	// The same with a right: who was signed out meanwhile is out.
	signal(syscall.SIGSTOP)
	if status := other.do(http.MethodDelete, "/api/v1/devices", nil, nil); status >= 300 {
		t.Fatalf("sign out others: %d", status)
	}
	if status := other.do(http.MethodDelete, "/api/v1/session", nil, nil); status >= 300 {
		t.Fatalf("sign out: %d", status)
	}
	pauseFor(t, *pauseLength)
	signal(syscall.SIGCONT)
	if _, status := read(paused); status != http.StatusUnauthorized {
		t.Errorf("somebody who has been signed out gets %d", status)
	}
}

// pauseFor lets time pass in which a process stands still: there is nothing else
// to wait for.
func pauseFor(t *testing.T, d time.Duration) {
	t.Helper()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.Context().Done():
	}
}
