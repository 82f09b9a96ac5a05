package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"rapport/server/crm"
)

// stormSize is how many come back, and what that is held to.
type stormSize struct {
	screens, runs int
	others        float64 // ms, p99
	current       float64 // s, until all are up to date
}

var storms = []stormSize{
	{1000, 8, othersLimit, 10},
	{5000, 5, 1000, 30},
}

// storm is so many screens of a server, or of the yardstick, that lose their
// connection and come back at once, each with its answer to load.
type storm struct {
	screens int
	url     string
	tokens  []string
	board   crm.ID // "" on the yardstick
	load    string // the address of the answer
	moves   colleague
	seconds []float64 // until all are up to date
	others  felt
}

func measureStorm(ctx context.Context, s setting) (figures []Figure, err error) {
	for _, size := range storms {
		found, err := measureOneStorm(ctx, s, size)
		figures = append(figures, found...)
		if err != nil {
			return figures, err
		}
	}
	return figures, nil
}

// measureOneStorm lets the same storm come over the server and over the yardstick,
// which has an answer of the same size to pack for each screen.
func measureOneStorm(ctx context.Context, s setting, size stormSize) ([]Figure, error) {
	c, p, deals, err := office(ctx, s, fmt.Sprint("storm", size.screens), size.screens/screensEach/len(audiences))
	if err != nil {
		return nil, err
	}
	defer p.stop()
	ours := storm{
		screens: size.screens, url: p.url, tokens: c.tokens[1:], board: c.board,
		load: p.url + "/api/v1/boards/" + string(c.board), moves: c.mover(p.url, deals[0].ID),
	}
	bare, err := startBare(ctx)
	if err != nil {
		return nil, err
	}
	defer bare.stop()
	yardstick := storm{
		screens: size.screens, url: bare.url, tokens: []string{""},
		load: bare.url + "/body", moves: colleague{URL: bare.url, Frame: []byte(`{"type":"entries"}`)},
	}
	packed, _, err1 := fetch(ctx, ours.load, c.tokens[1])
	answer, err2 := unpack(packed)
	if err := errors.Join(err1, err2, post(ctx, bare.url+"/body", "", bare.url, answer, nil)); err != nil {
		return nil, err
	}
	for range size.runs {
		if err := errors.Join(ours.come(ctx), yardstick.come(ctx)); err != nil {
			return nil, err
		}
	}
	return []Figure{
		ours.others.figure(fmt.Sprintf("a storm of %d screens that come back and load the board", size.screens), size.others),
		beside("the same beside the same storm", "ms", ours.others.during, yardstick.others.during, "bare", "", nil),
		beside("the same: until all are up to date", "s", ours.seconds, yardstick.seconds, "bare", "", nil).
			absolute(size.current, fmt.Sprintf("≤ %.0f s", size.current)),
	}, nil
}

// come is one storm.
func (s *storm) come(ctx context.Context) error {
	crowd, err := openScreens(ctx, s.url, s.tokens, s.board, s.screens)
	if err != nil {
		return err
	}
	err = s.others.take(ctx, s.moves, func() error {
		crowd.close()
		began := time.Now()
		crowd, err = openScreensBy(ctx, s.url, s.tokens, s.board, s.screens, s.screens)
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
	errs := make([]error, s.screens)
	for i := range errs {
		loading.Go(func() { _, _, errs[i] = fetch(ctx, s.load, s.tokens[i%len(s.tokens)]) })
	}
	loading.Wait()
	return errors.Join(errs...)
}
