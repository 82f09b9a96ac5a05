package httpapi_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/gofiber/fiber/v2"

	"rapport/server/crm"
	"rapport/server/httpapi"
	"rapport/server/wire"
)

// doorman lets in who brings the token "ana".
type doorman struct{}

func (doorman) Authenticate(_ context.Context, token string) (crm.Actor, error) {
	if token != "ana" {
		return crm.Actor{}, crm.Errorf(crm.CodeUnauthenticated, "signed_out", "sign in first")
	}
	return crm.Actor{UserID: "01ANA", SessionID: "01SESSION", Source: crm.SourceApp}, nil
}

const ownOrigin = "http://127.0.0.1:8090"

func testOptions() httpapi.Options {
	return httpapi.Options{
		Auth:          doorman{},
		Ready:         func() error { return nil },
		OriginAllowed: func(origin, _ string) bool { return origin == ownOrigin },
		Log:           slog.New(slog.DiscardHandler),
		Assets: fstest.MapFS{
			"index.html":            {Data: []byte("<html><head></head><body>the app</body></html>")},
			"assets/app-4f3a.js":    {Data: []byte("export const many = '" + strings.Repeat("a", 4000) + "'")},
			"assets/app-4f3a.js.br": {Data: []byte("packed as br")},
			"assets/app-4f3a.js.gz": {Data: []byte("packed as gzip")},
			"assets/tiny-99aa.css":  {Data: []byte("a{}")},
			"favicon.svg":           {Data: []byte("<svg/>")},
			".keep":                 {},
		},
	}
}

// newApp builds an app with the routes of a test and the pages behind them.
func newApp(t testing.TB, o httpapi.Options, routes ...httpapi.Route) *fiber.App {
	t.Helper()
	app, err := httpapi.New(o, routes)
	if err != nil {
		t.Fatal(err)
	}
	return app
}

// send runs one request through app and returns the answer with its body read.
func send(t testing.TB, app *fiber.App, req *http.Request) (*http.Response, string) {
	t.Helper()
	res, err := app.Test(req, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(raw)
}

func newRequest(t testing.TB, method, path, body string, headers ...string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "127.0.0.1:8090"
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Origin", ownOrigin)
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i+1] == "" {
			req.Header.Del(headers[i])
		} else {
			req.Header.Set(headers[i], headers[i+1])
		}
	}
	return req
}

func problemIn(t testing.TB, body string) wire.Problem {
	t.Helper()
	var p wire.Problem
	if err := json.Unmarshal([]byte(body), &p); err != nil {
		t.Fatalf("not a problem: %q", body)
	}
	return p
}

// listen serves app on a free port, for what only shows on a real connection.
func listen(t testing.TB, app *fiber.App) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = app.Listener(ln)
	}()
	t.Cleanup(func() {
		_ = app.ShutdownWithTimeout(time.Second)
		<-ended
	})
	return ln.Addr().String()
}

func ok(c *fiber.Ctx) error { return c.JSON(fiber.Map{"done": true}) }

func post(name string, access httpapi.Access, handle fiber.Handler) httpapi.Route {
	return httpapi.Route{Method: "POST", Path: "/api/v1/" + name, Name: name, Access: access, Handle: handle}
}
