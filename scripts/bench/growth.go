package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"rapport/server/crm"
)

const growthRuns = 5

// axis is one thing there is more and more of, while all else stays the same.
type axis struct {
	name    string
	at      []int
	measure func(ctx context.Context, s setting, n int) (map[string]Sample, error)
	shows   []string // the measures, with their units, in the order of the table
}

// The measures of how cost grows.
const (
	cpuPerDelivery = "CPU per delivery, µs"
	lastReceipt    = "write to last receipt, p50, ms"
	perSocket      = "memory per idle socket, kB"
	policyChange   = "a change of policy, ms"
	startUp        = "start, s"
	perRecord      = "heap per record, kB"
	searchP99      = "search as you type, p99, ms"
)

var boardLoad = fmt.Sprintf("a board of %d deals, ms", growthRuns*(pacedChanges+warmUpChanges))

var axes = []axis{
	{"sockets", []int{100, 1000, 5000}, growSockets, []string{cpuPerDelivery, lastReceipt, perSocket}},
	{"audiences", []int{1, 4, 40, 200, screens}, growAudiences, []string{cpuPerDelivery, lastReceipt, perSocket}},
	{"rules", []int{10, 100, 1000}, growRules, []string{cpuPerDelivery, lastReceipt, policyChange, boardLoad}},
	{"records", []int{10_000, 100_000, 1_000_000}, growRecords, []string{startUp, perRecord, lastReceipt, searchP99}},
}

// growth is how one axis went.
type growth struct {
	Axis   string              `json:"axis"`
	At     []int               `json:"at"`
	Series map[string][]Sample `json:"series"` // by measure, one sample for each of At
	shows  []string
}

// measureGrowth measures all axes, writes what it found beside the figures and
// draws it.
func measureGrowth(ctx context.Context, s setting) ([]Figure, error) {
	var all []growth
	var figures []Figure
	for _, a := range axes {
		g := growth{Axis: a.name, Series: map[string][]Sample{}, shows: a.shows}
		for _, n := range a.at {
			fmt.Fprintf(os.Stderr, "  %s: %d …\n", a.name, n)
			found, err := a.measure(ctx, s, n)
			if err != nil {
				return figures, fmt.Errorf("%d %s: %w", n, a.name, err)
			}
			g.At = append(g.At, n)
			for _, name := range a.shows {
				g.Series[name] = append(g.Series[name], found[name])
				figures = append(figures, Figure{What: fmt.Sprintf("%d %s: %s", n, a.name, name), Ours: found[name]})
			}
		}
		all = append(all, g)
	}
	raw, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return figures, err
	}
	return figures, errors.Join(
		os.MkdirAll("bench-results", 0o755),
		os.WriteFile("bench-results/growth.json", append(raw, '\n'), 0o644),
		os.WriteFile("docs/growth.svg", drawGrowth(all), 0o644),
		writeGrowth("docs/growth.md", all),
	)
}

// The tables of the document stand between these.
const growthBegins, growthEnds = "<!-- made by the bench -->\n", "<!-- end -->\n"

// writeGrowth puts the tables into the document, whose words are somebody's.
func writeGrowth(path string, all []growth) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, found1 := strings.Cut(string(text), growthBegins)
	_, after, found2 := strings.Cut(rest, growthEnds)
	if !found1 || !found2 {
		return fmt.Errorf("%s has no place for the tables", path)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Each point is the median of %d runs.\n", growthRuns)
	for _, g := range all {
		b.WriteString("\n| " + g.Axis + " |")
		for _, n := range g.At {
			b.WriteString(" " + grouped(n) + " |")
		}
		b.WriteString("\n|---|" + strings.Repeat("---|", len(g.At)) + "\n")
		for _, name := range g.shows {
			b.WriteString("| " + name + " |")
			for _, s := range g.Series[name] {
				if s.Runs == 0 {
					b.WriteString(" – |")
				} else {
					fmt.Fprintf(&b, " %.3g |", s.Median)
				}
			}
			b.WriteString("\n")
		}
	}
	return os.WriteFile(path, []byte(before+growthBegins+"\n"+b.String()+"\n"+growthEnds+after), 0o644)
}

// grouped writes a number with its thousands apart.
func grouped(n int) string {
	if n < 1000 {
		return strconv.Itoa(n)
	}
	return grouped(n/1000) + fmt.Sprintf(",%03d", n%1000)
}

// peopleFor returns how many people in each department have n sockets, of which
// nobody may have more than ten.
func peopleFor(n, departments int) int { return (n + 10*departments - 1) / (10 * departments) }

func growSockets(ctx context.Context, s setting, n int) (map[string]Sample, error) {
	c, err := founded(ctx, filepath.Join(s.dir, fmt.Sprint("sockets", n)), peopleFor(n, len(audiences)))
	if err != nil {
		return nil, err
	}
	return c.fanOut(ctx, s, n)
}

func growAudiences(ctx context.Context, s setting, n int) (map[string]Sample, error) {
	c, err := foundedFor(ctx, filepath.Join(s.dir, fmt.Sprint("audiences", n)), manyAudiences(n), peopleFor(screens, n))
	if err != nil {
		return nil, err
	}
	return c.fanOut(ctx, s, screens)
}

