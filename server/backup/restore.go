package backup

import (
	"context"
	"fmt"
	"io"
	"time"

	"rapport/server/crm"
	"rapport/server/synclog"
)

// Restored is what a restore has done.
type Restored struct {
	Of      Sums // what the backup holds
	MadeAt  time.Time
	Retired int // records that do not live again, by Options.Retire
}

// restoreCommand names the entries that a restore appends to the log.
const restoreCommand = "restore"

// Restore brings a backup into an empty place. What Options.Retire names is
// ended by entries behind the last one of the backup. The place gets an epoch of
// its own, so that every screen loads again.
// Errors: ErrDamaged, ErrForeign, and those of the place; nothing is usable then.
func Restore(ctx context.Context, in io.Reader, to synclog.Target, o Options) (Restored, error) {
	o = o.withDefaults()
	r := &restorer{filler: newFiller(to, o), now: o.Now().UTC().Truncate(time.Millisecond)}
	archive, err := read(ctx, in, r)
	if err != nil {
		return Restored{}, err
	}
	if err := r.retire(ctx); err != nil {
		return Restored{}, err
	}
	if err := r.finish(ctx, crm.NewID(o.Now())); err != nil {
		return Restored{}, err
	}
	return Restored{Of: archive.sums, MadeAt: archive.header.MadeAt, Retired: len(r.retired)}, nil
}

// restorer takes what is read from a backup.
type restorer struct {
	*filler
	now     time.Time
	retired []synclog.Op
}

// record passes a document on as it is to be from now on.
func (r *restorer) record(ctx context.Context, rec crm.Record) error {
	if set := r.o.Retire(rec, r.now); set != nil {
		after := rec.Fields.With(crm.Pack(set), nil)
		changed, unset, before := rec.Fields.Difference(after)
		op := synclog.Op{Type: rec.Type, ID: rec.ID, Version: rec.Version + 1, Set: changed, Unset: unset, Before: before}
		r.retired = append(r.retired, op)
		rec = op.Apply(rec)
	}
	return r.filler.record(ctx, rec)
}

// retire appends the entries for what record has changed.
func (r *restorer) retire(ctx context.Context) error {
	for ops := r.retired; len(ops) > 0; {
		n := min(len(ops), synclog.MaxOps)
		err := r.entry(ctx, synclog.Entry{
			Offset: r.sums.Offset + 1, At: r.now, Actor: crm.System, Command: restoreCommand, Ops: ops[:n],
		})
		if err != nil {
			return fmt.Errorf("backup: %w", err)
		}
		ops = ops[n:]
	}
	return nil
}
