package httpapi

import (
	"context"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"rapport/server/crm"
	"rapport/server/synclog"
	"rapport/server/workspace"
)

// Authenticator finds out whose session a token belongs to. identity.Service is
// the real one.
type Authenticator interface {
	// Authenticate returns the person behind a session token.
	// Errors: CodeUnauthenticated (unknown, ended, expired, disabled person).
	Authenticate(ctx context.Context, token string) (crm.Actor, error)
}

// Keys of c.Locals.
const (
	localActor = "rapport.actor"
	localRoute = "rapport.route"
	localTrace = "rapport.trace"

	localProxies = "rapport.proxies"
)

// requireActor finds the actor of a signed-in request.
func requireActor(o Options) fiber.Handler {
	return func(c *fiber.Ctx) error {
		by, err := o.Auth.Authenticate(c.UserContext(), sessionToken(c, o))
		if err != nil {
			return err
		}
		c.Locals(localActor, by)
		return c.Next()
	}
}

// actor returns who makes this request; the zero Actor on public routes.
func actor(c *fiber.Ctx) crm.Actor {
	by, _ := c.Locals(localActor).(crm.Actor)
	return by
}

// CookieName returns the name of the session cookie. The prefix __Host- makes
// browsers refuse it from a sibling domain or over plain http, so it can only
// be used behind TLS.
func CookieName(secure bool) string {
	if secure {
		return "__Host-rapport"
	}
	return "rapport"
}

// sessionToken returns the session cookie, or "" when there is none or more
// than one: then somebody else may have planted one of them.
func sessionToken(c *fiber.Ctx, o Options) string {
	return CookieToken(c.Get(fiber.HeaderCookie), o.Secure)
}

// CookieToken reads the session token out of a Cookie header. It returns ""
// when there is none or more than one.
func CookieToken(header string, secure bool) string {
	name, token, found := CookieName(secure), "", false
	for part := range strings.SplitSeq(header, ";") {
		key, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		if !ok || key != name {
			continue
		}
		if found { // an empty one counts too
			return ""
		}
		token, found = value, true
	}
	return strings.Clone(token)
}

// HeaderPosition carries a log position as "<epoch>:<offset>": in a request the
// one that the answer must not be older than, in a response where it stands.
const HeaderPosition = "Rapport-Position"

// atLeast returns the position the answer must not be older than; nil if the
// client names none.
// Errors: CodeInvalid.
func atLeast(c *fiber.Ctx) (*synclog.Position, error) {
	text := c.Get(HeaderPosition)
	if text == "" {
		return nil, nil //nolint:nilnil // no header is no demand
	}
	p, err := parsePosition(text)
	return &p, err
}

// parsePosition reads what positionText writes. Errors: CodeInvalid.
func parsePosition(text string) (synclog.Position, error) {
	epoch, offset, ok := strings.Cut(text, ":")
	n, err := strconv.ParseUint(offset, 10, 64)
	if !ok || err != nil || !crm.ID(epoch).Valid() {
		return synclog.Position{}, crm.Invalid(HeaderPosition, "not_a_position")
	}
	return synclog.Position{Epoch: crm.ID(epoch), Offset: n}, nil
}

func positionText(p synclog.Position) string {
	return string(p.Epoch) + ":" + strconv.FormatUint(p.Offset, 10)
}

// setPosition tells the client where the answer stands.
func setPosition(c *fiber.Ctx, p synclog.Position) {
	c.Set(HeaderPosition, positionText(p))
}

// HeaderAge says, in seconds, for how long this node has not been able to make
// sure that what it answers is current. It is absent while it is.
const HeaderAge = "Rapport-Age"

func setAge(c *fiber.Ctx, ws *workspace.Workspace) {
	if age := ws.Age(); age > 0 {
		c.Set(HeaderAge, strconv.Itoa(int(age.Seconds())))
	}
}
