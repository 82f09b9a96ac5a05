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
	"sync"
	"time"

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
	typists         = 200
	letterEvery     = 250 * time.Millisecond // of each typist
	typingTogether  = 10 * time.Second
)

// measureSearch types names of customers letter by letter and takes the time of
// each answer, as the member who sees them all.
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
	p, err := startServer(ctx, s.server, c.dir)
	if err != nil {
		return nil, err
	}
	defer p.stop()
	yardstick, err := startBare(ctx)
	if err != nil {
		return nil, err
	}
	defer yardstick.stop()
	var medians, p99s, bare, crowded, barelyCrowded []float64
	for run := range searchRuns + 1 { // the first one warms up
		times, err := v.typeNames(ctx, p.url, c.tokens[1], customers)
		if err != nil {
			return nil, err
		}
		if run > 0 {
			medians, p99s = append(medians, quantile(times, 0.5)), append(p99s, quantile(times, 0.99))
			times, err := answered(ctx, yardstick.url, len(times))
			if err != nil {
				return nil, err
			}
			bare = append(bare, quantile(times, 0.99))
			for _, side := range []struct {
				p99s *[]float64
				ask  func(name string, letters int) error
			}{
				{&crowded, func(name string, letters int) error { return firstLetters(ctx, p.url, c.tokens[1], name, letters) }},
				{&barelyCrowded, func(string, int) error {
					_, _, err := fetch(ctx, yardstick.url+"/body", "")
					return err
				}},
			} {
				times, err := v.typeTogether(ctx, customers, side.ask)
				if err != nil {
					return nil, err
				}
				*side.p99s = append(*side.p99s, quantile(times, 0.99))
			}
		}
	}
	return []Figure{
		beside("search as you type over 100,000 customers: request to last byte, p99", "ms", p99s, bare,
			"an answer of 20 rows that are there already", "", nil).absolute(15, "≤ 15 ms"),
		{What: "the same: p50", Unit: "ms", Ours: sampleOf(medians)},
		beside("200 people who type at once, four letters a second each: p99", "ms", crowded, barelyCrowded, "bare, as many answers", "", nil).absolute(15, "≤ 15 ms"),
	}, nil
}

// typeTogether lets people type names at their own pace, and returns the milliseconds
// from each moment a letter was due to its answer, sorted.
func (v *inventor) typeTogether(ctx context.Context, customers []crm.Record, ask func(name string, letters int) error) ([]float64, error) {
	times, errs := make([][]float64, typists), make([]error, typists)
	until := time.Now().Add(typingTogether)
	var typing sync.WaitGroup
	for i := range typists {
		first := v.rng.IntN(len(customers))
		typing.Go(func() {
			due := time.Now().Add(letterEvery * time.Duration(i) / typists)
			for n := 0; due.Before(until); n++ {
				if errs[i] = pause(ctx, time.Until(due)); errs[i] != nil {
					return
				}
				name := customers[(first+n/searchLetters)%len(customers)].Fields.String("name")
				if errs[i] = ask(name, 1+n%searchLetters); errs[i] != nil {
					return
				}
				times[i] = append(times[i], float64(time.Since(due).Microseconds())/1000)
				due = due.Add(letterEvery)
			}
		})
	}
	typing.Wait()
	all := slices.Concat(times...)
	slices.Sort(all)
	return all, errors.Join(errs...)
}

// firstLetters searches for the first letters of a name.
func firstLetters(ctx context.Context, server, token, name string, letters int) error {
	runes := []rune(strings.ToLower(name))
	_, err := get(ctx, searchURL(server, string(runes[:min(letters, len(runes))])), token, nil)
	return err
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
