package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"rapport/server/crm"
)

const (
	stormScreens = 1000
	stormRuns    = 8
)

// storm is 1,000 screens of a server, or of the yardstick, that lose their
// connection and come back at once, each with its answer to load.
type storm struct {
	url     string
	tokens  []string
	board   crm.ID // "" on the yardstick
	load    string // the address of the answer
	moves   colleague
	seconds []float64 // until all are up to date
	others  felt
}

// measureStorm lets the same storm come over the server and over the yardstick,
// which has an answer of the same size to pack for each screen.
func measureStorm(ctx context.Context, s setting) ([]Figure, error) {
	c, p, deals, err := office(ctx, s, "storm", stormScreens/10/len(audiences))
	if err != nil {
		return nil, err
	}
	defer p.stop()
	ours := storm{url: p.url, tokens: c.tokens[1:], board: c.board, load: p.url + "/api/v1/boards/" + string(c.board), moves: c.mover(p.url, deals[0].ID)}
	bare, err := startBare(ctx)
	if err != nil {
		return nil, err
	}
	defer bare.stop()
	yardstick := storm{url: bare.url, tokens: []string{""}, load: bare.url + "/body", moves: colleague{URL: bare.url, Frame: []byte(`{"type":"entries"}`)}}
	packed, _, err1 := fetch(ctx, ours.load, c.tokens[1])
	answer, err2 := unpack(packed)
	if err := errors.Join(err1, err2, post(ctx, bare.url+"/body", "", bare.url, answer, nil)); err != nil {
		return nil, err
	}
	for range stormRuns {
		if err := errors.Join(ours.come(ctx), yardstick.come(ctx)); err != nil {
			return nil, err
		}
	}
	return []Figure{
		ours.others.figure("a storm of 1,000 screens that come back and load the board"),
		beside("the same beside the same storm", "ms", ours.others.during, yardstick.others.during, "bare", "", nil),
		beside("the same: until all 1,000 are up to date", "s", ours.seconds, yardstick.seconds, "bare", "", nil).absolute(10, "≤ 10 s"),
	}, nil
}

// come is one storm.
func (s *storm) come(ctx context.Context) error {
	crowd, err := openScreens(ctx, s.url, s.tokens, s.board, stormScreens)
	if err != nil {
		return err
	}
	err = s.others.take(ctx, s.moves, func() error {
		crowd.close()
		began := time.Now()
		crowd, err = openScreensBy(ctx, s.url, s.tokens, s.board, stormScreens, stormScreens)
		if err == nil {
			err = s.loadAll(ctx)
		}
		s.seconds = append(s.seconds, time.Since(began).Seconds())
		return err
	})
	if crowd != nil {
		crowd.close()
	}
	return err
}

// loadAll loads the answer for all screens at once, as those who come back do.
func (s *storm) loadAll(ctx context.Context) error {
	var loading sync.WaitGroup
	errs := make([]error, stormScreens)
	for i := range errs {
		loading.Go(func() { _, _, errs[i] = fetch(ctx, s.load, s.tokens[i%len(s.tokens)]) })
	}
	loading.Wait()
	return errors.Join(errs...)
}
