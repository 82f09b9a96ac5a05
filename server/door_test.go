package main

import (
	"net"
	"testing"
	"testing/synctest"
	"time"
)

// lobby is a listener at which so many connections stand, and no more come.
type lobby struct {
	net.Listener
	waiting int
}

func (l *lobby) Accept() (net.Conn, error) {
	if l.waiting == 0 {
		return nil, net.ErrClosed
	}
	l.waiting--
	return &net.TCPConn{}, nil
}

func TestDoor(t *testing.T) {
	for name, row := range map[string]struct {
		come, atOnce int
		takes        time.Duration
	}{
		"one comes in at once":                       {1, 8, 0},
		"as many as a page opens come in at once":    {8, 8, 0},
		"one more waits for the next time":           {9, 8, doorEvery},
		"[L4] a thousand come in within a second":    {1000, 8, 124 * doorEvery},
		"[L4] on twice the processors in half of it": {1000, 16, 62 * doorEvery},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := &door{Listener: &lobby{waiting: row.come}, atOnce: row.atOnce}
				began := time.Now()
				for range row.come {
					if _, err := d.Accept(); err != nil {
						t.Fatal(err)
					}
				}
				if took := time.Since(began); took != row.takes {
					t.Errorf("took %v, not %v", took, row.takes)
				}
				if _, err := d.Accept(); err == nil {
					t.Error("the end of the listener is not told")
				}
			})
		})
	}
}

// Whoever comes now and then never waits, however many came before.
func TestDoorStandsOpenInBetween(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &door{Listener: &lobby{waiting: 100}, atOnce: 1}
		for range 100 {
			time.Sleep(doorEvery)
			began := time.Now()
			if _, err := d.Accept(); err != nil || time.Since(began) != 0 {
				t.Fatalf("waited %v: %v", time.Since(began), err)
			}
		}
	})
}
