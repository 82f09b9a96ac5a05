package main

import (
	"context"
	"errors"
	"time"

	"rapport/server/crm"
)

const (
	memoryRuns = 5
	// tightHeap makes both servers collect early, so that resident memory is
	// what is in use and not what the collector has not looked at yet. The
	// figures of time are measured without it.
	tightHeap = "GOGC=10"
	// calm is how long freed pages take to go back to the system.
	calm = 2 * time.Second
	// churn is how many requests push what the start left behind out of the heap.
	churn = 150
)

// memoryFigure compares the resident memory that 1,000 idle sockets add.
func memoryFigure(ctx context.Context, path string, c *company) (Figure, error) {
	var ours, yardstick []float64
	for range memoryRuns {
		p, err := startServer(ctx, path, c.dir, tightHeap)
		if err != nil {
			return Figure{}, err
		}
		kilobytes, err := idleSocket(ctx, p, p.url+"/api/v1/boards/"+string(c.board), c.tokens[1:], c.board, screens)
		p.stop()
		if err != nil {
			return Figure{}, err
		}
		ours = append(ours, kilobytes)
		if p, err = startBare(ctx, tightHeap); err != nil {
			return Figure{}, err
		}
		err = post(ctx, p.url+"/body", "", p.url, make([]byte, 64<<10), nil)
		if err == nil {
			kilobytes, err = idleSocket(ctx, p, p.url+"/body", []string{""}, "", screens)
		}
		p.stop()
		if err != nil {
			return Figure{}, err
		}
		yardstick = append(yardstick, kilobytes)
	}
	return beside("memory per idle socket", "kB", ours, yardstick, "bare", "≤ 1.2 × bare", atMost(1.2)), nil
}

// idleSocket returns the resident kilobytes that each of n sockets adds to a server that has answered some requests before.
func idleSocket(ctx context.Context, p *process, url string, tokens []string, board crm.ID, n int) (float64, error) {
	for range churn {
		if _, _, err := fetch(ctx, url, tokens[0]); err != nil {
			return 0, err
		}
	}
	if err := pause(ctx, calm); err != nil {
		return 0, err
	}
	before, err := p.rss()
	if err != nil {
		return 0, err
	}
	crowd, err := openScreens(ctx, p.url, tokens, board, n)
	if err != nil {
		return 0, err
	}
	defer crowd.close()
	err = pause(ctx, calm)
	after, rssErr := p.rss()
	return (after - before) / float64(n) / 1000, errors.Join(err, rssErr)
}
