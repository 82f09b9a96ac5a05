package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"rapport/server/crm"
)

const (
	soakSteady  = 940 // screens that stay from the first to the last minute
	soakGuests  = 40  // that come and go
	soakSlow    = 20  // that read a message a second
	soakMovers  = 20
	soakChange  = 50 * time.Millisecond // 20 changes a second
	soakHold    = 2 * time.Second       // a card is taken up, or put down
	soakPolicy  = time.Minute           // a board shared, or no longer
	soakSamples = 60
	// soakWarmUp is so many changes that what a workspace remembers of the last
	// ones, to merge edits, has reached its bound before anything is compared.
	soakWarmUp = 110_000
	// remembered is what a command may leave behind for 24 hours, so that its
	// repetition gets the first answer; bytes.
	remembered = 150
)

// measureSoak lets two servers work for a long time, one for 4 audiences and one
// for 200, and compares what they hold at the end with what they held soon after
// the beginning.
func measureSoak(ctx context.Context, s setting) ([]Figure, error) {
	kinds := []int{len(audiences), 200}
	found, errs := make([][]Figure, len(kinds)), make([]error, len(kinds))
	var both sync.WaitGroup
	for i, n := range kinds {
		both.Go(func() { found[i], errs[i] = soakOne(ctx, s, n) })
	}
	both.Wait()
	return slices.Concat(found...), errors.Join(errs...)
}

func soakOne(ctx context.Context, s setting, nAudiences int) ([]Figure, error) {
	people := peopleFor(2*screens, nAudiences) // so that nobody has ten screens, the oldest of which would make room
	c, err := foundedFor(ctx, filepath.Join(s.dir, fmt.Sprint("soak", nAudiences)), manyAudiences(nAudiences), people)
	if err != nil {
		return nil, err
	}
	v := newInventor(c)
	customers := v.customers(50)
	deals := v.deals(soakMovers, customers)
	if err := c.seed(ctx, append(customers, deals...)); err != nil {
		return nil, err
	}
	p, metrics, err := startWithMetrics(ctx, s.server, c.dir)
	if err != nil {
		return nil, err
	}
	defer p.stop()
	movers := make([]*mover, len(deals))
	for i := range deals {
		movers[i] = &mover{c: c, url: p.url, deal: deals[i].ID}
	}
	if _, err := movedBy(ctx, movers, soakWarmUp); err != nil {
		return nil, err
	}
	crowd, err := openScreens(ctx, p.url, c.tokens[1:], c.board, soakSteady)
	if err != nil {
		return nil, err
	}
	defer crowd.close()

	working, stop := context.WithCancel(ctx)
	defer stop()
	var others sync.WaitGroup
	var visits atomic.Int64
	for i := range soakGuests + soakSlow {
		every := time.Duration(0)
		if i >= soakGuests {
			every = time.Second
		}
		token := c.tokens[1+(soakSteady+i)%(len(c.tokens)-1)]
		others.Go(func() { visit(working, p.url, token, c.board, every, &visits) })
	}
	others.Go(func() { _ = c.hold(working, p.url, deals[0].ID, soakHold) }) // ends with the soak
	work := &soakWork{c: c, p: p, movers: movers}
	others.Go(func() { work.run(working) })
	samples, err := sampled(ctx, p, metrics, s.soak)
	stop()
	others.Wait()
	if err := errors.Join(err, work.err); err != nil {
		return nil, err
	}
	if _, err := crowd.wait(ctx, work.last); err != nil {
		return nil, fmt.Errorf("after the soak: %w", err)
	}
	name := fmt.Sprintf("%v of 1,000 sockets, %d audiences", s.soak, nAudiences)
	// What makes it a soak at all: it was busy, and people came and went.
	figures := []Figure{
		atLeastGoal(name+": changes", "/s", float64(work.made.Load())/s.soak.Seconds(), 19),
		atLeastGoal(name+": screens that came and went", "/min", float64(visits.Load())/s.soak.Minutes(), 100),
	}
	return append(figures, soakFigures(name, samples, work.made.Load())...), nil
}

func atLeastGoal(what, unit string, value, least float64) Figure {
	return Figure{
		What: what, Unit: unit, Ours: sampleOf([]float64{value}), Goal: fmt.Sprintf("≥ %g %s", least, unit), Met: value >= least,
	}
}

// soakWork changes deals, and now and then the policy, until it is told to stop.
type soakWork struct {
	c      *company
	p      *process
	movers []*mover
	made   atomic.Int64
	last   int
	err    error
}

