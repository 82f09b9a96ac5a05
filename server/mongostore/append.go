package mongostore

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"rapport/server/bsoncodec"
	"rapport/server/crm"
	"rapport/server/synclog"
)

// conflictTries is how often a transaction that lost against another one is
// tried again before the batch is refused. The winner has usually taken the
// offset, which ends it at once.
const conflictTries = 5

// Append implements synclog.Store. An entry's _id is its offset, so the unique
// insert of the first entry decides who owns it.
func (s *Store) Append(ctx context.Context, batch synclog.Batch) error {
	if len(batch.Entries) == 0 {
		return nil
	}
	w, err := encode(batch)
	if err != nil {
		return fmt.Errorf("%w: %w", synclog.ErrRejected, err)
	}
	if err := s.ensure(ctx, w.collections()...); err != nil {
		return fmt.Errorf("%w: %w", synclog.ErrRejected, err)
	}
	for try := 1; ; try++ {
		err := s.transact(ctx, w)
		switch {
		case err == nil:
			return nil
		case mongo.IsDuplicateKeyError(err):
			return synclog.ErrOffsetTaken
		case hasLabel(err, "UnknownTransactionCommitResult"):
			return fmt.Errorf("mongostore: append: outcome unknown: %w", err)
		case isSelection(err):
			return fmt.Errorf("%w: mongostore: append: %w", synclog.ErrRejected, err)
		case hasLabel(err, "TransientTransactionError"):
			// Aborted, nothing of it stays. If a rival took the offset, say so.
			if taken, lookErr := s.taken(ctx, batch); lookErr == nil && taken {
				return synclog.ErrOffsetTaken
			}
			if try < conflictTries && ctx.Err() == nil {
				continue
			}
			return fmt.Errorf("%w: mongostore: append: %w", synclog.ErrRejected, err)
		default:
			return fmt.Errorf("mongostore: append: %w", err)
		}
	}
}

func hasLabel(err error, label string) bool {
	var labelled mongo.LabeledError
	return errors.As(err, &labelled) && labelled.HasErrorLabel(label)
}

func (s *Store) taken(ctx context.Context, batch synclog.Batch) (bool, error) {
	n, err := s.db.Collection(entriesName).CountDocuments(ctx,
		bson.D{{Key: "_id", Value: bsoncodec.EntryID(batch.Workspace, batch.Entries[0].Offset)}})
	return n > 0, err
}

// transact writes once. The session's own retry loop is not used: it would
// repeat a commit in doubt for two minutes, while everybody waits.
func (s *Store) transact(ctx context.Context, w writes) error {
	session, err := s.client.StartSession()
	if err != nil {
		return err
	}
	defer session.EndSession(context.WithoutCancel(ctx))
	if err := session.StartTransaction(); err != nil {
		return err
	}
	ctx = mongo.NewSessionContext(ctx, session)
	if err := s.write(ctx, w); err != nil {
		_ = session.AbortTransaction(context.WithoutCancel(ctx)) // the server ends it by itself, too
		return err
	}
	return session.CommitTransaction(ctx)
}

func (s *Store) write(ctx context.Context, w writes) error {
	if _, err := s.db.Collection(entriesName).InsertMany(ctx, w.entries); err != nil {
		return err
	}
	for _, name := range w.collections() {
		if _, err := s.db.Collection(name).BulkWrite(ctx, w.records[name]); err != nil {
			return err
		}
	}
	return nil
}

// writes is a batch as MongoDB takes it.
type writes struct {
	entries []any
	records map[string][]mongo.WriteModel // by collection
}

// collections returns the names in one order for all nodes, so that two
// transactions do not wait for each other crosswise.
func (w writes) collections() []string {
	names := make([]string, 0, len(w.records))
	for name := range w.records {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func encode(b synclog.Batch) (writes, error) {
	w := writes{records: map[string][]mongo.WriteModel{}}
	for _, e := range b.Entries {
		raw, err := bsoncodec.MarshalEntry(b.Workspace, e)
		if err != nil {
			return writes{}, err
		}
		w.entries = append(w.entries, bson.Raw(raw))
	}
	created := map[crm.ID]bool{}
	for _, e := range b.Entries {
		for _, op := range e.Ops {
			created[op.ID] = created[op.ID] || op.Version == 1
		}
	}
	for _, rec := range b.Records {
		raw, err := bsoncodec.MarshalRecord(rec)
		if err != nil {
			return writes{}, err
		}
		name := bsoncodec.Collection(rec.Type)
		w.records[name] = append(w.records[name], writeModel(rec.ID, raw, created[rec.ID]))
	}
	return w, nil
}

// writeModel inserts a record that the batch creates, which needs no look-up,
// and replaces one that is there.
func writeModel(id crm.ID, raw bson.Raw, created bool) mongo.WriteModel {
	if created {
		return mongo.NewInsertOneModel().SetDocument(raw)
	}
	return mongo.NewReplaceOneModel().SetFilter(bson.D{{Key: "_id", Value: string(id)}}).SetReplacement(raw).SetUpsert(true)
}
