package main

import (
	"context"
	"fmt"
	"net"
	"runtime"
	"time"
)

// A thousand new connections a second for each processor: their handshakes then
// take a fraction of it, and the six that a browser opens for a page never wait
// longer than one round.
const (
	doorEvery        = 4 * time.Millisecond
	doorPerProcessor = 4
)

// door lets new connections in a few at a time; the line stands in the kernel.
// When a thousand screens come back at once, whoever is connected already would
// wait behind all their handshakes otherwise.
type door struct {
	net.Listener
	atOnce int
	// Only the one goroutine that accepts uses these.
	inside int       // let in since opened
	opened time.Time // when the last ones were let in
}

// listen opens the door at an address.
func listen(ctx context.Context, address string) (*door, error) {
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	return &door{Listener: ln, atOnce: doorPerProcessor * runtime.GOMAXPROCS(0)}, nil
}

// Accept is that of net.Listener. It belongs to one goroutine.
func (d *door) Accept() (net.Conn, error) {
	conn, err := d.Listener.Accept()
	if err != nil {
		return nil, err
	}
	if since := time.Since(d.opened); since >= doorEvery {
		d.inside, d.opened = 0, time.Now()
	} else if d.inside == d.atOnce {
		time.Sleep(doorEvery - since)
		d.inside, d.opened = 0, time.Now()
	}
	d.inside++
	return conn, nil
}
