package identity

import (
	"context"
	"slices"
	"strings"
	"time"

	"rapport/server/crm"
	"rapport/server/workspace"
)

// How long a session lives.
const (
	sessionLife = 30 * 24 * time.Hour // from sign-in
	sessionIdle = 14                  // days without use
	// clocksDiffer is by how much clocks may go back, or differ between nodes, before
	// anybody has to sign in again.
	clocksDiffer = 48 * time.Hour
	// maxSessions bounds how many devices one person is signed in on; the oldest
	// makes room for the next.
	maxSessions = 50
)

// errSignedOut is the one answer to every token that opens nothing.
func errSignedOut() *crm.Error {
	return crm.Errorf(crm.CodeUnauthenticated, "signed_out", "sign in first")
}

// Authenticate returns the person behind a session token, from memory.
// Errors: CodeUnauthenticated (unknown, ended, expired, person disabled).
func (s *Service) Authenticate(ctx context.Context, token string) (crm.Actor, error) {
	if len(token) != tokenLength {
		return crm.Actor{}, errSignedOut()
	}
	now := s.now()
	var session crm.Record
	err := s.read(ctx, func(st *workspace.State) error {
		found := st.Find(crm.TypeSession, "tokenHash", hashToken(token))
		if len(found) != 1 || !alive(found[0], now) || !enabled(st, found[0].Fields.ID("userId")) {
			return errSignedOut()
		}
		session = found[0]
		return nil
	})
	if err != nil {
		return crm.Actor{}, err
	}
	if session.Fields.String("lastSeenOn") != now.UTC().Format(time.DateOnly) {
		s.touch(session.ID)
	}
	return crm.Actor{UserID: session.Fields.ID("userId"), SessionID: session.ID, Source: crm.SourceApp}, nil
}

// ActiveUntil returns when a session ends by itself; ok is false when it has
// ended already. A socket that stays open does not extend it. It does not block.
func (s *Service) ActiveUntil(session crm.ID) (end time.Time, ok bool) {
	now := s.now()
	s.ws.Peek(func(st *workspace.State) {
		rec, found := st.Lookup(crm.TypeSession, session)
		if found && alive(rec, now) && enabled(st, rec.Fields.ID("userId")) {
			end, ok = endOf(rec), true
		}
	})
	return end, ok
}

// alive reports whether a session has begun and not ended. One that would end later
// than any that begins now was opened by a clock that was ahead, and would outlive
// its limit by as much.
func alive(session crm.Record, now time.Time) bool {
	latest := now.Add(sessionLife + clocksDiffer)
	return session.Exists() && now.Before(endOf(session)) && !session.Fields.Time("expiresAt").After(latest)
}

// endOf returns the earlier of the absolute and the idle limit.
func endOf(session crm.Record) time.Time {
	end := session.Fields.Time("expiresAt")
	seen, err := time.Parse(time.DateOnly, session.Fields.String("lastSeenOn"))
	if err != nil {
		return time.Time{}
	}
	// The day of last use counts in full.
	if idle := seen.AddDate(0, 0, sessionIdle+1); idle.Before(end) {
		return idle
	}
	return end
}

func enabled(st *workspace.State, user crm.ID) bool {
	rec, ok := st.Lookup(crm.TypeUser, user)
	return ok && rec.Fields.String("disabledAt") == ""
}

// touch notes that a session was used today: once a day, so that the log does
// not become a record of who was where when. The request does not wait for it.
func (s *Service) touch(session crm.ID) {
	s.touchMu.Lock()
	defer s.touchMu.Unlock()
	if s.touching[session] {
		return
	}
	s.touching[session] = true
	s.background.Go(func() {
		defer func() {
			s.touchMu.Lock()
			defer s.touchMu.Unlock()
			delete(s.touching, session)
		}()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_, err := s.commit(ctx, "session.seen", crm.System, func(tx *workspace.Tx) error {
			if rec, ok := tx.Lookup(crm.TypeSession, session); ok {
				return tx.Edit(rec.ID, crm.Fields{"lastSeenOn": tx.Now().Format(time.DateOnly)}, nil)
			}
			return nil
		})
		if err != nil {
			s.log.Warn("day of last use not noted", "error", err)
		}
	})
}

