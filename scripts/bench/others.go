package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"rapport/server/crm"
	"rapport/server/wire"
)

const (
	importRows  = 100_000
	importRuns  = 5
	othersQuiet = 5 * time.Second // before the others begin
	othersLimit = 50.0            // ms, p99
	readers     = 2
	readRun     = 10 * time.Second
	readRuns    = 5
)

// What somebody who moves a deal now and then feels of what others do to the
// server: a big import, people who load all there is over and over, in storm.go a
// thousand screens that come back at once, in slow.go screens that do not read.

// office is a company with deals to move and a server.
func office(ctx context.Context, s setting, name string, peoplePerDepartment int) (*company, *process, []crm.Record, error) {
	c, deals, err := closedOffice(ctx, s, name, peoplePerDepartment)
	if err != nil {
		return nil, nil, nil, err
	}
	p, err := startServer(ctx, s.server, c.dir)
	return c, p, deals, err
}

// closedOffice is office without its server.
func closedOffice(ctx context.Context, s setting, name string, peoplePerDepartment int) (*company, []crm.Record, error) {
	c, err := founded(ctx, filepath.Join(s.dir, name), peoplePerDepartment)
	if err != nil {
		return nil, nil, err
	}
	v := newInventor(c)
	customers := v.customers(50)
	deals := v.deals(200, customers)
	return c, deals, c.seed(ctx, append(customers, deals...))
}

// felt gathers what somebody feels of others, and what he felt just before, with
// nobody else there: the 99th percentiles of each run, in ms.
type felt struct{ during, before []float64 }

func (f *felt) take(ctx context.Context, who colleague, work func() error) error {
	quiet, err := who.during(ctx, func() error { return pause(ctx, othersQuiet) })
	if err != nil {
		return err
	}
	times, err := who.during(ctx, work)
	if err != nil {
		return err
	}
	f.before, f.during = append(f.before, quantile(quiet, 0.99)), append(f.during, quantile(times, 0.99))
	return nil
}

func (f *felt) figure(what string, limit float64) Figure {
	return beside("others' moves during "+what+": p99", "ms", f.during, f.before, "nobody else", "", nil).
		absolute(limit, fmt.Sprintf("≤ %.0f ms", limit))
}

// measureImport imports a file of 100,000 rows: uploaded, recognised, checked,
// matched with what is there, written and fanned out.
func measureImport(ctx context.Context, s setting) ([]Figure, error) {
	file := opportunities(importRows)
	var seconds, raw []float64
	var others felt
	for run := range importRuns {
		c, p, deals, err := office(ctx, s, fmt.Sprint("import", run), 1)
		if err != nil {
			return nil, err
		}
		err = others.take(ctx, c.mover(p.url, deals[0].ID), func() error {
			took, err := c.importOnce(ctx, p.url, file)
			seconds = append(seconds, took)
			return err
		})
		p.stop()
		if err != nil {
			return nil, err
		}
		took, err := replayed(ctx, c.dir, filepath.Join(s.dir, fmt.Sprint("replayed", run)))
		if err != nil {
			return nil, err
		}
		raw = append(raw, took)
	}
	return []Figure{
		beside("import of 100,000 rows, checked and deduplicated, embedded", "s", seconds, raw, "raw store", "", nil).absolute(20, "≤ 20 s"),
		others.figure("it", othersLimit),
	}, nil
}

// opportunities is a file in the form that is recognised by itself. Accounts and
// agents repeat, and one row in a hundred is there twice.
func opportunities(rows int) string {
	var b strings.Builder
	b.WriteString("opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value\n")
	stages := []string{"Prospecting", "Engaging", "Won", "Lost"}
	for i := range rows {
		n := i
		if i%100 == 99 {
			n--
		}
		stage, value, closed := stages[n%4], "", ""
		if n%4 > 1 {
			value, closed = fmt.Sprint(500+n%9000), fmt.Sprintf("2026-0%d-1%d", 1+n%9, n%9)
		}
		fmt.Fprintf(&b, "OPP%06d,Agent %d,Item %d,%s %s %d,%s,2026-01-0%d,%s,%s\n", n, n%35, n%7,
			firstWords[n%len(firstWords)], secondWords[n%len(secondWords)], n%5000, stage, 1+n%9, closed, value)
	}
	return b.String()
}

// importOnce returns the seconds from the first byte of the upload to the end.
func (c *company) importOnce(ctx context.Context, url, file string) (seconds float64, err error) {
	began := time.Now()
	var v wire.Import
	if err := upload(ctx, url+"/api/v1/imports", c.tokens[0], url, file, &v); err != nil {
		return 0, err
	}
	body := asJSON(map[string]any{"commandId": crm.NewID(time.Now()), "id": v.ID, "settings": v.Settings})
	if err := post(ctx, url+"/api/v1/commands/import.start", c.tokens[0], url, body, nil); err != nil {
		return 0, err
	}
	for v.State == wire.ImportRunning || v.State == wire.ImportUploaded {
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return 0, err
		}
		if _, err := get(ctx, url+"/api/v1/imports/"+v.ID, c.tokens[0], &v); err != nil {
			return 0, err
		}
	}
	if v.State != wire.ImportDone || v.Counts.Created == 0 || v.Counts.Done != v.Counts.Total {
		return 0, fmt.Errorf("the import ended as %s, %+v", v.State, v.Counts)
	}
	return time.Since(began).Seconds(), nil
}

// measureReads has two people who load a board of 10,000 deals over and over, as
// a report over all of them would.
func measureReads(ctx context.Context, s setting) ([]Figure, error) {
	c, p, deals, err := largeBoard(ctx, s, "reads")
	if err != nil {
		return nil, err
	}
	defer p.stop()
	var others felt
	for range readRuns {
		err := others.take(ctx, c.mover(p.url, deals[0].ID), func() error {
			return c.readAll(ctx, p.url, readRun)
		})
		if err != nil {
			return nil, err
		}
	}
	return []Figure{others.figure("boards of 10,000 deals that two people load without a pause", othersLimit)}, nil
}

// readAll has the readers load the board again and again, for a while.
func (c *company) readAll(ctx context.Context, url string, long time.Duration) error {
	until := time.Now().Add(long)
	errs := make([]error, readers)
	var reading sync.WaitGroup
	for i := range readers {
		reading.Go(func() {
			for errs[i] == nil && time.Now().Before(until) {
				_, _, errs[i] = fetch(ctx, url+"/api/v1/boards/"+string(c.board), c.tokens[1+i])
			}
		})
	}
	reading.Wait()
	return errors.Join(errs...)
}
