package httpapi

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"rapport/server/crm"
	"rapport/server/identity"
	"rapport/server/wire"
	"rapport/server/workspace"
)

// identityHandlers are the routes by which people get in and out.
type identityHandlers struct {
	people *identity.Service
	secure bool
}

// IdentityRoutes returns the routes of sign-in, devices and links.
func IdentityRoutes(people *identity.Service, o Options) []Route {
	h := identityHandlers{people, o.Secure}
	return []Route{
		{Method: "GET", Path: "/api/v1/setup", Name: "setup.needed", Access: Public, Handle: h.needsSetup},
		{Method: "POST", Path: "/api/v1/setup", Name: "setup", Access: Public, Handle: h.setUp},
		{Method: "POST", Path: "/api/v1/session", Name: "session.begin", Access: Public, Handle: h.signIn},
		{Method: "DELETE", Path: "/api/v1/session", Name: "session.end", Access: SignedIn, Handle: h.signOut},
		{Method: "GET", Path: "/api/v1/devices", Name: "devices", Access: SignedIn, Handle: h.devices},
		{Method: "DELETE", Path: "/api/v1/devices", Name: "devices.endOthers", Access: SignedIn, Handle: h.endOthers},
		{Method: "DELETE", Path: "/api/v1/devices/:id", Name: "devices.end", Access: SignedIn, Handle: h.endDevice},
		{Method: "POST", Path: "/api/v1/password", Name: "password.change", Access: SignedIn, Handle: h.changePassword},
		{Method: "POST", Path: "/api/v1/invitations", Name: "invitations.create", Access: ByCommand, Handle: h.invite},
		{Method: "GET", Path: "/api/v1/invitations", Name: "invitations", Access: SignedIn, Handle: h.invitations},
		{Method: "DELETE", Path: "/api/v1/invitations/:id", Name: "invitations.withdraw", Access: ByCommand, Handle: h.withdraw},
		{Method: "POST", Path: "/api/v1/invitations/look", Name: "invitations.look", Access: Public, Handle: h.look},
		{Method: "POST", Path: "/api/v1/invitations/accept", Name: "invitations.accept", Access: Public, Handle: h.accept},
		{Method: "POST", Path: "/api/v1/people/:id/reset-link", Name: "people.resetLink", Access: ByCommand, Handle: h.resetLink},
		{Method: "POST", Path: "/api/v1/reset", Name: "reset", Access: Public, Handle: h.reset},
	}
}

// needsSetup handles GET /api/v1/setup: 200 wire.SetupNeeded.
func (h identityHandlers) needsSetup(c *fiber.Ctx) error {
	needed, err := h.people.NeedsSetup(c.UserContext())
	if err != nil {
		return err
	}
	return c.JSON(wire.SetupNeeded{Needed: needed})
}

// setUp handles POST /api/v1/setup.
//
//	200     wire.SignedIn and the session cookie
//	errors  invalid 400, forbidden 403 (there is somebody already), limited 429
func (h identityHandlers) setUp(c *fiber.Ctx) error {
	var req wire.SetupRequest
	if err := decode(c, &req); err != nil {
		return err
	}
	grant, err := h.people.SetUp(c.UserContext(), identity.Setup(req), client(c))
	return h.signedIn(c, grant, err)
}

// signIn handles POST /api/v1/session.
//
//	200     wire.SignedIn and the session cookie
//	errors  unauthenticated 401, limited 429
func (h identityHandlers) signIn(c *fiber.Ctx) error {
	var req wire.SignInRequest
	if err := decode(c, &req); err != nil {
		return err
	}
	grant, err := h.people.SignIn(c.UserContext(), req.Email, req.Password, client(c))
	return h.signedIn(c, grant, err)
}

// signOut handles DELETE /api/v1/session: 204, and the cookie is gone.
func (h identityHandlers) signOut(c *fiber.Ctx) error {
	if err := h.people.SignOut(c.UserContext(), actor(c)); err != nil && crm.CodeOf(err) != crm.CodeNotFound {
		return err
	}
	h.setCookie(c, "", time.Unix(1, 0))
	return c.SendStatus(fiber.StatusNoContent)
}

// devices handles GET /api/v1/devices: 200 wire.Devices.
func (h identityHandlers) devices(c *fiber.Ctx) error {
	found, err := h.people.Devices(c.UserContext(), actor(c))
	if err != nil {
		return err
	}
	list := make([]wire.Device, len(found))
	for i, d := range found {
		list[i] = wire.Device{
			ID: string(d.ID), Name: d.Name, SignedInAt: workspace.Timestamp(d.SignedInAt),
			LastSeenOn: d.LastSeenOn, EndsAt: workspace.Timestamp(d.EndsAt), Current: d.Current,
		}
	}
	return c.JSON(wire.Devices{Devices: list})
}

// endDevice handles DELETE /api/v1/devices/:id: 204, not_found 404.
func (h identityHandlers) endDevice(c *fiber.Ctx) error {
	return noContent(c, h.people.EndDevice(c.UserContext(), actor(c), crm.ID(c.Params("id"))))
}

// endOthers handles DELETE /api/v1/devices: 204; the session in use stays.
func (h identityHandlers) endOthers(c *fiber.Ctx) error {
	return noContent(c, h.people.EndOtherDevices(c.UserContext(), actor(c)))
}

// changePassword handles POST /api/v1/password: 204; all other sessions end.
// errors: invalid 400 (fields "current", "password"), limited 429.
func (h identityHandlers) changePassword(c *fiber.Ctx) error {
	var req wire.PasswordRequest
	if err := decode(c, &req); err != nil {
		return err
	}
	return noContent(c, h.people.ChangePassword(c.UserContext(), actor(c), req.Current, req.Password))
}

// signedIn answers with the new session in a cookie.
func (h identityHandlers) signedIn(c *fiber.Ctx, grant identity.Grant, err error) error {
	if err != nil {
		return err
	}
	h.setCookie(c, grant.Token, grant.ExpiresAt)
	return c.JSON(wire.SignedIn{UserID: string(grant.UserID)})
}

func (h identityHandlers) setCookie(c *fiber.Ctx, token string, ends time.Time) {
	c.Cookie(&fiber.Cookie{
		Name: CookieName(h.secure), Value: token, Path: "/", Expires: ends,
		Secure: h.secure, HTTPOnly: true, SameSite: fiber.CookieSameSiteLaxMode,
	})
}

func client(c *fiber.Ctx) identity.Client {
	trusted, _ := c.Locals(localProxies).(proxies)
	return identity.Client{Address: trusted.clientAddress(c), Agent: c.Get(fiber.HeaderUserAgent)}
}

func noContent(c *fiber.Ctx, err error) error {
	if err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}
