// Package backup saves a workspace to a file, brings it back, carries it from
// one store to another, and checks whether log and documents agree. It reads
// any synclog.Source and fills any synclog.Target; format.go says what a backup
// looks like.
package backup

import (
	"context"
	"fmt"
	"time"

	"rapport/server/crm"
	"rapport/server/synclog"
)

// Options of everything this package does.
type Options struct {
	// Progress is told now and then how far a step is; it must be quick.
	Progress func(Step, Sums)
	// Now is the clock; default time.Now.
	Now func() time.Time
	// Build names this program in a backup.
	Build string
	// Retire says what a restore sets on a record so that it does not live
	// again: a session that was ended after the backup, say. nil = nothing.
	Retire func(rec crm.Record, now time.Time) crm.Fields
	// FilesOf lists the files that a record needs.
	FilesOf func(rec crm.Record) []FileRef
}

// FileRef names a file that a record needs.
type FileRef struct {
	ID     crm.ID
	SHA256 string // of its content, hex; "" = not known
}

func (o Options) withDefaults() Options {
	if o.Progress == nil {
		o.Progress = func(Step, Sums) {}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Retire == nil {
		o.Retire = func(crm.Record, time.Time) crm.Fields { return nil }
	}
	if o.FilesOf == nil {
		o.FilesOf = func(crm.Record) []FileRef { return nil }
	}
	return o
}

// Step is a part of the work, in words.
type Step string

// The steps.
const (
	StepWrite    Step = "writing"
	StepReadBack Step = "reading back"
	StepLog      Step = "reading the log"
	StepRecords  Step = "comparing documents"
)

// progressEvery is after how many items Options.Progress is told.
const progressEvery = 1000

// damaged stops whatever is done when an item of the source is not what was
// written: a backup or a copy that claims to be whole must be.
func damaged(what string, wrong error) error {
	return fmt.Errorf("%s: %w; rapport check lists all that is wrong", what, wrong)
}

// Copy carries a workspace over into an empty place and reads it back; both
// sides are then equal, sessions included. The place gets an epoch of its own,
// so that every screen loads again.
// Errors: what was read back is not what was written; nothing is usable then.
func Copy(ctx context.Context, from synclog.Source, to synclog.Target, o Options) (Sums, error) {
	o = o.withDefaults()
	f := newFiller(to, o)
	if err := from.Records(ctx, func(rec crm.Record, wrong error) error {
		if wrong != nil {
			return damaged(fmt.Sprintf("%s %s", rec.Type, rec.ID), wrong)
		}
		return f.record(ctx, rec)
	}); err != nil {
		return Sums{}, err
	}
	if err := eachFile(ctx, from, func(file synclog.StoredFile, content *sizedReader) error {
		return f.file(ctx, file.ID, content)
	}); err != nil {
		return Sums{}, err
	}
	if err := from.Entries(ctx, func(e synclog.Entry, wrong error) error {
		if wrong != nil {
			return damaged(fmt.Sprintf("entry %d", e.Offset), wrong)
		}
		return f.entry(ctx, e)
	}); err != nil {
		return Sums{}, err
	}
	if f.sums.Offset != from.Position().Offset {
		return Sums{}, fmt.Errorf("the log ends at entry %d, not at %d; rapport check lists all that is wrong", f.sums.Offset, from.Position().Offset)
	}
	return f.sums, f.finish(ctx, crm.NewID(o.Now()))
}
