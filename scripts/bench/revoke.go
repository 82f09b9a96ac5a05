package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fasthttp/websocket"

	"rapport/server/crm"
	"rapport/server/testkit"
	"rapport/server/wire"
)

const (
	revokeRuns    = 5
	revokeTurns   = 20 // in each
	revokeDeals   = 1000
	revokeScreens = 1000
	raceMove      = 50 * time.Millisecond // on each node
)

// What a frame contains that takes deals away, and that gives them back.
const (
	signHide = `"op":"hide"`
	signShow = `"op":"show"`
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
	crowd, err := openTurned(ctx, []string{p.url}, marketing, c.board, revokeScreens)
	if err != nil {
		return nil, err
	}
	defer crowd.close()
	return c.revokeFigures(ctx, p.url, crowd, "a board taken away from 1,000 screens")
}

// measureRacingRevocation does the same on two nodes of a MongoDB, 500 screens on
// each, while deals of the board move on both.
func measureRacingRevocation(ctx context.Context, s setting) (figures []Figure, err error) {
	c, err := founded(ctx, filepath.Join(s.dir, "race"), revokeScreens/10)
	if err != nil {
		return nil, err
	}
	v := newInventor(c)
	customers := v.customers(200)
	deals := v.deals(revokeDeals, customers)
	if err := c.seed(ctx, append(customers, deals...)); err != nil {
		return nil, err
	}
	err = onMongo(func(place *testPlace) error {
		there, err := c.copyToMongo(ctx, s.server, testkit.Mongo(place))
		if err != nil {
			return err
		}
		figures, err = c.race(ctx, s.server, there, deals)
		return err
	})
	return figures, err
}

// copyToMongo brings the company into a database, and returns the environment of
// servers on it.
func (c *company) copyToMongo(ctx context.Context, server string, db testkit.Database) (env []string, err error) {
	env = []string{"MONGODB_URI=" + db.URI, "RAPPORT_DATABASE=" + db.Name}
	copying := exec.CommandContext(ctx, server, "copy", "--from", "sqlite:"+c.dir, "--to", db.URI) //nolint:gosec // our own program
	copying.Env = append(os.Environ(), env...)
	if out, err := copying.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("copy: %w: %s", err, out)
	}
	return env, nil
}

func (c *company) race(ctx context.Context, server string, env []string, deals []crm.Record) (figures []Figure, err error) {
	working, stop := context.WithCancel(ctx)
	defer stop()
	var moving sync.WaitGroup
	var urls []string
	errs := make([]error, 2)
	for range errs {
		node, err := startServer(ctx, server, "", env...)
		if err != nil {
			return nil, err
		}
		defer node.stop()
		urls = append(urls, node.url)
	}
	crowd, err := openTurned(ctx, urls, c.tokens[1+revokeScreens/10:1+2*revokeScreens/10], c.board, revokeScreens)
	if err != nil {
		return nil, err
	}
	defer crowd.close()
	for i, url := range urls {
		m := &mover{c: c, url: url, deal: deals[i].ID}
		moving.Go(func() { errs[i] = m.moveEvery(working, raceMove) })
	}
	figures, err = c.revokeFigures(ctx, urls[0], crowd, "the same on two nodes of a MongoDB, while deals move")
	stop()
	moving.Wait()
	return figures, errors.Join(err, errors.Join(errs...))
}

// moveEvery moves the deal until ctx ends.
func (m *mover) moveEvery(ctx context.Context, every time.Duration) error {
	for pause(ctx, every) == nil {
		if _, err := m.move(ctx); err != nil && ctx.Err() == nil {
			return err
		}
	}
	return nil
}

// revokeFigures takes the board away again and again. The yardstick sends the very
// frame that the last screen got to as many sockets, and has nothing to find out.
func (c *company) revokeFigures(ctx context.Context, url string, crowd *turned, what string) ([]Figure, error) {
	p95s, p50s, err := revokeTimes(func() (float64, error) { return c.revokeOnce(ctx, url, crowd) })
	if err != nil {
		return nil, err
	}
	if n := crowd.leaks.Load(); n > 0 {
		return nil, fmt.Errorf("%d messages told of deals after they had been taken away", n)
	}
	yardstick, err := startBare(ctx)
	if err != nil {
		return nil, err
	}
	defer yardstick.stop()
	bare, err := openTurned(ctx, []string{yardstick.url}, []string{""}, "", revokeScreens)
	if err != nil {
		return nil, err
	}
	defer bare.close()
	barely, _, err := revokeTimes(func() (float64, error) {
		began := time.Now()
		at, err := bare.turn(ctx, signHide, func() error {
			return post(ctx, yardstick.url+"/broadcast", "", yardstick.url, *crowd.hidden.Load(), nil)
		})
		return at.Sub(began).Seconds(), err
	})
	return []Figure{
		beside(what+": request to the last one, p95 of 20", "s", p95s, barely, "bare, the same frame", "", nil).absolute(1, "≤ 1 s"),
		{What: "the same: p50", Unit: "s", Ours: sampleOf(p50s)},
	}, err
}

// revokeTimes returns the 95th percentiles and the medians of some runs.
func revokeTimes(once func() (seconds float64, err error)) (p95s, p50s []float64, err error) {
	for range revokeRuns {
		times := make([]float64, revokeTurns)
		for i := range times {
			if times[i], err = once(); err != nil {
				return nil, nil, err
			}
		}
		slices.Sort(times)
		p95s, p50s = append(p95s, quantile(times, 0.95)), append(p50s, quantile(times, 0.5))
	}
	return p95s, p50s, nil
}

// revokeOnce returns the seconds from the request to the last screen, and gives
// the board back.
func (c *company) revokeOnce(ctx context.Context, url string, crowd *turned) (seconds float64, err error) {
	began := time.Now()
	at, err := crowd.turn(ctx, signHide, func() error { return c.share(ctx, url, "board.unshare", nil) })
	if err != nil {
		return 0, err
	}
	_, err = crowd.turn(ctx, signShow, func() error { return c.share(ctx, url, "board.share", []string{}) })
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
	leaks   atomic.Int32           // changes of deals that came after they had been taken away
	hidden  atomic.Pointer[[]byte] // the last frame that took something away
	all     chan time.Time
}

func openTurned(ctx context.Context, urls, tokens []string, board crm.ID, n int) (*turned, error) {
	f := &turned{all: make(chan time.Time, 1)}
	f.sign.Store(new(string))
	for i := range n {
		conn, err := openScreen(ctx, urls[i%len(urls)], tokens[i/len(urls)%len(tokens)], board)
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
	lost := false // the deals have been taken away
	for {
		_, message, err := conn.ReadMessage()
		if err != nil {
			return
		}
		if lost && bytes.Contains(message, []byte(`"op":"set"`)) {
			f.leaks.Add(1)
		}
		if bytes.Contains(message, []byte(signHide)) {
			lost = true
			f.hidden.Store(&message)
		} else if bytes.Contains(message, []byte(signShow)) {
			lost = false
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
