package httpapi

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"io"
	"log/slog"
	"time"

	"github.com/gofiber/fiber/v2"

	"rapport/server/crm"
)

// frame is the first handler of every request: it gives it a trace id, a
// context with a deadline, headers and a line in the log, and turns a panic
// into an error so that one broken request does not end the process.
func frame(o Options) fiber.Handler {
	return func(c *fiber.Ctx) error {
		began := time.Now()
		setSecurityHeaders(c, o)
		c.Locals(localTrace, newTrace())
		c.Locals(localProxies, o.proxies)
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		c.SetUserContext(ctx)

		err := guarded(c)
		drain(c)
		if err != nil {
			// Here rather than in Fiber, so that the log knows the status.
			if failed := c.App().ErrorHandler(c, err); failed != nil {
				return failed
			}
		} else {
			compress(c)
		}
		took := time.Since(began)
		if o.Observe != nil {
			o.Observe(routeName(c), c.Response().StatusCode(), took)
		}
		logRequest(c, o.Log, took)
		return nil
	}
}

func guarded(c *fiber.Ctx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = crm.Fault(p)
		}
	}()
	if err := checkHead(c); err != nil {
		return err
	}
	if err := checkQuery(c); err != nil {
		return err
	}
	return c.Next()
}

// withDeadline runs the rest of the chain under a deadline.
func withDeadline(c *fiber.Ctx, limit time.Duration) error {
	if limit == 0 {
		limit = DefaultTimeout
	}
	ctx, cancel := context.WithTimeout(c.UserContext(), limit)
	defer cancel()
	c.SetUserContext(ctx)
	return c.Next()
}

// drainLimit is how much of an unread body is swallowed so that the client,
// which is still sending, gets to read the answer.
const drainLimit = 8 << 20

// drain reads what the handler left of the body. With streamed bodies the rest
// would be taken for the next request on this connection; where too much is
// left, the connection ends.
func drain(c *fiber.Ctx) {
	stream := c.Context().RequestBodyStream()
	if stream == nil {
		return
	}
	n, err := io.CopyN(io.Discard, stream, drainLimit)
	if n == drainLimit || (err != nil && err != io.EOF) { //nolint:errorlint // CopyN returns io.EOF itself
		c.Context().SetConnectionClose()
	}
}

func newTrace() string {
	var raw [8]byte
	_, _ = rand.Read(raw[:]) // crypto/rand does not fail on supported systems
	return hex.EncodeToString(raw[:])
}

func traceID(c *fiber.Ctx) string {
	id, _ := c.Locals(localTrace).(string)
	return id
}

// named marks requests of routes outside the table.
func named(name string) fiber.Handler {
	return func(c *fiber.Ctx) error {
		c.Locals(localRoute, Route{Name: name})
		return c.Next()
	}
}

// routeOf returns the row of the table that answers; the zero Route before or
// without one.
func routeOf(c *fiber.Ctx) Route {
	r, _ := c.Locals(localRoute).(Route)
	return r
}

// routeName returns the name of the route in the table, "none" before or
// without one. Paths are not logged: they may hold what people typed.
func routeName(c *fiber.Ctx) string {
	if r, ok := c.Locals(localRoute).(Route); ok {
		return r.Name
	}
	return "none"
}

// logRequest writes one line without personal data: no address, no path, no
// text; the user as an id that means nothing outside.
func logRequest(c *fiber.Ctx, log *slog.Logger, took time.Duration) {
	status := c.Response().StatusCode()
	level := slog.LevelDebug
	if status == fiber.StatusForbidden || status == fiber.StatusTooManyRequests {
		level = slog.LevelInfo // refused access is worth a line
	}
	log.LogAttrs(c.UserContext(), level, "request",
		slog.String("trace", traceID(c)), slog.String("method", c.Method()), slog.String("route", routeName(c)),
		slog.Int("status", status), slog.Int("bytes", len(c.Response().Body())),
		slog.Float64("ms", float64(took.Microseconds())/1000), slog.String("user", string(actor(c).UserID)))
}

// checkOrigin refuses requests that change something unless they come from a
// page of ours. A browser names the origin of each such request; what names
// neither an origin nor its site is refused as well.
func checkOrigin(o Options) fiber.Handler {
	return func(c *fiber.Ctx) error {
		origin := c.Get(fiber.HeaderOrigin)
		site := c.Get("Sec-Fetch-Site")
		switch {
		case site != "" && site != "same-origin":
		case origin != "" && !o.OriginAllowed(origin, hostOf(c)):
		case origin == "" && site == "":
		default:
			return c.Next()
		}
		return foreignOrigin()
	}
}

// hostOf returns the Host header itself: X-Forwarded-Host is not looked at,
// also not behind a trusted proxy.
func hostOf(c *fiber.Ctx) string { return string(c.Request().Host()) }

func foreignOrigin() error {
	return crm.Errorf(crm.CodeForbidden, "origin", "this request does not come from a page of this server")
}
