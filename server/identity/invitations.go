package identity

import (
	"context"
	"slices"
	"strings"
	"time"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/workspace"
)

// How long links can be used. Each can be used once.
const (
	inviteLife = 7 * 24 * time.Hour
	resetLife  = 24 * time.Hour
)

// Kinds of links.
const (
	linkInvite = "invite"
	linkReset  = "reset"
)

// Link is a link to be handed to a person. Token is shown to its maker once and
// kept hashed; it belongs behind a # so that it reaches no server log.
type Link struct {
	ID        crm.ID
	Token     string
	ExpiresAt time.Time
}

// Invite is a request to invite somebody.
type Invite struct {
	Email        string
	Name         string // a suggestion; may be empty
	DepartmentID crm.ID
	Role         string
}

// CreateInvitation makes a link by which one person with this e-mail joins a
// department. An earlier unused one for the same e-mail ends.
// Errors: CodeForbidden, CodeInvalid (reason email_taken: there is such a person).
func (s *Service) CreateInvitation(ctx context.Context, by crm.Actor, in Invite) (Link, error) {
	email, err := checkEmail(in.Email)
	if err != nil {
		return Link{}, err
	}
	name := ""
	if in.Name != "" {
		if name, err = checkName("name", in.Name); err != nil {
			return Link{}, err
		}
	}
	if rank(in.Role) == 0 {
		return Link{}, crm.Invalid("role", "not_a_choice")
	}
	token, hash := newToken()
	link := Link{Token: token}
	_, err = s.commit(ctx, "invitation.create", by, func(tx *workspace.Tx) error {
		if err := mayAppoint(tx, in.DepartmentID, rank(in.Role)); err != nil {
			return err
		}
		if len(tx.Find(crm.TypeUser, "email", email)) > 0 {
			return crm.Invalid("email", "email_taken")
		}
		for _, old := range tx.Find(crm.TypeInvitation, "email", email) {
			if old.Fields.String("kind") == linkInvite && old.Fields.String("usedAt") == "" {
				if err := tx.Trash(old.ID); err != nil {
					return err
				}
			}
		}
		link.ID, link.ExpiresAt = tx.NewID(), tx.Now().Add(inviteLife)
		fields := crm.Fields{
			"kind": linkInvite, "tokenHash": hash, "email": email, "role": in.Role,
			crm.KeyDepartment: string(in.DepartmentID), "expiresAt": workspace.Timestamp(link.ExpiresAt),
		}
		if name != "" {
			fields["name"] = name
		}
		return tx.Create(crm.TypeInvitation, link.ID, fields)
	})
	return link, err
}

// CreateResetLink makes a link by which a person sets a new password. Who makes
// it never learns the password. An earlier unused one for the person ends.
// Errors: CodeNotFound, CodeForbidden, CodeInvalid (reason disabled).
func (s *Service) CreateResetLink(ctx context.Context, by crm.Actor, user crm.ID) (Link, error) {
	token, hash := newToken()
	link := Link{Token: token}
	_, err := s.commit(ctx, "reset.create", by, func(tx *workspace.Tx) error {
		person, err := administered(tx, user)
		if err != nil {
			return err
		}
		if person.Fields.String("disabledAt") != "" {
			return crm.Errorf(crm.CodeInvalid, "disabled", "this person has no access at the moment")
		}
		if err := endLinks(tx, resetFor(user)); err != nil {
			return err
		}
		link.ID, link.ExpiresAt = tx.NewID(), tx.Now().Add(resetLife)
		return tx.Create(crm.TypeInvitation, link.ID, crm.Fields{
			"kind": linkReset, "tokenHash": hash, "userId": string(user), "expiresAt": workspace.Timestamp(link.ExpiresAt),
		})
	})
	return link, err
}

func resetFor(user crm.ID) func(crm.Record) bool {
	return func(link crm.Record) bool {
		return link.Fields.String("kind") == linkReset && link.Fields.ID("userId") == user
	}
}

// endLinks ends the unused links that match.
func endLinks(tx *workspace.Tx, match func(crm.Record) bool) error {
	var ended []crm.ID
	tx.Each(crm.TypeInvitation, func(link crm.Record) bool {
		if link.Fields.String("usedAt") == "" && match(link) {
			ended = append(ended, link.ID)
		}
		return true
	})
	for _, id := range ended {
		if err := tx.Trash(id); err != nil {
			return err
		}
	}
	return nil
}

// OpenLink is a link without its token. One for a new password has UserID and
// none of Email, Name, DepartmentID and Role: who he is, his record says.
type OpenLink struct {
	ID           crm.ID
	Kind         string // invite | reset
	Email, Name  string
	DepartmentID crm.ID
	Role         string
	UserID       crm.ID
	MadeBy       crm.ID
	MadeAt       time.Time
	ExpiresAt    time.Time
}

