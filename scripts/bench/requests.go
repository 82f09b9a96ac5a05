package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// post sends JSON as a page of the server would, and decodes the answer into out.
func post(ctx context.Context, url, token, origin string, body []byte, out any) error {
	return send(ctx, url, token, origin, "application/json", body, out)
}

// upload is post for a file of comma-separated values.
func upload(ctx context.Context, url, token, origin, file string, out any) error {
	return send(ctx, url, token, origin, "text/csv", []byte(file), out)
}

func send(ctx context.Context, url, token, origin, contentType string, body []byte, out any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("Origin", origin)
	req.Header.Set("Cookie", "rapport="+token)
	res, err := keepAlive.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close() //nolint:errcheck // read to its end below
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode >= http.StatusMultipleChoices {
		return fmt.Errorf("POST %s: %s: %s", url, res.Status, answer)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(answer, out)
}

// get asks for JSON, not compressed, decodes the answer into out, unless that is nil,
// and returns the milliseconds to its last byte.
func get(ctx context.Context, url, token string, out any) (millis float64, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Cookie", "rapport="+token)
	began := time.Now()
	res, err := keepAlive.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close() //nolint:errcheck // read to its end below
	body, err := io.ReadAll(res.Body)
	millis = float64(time.Since(began).Microseconds()) / 1000
	if err != nil {
		return 0, err
	}
	if res.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("GET %s: %s: %s", url, res.Status, body)
	}
	if out == nil {
		return millis, nil
	}
	return millis, json.Unmarshal(body, out)
}

// keepAlive is one client for all requests, so that no request pays for a connection.
var keepAlive = &http.Client{
	Timeout:   30 * time.Second,
	Transport: &http.Transport{MaxIdleConnsPerHost: 256, DisableCompression: true},
}

// getBytes returns what an address that asks for nobody answers.
func getBytes(ctx context.Context, url string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	res, err := keepAlive.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close() //nolint:errcheck // read to its end below
	return io.ReadAll(res.Body)
}

func asJSON(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // values made here always have a JSON form
	}
	return raw
}
