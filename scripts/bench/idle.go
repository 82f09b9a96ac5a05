package main

import (
	"context"
	"errors"
	"time"

	"rapport/server/crm"
)

const (
	idleSockets = 10_000
	idleRuns    = 5
	idleFor     = 5 * time.Second // while nothing happens
	// longCalm is until 10,000 have heard who else is there: a list a second for
	// every thousand.
	longCalm = 12 * time.Second
	// tightHeap makes both servers collect early, so that resident memory is
	// what is in use and not what the collector has not looked at yet. The
	// figures of time are measured without it.
	tightHeap = "GOGC=10"
	// calm is how long freed pages take to go back to the system.
	calm = 2 * time.Second
	// churn is how many requests push what the start left behind out of the heap.
	churn = 150
)

// idle is what sockets on which nothing happens cost.
type idle struct {
	kilobytes []float64 // resident, each of them
	percent   []float64 // of a processor, all of them
}

// measureIdle compares 10,000 idle sockets with as many of a bare server.
func measureIdle(ctx context.Context, s setting) ([]Figure, error) {
	c, _, err := closedOffice(ctx, s, "idle", idleSockets/screensEach/len(audiences))
	if err != nil {
		return nil, err
	}
	var ours, bare idle
	for range idleRuns {
		p, err := startServer(ctx, s.server, c.dir, tightHeap)
		if err != nil {
			return nil, err
		}
		err = ours.take(ctx, p, p.url+"/api/v1/boards/"+string(c.board), c.tokens[1:], c.board, idleSockets)
		p.stop()
		if err != nil {
			return nil, err
		}
		if p, err = startBare(ctx, tightHeap); err != nil {
			return nil, err
		}
		err = post(ctx, p.url+"/body", "", p.url, make([]byte, 64<<10), nil)
		if err == nil {
			err = bare.take(ctx, p, p.url+"/body", []string{""}, "", idleSockets)
		}
		p.stop()
		if err != nil {
			return nil, err
		}
	}
	return []Figure{
		beside("memory per idle socket, of 10,000", "kB", ours.kilobytes, bare.kilobytes, "bare", "≤ 1.2 × bare", atMost(1.2)),
		beside("what 10,000 idle sockets take of a processor", "%", ours.percent, bare.percent, "bare", "", nil).absolute(3, "≤ 3 %"),
	}, nil
}

// take opens n sockets on a server that has answered some requests before, and
// compares its resident memory before and after.
func (i *idle) take(ctx context.Context, p *process, url string, tokens []string, board crm.ID, n int) error {
	for range churn {
		if _, _, err := fetch(ctx, url, tokens[0]); err != nil {
			return err
		}
	}
	if err := pause(ctx, calm); err != nil {
		return err
	}
	before, err := p.rss()
	if err != nil {
		return err
	}
	crowd, err := openScreens(ctx, p.url, tokens, board, n)
	if err != nil {
		return err
	}
	defer crowd.close()
	err1 := pause(ctx, max(calm, longCalm*time.Duration(n)/idleSockets))
	used, err2 := p.cpu()
	err3 := pause(ctx, idleFor)
	stillUsed, err4 := p.cpu()
	after, err5 := p.rss()
	i.kilobytes = append(i.kilobytes, (after-before)/float64(n)/1000)
	i.percent = append(i.percent, 100*(stillUsed-used).Seconds()/idleFor.Seconds())
	return errors.Join(err1, err2, err3, err4, err5)
}