// fanOut measures what a change costs with n sockets open, and a socket.
func (c *company) fanOut(ctx context.Context, s setting, n int) (map[string]Sample, error) {
	deals, err := c.seedToMove(ctx, newInventor(c), growthRuns)
	if err != nil {
		return nil, err
	}
	f := fanout{screens: n}
	var sockets idle
	for range growthRuns {
		if err := f.runServer(ctx, s.server, c, &deals); err != nil {
			return nil, err
		}
		if n < screens {
			continue // what so few sockets add is less than what a heap varies by
		}
		p, err := startServer(ctx, s.server, c.dir, tightHeap)
		if err != nil {
			return nil, err
		}
		err = sockets.take(ctx, p, p.url+"/api/v1/boards/"+string(c.board), c.tokens[1:], c.board, n)
		p.stop()
		if err != nil {
			return nil, err
		}
	}
	return map[string]Sample{
		cpuPerDelivery: sampleOf(f.cpuMicros), lastReceipt: sampleOf(f.p50Millis), perSocket: sampleOf(sockets.kilobytes),
	}, nil
}

// growRules adds rules by which departments see and do more in each other.
func growRules(ctx context.Context, s setting, n int) (map[string]Sample, error) {
	c, err := founded(ctx, filepath.Join(s.dir, fmt.Sprint("rules", n)), screens/screensEach/len(audiences))
	if err != nil {
		return nil, err
	}
	v := newInventor(c)
	if err := c.seed(ctx, v.rules(n)); err != nil {
		return nil, err
	}
	found, err := c.fanOut(ctx, s, screens)
	if err != nil {
		return nil, err
	}
	p, err := startServer(ctx, s.server, c.dir)
	if err != nil {
		return nil, err
	}
	defer p.stop()
	var changes, boards []float64
	for range 5 * growthRuns {
		_, took, err := fetch(ctx, p.url+"/api/v1/boards/"+string(c.board), c.tokens[len(c.tokens)-1])
		if err != nil {
			return nil, err
		}
		boards = append(boards, took)
		began := time.Now()
		err = errors.Join(c.share(ctx, p.url, "board.share", []string{"money"}), c.share(ctx, p.url, "board.share", []string{}))
		if err != nil {
			return nil, err
		}
		changes = append(changes, float64(time.Since(began).Microseconds())/2000)
	}
	found[policyChange], found[boardLoad] = sampleOf(changes), sampleOf(boards)
	return found, nil
}

// rules makes n rules, none of which decides what another one decides.
func (v *inventor) rules(n int) []crm.Record {
	all := make([]crm.Record, n)
	actions, what := []string{"see", "comment", "edit", "move", "export"}, []string{"customer", "contact", "deal"}
	groups := []string{"standard", "standard+money", "standard+reach", "standard+notes"}
	for i := range all {
		of := func(i int) string { return string(v.c.departments[i%len(v.c.departments)]) }
		all[i] = v.record(crm.TypeRule, crm.Fields{
			"who": []string{"role:lead@", "role:head@"}[i/64%2] + of(i/4), "effect": "may",
			"action": actions[i%len(actions)], "what": what[i/5%len(what)], "whose": "named:" + of(i/3),
			"fieldGroups": groups[i/7%len(groups)],
		})
	}
	return all
}

func growRecords(ctx context.Context, s setting, n int) (map[string]Sample, error) {
	c, err := founded(ctx, filepath.Join(s.dir, fmt.Sprint("records", n)), screens/screensEach/len(audiences))
	if err != nil {
		return nil, err
	}
	v := newInventor(c)
	deals, err := c.seedToMove(ctx, v, growthRuns)
	if err != nil {
		return nil, err
	}
	extra := 50 + len(deals)
	if err := c.seedMany(ctx, n/4, n/4, n/2-extra); err != nil {
		return nil, err
	}
	found := map[string]Sample{}
	var seconds, bytesEach []float64
	f := fanout{screens: screens}
	for range growthRuns {
		took, each, err := openOnce(ctx, c.dir, n)
		if err != nil {
			return nil, err
		}
		seconds, bytesEach = append(seconds, took), append(bytesEach, each/1000)
		if err := f.runServer(ctx, s.server, c, &deals); err != nil {
			return nil, err
		}
	}
	p, err := startServer(ctx, s.server, c.dir)
	if err != nil {
		return nil, err
	}
	defer p.stop()
	customers := newInventor(c).customers(n / 4)
	var p99s []float64
	for range growthRuns {
		times, err := v.typeNames(ctx, p.url, c.tokens[1], customers)
		if err != nil {
			return nil, err
		}
		p99s = append(p99s, quantile(times, 0.99))
	}
	found[startUp], found[perRecord] = sampleOf(seconds), sampleOf(bytesEach)
	found[lastReceipt], found[searchP99] = sampleOf(f.p50Millis), sampleOf(p99s)
	return found, os.RemoveAll(c.dir)
}
