//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"rapport/server/crm"
	"rapport/server/wire"
)

// clientPatience is the silence after which the app gives a socket up: two and a
// half heartbeats.
const clientPatience = 12_500 * time.Millisecond

// [L11] Four fifths of the processor are stolen from a server, as by the
// neighbours of its virtual machine. Nobody is cut off for that: every socket
// hears something before its app gives it up, pings are answered, moves arrive;
// and who is signed out is out within a second or two.
func TestAServerWhoseProcessorIsStolen(t *testing.T) {
	t.Parallel()
	p := newProcess(t, "RAPPORT_DATA="+t.TempDir())
	p.start()
	p.setUp()
	stages := p.firstStages()
	deal := string(crm.NewID(time.Now()))
	if _, status := p.command("record.create", map[string]any{"type": "deal", "id": deal, "values": map[string]any{"title": "Refit"}}); status != http.StatusOK {
		t.Fatalf("create: %d", status)
	}
	var office []*hearing
	for n := range 10 {
		member := p.joins(fmt.Sprint("Person ", n))
		for range 8 {
			office = append(office, p.listens(member))
		}
	}
	there := p.signsIn()
	var elsewhere []*hearing
	for range 8 {
		elsewhere = append(elsewhere, p.listens(there))
	}

	giveBack := p.steal(80, 20)
	defer giveBack()
	over := time.NewTimer(*stolenFor)
	defer over.Stop()
	last, moves := uint64(0), 0
	for stolen := true; stolen; moves++ {
		moved, status := p.command("deal.move", map[string]any{"id": deal, "basedOn": moves + 1, "stageId": stages[(moves+1)%2]})
		if status != http.StatusOK {
			t.Fatalf("move %d: %d", moves, status)
		}
		last = moved.Offset
		select {
		case <-over.C:
			stolen = false
		case <-time.After(100 * time.Millisecond): // people do not move deals as fast as they can
		}
	}
	began := time.Now()
	if status := p.do(http.MethodDelete, "/api/v1/devices", nil, nil); status >= 300 {
		t.Fatalf("sign out elsewhere: %d", status)
	}
	for _, h := range elsewhere {
		<-h.ended
		if reason := h.bye.Load(); reason == nil || *reason != wire.ByeSessionEnded {
			t.Errorf("signed out and told %v", reason)
		}
	}
	kicked := time.Since(began)
	for _, h := range office {
		if !h.reaches(last) {
			t.Errorf("cut off at %d of %d: %v", h.at.Load(), last, h.bye.Load())
		}
		if silence := time.Duration(h.silence.Load()); silence > clientPatience {
			t.Errorf("heard nothing for %v", silence)
		}
	}
	if kicked > 5*time.Second*slowdown {
		t.Errorf("signed out after %v", kicked)
	}
	t.Logf("held %d moves; signed out after %v", moves, kicked)
}

// steal takes the processor away for so many milliseconds, gives it back for so
// many, and so on until the function it returns is called.
func (p *process) steal(taken, left time.Duration) (giveBack func()) {
	over := make(chan struct{})
	var thief sync.WaitGroup
	thief.Go(func() {
		for {
			_ = p.cmd.Process.Signal(syscall.SIGSTOP)
			<-time.After(taken * time.Millisecond)
			_ = p.cmd.Process.Signal(syscall.SIGCONT)
			select {
			case <-over:
				return
			case <-time.After(left * time.Millisecond):
			}
		}
	})
	return sync.OnceFunc(func() { close(over); thief.Wait() })
}

// joins invites somebody, and returns the cookie of who accepted.
func (p *process) joins(name string) (cookie string) {
	p.t.Helper()
	var link struct{ Token string }
	var boot struct {
		Records []struct{ T, ID string }
	}
	if status := p.do(http.MethodGet, "/api/v1/bootstrap", nil, &boot); status != http.StatusOK {
		p.t.Fatalf("bootstrap: %d", status)
	}
	department := ""
	for _, rec := range boot.Records {
		if rec.T == string(crm.TypeDepartment) {
			department = rec.ID
		}
	}
	if status := p.do(http.MethodPost, "/api/v1/invitations", map[string]any{
		"email": strings.ReplaceAll(name, " ", "") + "@example.com", "name": name, "departmentId": department, "role": "member",
	}, &link); status >= 300 {
		p.t.Fatalf("invite: %d", status)
	}
	return p.asSomebody(func() int {
		return p.do(http.MethodPost, "/api/v1/invitations/accept", map[string]any{
			"token": link.Token, "name": name, "password": wPassword, "language": "en",
		}, nil)
	})
}

// signsIn signs Ana in once more, and returns the cookie.
func (p *process) signsIn() (cookie string) {
	p.t.Helper()
	return p.asSomebody(func() int {
		form := setupForm()
		return p.do(http.MethodPost, "/api/v1/session", map[string]any{"email": form["email"], "password": form["password"]}, nil)
	})
}

// asSomebody returns the cookie that a request brings, and keeps one's own.
func (p *process) asSomebody(ask func() (status int)) (cookie string) {
	p.t.Helper()
	own := p.jar
	p.jar = ""
	if status := ask(); status >= 300 {
		p.t.Fatalf("sign in: %d", status)
	}
	cookie, p.jar = p.jar, own
	return cookie
}

// hearing is a socket that only listens.
type hearing struct {
	ended   chan struct{}
	moved   chan struct{} // holds one wake-up
	at      atomic.Uint64 // the last offset it heard of
	silence atomic.Int64  // the longest, in ns
	bye     atomic.Pointer[wire.ByeReason]
}

// listens opens a socket.
func (p *process) listens(cookie string) *hearing {
	p.t.Helper()
	conn := openSocket(p.t, p.url, cookie)
	if err := conn.WriteJSON(firstHello()); err != nil {
		p.t.Fatal(err)
	}
	h := &hearing{ended: make(chan struct{}), moved: make(chan struct{}, 1)}
	go func() {
		defer close(h.ended)
		heard := time.Now()
		for {
			_, raw, err := conn.ReadMessage()
			if err != nil {
				return
			}
			h.silence.Store(max(h.silence.Load(), int64(time.Since(heard))))
			heard = time.Now()
			h.take(raw)
		}
	}()
	return h
}

func (h *hearing) take(raw []byte) {
	var m struct {
		Type         string
		UpTo, Offset uint64
		Reason       wire.ByeReason
	}
	_ = json.Unmarshal(raw, &m)
	if m.Type == "bye" {
		h.bye.Store(&m.Reason)
	}
	h.at.Store(max(h.at.Load(), m.UpTo, m.Offset))
	select {
	case h.moved <- struct{}{}:
	default:
	}
}

// reaches waits until it has heard of an offset; false when the socket ended before.
func (h *hearing) reaches(offset uint64) bool {
	for h.at.Load() < offset {
		select {
		case <-h.moved:
		case <-h.ended:
			return h.at.Load() >= offset
		}
	}
	return true
}