// OpenLinks lists the links not used yet that the actor decides about, the newest
// first; among them those that are too old, until somebody withdraws them.
func (s *Service) OpenLinks(ctx context.Context, by crm.Actor) ([]OpenLink, error) {
	var open []OpenLink
	err := s.read(ctx, func(st *workspace.State) error {
		open = []OpenLink{}
		st.Each(crm.TypeInvitation, func(rec crm.Record) bool {
			if decidesAboutLink(st, by.UserID, rec) {
				f := rec.Fields
				open = append(open, OpenLink{
					ID: rec.ID, Kind: f.String("kind"), Email: f.String("email"), Name: f.String("name"),
					DepartmentID: f.ID(crm.KeyDepartment), Role: f.String("role"), UserID: f.ID("userId"),
					MadeBy: f.ID(crm.KeyCreatedBy), MadeAt: f.Time(crm.KeyCreatedAt), ExpiresAt: f.Time("expiresAt"),
				})
			}
			return true
		})
		return nil
	})
	slices.SortFunc(open, func(a, b OpenLink) int { return strings.Compare(string(b.ID), string(a.ID)) })
	return open, err
}

// decidesAboutLink tells whether a link is unused and the person may end it: an
// invitation whoever administers the memberships of its department, a link for a
// new password whoever could make one for the same person.
func decidesAboutLink(st *workspace.State, by crm.ID, link crm.Record) bool {
	if link.Fields.String("usedAt") != "" {
		return false
	}
	if link.Fields.String("kind") == linkInvite {
		return administersMembers(st, by, link.Fields.ID(crm.KeyDepartment))
	}
	user, ok := st.Lookup(crm.TypeUser, link.Fields.ID("userId"))
	return ok && st.Can(by, access.ActionAdminister, user) != 0 && highestRank(st, user.ID) <= highestRank(st, by)
}

func administersMembers(st *workspace.State, user, department crm.ID) bool {
	return st.Can(user, access.ActionAdminister, crm.Record{
		Type: crm.TypeMembership, Version: 1, Fields: crm.Pack(crm.Fields{crm.KeyDepartment: string(department)}),
	}) != 0
}

// WithdrawLink ends an unused link of either kind.
// Errors: CodeNotFound (also when the actor may not see it).
func (s *Service) WithdrawLink(ctx context.Context, by crm.Actor, id crm.ID) error {
	_, err := s.commit(ctx, "invitation.withdraw", by, func(tx *workspace.Tx) error {
		if rec, ok := tx.Lookup(crm.TypeInvitation, id); !ok || !decidesAboutLink(&tx.State, by.UserID, rec) {
			return workspace.NotFound()
		}
		return tx.Trash(id)
	})
	return err
}

// LinkView is what the holder of a link gets to see before he uses it.
type LinkView struct {
	Kind      string // invite | reset
	Workspace string // the company's name
	Email     string
	Name      string
	ExpiresAt time.Time
}

// Look shows what a link is for.
// Errors: CodeNotFound with reason link_dead (unknown, used, withdrawn, expired).
func (s *Service) Look(ctx context.Context, token string, client Client) (LinkView, error) {
	if err := s.checkLinkAttempts(client); err != nil {
		return LinkView{}, err
	}
	now := s.now()
	var view LinkView
	err := s.read(ctx, func(st *workspace.State) error {
		link, err := usableLink(st, token, "", now)
		if err != nil {
			return err
		}
		view = LinkView{
			Kind: link.Fields.String("kind"), Email: link.Fields.String("email"), Name: link.Fields.String("name"),
			ExpiresAt: link.Fields.Time("expiresAt"),
		}
		if user, ok := st.Lookup(crm.TypeUser, link.Fields.ID("userId")); ok {
			view.Email, view.Name = user.Fields.String("email"), user.Fields.String("name")
		}
		st.Each(crm.TypeWorkspace, func(rec crm.Record) bool {
			view.Workspace = rec.Fields.String("name")
			return false
		})
		return nil
	})
	s.countDeadLink(err, client)
	return view, err
}

// usableLink finds a link of a kind ("" = any) by its token.
func usableLink(st *workspace.State, token, kind string, now time.Time) (crm.Record, error) {
	dead := crm.Errorf(crm.CodeNotFound, "link_dead", "this link has been used, withdrawn, or is too old")
	if len(token) != tokenLength {
		return crm.Record{}, dead
	}
	found := st.Find(crm.TypeInvitation, "tokenHash", hashToken(token))
	if len(found) != 1 {
		return crm.Record{}, dead
	}
	f := found[0].Fields
	if f.String("usedAt") != "" || !now.Before(f.Time("expiresAt")) || (kind != "" && f.String("kind") != kind) {
		return crm.Record{}, dead
	}
	if user := f.ID("userId"); user != "" && !enabled(st, user) {
		return crm.Record{}, dead
	}
	return found[0], nil
}

