package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

const (
	guessesPerSecond = 200
	guessingFor      = 10 * time.Second
	guessingRuns     = 5
)

// measureGuesses lets strangers guess passwords, each from an address of his own, so
// that no limit but that of the processor holds them up.
func measureGuesses(ctx context.Context, s setting) ([]Figure, error) {
	c, deals, err := closedOffice(ctx, s, "guesses", 1)
	if err != nil {
		return nil, err
	}
	p, err := startServer(ctx, s.server, c.dir, "RAPPORT_TRUSTED_PROXIES=127.0.0.1")
	if err != nil {
		return nil, err
	}
	defer p.stop()
	var others felt
	var checked []float64
	for run := range guessingRuns {
		g := guessers{url: p.url, run: run}
		if err := others.take(ctx, c.mover(p.url, deals[0].ID), func() error { return g.guess(ctx) }); err != nil {
			return nil, err
		}
		checked = append(checked, float64(g.checked)/guessingFor.Seconds())
	}
	return []Figure{
		others.figure(fmt.Sprintf("%d sign-ins a second with wrong passwords", guessesPerSecond), othersLimit),
		{What: "the same: passwords that were compared; all others were asked to wait", Unit: "/s", Ours: sampleOf(checked)},
	}, nil
}

// guessers are strangers before the door.
type guessers struct {
	url     string
	run     int
	mu      sync.Mutex // guards checked
	checked int
}

// guess sends sign-ins at fixed moments, whether or not those before were answered.
func (g *guessers) guess(ctx context.Context) error {
	every := time.NewTicker(time.Second / guessesPerSecond)
	defer every.Stop()
	n := int(guessingFor.Seconds()) * guessesPerSecond
	errs := make([]error, n)
	var guessing sync.WaitGroup
	for i := range n {
		select {
		case <-every.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		guessing.Go(func() { errs[i] = g.one(ctx, i) })
	}
	guessing.Wait()
	return errors.Join(errs...)
}

// one is the i-th guess; from whom it comes a proxy says.
func (g *guessers) one(ctx context.Context, i int) error {
	body := asJSON(map[string]any{"email": fmt.Sprintf("nobody%d@millbrook.example", i), "password": "as good as any guess"})
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, g.url+"/api/v1/session", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Origin", g.url)
	req.Header.Set("X-Forwarded-For", fmt.Sprintf("10.%d.%d.%d", g.run, i/250, 1+i%250))
	res, err := keepAlive.Do(req)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, res.Body)
	switch res.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		g.mu.Lock()
		g.checked++
		g.mu.Unlock()
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
	default:
		err = errors.Join(err, fmt.Errorf("a wrong password is answered with %s", res.Status))
	}
	return errors.Join(err, res.Body.Close())
}
