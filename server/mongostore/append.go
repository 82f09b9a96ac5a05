package mongostore

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/topology"

	"rapport/server/bsoncodec"
	"rapport/server/crm"
	"rapport/server/synclog"
)

const (
	// tidyUp bounds the abort of a transaction whose caller has gone away.
	tidyUp = 2 * time.Second
)

// errLost: the transaction certainly left nothing, and may be tried again.
var errLost = errors.New("mongostore: lost against another transaction")

// Append implements synclog.Store.
func (s *Store) Append(ctx context.Context, batch synclog.Batch) error {
	if len(batch.Entries) == 0 {
		return nil
	}
	w, err := encode(batch)
	if err != nil {
		return rejected(err)
	}
	// Before anything can be called refused: this may be a batch in doubt.
	if err := s.settle(ctx); err != nil {
		return err
	}
	if err := s.serves(); err != nil {
		return rejected(err)
	}
	first := batch.Entries[0].Offset
	if err := s.requireGapless(ctx, batch.Workspace, first); err != nil {
		return err
	}
	if err := s.ensureCollections(ctx, batch.Workspace, batch.Records); err != nil {
		return rejected(err)
	}
	conflictSince, freed := time.Now(), 0
	for try := 1; ; try++ {
		err := s.transact(ctx, w)
		if err == nil {
			s.saw(batch.Entries[len(batch.Entries)-1].Offset)
			s.watch.appended(batch.Entries)
			return nil
		}
		if !errors.Is(err, errLost) {
			return err
		}
		switch taken, lookErr := s.has(ctx, batch.Workspace, first); {
		case lookErr != nil:
			return rejected(errors.Join(err, lookErr))
		case taken:
			return synclog.ErrOffsetTaken
		case ctx.Err() != nil || freed == mostFreed:
			return rejected(err)
		case time.Since(conflictSince) > stuckAfter:
			// The rival neither takes the offset nor gives way: it is dead.
			if err := s.freeOffset(ctx); err != nil {
				return rejected(err)
			}
			conflictSince, freed = time.Now(), freed+1
		}
		pause(ctx, time.Duration(1+rand.IntN(min(5*try, 30)))*time.Millisecond) //nolint:gosec // no secret
	}
}

// requireGapless refuses a batch that would leave a gap. The entry before it is
// almost always one that this node has seen.
func (s *Store) requireGapless(ctx context.Context, ws crm.WorkspaceID, first uint64) error {
	before := first - 1
	if before <= s.head.Load() {
		return nil
	}
	found, err := s.has(ctx, ws, before)
	if err != nil {
		return rejected(err)
	}
	if !found {
		return rejected(fmt.Errorf("entry %d cannot follow: there is no entry %d", first, before))
	}
	s.saw(before)
	return nil
}

// has reports whether an offset is taken.
func (s *Store) has(ctx context.Context, ws crm.WorkspaceID, offset uint64) (bool, error) {
	err := s.entries.FindOne(ctx, bson.D{{Key: "_id", Value: bsoncodec.EntryID(ws, offset)}}).Err()
	if errors.Is(err, mongo.ErrNoDocuments) {
		return false, nil
	}
	return err == nil, err
}

// writes are a batch in the form the driver takes.
type writes struct {
	entries []any
	records []collectionWrites // a slice, so that all nodes lock in one order
}

type collectionWrites struct {
	collection string
	models     []mongo.WriteModel
}

func encode(b synclog.Batch) (writes, error) {
	w := writes{entries: make([]any, len(b.Entries))}
	for i, e := range b.Entries {
		if e.Offset > bsoncodec.MaxOffset {
			return writes{}, fmt.Errorf("offset %d has more than 12 digits", e.Offset)
		}
		doc, err := bsoncodec.MarshalEntry(b.Workspace, e)
		if err != nil {
			return writes{}, err
		}
		w.entries[i] = bson.Raw(doc)
	}
	at := map[crm.RecordType]int{}
	for _, rec := range b.Records {
		doc, err := bsoncodec.MarshalRecord(rec)
		if err != nil {
			return writes{}, err
		}
		i, known := at[rec.Type]
		if !known {
			i = len(w.records)
			at[rec.Type] = i
			w.records = append(w.records, collectionWrites{collection: bsoncodec.Collection(rec.Type)})
		}
		w.records[i].models = append(w.records[i].models, mongo.NewReplaceOneModel().
			SetFilter(bson.D{{Key: "_id", Value: rec.ID}}).SetReplacement(bson.Raw(doc)).SetUpsert(true))
	}
	return w, nil
}

// transact stores the writes in one transaction.
// Errors: synclog.ErrOffsetTaken, synclog.ErrRejected, errLost (all: nothing
// stored); anything else: nobody knows.
func (s *Store) transact(ctx context.Context, w writes) (err error) {
	session, err := s.client.StartSession()
	if err != nil {
		return rejected(err)
	}
	inDoubt := false
	defer func() {
		if inDoubt {
			s.remember(session)
		} else {
			s.end(ctx, session, err)
		}
	}()
	if err := s.announce(ctx, session); err != nil {
		return rejected(err)
	}
	if err := session.StartTransaction(); err != nil { // read and write concern are the client's
		return rejected(err)
	}
	if err := s.write(mongo.NewSessionContext(ctx, session), w); err != nil {
		// Nothing of a transaction stays unless its commit was sent.
		switch {
		case mongo.IsDuplicateKeyError(err):
			return synclog.ErrOffsetTaken
		case hasLabel(err, labelTransient) && !mongo.IsNetworkError(err) && !serverNotFound(err):
			return fmt.Errorf("%w: %w", errLost, err)
		default:
			return rejected(err)
		}
	}
	// The driver itself repeats a commit once.
	err = session.CommitTransaction(ctx)
	switch {
	case err == nil:
		return nil
	case aborted(err):
		return fmt.Errorf("%w: %w", errLost, err)
	default:
		inDoubt = true
		return fmt.Errorf("mongostore: commit: %w", err)
	}
}

func (s *Store) write(ctx context.Context, w writes) error {
	// The entries first: when the offset is taken, nothing else is done in vain.
	if _, err := s.entries.InsertMany(ctx, w.entries); err != nil {
		return fmt.Errorf("entries: %w", err)
	}
	for _, c := range w.records {
		if _, err := s.db.Collection(c.collection).BulkWrite(ctx, c.models); err != nil {
			return fmt.Errorf("%s: %w", c.collection, err)
		}
	}
	return nil
}

// Labels by which MongoDB says what an error means for a transaction.
const (
	labelTransient     = "TransientTransactionError"
	labelUnknownCommit = "UnknownTransactionCommitResult"
)

func hasLabel(err error, label string) bool {
	var e mongo.LabeledError
	return errors.As(err, &e) && e.HasErrorLabel(label)
}

func hasCode(err error, code int) bool {
	var e mongo.ServerError
	return errors.As(err, &e) && e.HasErrorCode(code)
}

// serverNotFound: no primary was found, so nothing was sent.
func serverNotFound(err error) bool {
	var e topology.ServerSelectionError
	return errors.As(err, &e)
}

func rejected(err error) error {
	return fmt.Errorf("%w: mongostore: append: %w", synclog.ErrRejected, sayFull(err))
}

// outOfDiskSpace is the code of a server whose disk is full.
const outOfDiskSpace = 14031

// sayFull makes an error that means no room is left a synclog.ErrFull.
func sayFull(err error) error {
	if hasCode(err, outOfDiskSpace) {
		return fmt.Errorf("%w: %w", synclog.ErrFull, err)
	}
	return err
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
