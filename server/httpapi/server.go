// Package httpapi is the HTTP edge: it decodes requests, calls one method of a
// domain package and encodes the answer. Fiber is known here and in wsapi only.
package httpapi

import (
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"rapport/server/crm"
)

// Options is what the edge needs besides its routes.
type Options struct {
	Auth Authenticator
	// Ready returns nil when requests can be answered, or why not.
	Ready func() error
	// OriginAllowed reports whether a page of that origin may change something
	// here; host is the Host header of the request.
	OriginAllowed func(origin, host string) bool
	// Secure says that browsers reach the server by https: cookies get the
	// prefix __Host- and answers demand https for the future.
	Secure bool
	// TrustedProxies lists addresses and networks whose X-Forwarded-For counts;
	// with none the header is ignored.
	TrustedProxies []string
	proxies        proxies
	// Socket upgrades a connection at SocketPath, after looking at origin and
	// session itself; nil: no socket.
	Socket fiber.Handler
	Assets fs.FS // the built front end with index.html at its top; may be empty
	// Languages the front end speaks, as BCP 47 tags, the one for everybody else
	// first; none: its pages are in the language they are written in.
	Languages []string
	Log       *slog.Logger
	// Observe is told of each answered request; nil: nobody measures. route is
	// the Name of the route, "none" when there was none.
	Observe func(route string, status int, took time.Duration)
}

// Server timeouts. A request header must arrive within readTimeout and so must
// the body, unless the route gives it longer: slow senders hold no connection.
const (
	readTimeout  = 10 * time.Second
	writeTimeout = 30 * time.Second
	idleTimeout  = 75 * time.Second
	headerLimit  = 16 << 10 // bytes; a cookie jar of 9 kB still fits
)

// SocketPath is where browsers open their socket.
const SocketPath = "/api/v1/stream"

// New builds the app: the given routes, the socket, health and the pages.
func New(o Options, groups ...[]Route) (*fiber.App, error) {
	pages, err := newAssets(o)
	if err != nil {
		return nil, fmt.Errorf("front end: %w", err)
	}
	routes := slices.Concat(groups...)
	if o.proxies, err = parseProxies(o.TrustedProxies); err != nil {
		return nil, err
	}
	app := newBare(o)
	app.Server().HeaderReceived = longerUploads(routes)
	for _, r := range routes {
		add(app, o, r)
	}
	if o.Socket != nil {
		app.Get(SocketPath, named("socket"), o.Socket)
	}
	app.Use("/api", unknownPath(routes))
	app.Get("/*", named("page"), pages.serve)
	return app, nil
}

// Waiting builds the app that answers while the store cannot be opened yet:
// healthy, not ready, and 503 for everything else.
func Waiting(o Options) *fiber.App {
	app := newBare(o)
	app.Use(named("waiting"), func(*fiber.Ctx) error {
		return crm.Errorf(crm.CodeUnavailable, "store_unavailable", "the server waits for its database")
	})
	return app
}

// newBare builds an app that knows its health and nothing else.
func newBare(o Options) *fiber.App {
	app := fiber.New(fiber.Config{
		AppName:               "Rapport",
		DisableStartupMessage: true,
		// Fiber reuses the buffers behind Params, Query and Get; ids outlive
		// requests in the log.
		Immutable:     true,
		CaseSensitive: true,
		StrictRouting: true,
		ErrorHandler:  errorHandler(o),
		ReadTimeout:   readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		ReadBufferSize: headerLimit,
		// A body over the limit is refused by decode with an answer; without
		// streaming the connection would be reset before the client reads it.
		StreamRequestBody:            true,
		DisablePreParseMultipartForm: true,
		BodyLimit:                    64 << 10, // what is read before the handler runs
		// X-Forwarded-* is read by clientAddress and by nobody else.
		EnableTrustedProxyCheck: true,
	})
	app.Server().KeepHijackedConns = true // the socket edge closes its own
	knownMethods(app)
	app.Use(frame(o))
	app.Get("/healthz", named("healthz"), healthz)
	app.Get("/readyz", named("readyz"), readyz(o))
	return app
}

func add(app *fiber.App, o Options, r Route) {
	chain := []fiber.Handler{func(c *fiber.Ctx) error {
		c.Locals(localRoute, r)
		return withDeadline(c, r.Timeout)
	}}
	if r.Method != fiber.MethodGet {
		chain = append(chain, checkOrigin(o))
	}
	if r.Access != Public {
		chain = append(chain, requireActor(o))
	}
	chain = append(chain, func(c *fiber.Ctx) error {
		if err := checkAsked(c, r.Doc); err != nil {
			return err
		}
		return c.Next()
	}, r.Handle)
	app.Add(r.Method, r.Path, chain...).Name(r.Name)
	if r.Method == fiber.MethodGet {
		app.Add(fiber.MethodHead, r.Path, chain...)
	}
}

// unknownPath answers what no route took: 405 where another method would do,
// otherwise 404.
func unknownPath(routes []Route) fiber.Handler {
	return func(c *fiber.Ctx) error {
		var allowed []string
		for _, r := range literalFirst(routes, c.Path()) {
			if fiber.RoutePatternMatch(c.Path(), r.Path, fiber.Config{CaseSensitive: true, StrictRouting: true}) {
				allowed = append(allowed, r.Method)
			}
		}
		if len(allowed) == 0 {
			return fiber.ErrNotFound
		}
		c.Set(fiber.HeaderAllow, strings.Join(allowed, ", "))
		return fiber.ErrMethodNotAllowed
	}
}

// literalFirst returns the routes that spell a path out; where none does, all:
// /things/search is not the thing named search.
func literalFirst(routes []Route, path string) []Route {
	var literal []Route
	for _, r := range routes {
		if r.Path == path {
			literal = append(literal, r)
		}
	}
	if literal == nil {
		return routes
	}
	return literal
}

// knownMethods lets a method that Fiber has never heard of be answered like one
// that no route takes. By itself it would answer before any handler, in plain
// text and without a header of ours.
func knownMethods(app *fiber.App) {
	handle := app.Server().Handler
	app.Server().Handler = func(c *fasthttp.RequestCtx) {
		if !slices.Contains(app.Config().RequestMethods, string(c.Method())) {
			c.Request.Header.SetMethod(fiber.MethodTrace)
		}
		handle(c)
	}
}

// longerUploads lets the bodies of routes with their own Timeout arrive over
// that time.
func longerUploads(routes []Route) func(*fasthttp.RequestHeader) fasthttp.RequestConfig {
	type key struct{ method, path string }
	timeouts := map[key]time.Duration{}
	for _, r := range routes {
		if r.Timeout > readTimeout && r.Method != fiber.MethodGet {
			timeouts[key{r.Method, r.Path}] = r.Timeout
		}
	}
	return func(h *fasthttp.RequestHeader) fasthttp.RequestConfig {
		path, _, _ := strings.Cut(string(h.RequestURI()), "?")
		return fasthttp.RequestConfig{
			ReadTimeout:  timeouts[key{string(h.Method()), path}], // 0: the server's
			WriteTimeout: writeTimeout,
		}
	}
}
