// Package httpapi is the HTTP edge: it decodes requests, calls one method of a
// domain package and encodes the answer. Fiber is known here and in wsapi only.
package httpapi

import (
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/valyala/fasthttp"
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
	Assets         fs.FS // the built front end with index.html at its top; may be empty
	Log            *slog.Logger
	Metrics        prometheus.Registerer // nil: not measured
}

// Server timeouts. A request header must arrive within readTimeout and so must
// the body, unless the route gives it longer: slow senders hold no connection.
const (
	readTimeout  = 10 * time.Second
	writeTimeout = 30 * time.Second
	idleTimeout  = 75 * time.Second
	headerLimit  = 16 << 10 // bytes; a cookie jar of 9 kB still fits
)

// New builds the app with the given routes. The caller may add the socket
// route to it with Upgrade and then listens.
func New(o Options, groups ...[]Route) *fiber.App {
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
		EnableTrustedProxyCheck:      true,
		TrustedProxies:               o.TrustedProxies,
		ProxyHeader:                  proxyHeader(o),
		EnableIPValidation:           true,
		RequestMethods: []string{
			fiber.MethodGet, fiber.MethodHead, fiber.MethodPost, fiber.MethodDelete,
		},
	})
	routes := slices.Concat(groups...)
	app.Server().HeaderReceived = longerUploads(routes)
	app.Use(frame(o, newMetrics(o.Metrics)))
	app.Get("/healthz", named("healthz"), healthz)
	app.Get("/readyz", named("readyz"), readyz(o))
	for _, r := range routes {
		add(app, o, r)
	}
	app.Use("/api", func(*fiber.Ctx) error { return fiber.ErrNotFound })
	return app
}

// Finish adds the pages of the app. It comes after everything else has been
// added, because it answers every path that is left.
func Finish(app *fiber.App, o Options) error {
	pages, err := newAssets(o)
	if err != nil {
		return err
	}
	app.Get("/*", named("page"), pages.serve)
	return nil
}

// Upgrade adds the socket route: handler runs for signed-in requests of allowed
// origins and upgrades the connection.
func Upgrade(app *fiber.App, o Options, path string, handler fiber.Handler) {
	app.Get(path, named("socket"), checkSocketOrigin(o), handler)
}

func proxyHeader(o Options) string {
	if len(o.TrustedProxies) == 0 {
		return "" // the address of the connection
	}
	return fiber.HeaderXForwardedFor
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
	app.Add(r.Method, r.Path, append(chain, r.Handle)...).Name(r.Name)
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
