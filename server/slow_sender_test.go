package main

import (
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// slowSenderLimit is how long after the first of many slow senders has begun the
// last one is cut off: ten seconds after he began, and what it takes to open them all.
const slowSenderLimit = 12 * time.Second * slowdown

// Whoever does not get to the end of a header, or of a body, keeps no connection, and
// nobody else waits for him.
func TestASlowSenderIsCutOff(t *testing.T) {
	t.Parallel()
	w := newCompany(t)
	host := strings.TrimPrefix(w.node.url, "http://")
	slow := func(t *testing.T, begin, then string) net.Conn {
		t.Helper()
		conn, err := net.Dial("tcp", host)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, begin); err != nil {
			t.Fatal(err)
		}
		// A little every second, so that it is never silent for long.
		go func() {
			tick := time.NewTicker(time.Second)
			defer tick.Stop()
			for range tick.C {
				if _, err := io.WriteString(conn, then); err != nil {
					return
				}
			}
		}()
		return conn
	}
	header := "GET /healthz HTTP/1.1\r\nHost: a\r\nX-Slow: "
	body := "POST /api/v1/session HTTP/1.1\r\nHost: " + host + "\r\nOrigin: " + w.node.url + "\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{"
	t.Run("[G1] four hundred slow headers and a hundred slow bodies", func(t *testing.T) {
		began := time.Now()
		var open []net.Conn
		for n := range 500 {
			begin := header
			if n%5 == 0 {
				begin = body
			}
			open = append(open, slow(t, begin, "x"))
		}
		slowest := time.Duration(0)
		for range 50 {
			asked := time.Now()
			if a := newTap(t, w.node.url, w.person(wVera).cookie, nil).ask(http.MethodGet, "/api/v1/records?type=deal", nil); a.status != http.StatusOK {
				t.Errorf("meanwhile: %d %s", a.status, a.body)
			}
			slowest = max(slowest, time.Since(asked))
		}
		if slowest > time.Second*slowdown {
			t.Errorf("somebody else waited %v", slowest)
		}
		for _, conn := range open {
			_ = conn.SetReadDeadline(began.Add(slowSenderLimit))
			// Cut off without a word, or with one: an end either way.
			if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
				t.Fatalf("still open after %v", time.Since(began))
			}
			_ = conn.Close()
		}
	})
}
