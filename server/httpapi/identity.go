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
	return append(h.doors(), h.links()...)
}

// setsCookie is what the answers tell that sign somebody in or out.
var setsCookie = []Param{{Name: fiber.HeaderSetCookie, Says: "The session cookie."}}

// doors are the routes of who signs in, and of where he is signed in.
func (h identityHandlers) doors() []Route {
	limited := []crm.Code{crm.CodeLimited}
	return []Route{
		{
			Method: "GET", Path: "/api/v1/setup", Name: "setup.needed", Access: Public, Handle: h.needsSetup,
			Doc: Doc{Says: "Tells whether the workspace still has to be set up.", Answers: wire.SetupNeeded{}},
		},
		{
			Method: "POST", Path: "/api/v1/setup", Name: "setup", Access: Public, Handle: h.setUp,
			Doc: Doc{Says: "Makes the workspace and its first admin, and signs that person in. It works once.", Takes: wire.SetupRequest{}, Answers: wire.SignedIn{}, Tells: setsCookie, Errors: limited},
		},
		{
			Method: "POST", Path: "/api/v1/session", Name: "session.begin", Access: Public, Handle: h.signIn,
			Doc: Doc{Says: "Signs in: the answer sets the session cookie.", Takes: wire.SignInRequest{}, Answers: wire.SignedIn{}, Tells: setsCookie, Errors: []crm.Code{crm.CodeUnauthenticated, crm.CodeLimited}},
		},
		{
			Method: "DELETE", Path: "/api/v1/session", Name: "session.end", Access: SignedIn, Handle: h.signOut,
			Doc: Doc{Says: "Signs out: the session ends and the cookie is gone.", Tells: setsCookie},
		},
		{
			Method: "GET", Path: "/api/v1/devices", Name: "devices", Access: SignedIn, Handle: h.devices,
			Doc: Doc{Says: "Lists where you are signed in, newest first.", Answers: wire.Devices{}},
		},
		{
			Method: "DELETE", Path: "/api/v1/devices", Name: "devices.endOthers", Access: SignedIn, Handle: h.endOthers,
			Doc: Doc{Says: "Ends all your sessions but the one in use."},
		},
		{
			Method: "DELETE", Path: "/api/v1/devices/:id", Name: "devices.end", Access: SignedIn, Handle: h.endDevice,
			Doc: Doc{Says: "Ends one of your sessions."},
		},
		{
			Method: "POST", Path: "/api/v1/password", Name: "password.change", Access: SignedIn, Handle: h.changePassword,
			Doc: Doc{Says: "Sets a new password and ends all your other sessions.", Takes: wire.PasswordRequest{}, Errors: limited},
		},
	}
}

// links are the routes by which people come in, or come back, with a link.
func (h identityHandlers) links() []Route {
	byLink := []crm.Code{crm.CodeNotFound, crm.CodeLimited}
	return []Route{
		{
			Method: "POST", Path: "/api/v1/invitations", Name: "invitations.create", Access: ByCommand, Handle: h.invite,
			Doc: Doc{Says: "Makes a link by which one person joins a department. The answer is the only place that shows it.", Takes: wire.InviteRequest{}, Answers: wire.Link{}, Status: fiber.StatusCreated},
		},
		{
			Method: "GET", Path: "/api/v1/invitations", Name: "invitations", Access: SignedIn, Handle: h.invitations,
			Doc: Doc{Says: "Lists the unused links you decide about: invitations into departments whose people you administer, and links for new passwords.", Answers: wire.OpenLinks{}},
		},
		{
			Method: "DELETE", Path: "/api/v1/invitations/:id", Name: "invitations.withdraw", Access: ByCommand, Handle: h.withdraw,
			Doc: Doc{Says: "Ends an unused invitation or link for a new password."},
		},
		{
			Method: "POST", Path: "/api/v1/invitations/look", Name: "invitations.look", Access: Public, Handle: h.look,
			Doc: Doc{Says: "Shows what an invitation or reset link is for.", Takes: wire.LinkRequest{}, Answers: wire.LinkView{}, Errors: byLink},
		},
		{
			Method: "POST", Path: "/api/v1/invitations/accept", Name: "invitations.accept", Access: Public, Handle: h.accept,
			Doc: Doc{Says: "Makes the invited person a member and signs them in.", Takes: wire.AcceptRequest{}, Answers: wire.SignedIn{}, Tells: setsCookie, Errors: byLink},
		},
		{
			Method: "POST", Path: "/api/v1/people/:id/reset-link", Name: "people.resetLink", Access: ByCommand, Handle: h.resetLink,
			Doc: Doc{Says: "Makes a link by which a person sets a new password. The answer is the only place that shows it.", Takes: struct{}{}, Answers: wire.Link{}, Status: fiber.StatusCreated},
		},
		{
			Method: "POST", Path: "/api/v1/reset", Name: "reset", Access: Public, Handle: h.reset,
			Doc: Doc{Says: "Sets a new password by a reset link, ends all sessions of that person and signs them in.", Takes: wire.ResetRequest{}, Answers: wire.SignedIn{}, Tells: setsCookie, Errors: byLink},
		},
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
