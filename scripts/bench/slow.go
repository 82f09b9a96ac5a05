package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"time"

	"github.com/fasthttp/websocket"

	"rapport/server/crm"
)

const (
	slowScreens = 50
	slowRuns    = 5
	// slowRun is how long changes come. What they bring fills all buffers of a
	// screen that does not read within some seconds; then the server has 10 s of
	// patience with it.
	slowRun   = 25 * time.Second
	slowNotes = 200 * time.Millisecond // one long text
	longText  = 16_000                 // characters
	// smallBuffer is what the system keeps for a screen that does not read, in
	// bytes; the default is megabytes.
	smallBuffer = 4096
)

// measureSlowReaders has 50 screens that never read, while changes go to 1,000,
// until the server has cut all 50 off.
func measureSlowReaders(ctx context.Context, s setting) ([]Figure, error) {
	c, deals, err := closedOffice(ctx, s, "slow", screens/screensEach/len(audiences))
	if err != nil {
		return nil, err
	}
	p, metrics, err := startWithMetrics(ctx, s.server, c.dir)
	if err != nil {
		return nil, err
	}
	defer p.stop()
	crowd, err := openScreens(ctx, p.url, c.tokens[1:], c.board, screens-slowScreens)
	if err != nil {
		return nil, err
	}
	defer crowd.close()
	var others felt
	for range slowRuns {
		silent, err := openSilent(ctx, p.url, c.tokens[1:1+screens/screensEach/len(audiences)], c.board, slowScreens)
		if err != nil {
			return nil, err
		}
		err = others.take(ctx, c.mover(p.url, deals[0].ID), func() error {
			return c.writeNotes(ctx, p.url, deals[1].ID, slowRun)
		})
		if err := errors.Join(err, requireCutOff(ctx, metrics), closeAll(silent)); err != nil {
			return nil, err
		}
	}
	return []Figure{others.figure("changes to 1,000 screens, 50 of which do not read and are cut off", othersLimit)}, nil
}

// openSilent opens screens that read no more once they are welcome, and for
// which the system keeps little.
func openSilent(ctx context.Context, url string, tokens []string, board crm.ID, n int) (conns []*websocket.Conn, err error) {
	narrow := net.Dialer{Control: func(_, _ string, raw syscall.RawConn) error {
		var set error
		err := raw.Control(func(fd uintptr) {
			set = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, smallBuffer) //nolint:gosec // a descriptor
		})
		return errors.Join(err, set)
	}}
	for i := range n {
		conn, err := openScreenOver(ctx, narrow.DialContext, url, tokens[i%len(tokens)], board)
		if err != nil {
			return nil, errors.Join(err, closeAll(conns))
		}
		conns = append(conns, conn)
	}
	return conns, nil
}

// requireCutOff fails unless the server has given up every screen that does not
// read. It is asked itself: what it had sent before still lies in the system, and
// such a screen would learn of the end when it has read that.
func requireCutOff(ctx context.Context, metrics string) error {
	for tries := 0; ; tries++ {
		sample, err := scrape(ctx, metrics)
		if err != nil {
			return err
		}
		alive := int(sample["rapport_sockets"]) - (screens - slowScreens)
		if alive <= 1 { // whoever held a card is leaving
			return nil
		}
		if tries == 20 {
			return fmt.Errorf("%d of %d screens that do not read were not cut off", alive, slowScreens)
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return err
		}
	}
}

func closeAll(conns []*websocket.Conn) (err error) {
	for _, conn := range conns {
		err = errors.Join(err, conn.Close())
	}
	return err
}

// writeNotes gives a deal one long text after the other, for a while.
func (c *company) writeNotes(ctx context.Context, url string, deal crm.ID, long time.Duration) error {
	m := &mover{c: c, url: url, deal: deal}
	until := time.Now().Add(long)
	for n := 0; time.Now().Before(until); n++ {
		text := fmt.Sprint(n, " ", strings.Repeat("x", longText))
		if err := m.set(ctx, map[string]any{"notes": text}); err != nil {
			return err
		}
		if err := pause(ctx, slowNotes); err != nil {
			return err
		}
	}
	return nil
}
