package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"rapport/server/config"
	"rapport/server/httpapi"
	"rapport/server/mongostore"
	"rapport/server/sqlitestore"
	"rapport/server/synclog"
)

// reopenPause is how long the server waits before it tries its database again.
const reopenPause = 2 * time.Second

// openStore opens the store of the configuration. A MongoDB that does not
// answer yet is waited for: meanwhile the address answers "not ready".
// Errors: what waiting does not mend, such as a folder in use or a standalone
// MongoDB; ctx ended.
func openStore(ctx context.Context, cfg config.Config, edge httpapi.Options, log *slog.Logger) (synclog.Store, error) {
	if cfg.MongoURI == "" {
		return sqlitestore.Open(ctx, cfg.Data, sqlitestore.Options{Log: log})
	}
	first, err := mongostore.Open(ctx, cfg.MongoURI, cfg.Database)
	if err == nil {
		return first, nil
	}
	if !errors.Is(err, synclog.ErrRejected) {
		return nil, err
	}
	edge.Ready = func() error { return errors.New("waiting for MongoDB") }
	app := httpapi.Waiting(edge)
	ln, err := listen(ctx, cfg.Listen)
	if err != nil {
		return nil, err
	}
	ended := make(chan error, 1)
	go func() { ended <- app.Listener(ln) }()
	store, err := keepOpening(ctx, cfg, log)
	if err = errors.Join(err, app.ShutdownWithTimeout(cfg.ShutdownTimeout), <-ended); err == nil {
		return store, nil
	}
	if store != nil {
		err = errors.Join(err, store.Close())
	}
	return nil, err
}

func keepOpening(ctx context.Context, cfg config.Config, log *slog.Logger) (*mongostore.Store, error) {
	for {
		log.Warn("MongoDB does not answer; trying again", "pause", reopenPause.String())
		timer := time.NewTimer(reopenPause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil, ctx.Err()
		case <-timer.C:
		}
		store, err := mongostore.Open(ctx, cfg.MongoURI, cfg.Database)
		if err == nil || !errors.Is(err, synclog.ErrRejected) {
			return store, err
		}
	}
}
