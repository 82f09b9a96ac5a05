package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"time"

	"rapport/server/crm"
)

const (
	// colleagueArg makes this binary be somebody who moves a deal now and then.
	colleagueArg = "move-a-deal"
	othersEvery  = 50 * time.Millisecond  // one move
	othersHold   = 250 * time.Millisecond // a card is taken up, or put down
)

// colleague is somebody who moves a deal every 50 ms, holding its card now and
// then. He works in a process of his own: in that of the bench his requests would
// wait in line with those of a thousand screens before they are sent at all.
type colleague struct {
	URL    string
	Frame  []byte `json:",omitempty"` // what he broadcasts on the yardstick; nil on the server
	Token  string
	Board  crm.ID
	Deal   crm.ID
	Stages []string
}

// mover is a colleague who moves a deal of the company, as its admin.
func (c *company) mover(url string, deal crm.ID) colleague {
	return colleague{URL: url, Token: c.tokens[0], Board: c.board, Deal: deal, Stages: c.stages}
}

// during returns the milliseconds from each moment a move was due to its answer
// while work ran, in rising order: what waits in line counts.
func (who colleague) during(ctx context.Context, work func() error) (times []float64, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, colleagueArg, string(asJSON(who)))
	cmd.Stderr = os.Stderr
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	said := json.NewDecoder(out)
	var ready bool
	err = said.Decode(&ready)
	if err == nil {
		err = work()
	}
	err = errors.Join(err, in.Close())
	if err == nil {
		err = said.Decode(&times)
	}
	if err = errors.Join(err, cmd.Wait()); err != nil {
		return nil, fmt.Errorf("the colleague: %w", err)
	}
	slices.Sort(times)
	return times, nil
}

// serveColleague says true, works until its input ends, and says how long his
// moves took.
func serveColleague(ctx context.Context, order string) error {
	var who colleague
	if err := json.Unmarshal([]byte(order), &who); err != nil {
		return err
	}
	move, err := who.begin(ctx)
	if err != nil {
		return err
	}
	over := make(chan error, 1)
	go func() {
		_, err := io.Copy(io.Discard, os.Stdin)
		over <- err
	}()
	say := json.NewEncoder(os.Stdout)
	if err := say.Encode(true); err != nil {
		return err
	}
	var times []float64
	for due := time.Now(); ; due = due.Add(othersEvery) {
		select {
		case err := <-over:
			return errors.Join(err, say.Encode(times))
		case <-time.After(time.Until(due)): // at once when it is late
			if err := move(ctx); err != nil {
				return err
			}
			times = append(times, float64(time.Since(due).Microseconds())/1000)
		}
	}
}

// begin takes up a card and returns what moves it; on the yardstick, what broadcasts.
func (who colleague) begin(ctx context.Context) (move func(context.Context) error, err error) {
	if who.Frame != nil {
		move = func(ctx context.Context) error { return post(ctx, who.URL+"/broadcast", "", who.URL, who.Frame, nil) }
		return move, move(ctx)
	}
	c := &company{tokens: []string{who.Token}, board: who.Board, stages: who.Stages}
	go func() { _ = c.hold(ctx, who.URL, who.Deal, othersHold) }() // a hand that falls off is seen by the bench of hands
	m := &mover{c: c, url: who.URL, deal: who.Deal}
	move = func(ctx context.Context) error {
		_, err := m.move(ctx)
		return err
	}
	return move, move(ctx)
}
