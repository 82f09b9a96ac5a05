package synclog

import (
	"context"
	"errors"
	"io"
	"time"

	"rapport/server/crm"
)

// Errors about places that hold, or are to hold, a whole workspace.
var (
	// ErrOccupied: the place holds something already; nothing was touched.
	ErrOccupied = errors.New("synclog: the place is not empty")
	// ErrUnfinished: the place was being filled and the filling did not come to
	// its end. It is not usable; filling it again begins anew.
	ErrUnfinished = errors.New("synclog: the place was not filled to the end")
)

// Source is a workspace as it stands at one position, for reading it as a
// whole: for a backup, a copy, a check. Work in the workspace goes on
// meanwhile. Nothing of it is kept in memory.
//
// The functions that get each item also get what is wrong with it where it is
// stored; then the item is what could be read of it. They serve one goroutine.
type Source interface {
	// Position of everything but files, which are as they are now.
	Position() Position
	// Records calls each with every document, those in the trash included, in
	// no particular order.
	Records(ctx context.Context, each func(rec crm.Record, wrong error) error) error
	// Entries calls each with the log, in the order of its offsets.
	Entries(ctx context.Context, each func(e Entry, wrong error) error) error
	// Files calls each with every file. One that is removed meanwhile may be
	// left out.
	Files(ctx context.Context, each func(StoredFile) error) error
	// Inspect calls found with everything that is wrong with what the store
	// keeps beside documents, entries and files: its indexes, its own notes.
	Inspect(ctx context.Context, found func(wrong error) error) error
	// Commands is Store.Commands at this position.
	Commands(ctx context.Context, since time.Time, each func(CommandKey) error) error
	Close() error
}

// StoredFile is a file of a Source.
type StoredFile struct {
	ID   crm.ID
	Size int64 // bytes
	// Open reads the content. The caller closes it.
	// Errors: ErrNotFound when it has been removed meanwhile.
	Open func(ctx context.Context) (io.ReadCloser, error)
}

// Target is an empty place that is being filled with a workspace. Until Finish
// has returned it is not usable: a server refuses it, also after a crash of the
// process that fills it. It serves one goroutine.
type Target interface {
	// AddRecords and AddEntries store what is not there yet; entries come in
	// the order of their offsets.
	// Errors: an id or offset that came before.
	AddRecords(ctx context.Context, records []crm.Record) error
	AddEntries(ctx context.Context, entries []Entry) error
	AddFile(ctx context.Context, id crm.ID, r io.Reader) error
	// Source reads back what has been added.
	Source(ctx context.Context) (Source, error)
	// Finish makes the place usable, with an epoch of its own.
	Finish(ctx context.Context, epoch crm.ID) error
	// Close ends the filling. Unless Finish has returned nil before, the place
	// is empty again afterwards.
	Close() error
}
