package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"rapport/server/crm"
	"rapport/server/wire"
)

const (
	fanoutRuns    = 5
	screens       = 1000
	paceEvery     = 100 * time.Millisecond
	pacedChanges  = 150
	warmUpChanges = 20
	settle        = 3 * time.Second // for what connecting began to end: all see who is there
)

// server is either side of the comparison.
type server struct {
	*process
	tokens []string
	board  crm.ID // that the screens show; "" on the yardstick
	// change makes one change and returns its offset.
	change func(ctx context.Context) (int, error)
}

// fanout gathers the runs of one side.
type fanout struct {
	screens                         int
	cpuMicros, p50Millis, p99Millis []float64
	frame                           []byte // as the screens got it
}

func measureFanout(ctx context.Context, s setting) ([]Figure, error) {
	c, err := founded(ctx, filepath.Join(s.dir, "fanout"), screens/screensEach/len(audiences))
	if err != nil {
		return nil, err
	}
	v := newInventor(c)
	deals, err := c.seedToMove(ctx, v, fanoutRuns)
	if err != nil {
		return nil, err
	}
	ours, yardstick := fanout{screens: screens}, fanout{screens: screens}
	for range fanoutRuns {
		if err := ours.runServer(ctx, s.server, c, &deals); err != nil {
			return nil, err
		}
		// The yardstick carries the very message the screens got.
		if err := yardstick.runBare(ctx, ours.frame); err != nil {
			return nil, err
		}
	}
	return []Figure{
		beside("one change to 1,000 sockets, 4 audiences, 10/s: CPU per delivery", "µs", ours.cpuMicros, yardstick.cpuMicros, "bare", "≤ 1.3 × bare", atMost(1.3)),
		beside("the same: start of the write to last receipt, p50", "ms", ours.p50Millis, yardstick.p50Millis, "bare", "", nil),
		beside("the same: start of the write to last receipt, p99", "ms", ours.p99Millis, yardstick.p99Millis, "bare", "≤ 1.3 × bare", atMost(1.3)),
		{What: "the same: size of the message", Unit: "bytes", Ours: sampleOf([]float64{float64(len(ours.frame))})},
	}, nil
}

// seedToMove adds deals that stand in the first stage, enough for the moves of
// some runs.
func (c *company) seedToMove(ctx context.Context, v *inventor, runs int) ([]crm.Record, error) {
	customers := v.customers(50)
	deals := v.deals(runs*(pacedChanges+warmUpChanges), customers)
	for i := range deals {
		deals[i].Fields = deals[i].Fields.With(crm.Pack(crm.Fields{crm.KeyStage: c.stages[0]}), nil)
	}
	return deals, c.seed(ctx, append(customers, deals...))
}

// runServer measures a fresh process of the real server. Each change moves
// another deal, so that none has to wait for the answer to the one before.
func (f *fanout) runServer(ctx context.Context, path string, c *company, deals *[]crm.Record) error {
	p, err := startServer(ctx, path, c.dir)
	if err != nil {
		return err
	}
	defer p.stop()
	var mu sync.Mutex // guards deals
	return f.run(ctx, &server{p, c.tokens[1:], c.board, func(ctx context.Context) (int, error) {
		mu.Lock()
		deal := (*deals)[0]
		*deals = (*deals)[1:]
		mu.Unlock()
		body := asJSON(map[string]any{
			"commandId": crm.NewID(time.Now()), "id": deal.ID, "basedOn": deal.Version, "stageId": c.stages[1],
		})
		var result wire.CommandResult
		err = post(ctx, p.url+"/api/v1/commands/deal.move", c.tokens[0], p.url, body, &result)
		return int(result.Offset), err
	}})
}

func (f *fanout) runBare(ctx context.Context, frame []byte) error {
	p, err := startBare(ctx)
	if err != nil {
		return err
	}
	defer p.stop()
	first := number(frame, `"upTo":`)
	ranges := func(offset int) []byte { return fmt.Appendf(nil, `"after":%d,"upTo":%d`, offset-1, offset) }
	var mu sync.Mutex // guards offset
	offset := first
	return f.run(ctx, &server{p, []string{""}, "", func(ctx context.Context) (int, error) {
		mu.Lock()
		offset++
		mine := offset
		mu.Unlock()
		return mine, post(ctx, p.url+"/broadcast", "", p.url, bytes.Replace(frame, ranges(first), ranges(mine), 1), nil)
	}})
}

func (f *fanout) run(ctx context.Context, s *server) error {
	crowd, err := openScreens(ctx, s.url, s.tokens, s.board, f.screens)
	if err != nil {
		return err
	}
	defer crowd.close()
	if err := pause(ctx, settle); err != nil {
		return err
	}
	if _, err := pace(ctx, s, crowd, warmUpChanges); err != nil {
		return err
	}
	cpuBefore, err1 := s.cpu()
	latencies, err2 := pace(ctx, s, crowd, pacedChanges)
	cpuAfter, err3 := s.cpu()
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	f.frame = *crowd.frame.Load()
	f.cpuMicros = append(f.cpuMicros, float64((cpuAfter-cpuBefore).Microseconds())/float64(pacedChanges*f.screens))
	slices.Sort(latencies)
	f.p50Millis = append(f.p50Millis, quantile(latencies, 0.5))
	f.p99Millis = append(f.p99Millis, quantile(latencies, 0.99))
	return nil
}

// pace makes n changes at fixed moments, whether or not those before have
// arrived, and returns the milliseconds from the start of each write to its
// last receipt.
func pace(ctx context.Context, s *server, screens *crowd, n int) ([]float64, error) {
	ticker := time.NewTicker(paceEvery)
	defer ticker.Stop()
	latencies, errs := make([]float64, n), make([]error, n)
	var changes sync.WaitGroup
	for i := range n {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		changes.Go(func() {
			began := time.Now()
			offset, err := s.change(ctx)
			if err != nil {
				errs[i] = err
				return
			}
			at, err := screens.wait(ctx, offset)
			latencies[i], errs[i] = float64(at.Sub(began).Microseconds())/1000, err
		})
	}
	changes.Wait()
	return latencies, errors.Join(errs...)
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
