package mongostore

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"rapport/server/bsoncodec"
	"rapport/server/synclog"
)

// A stream that ends at once is opened again less and less often.
const reopenFirst, reopenLast = 50 * time.Millisecond, 2 * time.Second

// watch holds this node's one change stream on the entries and what it brought
// last. It never relies on resume tokens: whenever a stream ends, however it
// does, the next one starts at "now", and followers read the collection once to
// close the gap.
type watch struct {
	entries *mongo.Collection
	ctx     context.Context // of the stream; ended by stop
	cancel  context.CancelFunc
	once    sync.Once
	done    sync.WaitGroup

	mu      sync.Mutex // guards what follows
	newest  synclog.Newest
	opening uint64        // how often the stream has been opened, from 1; 0 while not yet
	changed chan struct{} // closed and replaced with each change of the above
}

func startWatch(entries *mongo.Collection) *watch {
	ctx, cancel := context.WithCancel(context.Background())
	return &watch{entries: entries, ctx: ctx, cancel: cancel, changed: make(chan struct{})}
}

// start opens the stream, at the first call.
func (w *watch) start() { w.once.Do(func() { w.done.Go(w.run) }) }

// stop ends the stream. start has no effect afterwards.
func (w *watch) stop() {
	w.once.Do(func() {})
	w.cancel()
	w.done.Wait()
}

func (w *watch) run() {
	delay := reopenFirst
	for w.ctx.Err() == nil {
		if opened, _ := w.stream(); opened { // why it ended makes no difference
			delay = reopenFirst
		}
		pause(w.ctx, delay)
		delay = min(2*delay, reopenLast)
	}
}

// stream opens a change stream and takes in its entries until it ends.
func (w *watch) stream() (opened bool, err error) {
	session, err := w.entries.Database().Client().StartSession()
	if err != nil {
		return false, err
	}
	defer session.EndSession(context.WithoutCancel(w.ctx))
	ctx := mongo.NewSessionContext(w.ctx, session)
	stream, err := w.open(ctx)
	if err != nil {
		return false, fmt.Errorf("mongostore: open change stream: %w", err)
	}
	defer tidyClose(w.ctx, stream)
	w.change(func() { w.opening++ })
	var decoder bsoncodec.Decoder
	for {
		more, err := nextEvent(ctx, stream)
		if err != nil {
			return true, err
		}
		if !more {
			continue // a server that has nothing to say says so every second
		}
		e, err := decoder.Entry(stream.Current.Lookup("fullDocument").Value)
		if err != nil {
			return true, err
		}
		w.change(func() { w.newest.Add(e) })
	}
}

func (w *watch) open(ctx context.Context) (*mongo.ChangeStream, error) {
	ctx, patience := withPatience(ctx)
	defer patience.done()
	inserts := mongo.Pipeline{{{Key: "$match", Value: bson.D{{Key: "operationType", Value: "insert"}}}}}
	stream, err := w.entries.Watch(ctx, inserts)
	if err != nil {
		return nil, patience.explain(err)
	}
	// An entry committed just before the stream began may not yet be visible to
	// a majority read, and would be missed by both. A read in the session of the
	// stream waits until it is.
	if err := w.entries.FindOne(ctx, bson.D{}).Err(); err != nil && !errors.Is(err, mongo.ErrNoDocuments) {
		tidyClose(w.ctx, stream)
		return nil, patience.explain(err)
	}
	return stream, nil
}

// nextEvent asks once for the next event. more is false when there is none yet.
func nextEvent(ctx context.Context, stream *mongo.ChangeStream) (more bool, err error) {
	ctx, patience := withPatience(ctx)
	defer patience.done()
	if stream.TryNext(ctx) {
		return true, nil
	}
	if err := stream.Err(); err != nil {
		return false, patience.explain(err)
	}
	if stream.ID() == 0 {
		return false, errors.New("mongostore: the change stream has ended")
	}
	return false, ctx.Err()
}

// appended takes in entries that this node has stored itself.
func (w *watch) appended(entries []synclog.Entry) {
	w.change(func() {
		for _, e := range entries {
			e.At = e.At.UTC().Truncate(time.Millisecond) // as it is stored
			w.newest.Add(e)
		}
	})
}

func (w *watch) change(fn func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	fn()
	close(w.changed)
	w.changed = make(chan struct{})
}

// news is what a follower learns.
type news struct {
	entries  []synclog.Entry // those after the asked offset, gapless; not to be changed
	complete bool            // false: the collection has to be read
	opening  uint64
	changed  <-chan struct{}
}

// since returns the entries after an offset.
func (w *watch) since(after uint64) news {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := news{opening: w.opening, changed: w.changed, complete: true}
	if _, last, held := w.newest.Span(); held && after < last {
		n.entries, n.complete = w.newest.After(after)
	}
	return n
}
