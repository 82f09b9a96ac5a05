package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"time"

	"rapport/frontend"
	"rapport/server/config"
	"rapport/server/crm"
	"rapport/server/demo"
	"rapport/server/httpapi"
	"rapport/server/identity"
	"rapport/server/importer"
	"rapport/server/pipeline"
	"rapport/server/records"
	"rapport/server/stream"
	"rapport/server/synclog"
	"rapport/server/wire"
	"rapport/server/workspace"
	"rapport/server/wsapi"
)

// serve runs the server until ctx ends or it cannot go on.
func serve(ctx context.Context, cfg config.Config, withDemo bool, stdout io.Writer, log *slog.Logger) (err error) {
	figures := newMetrics()
	if cfg.MetricsListen != "" {
		go figures.serve(ctx, cfg.MetricsListen, log)
	}
	edge := httpapi.Options{
		OriginAllowed: cfg.OriginAllowed, Secure: cfg.Secure(), TrustedProxies: cfg.TrustedProxies,
		Assets: frontend.Dist(), Languages: identity.Languages, Log: log, Observe: figures.observe,
	}
	store, err := openStore(ctx, cfg, edge, log)
	if ctx.Err() != nil && store == nil {
		return nil // stopped while it waited
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	room := newMemory(log)
	go room.watch(ctx, log)
	ws, err := workspace.Open(ctx, store, workspace.Options{Log: log, Full: room.full.Load})
	if err != nil {
		return err
	}
	defer ws.Close()
	if withDemo {
		if err := fillDemo(ctx, ws, stdout); err != nil {
			return err
		}
	}
	figures.watch(ws)
	return (&node{cfg: cfg, store: store, ws: ws, edge: edge, log: log, onStream: figures.watchStream}).run(ctx, stdout)
}

// fillDemo makes the invented company in an empty workspace and says who can
// sign in; another workspace is left alone.
func fillDemo(ctx context.Context, ws *workspace.Workspace, stdout io.Writer) error {
	if ws.Position().Offset > 0 {
		_, err := fmt.Fprintln(stdout, "The workspace is not empty, so no demonstration data was added.")
		return err
	}
	if err := demo.Fill(ctx, ws); err != nil {
		return err
	}
	_, err := fmt.Fprintf(stdout, "Demonstration company: sign in as %s with the password %q\n", demo.Admin, demo.Password)
	return err
}

// node is a server with an open workspace.
type node struct {
	cfg   config.Config
	store synclog.Store
	ws    *workspace.Workspace
	edge  httpapi.Options
	log   *slog.Logger
	ring  int              // entries of the stream's ring; 0: its default
	now   func() time.Time // of sessions and of the stream; nil: the machine's clock
	// onStream, if set, is handed the stream before it is used.
	onStream func(*stream.Stream)
}

// run serves until ctx ends, then stops in order: no new sockets,
// the open ones told to come back, requests under way finished, the follower
// and what lies behind it closed.
func (n *node) run(ctx context.Context, stdout io.Writer) error {
	live, err := n.newStream(ctx)
	if err != nil {
		return err
	}
	defer live.Close()
	people := identity.New(n.ws, identity.Options{Log: n.log, Now: n.now})
	defer people.Close()
	_, shared := n.store.(synclog.Neighbours)
	imports := importer.New(n.ws, importer.Options{
		Log: n.log, Progress: func(who crm.ID, p wire.Progress) { live.SendTo(who, p) }, Shared: shared,
	})
	defer imports.Close()
	if err := imports.Resume(ctx); err != nil {
		return fmt.Errorf("interrupted imports: %w", err)
	}
	sockets := n.newSockets(live, people)

	n.edge.Auth, n.edge.Ready, n.edge.Socket = people, n.ready, sockets.Upgrade
	app, err := httpapi.New(n.edge, httpapi.Table(httpapi.Services{
		Workspace: n.ws, People: people, Imports: imports,
		Records: records.New(n.ws, identity.Keeper{}), Pipelines: pipeline.New(n.ws), Build: build(),
	}, n.edge))
	if err != nil {
		return err
	}

	ln, err := listen(ctx, n.cfg.Listen)
	if err != nil {
		return err
	}

	// The follower and the requests outlive ctx: they end in their own turn.
	background, stopFollowing := context.WithCancel(context.WithoutCancel(ctx))
	defer stopFollowing()
	followed := make(chan error, 1)
	go func() { followed <- n.ws.Run(background) }()
	served := make(chan error, 1)
	go func() { served <- app.Listener(ln) }()

	if _, err := fmt.Fprintf(stdout, "Rapport is ready at %s\n", n.address(ln)); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
	case err := <-served:
		return fmt.Errorf("serve: %w", err)
	case err := <-followed:
		return fmt.Errorf("the log cannot be followed any more: %w", err)
	}

	n.log.Info("stopping")
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), n.cfg.ShutdownTimeout)
	defer cancel()
	stopErr := errors.Join(sockets.Shutdown(limit), app.ShutdownWithContext(limit))
	stopFollowing()
	return errors.Join(stopErr, <-followed)
}

// newStream makes the stream and hangs it on the workspace at one position, so
// that no entry falls between.
func (n *node) newStream(ctx context.Context) (*stream.Stream, error) {
	o := stream.Options{Build: build(), Now: n.now, Records: n.records, Envelope: wsapi.Envelope, Age: n.ws.Age, Workspace: n.ws.ID(), RingEntries: n.ring}
	o.Neighbours, _ = n.store.(synclog.Neighbours) // none on a store that one node has to itself
	err := n.ws.Read(ctx, nil, func(s *workspace.State) error {
		o.Position, o.Policy = s.Position(), s.Policy()
		return nil
	})
	if err != nil {
		return nil, err
	}
	live := stream.New(o)
	n.ws.OnChange(live.Apply)
	if n.onStream != nil {
		n.onStream(live)
	}
	return live, nil
}

// records answers presence, which asks for the records people look at.
func (n *node) records(ids []crm.ID) map[crm.ID]crm.Record {
	found := make(map[crm.ID]crm.Record, len(ids))
	n.ws.Peek(func(s *workspace.State) {
		for _, id := range ids {
			if rec, ok := s.Get(id); ok && rec.Exists() {
				found[id] = rec
			}
		}
	})
	return found
}

func (n *node) newSockets(live *stream.Stream, people *identity.Service) *wsapi.Edge {
	return wsapi.New(wsapi.Options{
		Stream: live, OriginAllowed: n.cfg.OriginAllowed, Log: n.log,
		Identify: func(ctx context.Context, cookies string) (wsapi.Identity, error) {
			by, err := people.Authenticate(ctx, httpapi.CookieToken(cookies, n.cfg.Secure()))
			return wsapi.Identity{User: by.UserID, Session: by.SessionID}, err
		},
		StillValid: func(who wsapi.Identity) bool {
			_, ok := people.ActiveUntil(who.Session)
			return ok
		},
	})
}

// ready returns nil when commands are taken and the store answers.
func (n *node) ready() error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	return n.ws.Ready(ctx)
}

// address is what a person types into a browser.
func (n *node) address(ln net.Listener) string {
	if n.cfg.PublicURL != "" {
		return n.cfg.PublicURL
	}
	return "http://" + ln.Addr().String()
}
