package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fasthttp/websocket"

	"rapport/server/crm"
	"rapport/server/wire"
)

const (
	revokeRuns    = 5
	revokeTurns   = 20 // in each
	revokeDeals   = 1000
	revokeScreens = 1000
)

// measureRevocation takes a board of 1,000 deals away from a department with
// 1,000 open screens, and waits until the last screen has been told to forget it.
func measureRevocation(ctx context.Context, s setting) ([]Figure, error) {
	c, err := founded(ctx, filepath.Join(s.dir, "revoke"), revokeScreens/10)
	if err != nil {
		return nil, err
	}
	v := newInventor(c)
	customers := v.customers(200)
	if err := c.seed(ctx, append(customers, v.deals(revokeDeals, customers)...)); err != nil {
		return nil, err
	}
	p, err := startServer(ctx, s.server, c.dir)
	if err != nil {
		return nil, err
	}
	defer p.stop()
	marketing := c.tokens[1+revokeScreens/10 : 1+2*revokeScreens/10]
	crowd, err := openTurned(ctx, p.url, marketing, c.board, revokeScreens)
	if err != nil {
		return nil, err
	}
	defer crowd.close()
	var p95s, p50s []float64
	for range revokeRuns {
		times := make([]float64, revokeTurns)
		for i := range times {
			if times[i], err = c.revokeOnce(ctx, p.url, crowd); err != nil {
				return nil, err
			}
		}
		slices.Sort(times)
		p95s, p50s = append(p95s, quantile(times, 0.95)), append(p50s, quantile(times, 0.5))
	}
	return []Figure{
		Figure{What: "a board taken away from 1,000 screens: request to the last one, p95 of 20", Unit: "s",
			Ours: sampleOf(p95s)}.absolute(1, "≤ 1 s"),
		{What: "the same: p50", Unit: "s", Ours: sampleOf(p50s)},
	}, nil
}

// revokeOnce returns the seconds from the request to the last screen, and gives
// the board back.
func (c *company) revokeOnce(ctx context.Context, url string, crowd *turned) (seconds float64, err error) {
	began := time.Now()
	at, err := crowd.turn(ctx, `"op":"hide"`, func() error { return c.share(ctx, url, "board.unshare", nil) })
	if err != nil {
		return 0, err
	}
	_, err = crowd.turn(ctx, `"op":"show"`, func() error { return c.share(ctx, url, "board.share", []string{}) })
	return at.Sub(began).Seconds(), errors.Join(err, pause(ctx, 500*time.Millisecond))
}

// share shares the board with the second department, or ends that.
func (c *company) share(ctx context.Context, url, command string, fields []string) error {
	args := map[string]any{"commandId": crm.NewID(time.Now()), "boardId": c.board, "departmentId": c.departments[1]}
	if command == "board.share" {
		args["fields"], args["actions"] = fields, []string{}
	}
	body := asJSON(args)
	var result wire.CommandResult
	return post(ctx, url+"/api/v1/commands/"+command, c.tokens[0], url, body, &result)
}

// turned are screens that note when the last of them has been shown, or told to
// forget, what a change of policy brought about.
type turned struct {
	conns   []*websocket.Conn
	readers sync.WaitGroup
	sign    atomic.Pointer[string] // what the awaited frame contains
	left    atomic.Int32
	all     chan time.Time
}

func openTurned(ctx context.Context, url string, tokens []string, board crm.ID, n int) (*turned, error) {
	f := &turned{all: make(chan time.Time, 1)}
	f.sign.Store(new(string))
	for i := range n {
		conn, err := openScreen(ctx, url, tokens[i%len(tokens)], board)
		if err != nil {
			f.close()
			return nil, err
		}
		f.conns = append(f.conns, conn)
		f.readers.Go(func() { f.read(conn) })
	}
	return f, nil
}

// read counts the frames with the sign, or that order a snapshot instead.
func (f *turned) read(conn *websocket.Conn) {
	for {
		_, message, err := conn.ReadMessage()
		if err != nil {
			return
		}
		if !bytes.Contains(message, []byte(*f.sign.Load())) && !bytes.HasPrefix(message, []byte(`{"type":"welcome"`)) {
			continue
		}
		if f.left.Add(-1) == 0 {
			f.all <- time.Now()
		}
	}
}

// turn changes the policy and returns when the last screen has got the frame.
func (f *turned) turn(ctx context.Context, sign string, change func() error) (time.Time, error) {
	f.sign.Store(&sign)
	f.left.Store(int32(len(f.conns))) //nolint:gosec // a thousand
	if err := change(); err != nil {
		return time.Time{}, err
	}
	limit := time.NewTimer(20 * time.Second)
	defer limit.Stop()
	select {
	case at := <-f.all:
		return at, nil
	case <-limit.C:
		return time.Time{}, fmt.Errorf("%d of %d screens were not told", f.left.Load(), len(f.conns))
	case <-ctx.Done():
		return time.Time{}, ctx.Err()
	}
}

func (f *turned) close() {
	for _, conn := range f.conns {
		_ = conn.Close()
	}
	f.readers.Wait()
}