// checkLinkAttempts keeps one address from keeping the server busy with tokens
// it makes up; finding one by chance is hopeless anyway.
func (s *Service) checkLinkAttempts(client Client) error {
	if wait := s.byAddress.wait(addressKey(client.Address), s.now()); wait > 0 {
		return limited(wait)
	}
	return nil
}

func (s *Service) countDeadLink(err error, client Client) {
	if crm.CodeOf(err) == crm.CodeNotFound {
		s.byAddress.fail(addressKey(client.Address), s.now())
	}
}

// Acceptance is what an invited person says about himself. The e-mail is the
// one the invitation was made for.
type Acceptance struct {
	Token    string
	Name     string
	Password string
	Language string // "" = en
}

// Accept makes the invited person a member and signs him in.
// Errors: CodeNotFound (reason link_dead), CodeInvalid, CodeLimited.
func (s *Service) Accept(ctx context.Context, in Acceptance, client Client) (Grant, error) {
	name, err := checkName("name", in.Name)
	if err != nil {
		return Grant{}, err
	}
	lang, err := checkLanguage(in.Language)
	if err != nil {
		return Grant{}, err
	}
	hash, err := s.hashForLink(ctx, in.Token, linkInvite, in.Password, client)
	if err != nil {
		return Grant{}, err
	}
	user, session := crm.NewID(s.now()), newDraft(client)
	var grant Grant
	_, err = s.commit(ctx, "invitation.accept", actorFor(user), func(tx *workspace.Tx) error {
		link, err := usableLink(&tx.State, in.Token, linkInvite, tx.Now())
		if err != nil {
			return err
		}
		email, department := link.Fields.String("email"), link.Fields.ID(crm.KeyDepartment)
		if len(tx.Find(crm.TypeUser, "email", email)) > 0 {
			return crm.Invalid("email", "email_taken")
		}
		if _, ok := tx.Lookup(crm.TypeDepartment, department); !ok {
			return crm.Errorf(crm.CodeNotFound, "link_dead", "the department of this invitation is gone")
		}
		if err := use(tx, link); err != nil {
			return err
		}
		if err := tx.Create(crm.TypeUser, user, crm.Fields{"name": name, "email": email, "language": lang}); err != nil {
			return err
		}
		if err := addMember(tx, user, department, link.Fields.String("role")); err != nil {
			return err
		}
		if err := setPassword(tx, user, hash); err != nil {
			return err
		}
		grant, err = session.open(tx, user)
		return err
	})
	return grant, err
}

// Reset sets a new password by a reset link, ends all sessions and signs in.
// Errors: CodeNotFound (reason link_dead), CodeInvalid, CodeLimited.
func (s *Service) Reset(ctx context.Context, token, password string, client Client) (Grant, error) {
	hash, err := s.hashForLink(ctx, token, linkReset, password, client)
	if err != nil {
		return Grant{}, err
	}
	var user crm.ID
	err = s.read(ctx, func(st *workspace.State) error {
		link, err := usableLink(st, token, linkReset, s.now())
		user = link.Fields.ID("userId")
		return err
	})
	if err != nil {
		return Grant{}, err
	}
	session := newDraft(client)
	var grant Grant
	_, err = s.commit(ctx, "password.reset", actorFor(user), func(tx *workspace.Tx) error {
		link, err := usableLink(&tx.State, token, linkReset, tx.Now())
		if err != nil {
			return err
		}
		if err := use(tx, link); err != nil {
			return err
		}
		if err := setPassword(tx, user, hash); err != nil {
			return err
		}
		if err := endSessions(tx, user, ""); err != nil {
			return err
		}
		grant, err = session.open(tx, user)
		return err
	})
	return grant, err
}

// hashForLink hashes a new password, but only for somebody who holds a usable
// link: hashing is the expensive part.
func (s *Service) hashForLink(ctx context.Context, token, kind, password string, client Client) (string, error) {
	if err := s.checkLinkAttempts(client); err != nil {
		return "", err
	}
	var email string
	err := s.read(ctx, func(st *workspace.State) error {
		link, err := usableLink(st, token, kind, s.now())
		email = link.Fields.String("email")
		if user, ok := st.Lookup(crm.TypeUser, link.Fields.ID("userId")); ok {
			email = user.Fields.String("email")
		}
		return err
	})
	s.countDeadLink(err, client)
	if err != nil {
		return "", err
	}
	if err := checkPassword(password, email); err != nil {
		return "", err
	}
	return s.hash.make(ctx, password)
}

func use(tx *workspace.Tx, link crm.Record) error {
	return tx.Edit(link.ID, crm.Fields{"usedAt": workspace.Timestamp(tx.Now())}, nil)
}
