// Package identity knows who people are: the first admin, sign-in, devices,
// invitations, reset links, departments and the roles people hold in them.
// Everything it keeps is a record in the log; secrets are kept hashed.
package identity

import (
	"context"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"rapport/server/crm"
	"rapport/server/workspace"
)

// Options of a Service.
type Options struct {
	Now func() time.Time // default time.Now
	Log *slog.Logger     // default slog.Default()
}

// Service answers all questions about people. All methods are safe for
// concurrent use.
type Service struct {
	ws   *workspace.Workspace
	now  func() time.Time
	log  *slog.Logger
	hash hasher

	// Failed attempts; see signIn for which key counts what.
	byAccount, byAddress, byBoth *attempts

	background sync.WaitGroup
	touchMu    sync.Mutex      // guards touching
	touching   map[crm.ID]bool // sessions whose day of last use is being written
}

// New makes a Service. Close ends it.
func New(ws *workspace.Workspace, o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return &Service{
		ws: ws, now: o.Now, log: o.Log,
		hash:      newHasher(runtime.GOMAXPROCS(0)),
		byAccount: newAttempts(100), byAddress: newAttempts(200), byBoth: newAttempts(10),
		touching: map[crm.ID]bool{},
	}
}

// Close waits for writes under way. Nothing is called afterwards.
func (s *Service) Close() { s.background.Wait() }

// Client is what is known of the machine a request comes from.
type Client struct {
	Address string // IP; "" when unknown
	Agent   string // User-Agent header
}

// Grant is a new session. Token goes into the cookie and is kept nowhere else.
type Grant struct {
	UserID    crm.ID
	SessionID crm.ID
	Token     string
	ExpiresAt time.Time
}

// commit runs a plan that clients cannot repeat by a commandId. Its body is not
// hashed into the log either: it may hold a password.
func (s *Service) commit(ctx context.Context, name string, by crm.Actor, plan func(*workspace.Tx) error) (workspace.Result, error) {
	return s.ws.Commit(ctx, workspace.Command{Name: name, Actor: by, Plan: plan})
}

// read looks at the state without waiting for a position.
func (s *Service) read(ctx context.Context, fn func(*workspace.State) error) error {
	return s.ws.Read(ctx, nil, fn)
}