func (w *soakWork) run(ctx context.Context) {
	change, policy := time.NewTicker(soakChange), time.NewTicker(soakPolicy)
	defer change.Stop()
	defer policy.Stop()
	shared := true
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case <-policy.C:
			shared = !shared
			command := map[bool]string{true: "board.share", false: "board.unshare"}[shared]
			err = w.c.share(ctx, w.p.url, command, []string{})
		case <-change.C:
			var offset int
			if offset, err = w.movers[w.made.Add(1)%soakMovers].move(ctx); err == nil {
				w.last = offset
			}
		}
		if err != nil && ctx.Err() == nil {
			w.err = err
			return
		}
	}
}

// visit opens screens, one after the other: each stays for some seconds and reads
// what comes, or for a minute and reads one message in the given time. The server
// cuts such a one off long before it has read what it was sent until then.
func visit(ctx context.Context, url, token string, board crm.ID, every time.Duration, opened *atomic.Int64) {
	for ctx.Err() == nil {
		conn, err := openScreen(ctx, url, token, board)
		if err != nil {
			_ = pause(ctx, time.Second) // the ten of this person may be open still
			continue
		}
		opened.Add(1)
		leave := context.AfterFunc(ctx, func() { _ = conn.Close() })
		stays := time.Now().Add(5*time.Second + rand.N(10*time.Second)) //nolint:gosec // spreads load, guards nothing
		if every > 0 {
			stays = time.Now().Add(time.Minute)
		}
		for time.Now().Before(stays) {
			if _, _, err := conn.ReadMessage(); err != nil {
				break
			}
			_ = pause(ctx, every)
		}
		leave()
		_ = conn.Close()
	}
}

// soakSample is what a server holds at one moment.
type soakSample map[string]float64

// What is sampled, besides the resident memory.
var soakMetrics = []string{
	"go_gc_heap_live_bytes", "go_goroutines", "process_open_fds", "rapport_sockets", "rapport_audiences",
	"rapport_ring_entries", "rapport_ring_ops", "rapport_room_bytes",
}

const resident = "resident bytes"

// sampled takes samples over the whole time.
func sampled(ctx context.Context, p *process, metrics string, long time.Duration) ([]soakSample, error) {
	ticker := time.NewTicker(long / soakSamples)
	defer ticker.Stop()
	var all []soakSample
	for range soakSamples {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-ticker.C:
		}
		sample, err := scrape(ctx, metrics)
		if err != nil {
			return nil, err
		}
		if sample[resident], err = p.rss(); err != nil {
			return nil, err
		}
		all = append(all, sample)
	}
	return all, nil
}

// scrape reads the metrics of a server as Prometheus does.
func scrape(ctx context.Context, url string) (soakSample, error) {
	text, err := getBytes(ctx, url)
	if err != nil {
		return nil, err
	}
	sample := soakSample{}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		if !slices.Contains(soakMetrics, name) {
			continue
		}
		if sample[name], err = strconv.ParseFloat(value, 64); err != nil {
			return nil, fmt.Errorf("metric %s: %w", name, err)
		}
	}
	if len(sample) != len(soakMetrics) {
		return nil, fmt.Errorf("of the metrics %q only %v are there", soakMetrics, sample)
	}
	return sample, nil
}

// soakFigures compares the second sixth of the time with the last one.
func soakFigures(name string, samples []soakSample, changes int64) []Figure {
	part := len(samples) / 6
	over := func(metric string, from int) (values []float64) {
		for _, s := range samples[from : from+part] {
			values = append(values, s[metric])
		}
		return values
	}
	fig := func(metric, unit string, scale float64) Figure {
		early, late := over(metric, part), over(metric, len(samples)-part)
		for i := range early {
			early[i], late[i] = early[i]/scale, late[i]/scale
		}
		return beside(name+": "+metric+", at the end", unit, late, early, "soon after the beginning", "", nil)
	}
	heap := fig("go_gc_heap_live_bytes", "MB", 1e6)
	// What commands leave behind for a day is no leak; two thirds of them came between the parts.
	allowed := float64(changes) * 2 / 3 * remembered / 1e6
	heap.Goal = fmt.Sprintf("≤ 1.05 × and %.1f MB for commands remembered a day", allowed)
	heap.Met = heap.Ours.Median <= heap.Yardstick.Median*1.05+allowed
	flat := func(f Figure, by float64) Figure {
		f.Goal, f.Met = fmt.Sprintf("≤ %.2f ×", by), f.Ratio <= by
		return f
	}
	return []Figure{
		heap, flat(fig(resident, "MB", 1e6), 1.1), flat(fig("go_goroutines", "", 1), 1.1), flat(fig("process_open_fds", "", 1), 1.05),
		flat(fig("rapport_sockets", "", 1), 1.02), flat(fig("rapport_audiences", "", 1), 1.02),
		flat(fig("rapport_ring_entries", "", 1), 1.01), flat(fig("rapport_ring_ops", "", 1), 1.1),
		flat(fig("rapport_room_bytes", "MB", 1e6), 1.1),
	}
}
