package httpapi

import (
	"github.com/gofiber/fiber/v2"

	"rapport/server/crm"
	"rapport/server/identity"
	"rapport/server/wire"
	"rapport/server/workspace"
)

// invite handles POST /api/v1/invitations: 201 wire.Link; forbidden 403, invalid 400.
func (h identityHandlers) invite(c *fiber.Ctx) error {
	var req wire.InviteRequest
	if err := decode(c, &req); err != nil {
		return err
	}
	made, err := h.people.CreateInvitation(c.UserContext(), actor(c), identity.Invite{
		Email: req.Email, Name: req.Name, DepartmentID: crm.ID(req.DepartmentID), Role: req.Role,
	})
	return sendLink(c, "/invite#", made, err)
}

// resetLink handles POST /api/v1/people/:id/reset-link with the body {}:
// 201 wire.Link; not_found 404, forbidden 403.
func (h identityHandlers) resetLink(c *fiber.Ctx) error {
	if err := decode(c, &struct{}{}); err != nil {
		return err
	}
	made, err := h.people.CreateResetLink(c.UserContext(), actor(c), crm.ID(c.Params("id")))
	return sendLink(c, "/reset#", made, err)
}

func sendLink(c *fiber.Ctx, path string, made identity.Link, err error) error {
	if err != nil {
		return err
	}
	return c.Status(fiber.StatusCreated).JSON(wire.Link{
		ID: string(made.ID), Path: path + made.Token, Token: made.Token, ExpiresAt: workspace.Timestamp(made.ExpiresAt),
	})
}

// invitations handles GET /api/v1/invitations: 200 wire.OpenLinks, those the
// actor decides about.
func (h identityHandlers) invitations(c *fiber.Ctx) error {
	found, err := h.people.OpenLinks(c.UserContext(), actor(c))
	if err != nil {
		return err
	}
	list := make([]wire.OpenLink, len(found))
	for i, in := range found {
		list[i] = wire.OpenLink{
			ID: string(in.ID), Kind: in.Kind, Email: in.Email, Name: in.Name, DepartmentID: string(in.DepartmentID), Role: in.Role,
			UserID: string(in.UserID), MadeBy: string(in.MadeBy),
			MadeAt: workspace.Timestamp(in.MadeAt), ExpiresAt: workspace.Timestamp(in.ExpiresAt),
		}
	}
	return c.JSON(wire.OpenLinks{Links: list})
}

// withdraw handles DELETE /api/v1/invitations/:id: 204, not_found 404.
func (h identityHandlers) withdraw(c *fiber.Ctx) error {
	return noContent(c, h.people.WithdrawLink(c.UserContext(), actor(c), crm.ID(c.Params("id"))))
}

// look handles POST /api/v1/invitations/look: 200 wire.LinkView for the holder
// of an invitation or reset link; not_found 404 with reason link_dead.
func (h identityHandlers) look(c *fiber.Ctx) error {
	var req wire.LinkRequest
	if err := decode(c, &req); err != nil {
		return err
	}
	view, err := h.people.Look(c.UserContext(), req.Token, client(c))
	if err != nil {
		return err
	}
	return c.JSON(wire.LinkView{
		Kind: view.Kind, Workspace: view.Workspace, Email: view.Email, Name: view.Name,
		ExpiresAt: workspace.Timestamp(view.ExpiresAt),
	})
}

// accept handles POST /api/v1/invitations/accept: 200 wire.SignedIn and the
// session cookie; not_found 404 (link_dead), invalid 400, limited 429.
func (h identityHandlers) accept(c *fiber.Ctx) error {
	var req wire.AcceptRequest
	if err := decode(c, &req); err != nil {
		return err
	}
	grant, err := h.people.Accept(c.UserContext(), identity.Acceptance(req), client(c))
	return h.signedIn(c, grant, err)
}

// reset handles POST /api/v1/reset: 200 wire.SignedIn and the session cookie;
// not_found 404 (link_dead), invalid 400, limited 429.
func (h identityHandlers) reset(c *fiber.Ctx) error {
	var req wire.ResetRequest
	if err := decode(c, &req); err != nil {
		return err
	}
	grant, err := h.people.Reset(c.UserContext(), req.Token, req.Password, client(c))
	return h.signedIn(c, grant, err)
}
