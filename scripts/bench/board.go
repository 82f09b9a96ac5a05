package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"time"

	"github.com/klauspost/compress/gzip"

	"rapport/server/crm"
)

const (
	boardDeals     = 10_000
	boardCustomers = 3_000
	boardWarmUps   = 5
	boardRequests  = 25
)

// measureBoard asks for a board of 10,000 deals. The yardstick sends the same
// bytes, compressed for each request, and has nothing to find out.
func measureBoard(ctx context.Context, s setting) ([]Figure, error) {
	c, ours, _, err := largeBoard(ctx, s, "board")
	if err != nil {
		return nil, err
	}
	defer ours.stop()
	yardstick, err := startBare(ctx)
	if err != nil {
		return nil, err
	}
	defer yardstick.stop()

	url := ours.url + "/api/v1/boards/" + string(c.board)
	packed, _, err := fetch(ctx, url, c.tokens[0])
	if err != nil {
		return nil, err
	}
	plain, err := unpack(packed)
	if err != nil {
		return nil, err
	}
	if err := post(ctx, yardstick.url+"/body", "", yardstick.url, plain, nil); err != nil {
		return nil, err
	}
	var times, bareTimes []float64
	for i := range boardWarmUps + boardRequests {
		_, took, err := fetch(ctx, url, c.tokens[0])
		if err != nil {
			return nil, err
		}
		_, bareTook, err := fetch(ctx, yardstick.url+"/body", "")
		if err != nil {
			return nil, err
		}
		if i >= boardWarmUps {
			times, bareTimes = append(times, took), append(bareTimes, bareTook)
		}
	}
	size := Figure{What: "the same: size on the wire", Unit: "kB", Ours: sampleOf([]float64{float64(len(packed)) / 1000})}
	return []Figure{
		beside("board of 10,000 deals: request to last byte", "ms", times, bareTimes, "gzip of the same bytes", "", nil).absolute(40, "≤ 40 ms"),
		size.absolute(600, "≤ 600 kB"),
		{What: "the same: size before compression", Unit: "kB", Ours: sampleOf([]float64{float64(len(plain)) / 1000})},
	}, nil
}

// largeBoard is a company with a board of 10,000 deals, and a server.
func largeBoard(ctx context.Context, s setting, name string) (*company, *process, []crm.Record, error) {
	c, err := founded(ctx, filepath.Join(s.dir, name), 1)
	if err != nil {
		return nil, nil, nil, err
	}
	v := newInventor(c)
	customers := v.customers(boardCustomers)
	deals := v.deals(boardDeals, customers)
	if err := c.seed(ctx, append(customers, deals...)); err != nil {
		return nil, nil, nil, err
	}
	p, err := startServer(ctx, s.server, c.dir)
	return c, p, deals, err
}

// fetch returns the body as sent and the milliseconds to its last byte.
func fetch(ctx context.Context, url, token string) (body []byte, millis float64, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, 0, err
	}
	req.Header.Set("Accept-Encoding", "gzip")
	req.Header.Set("Cookie", "rapport="+token)
	began := time.Now()
	res, err := keepAlive.Do(req)
	if err != nil {
		return nil, 0, err
	}
	defer res.Body.Close() //nolint:errcheck // read to its end below
	body, err = io.ReadAll(res.Body)
	if err == nil && (res.StatusCode != http.StatusOK || res.Header.Get("Content-Encoding") != "gzip") {
		err = fmt.Errorf("GET %s: %s, encoding %q", url, res.Status, res.Header.Get("Content-Encoding"))
	}
	return body, float64(time.Since(began).Microseconds()) / 1000, err
}

func unpack(packed []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}
