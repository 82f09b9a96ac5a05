package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	typists        = 200
	letterEvery    = 250 * time.Millisecond // of each of them
	typingTogether = 10 * time.Second
	searchRoute    = "records"
)

// typeTogether is many people who type at once. What they wait for counts clients and
// server, which share the processors here; what the server needs for it, it says itself.
func (site *searchSite) typeTogether(ctx context.Context) ([]Figure, error) {
	var waited, bare, needed []float64
	for range searchRuns {
		before, err := handled(ctx, site.metrics, searchRoute)
		if err != nil {
			return nil, err
		}
		times, err := site.letters(ctx, func(name string, letters int) error {
			return firstLetters(ctx, site.url, site.token, name, letters)
		})
		if err != nil {
			return nil, err
		}
		after, err := handled(ctx, site.metrics, searchRoute)
		if err != nil {
			return nil, err
		}
		waited, needed = append(waited, quantile(times, 0.99)), append(needed, after.since(before).quantile(0.99))
		times, err = site.letters(ctx, func(string, int) error {
			_, _, err := fetch(ctx, site.bare+"/body", "")
			return err
		})
		if err != nil {
			return nil, err
		}
		bare = append(bare, quantile(times, 0.99))
	}
	what := fmt.Sprintf("%d people who type at once, four letters a second each: ", typists)
	return []Figure{
		(Figure{What: what + "in the server, p99", Unit: "ms", Ours: sampleOf(needed)}).absolute(15, "≤ 15 ms"),
		beside("the same: from the letter to the last byte, p99", "ms", waited, bare, "bare, as many answers", "", nil),
	}, nil
}

// letters lets people type names at their own pace, and returns the milliseconds
// from each moment a letter was due to its answer, sorted.
func (site *searchSite) letters(ctx context.Context, ask func(name string, letters int) error) ([]float64, error) {
	times, errs := make([][]float64, typists), make([]error, typists)
	until := time.Now().Add(typingTogether)
	var typing sync.WaitGroup
	for i := range typists {
		first := site.rng.IntN(len(site.customers))
		typing.Go(func() {
			due := time.Now().Add(letterEvery * time.Duration(i) / typists)
			for n := 0; due.Before(until); n++ {
				if errs[i] = pause(ctx, time.Until(due)); errs[i] != nil {
					return
				}
				name := site.customers[(first+n/searchLetters)%len(site.customers)].Fields.String("name")
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

// histogram counts answers by the bounds of the time they took, ascending; the last
// bound is infinite.
type histogram struct {
	bounds []float64 // ms
	counts []float64 // answers that took at most so long
}

// handled reads how long a server took for the answers of a route until now.
func handled(ctx context.Context, metrics, route string) (h histogram, err error) {
	text, err := getBytes(ctx, metrics)
	if err != nil {
		return h, err
	}
	prefix := `rapport_http_request_seconds_bucket{route="` + route + `",le="`
	for line := range strings.Lines(string(text)) {
		rest, ok := strings.CutPrefix(strings.TrimSpace(line), prefix)
		if !ok {
			continue
		}
		bound, count, _ := strings.Cut(rest, `"} `)
		seconds, err1 := strconv.ParseFloat(bound, 64)
		n, err2 := strconv.ParseFloat(count, 64)
		if err := errors.Join(err1, err2); err != nil {
			return h, err
		}
		h.bounds, h.counts = append(h.bounds, seconds*1000), append(h.counts, n)
	}
	if len(h.bounds) == 0 {
		return h, fmt.Errorf("the metrics have no times of %s", route)
	}
	return h, nil
}

// since takes away what was counted before.
func (h histogram) since(before histogram) histogram {
	counts := make([]float64, len(h.counts))
	for i, n := range h.counts {
		counts[i] = n - before.counts[i]
	}
	return histogram{h.bounds, counts}
}

// quantile interpolates within a bound as histogram_quantile of Prometheus does.
func (h histogram) quantile(q float64) float64 {
	wanted := q * h.counts[len(h.counts)-1]
	i := slices.IndexFunc(h.counts, func(n float64) bool { return n >= wanted })
	if i == 0 {
		return h.bounds[0] * wanted / h.counts[0]
	}
	if i == len(h.bounds)-1 {
		return h.bounds[i-1]
	}
	return h.bounds[i-1] + (h.bounds[i]-h.bounds[i-1])*(wanted-h.counts[i-1])/(h.counts[i]-h.counts[i-1])
}
