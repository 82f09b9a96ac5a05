package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"rapport/server/crm"
	"rapport/server/wire"
)

const (
	flatRuns    = 5
	flatWriters = 16
	flatChanges = 2000 // of ours in one run
	bareChanges = 60   // of the yardstick, each of which goes to each socket on its own
)

// measureFlatOut makes changes as fast as they are taken: entries are joined
// into frames, so that a change costs a socket a fraction of a write.
func measureFlatOut(ctx context.Context, s setting) ([]Figure, error) {
	var figures []Figure
	for _, sockets := range []int{1000, 5000} {
		found, err := flatOut(ctx, s, sockets)
		figures = append(figures, found...)
		if err != nil {
			return figures, err
		}
	}
	return figures, nil
}

func flatOut(ctx context.Context, s setting, sockets int) ([]Figure, error) {
	c, err := founded(ctx, filepath.Join(s.dir, fmt.Sprint("flat", sockets)), sockets/10/len(audiences))
	if err != nil {
		return nil, err
	}
	v := newInventor(c)
	customers := v.customers(50)
	deals := v.deals(flatWriters, customers)
	if err := c.seed(ctx, append(customers, deals...)); err != nil {
		return nil, err
	}
	var ours, yardstick, rates, bareRates []float64
	for range flatRuns {
		cpu, rate, frame, err := c.flatRun(ctx, s.server, deals, sockets)
		if err != nil {
			return nil, err
		}
		bareCPU, bareRate, err := bareRun(ctx, frame, sockets)
		if err != nil {
			return nil, err
		}
		ours, rates = append(ours, cpu), append(rates, rate)
		yardstick, bareRates = append(yardstick, bareCPU), append(bareRates, bareRate)
	}
	name := fmt.Sprintf("flat out to %d,000 sockets, 4 audiences", sockets/1000)
	return []Figure{
		beside(name+": CPU per delivered change", "µs", ours, yardstick, "bare", "≤ 0.2 × bare", atMost(0.2)),
		beside("the same: changes per second that reach all", "/s", rates, bareRates, "bare", "", nil),
	}, nil
}

// flatRun returns the microseconds of CPU per change and socket, the changes per
// second from the first write to the last receipt, and a frame of one change.
func (c *company) flatRun(ctx context.Context, server string, deals []crm.Record, sockets int) (cpu, rate float64, frame []byte, err error) {
	p, err := startServer(ctx, server, c.dir)
	if err != nil {
		return 0, 0, nil, err
	}
	defer p.stop()
	crowd, err := openScreens(ctx, p.url, c.tokens[1:], c.board, sockets)
	if err != nil {
		return 0, 0, nil, err
	}
	defer crowd.close()
	movers := make([]*mover, flatWriters)
	for i := range movers {
		movers[i] = &mover{c: c, url: p.url, deal: deals[i].ID}
		if _, err := movers[i].move(ctx); err != nil { // warms up, and learns the version
			return 0, 0, nil, err
		}
	}
	if err := pause(ctx, settle); err != nil {
		return 0, 0, nil, err
	}
	alone, err := movers[0].move(ctx) // so that its frame holds nothing else
	if err != nil {
		return 0, 0, nil, err
	}
	if _, err := crowd.wait(ctx, alone); err != nil {
		return 0, 0, nil, err
	}
	frame = *crowd.frame.Load()
	before, err1 := p.cpu()
	began := time.Now()
	last, err2 := movedBy(ctx, movers, flatChanges)
	if err := errors.Join(err1, err2); err != nil {
		return 0, 0, nil, err
	}
	at, err1 := crowd.wait(ctx, last)
	after, err2 := p.cpu()
	cpu = float64((after - before).Microseconds()) / float64(flatChanges*sockets)
	return cpu, flatChanges / at.Sub(began).Seconds(), frame, errors.Join(err1, err2)
}

// movedBy lets each mover make its share of n changes, and returns the highest offset.
func movedBy(ctx context.Context, movers []*mover, n int) (last int, err error) {
	var (
		mu      sync.Mutex // guards last and err
		working sync.WaitGroup
	)
	for _, m := range movers {
		working.Go(func() {
			for range n / len(movers) {
				offset, moveErr := m.move(ctx)
				mu.Lock()
				last, err = max(last, offset), errors.Join(err, moveErr)
				mu.Unlock()
				if moveErr != nil {
					return
				}
			}
		})
	}
	working.Wait()
	return last, err
}

func bareRun(ctx context.Context, frame []byte, sockets int) (cpu, rate float64, err error) {
	p, err := startBare(ctx)
	if err != nil {
		return 0, 0, err
	}
	defer p.stop()
	crowd, err := openScreens(ctx, p.url, []string{""}, "", sockets)
	if err != nil {
		return 0, 0, err
	}
	defer crowd.close()
	if err := pause(ctx, settle); err != nil {
		return 0, 0, err
	}
	offset := number(frame, `"upTo":`)
	ranges := func(offset int) []byte { return fmt.Appendf(nil, `"after":%d,"upTo":%d`, offset-1, offset) }
	before, err1 := p.cpu()
	began := time.Now()
	for i := range bareChanges {
		if err := post(ctx, p.url+"/broadcast", "", p.url, bytes.Replace(frame, ranges(offset), ranges(offset+i+1), 1), nil); err != nil {
			return 0, 0, err
		}
	}
	at, err2 := crowd.wait(ctx, offset+bareChanges)
	after, err3 := p.cpu()
	return float64((after - before).Microseconds()) / float64(bareChanges*sockets), bareChanges / at.Sub(began).Seconds(), errors.Join(err1, err2, err3)
}

// mover moves one deal from stage to stage. It belongs to one goroutine.
type mover struct {
	c       *company
	url     string
	deal    crm.ID
	version uint64
	moves   int
}

// move makes the next move and returns its offset.
func (m *mover) move(ctx context.Context) (offset int, err error) {
	if err := m.learn(ctx); err != nil {
		return 0, err
	}
	m.moves++
	return m.command(ctx, "deal.move", map[string]any{"stageId": m.c.stages[m.moves%len(m.c.stages)]})
}

// set gives the deal other values.
func (m *mover) set(ctx context.Context, values map[string]any) error {
	if err := m.learn(ctx); err != nil {
		return err
	}
	_, err := m.command(ctx, "record.edit", map[string]any{"values": values})
	return err
}

func (m *mover) command(ctx context.Context, name string, args map[string]any) (offset int, err error) {
	args["commandId"], args["id"], args["basedOn"] = crm.NewID(time.Now()), m.deal, m.version
	var result wire.CommandResult
	if err := post(ctx, m.url+"/api/v1/commands/"+name, m.c.tokens[0], m.url, asJSON(args), &result); err != nil {
		return 0, err
	}
	for _, rec := range result.Records {
		if rec.ID == string(m.deal) {
			m.version = rec.Version
		}
	}
	return int(result.Offset), nil
}

// learn asks for the version the deal is at, and where it stands, the first time.
func (m *mover) learn(ctx context.Context) error {
	if m.version > 0 {
		return nil
	}
	var view wire.RecordView
	if _, err := get(ctx, m.url+"/api/v1/records/"+string(m.deal), m.c.tokens[0], &view); err != nil {
		return err
	}
	m.version = view.Record.Version
	for i, stage := range m.c.stages {
		if view.Record.Fields[crm.KeyStage] == stage {
			m.moves = i
		}
	}
	return nil
}
