package mongostore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"
)

// A network can swallow what is sent on some connections and not on others. The
// driver then waits for ever, and its own questions to the server, which go over
// connections of their own, notice nothing. So nothing here waits for longer than
// stallLimit without any progress; the connection it waited on is given up.
const stallLimit = 8 * time.Second

// errStalled: the database has not answered for too long.
var errStalled = errors.New("mongostore: the database does not answer")

// patience ends a context when the database has not answered for stallLimit.
// Time that others take does not count.
type patience struct {
	ctx   context.Context
	timer *time.Timer
	stop  context.CancelCauseFunc
}

// withPatience returns a context for asking the database; the time runs at once.
// The caller gives it back with done.
func withPatience(ctx context.Context) (context.Context, *patience) {
	p := &patience{}
	p.ctx, p.stop = context.WithCancelCause(ctx)
	p.timer = time.AfterFunc(stallLimit, func() { p.stop(errStalled) })
	return p.ctx, p
}

// next asks a cursor for the next document.
func (p *patience) next(cursor *mongo.Cursor) bool {
	p.resume()
	defer p.pause()
	return cursor.Next(p.ctx)
}

// resume says that the database is waited for from now on, pause that it is not.
func (p *patience) resume() { p.timer.Reset(stallLimit) }
func (p *patience) pause()  { p.timer.Stop() }

// explain names the reason of an error that is only that the context has ended.
func (p *patience) explain(err error) error {
	if err != nil && errors.Is(context.Cause(p.ctx), errStalled) {
		return fmt.Errorf("%w: %w", errStalled, err)
	}
	return err
}

func (p *patience) done() {
	p.timer.Stop()
	p.stop(nil)
}

// patientReader reads from the database with patience.
type patientReader struct {
	io.ReadCloser
	patience *patience
}

func (r *patientReader) Read(b []byte) (int, error) {
	r.patience.resume()
	defer r.patience.pause()
	n, err := r.ReadCloser.Read(b)
	return n, r.patience.explain(err)
}

func (r *patientReader) Close() error {
	defer r.patience.done()
	if errors.Is(context.Cause(r.patience.ctx), errStalled) {
		go r.ReadCloser.Close() //nolint:errcheck // asks the database, and waits for ever
		return nil
	}
	return r.ReadCloser.Close()
}

// sourceReader is read by something that writes to the database with patience.
type sourceReader struct {
	io.Reader
	patience *patience
}

func (r sourceReader) Read(b []byte) (int, error) {
	r.patience.pause()
	defer r.patience.resume()
	return r.Reader.Read(b)
}

// tidyClose closes a cursor, of which the database has to be told, also when the
// caller has given up.
func tidyClose(ctx context.Context, cursor interface{ Close(context.Context) error }) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tidyUp)
	defer cancel()
	_ = cursor.Close(ctx) // the cursor's Err tells what matters
}

// dialer notices a peer that is gone: by the system's own questions while a
// connection is idle, and by what it has not confirmed.
func dialer() *net.Dialer {
	return &net.Dialer{
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: heartbeat, Interval: heartbeat / 2, Count: 3},
		Control:         limitUnconfirmed,
	}
}