// draft is a session before its command is planned: plans may run twice and
// must give the same token.
type draft struct {
	token, hash, device string
}

func newDraft(client Client) draft {
	token, hash := newToken()
	return draft{token: token, hash: hash, device: deviceName(client.Agent)}
}

// open writes the session and lets the oldest make room.
func (d draft) open(tx *workspace.Tx, user crm.ID) (Grant, error) {
	open := sessionsOf(&tx.State, user)
	for _, old := range open[:max(len(open)-maxSessions+1, 0)] {
		if err := tx.Trash(old.ID); err != nil {
			return Grant{}, err
		}
	}
	g := Grant{UserID: user, SessionID: tx.NewID(), Token: d.token, ExpiresAt: tx.Now().Add(sessionLife)}
	return g, tx.Create(crm.TypeSession, g.SessionID, crm.Fields{
		"userId": string(user), "tokenHash": d.hash, "device": d.device,
		"expiresAt":  workspace.Timestamp(g.ExpiresAt),
		"lastSeenOn": tx.Now().Format(time.DateOnly),
	})
}

// sessionsOf returns a person's sessions that were not ended, oldest first.
func sessionsOf(st *workspace.State, user crm.ID) []crm.Record {
	return slices.DeleteFunc(st.Linked(user), func(rec crm.Record) bool {
		return rec.Type != crm.TypeSession || rec.Fields.ID("userId") != user
	})
}

// endSessions ends all sessions of a person except one ("" = none is spared).
func endSessions(tx *workspace.Tx, user, except crm.ID) error {
	for _, session := range sessionsOf(&tx.State, user) {
		if session.ID == except {
			continue
		}
		if err := tx.Trash(session.ID); err != nil {
			return err
		}
	}
	return nil
}

// SignOut ends the session the actor came with.
func (s *Service) SignOut(ctx context.Context, by crm.Actor) error {
	return s.EndDevice(ctx, by, by.SessionID)
}

// Device is a place where a person is signed in.
type Device struct {
	ID         crm.ID
	Name       string // "Firefox on Linux"
	SignedInAt time.Time
	LastSeenOn string // date
	EndsAt     time.Time
	Current    bool
}

// Devices lists where the actor is signed in, the newest first.
func (s *Service) Devices(ctx context.Context, by crm.Actor) ([]Device, error) {
	now := s.now()
	var devices []Device
	err := s.read(ctx, func(st *workspace.State) error {
		devices = []Device{}
		for _, rec := range sessionsOf(st, by.UserID) {
			if !alive(rec, now) {
				continue
			}
			devices = append(devices, Device{
				ID: rec.ID, Name: rec.Fields.String("device"), SignedInAt: rec.Fields.Time(crm.KeyCreatedAt),
				LastSeenOn: rec.Fields.String("lastSeenOn"), EndsAt: endOf(rec), Current: rec.ID == by.SessionID,
			})
		}
		return nil
	})
	slices.SortFunc(devices, func(a, b Device) int { return strings.Compare(string(b.ID), string(a.ID)) })
	return devices, err
}

// EndDevice ends one of the actor's own sessions.
// Errors: CodeNotFound (also for a session of somebody else).
func (s *Service) EndDevice(ctx context.Context, by crm.Actor, session crm.ID) error {
	_, err := s.commit(ctx, "session.end", by, func(tx *workspace.Tx) error {
		rec, ok := tx.Lookup(crm.TypeSession, session)
		if !ok || rec.Fields.ID("userId") != by.UserID {
			return workspace.NotFound()
		}
		return tx.Trash(session)
	})
	return err
}

// EndOtherDevices ends all of the actor's sessions but the one in use.
func (s *Service) EndOtherDevices(ctx context.Context, by crm.Actor) error {
	_, err := s.commit(ctx, "session.endOthers", by, func(tx *workspace.Tx) error {
		return endSessions(tx, by.UserID, by.SessionID)
	})
	return err
}
