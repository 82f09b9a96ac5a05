package main

import (
	"bytes"
	"context"
	"errors"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"rapport/server/crm"
	"rapport/server/wire"
)

const (
	searchCustomers = 100_000
	searchRuns      = 5
	searchNames     = 60 // typed in each run, letter by letter
	searchLetters   = 14
	searchPage      = 20  // rows
	searchRow       = 450 // bytes of one
)

// searchSite is a server with many customers, and the yardstick beside it.
type searchSite struct {
	*inventor
	customers                 []crm.Record
	url, token, metrics, bare string
}

// measureSearch types names of customers letter by letter and takes the time of
// each answer, as a member who sees them all: first one person, then many at once.
func measureSearch(ctx context.Context, s setting) ([]Figure, error) {
	c, err := founded(ctx, filepath.Join(s.dir, "search"), 1)
	if err != nil {
		return nil, err
	}
	v := newInventor(c)
	customers := v.customers(searchCustomers)
	if err := c.seed(ctx, customers); err != nil {
		return nil, err
	}
	p, metrics, err := startWithMetrics(ctx, s.server, c.dir)
	if err != nil {
		return nil, err
	}
	defer p.stop()
	yardstick, err := startBare(ctx)
	if err != nil {
		return nil, err
	}
	defer yardstick.stop()
	site := searchSite{v, customers, p.url, c.tokens[1], metrics, yardstick.url}
	alone, err1 := site.typeAlone(ctx)
	together, err2 := site.typeTogether(ctx)
	return append(alone, together...), errors.Join(err1, err2)
}

// typeAlone is one person who types.
func (site *searchSite) typeAlone(ctx context.Context) ([]Figure, error) {
	var medians, p99s, bare []float64
	for run := range searchRuns + 1 { // the first one warms up
		times, err := site.typeNames(ctx, site.url, site.token, site.customers)
		if err != nil {
			return nil, err
		}
		if run == 0 {
			continue
		}
		medians, p99s = append(medians, quantile(times, 0.5)), append(p99s, quantile(times, 0.99))
		if times, err = answered(ctx, site.bare, len(times)); err != nil {
			return nil, err
		}
		bare = append(bare, quantile(times, 0.99))
	}
	return []Figure{
		beside("search as you type over 100,000 customers: request to last byte, p99", "ms", p99s, bare,
			"an answer of 20 rows that are there already", "", nil).absolute(15, "≤ 15 ms"),
		{What: "the same: p50", Unit: "ms", Ours: sampleOf(medians)},
	}, nil
}

func searchURL(server, text string) string {
	return server + "/api/v1/records?type=customer&limit=" + strconv.Itoa(searchPage) + "&q=" + url.QueryEscape(text)
}

// typeNames types names of customers and returns the milliseconds of all answers, sorted.
func (v *inventor) typeNames(ctx context.Context, server, token string, customers []crm.Record) (times []float64, err error) {
	for range searchNames {
		name := customers[v.rng.IntN(len(customers))].Fields.String("name")
		found, err := typed(ctx, server, token, name)
		if err != nil {
			return nil, err
		}
		times = append(times, found...)
	}
	slices.Sort(times)
	return times, nil
}

// typed returns the milliseconds of the answer after each letter.
func typed(ctx context.Context, server, token, name string) (times []float64, err error) {
	letters := []rune(strings.ToLower(name))
	for n := 1; n <= min(len(letters), searchLetters); n++ {
		var list wire.RecordList
		took, err := get(ctx, searchURL(server, string(letters[:n])), token, &list)
		if err != nil {
			return nil, err
		}
		times = append(times, took)
	}
	return times, nil
}

// answered returns the milliseconds of n answers of the yardstick, sorted; each
// is as long as a page of what is found.
func answered(ctx context.Context, yardstick string, n int) (times []float64, err error) {
	piece := []byte(`{"t":"customer","f":{"name":"Alder & Finch"}}`)
	page := bytes.Repeat(piece, searchPage*searchRow/len(piece))
	if err := post(ctx, yardstick+"/body", "", yardstick, page, nil); err != nil {
		return nil, err
	}
	for range n {
		_, took, err := fetch(ctx, yardstick+"/body", "")
		if err != nil {
			return nil, err
		}
		times = append(times, took)
	}
	slices.Sort(times)
	return times, nil
}
