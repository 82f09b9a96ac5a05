package identity

import (
	"context"
	"math"
	"strconv"
	"time"

	"rapport/server/crm"
	"rapport/server/workspace"
)

// SignIn checks e-mail and password and opens a session.
// Errors: CodeUnauthenticated with reason wrong_credentials – the same words and
// the same time for an unknown e-mail, a wrong password and a disabled person;
// CodeLimited after too many failures.
func (s *Service) SignIn(ctx context.Context, email, password string, client Client) (Grant, error) {
	if err := s.checkAttempts(email, client); err != nil {
		return Grant{}, err
	}
	_ = s.ws.Confirm(ctx) // the password may have been set on another node a moment ago
	user, credential, err := s.credentialFor(ctx, email)
	if err != nil {
		return Grant{}, err
	}
	ok, err := s.hash.matches(ctx, password, credential.Fields.String("hash"))
	if err != nil {
		return Grant{}, err
	}
	if !ok {
		s.countFailure(email, client)
		return Grant{}, crm.Errorf(crm.CodeUnauthenticated, "wrong_credentials", "e-mail or password is wrong")
	}
	s.byBoth.forget(bothKey(email, client))
	var grant Grant
	session := newDraft(client)
	_, err = s.commit(ctx, "session.begin", actorFor(user), func(tx *workspace.Tx) error {
		// Disabled, or the password changed, while it was being compared.
		if now, ok := tx.Lookup(crm.TypeCredential, credential.ID); !ok || now.Version != credential.Version || !enabled(&tx.State, user) {
			return crm.Errorf(crm.CodeUnauthenticated, "wrong_credentials", "e-mail or password is wrong")
		}
		var err error
		grant, err = session.open(tx, user)
		return err
	})
	return grant, err
}

// credentialFor finds who signs in with an e-mail; a zero credential when
// nobody does.
func (s *Service) credentialFor(ctx context.Context, email string) (user crm.ID, credential crm.Record, err error) {
	err = s.read(ctx, func(st *workspace.State) error {
		found := st.Find(crm.TypeUser, "email", email)
		if len(found) != 1 || !enabled(st, found[0].ID) {
			return nil
		}
		user = found[0].ID
		credential, _ = credentialOf(st, user)
		return nil
	})
	return user, credential, err
}

func credentialOf(st *workspace.State, user crm.ID) (crm.Record, bool) {
	for _, rec := range st.Linked(user) {
		if rec.Type == crm.TypeCredential {
			return rec, true
		}
	}
	return crm.Record{}, false
}

// setPassword writes the hash of a person's password.
func setPassword(tx *workspace.Tx, user crm.ID, hash string) error {
	if rec, ok := credentialOf(&tx.State, user); ok {
		return tx.Edit(rec.ID, crm.Fields{"hash": hash}, nil)
	}
	return tx.Create(crm.TypeCredential, tx.NewID(), crm.Fields{"userId": string(user), "hash": hash})
}

// ChangePassword replaces the actor's own password and ends all other sessions.
// Errors: CodeInvalid (Fields "current" or "password"), CodeLimited.
func (s *Service) ChangePassword(ctx context.Context, by crm.Actor, current, next string) error {
	key := string(by.UserID)
	if wait := s.byBoth.wait(key, s.now()); wait > 0 {
		return limited(wait)
	}
	var user, credential crm.Record
	err := s.read(ctx, func(st *workspace.State) error {
		user, _ = st.Lookup(crm.TypeUser, by.UserID)
		credential, _ = credentialOf(st, by.UserID)
		return nil
	})
	if err != nil {
		return err
	}
	if err := checkPassword(next, user.Fields.String("email")); err != nil {
		return err
	}
	ok, err := s.hash.matches(ctx, current, credential.Fields.String("hash"))
	if err != nil {
		return err
	}
	if !ok {
		s.byBoth.fail(key, s.now())
		return crm.Invalid("current", "wrong_password")
	}
	hash, err := s.hash.make(ctx, next)
	if err != nil {
		return err
	}
	_, err = s.commit(ctx, "password.change", by, func(tx *workspace.Tx) error {
		if now, ok := tx.Lookup(crm.TypeCredential, credential.ID); !ok || now.Version != credential.Version {
			return crm.Invalid("current", "wrong_password") // changed while it was being compared
		}
		if err := setPassword(tx, by.UserID, hash); err != nil {
			return err
		}
		return endSessions(tx, by.UserID, by.SessionID)
	})
	return err
}

// actorFor is a person who acts before there is a session to act with.
func actorFor(user crm.ID) crm.Actor { return crm.Actor{UserID: user, Source: crm.SourceApp} }

// checkAttempts slows guessing: one address against one account (10 failures in
// 15 minutes), one account from everywhere (100) and one address against all
// accounts (200). Counts fade, so that nobody can lock an owner out for good.
func (s *Service) checkAttempts(email string, client Client) error {
	now := s.now()
	wait := max(
		s.byBoth.wait(bothKey(email, client), now),
		s.byAccount.wait(accountKey(email), now),
		s.byAddress.wait(addressKey(client.Address), now),
	)
	if wait > 0 {
		return limited(wait)
	}
	return nil
}

func (s *Service) countFailure(email string, client Client) {
	now := s.now()
	s.byBoth.fail(bothKey(email, client), now)
	s.byAccount.fail(accountKey(email), now)
	s.byAddress.fail(addressKey(client.Address), now)
}

// accountKey is hashed, so that the table of attempts holds no e-mails and
// each key is small.
func accountKey(email string) string { return hashToken(normalEmail(email)) }

func bothKey(email string, client Client) string {
	return accountKey(email) + "@" + addressKey(client.Address)
}

func limited(wait time.Duration) error {
	err := crm.Errorf(crm.CodeLimited, "too_many_attempts", "too many attempts; wait a moment")
	err.Params = map[string]string{"seconds": strconv.Itoa(int(math.Ceil(wait.Seconds())))}
	return err
}
