package main

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"rapport/server/crm"
	"rapport/server/wire"
)

const (
	handRuns    = 5
	handTakes   = 10                      // in each
	handEvery   = 1200 * time.Millisecond // longer than the pause between two messages to 1,000 screens
	handScreens = 1000
)

// hold has the admin take a card into the hand and put it down again, on a screen
// of his, until ctx ends.
func (c *company) hold(ctx context.Context, url string, deal crm.ID, every time.Duration) error {
	conn, err := openScreen(ctx, url, c.tokens[0], c.board)
	if err != nil {
		return err
	}
	leave := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer leave()
	defer conn.Close() //nolint:errcheck // only left
	go func() {
		for {
			if _, _, err := conn.ReadMessage(); err != nil {
				return
			}
		}
	}()
	for inHand := true; ; inHand = !inHand {
		if err := pause(ctx, every); err != nil {
			return err
		}
		w := wire.Watch{Type: "watch", BoardID: string(c.board)}
		if inHand {
			w.Holding = string(deal)
		}
		if err := conn.WriteJSON(w); err != nil {
			return err
		}
	}
}

// measureHands shows on 1,000 screens that somebody takes a card and puts it down.
func measureHands(ctx context.Context, s setting) ([]Figure, error) {
	c, err := founded(ctx, filepath.Join(s.dir, "hands"), handScreens/10/len(audiences))
	if err != nil {
		return nil, err
	}
	v := newInventor(c)
	deals, err := c.seedToMove(ctx, v, 1)
	if err != nil {
		return nil, err
	}
	p, err := startServer(ctx, s.server, c.dir)
	if err != nil {
		return nil, err
	}
	defer p.stop()
	crowd, err := openScreens(ctx, p.url, c.tokens[1:], c.board, handScreens)
	if err != nil {
		return nil, err
	}
	defer crowd.close()
	if err := pause(ctx, settle); err != nil {
		return nil, err
	}
	var micros []float64
	for range handRuns {
		idle, err := p.cpuDuring(func() error { return pause(ctx, handTakes*handEvery) })
		if err != nil {
			return nil, err
		}
		busy, err := p.cpuDuring(func() error {
			working, rest := context.WithTimeout(ctx, handTakes*handEvery)
			defer rest()
			if err := c.hold(working, p.url, deals[0].ID, handEvery); working.Err() == nil {
				return err // the hand fell off
			}
			return ctx.Err()
		})
		if err != nil {
			return nil, err
		}
		micros = append(micros, float64((busy-idle).Microseconds())/handTakes/handScreens)
	}
	return []Figure{{What: "a card taken or put down, shown on 1,000 screens: CPU per screen", Unit: "µs", Ours: sampleOf(micros)}}, nil
}

// cpuDuring returns the processor time that a process takes while work runs.
func (p *process) cpuDuring(work func() error) (time.Duration, error) {
	before, err1 := p.cpu()
	err2 := work()
	after, err3 := p.cpu()
	return after - before, errors.Join(err1, err2, err3)
}
