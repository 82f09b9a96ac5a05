package synclog

import (
	"context"
	"errors"
	"io"
	"time"

	"rapport/server/crm"
)

// Errors a store returns on purpose. Anything else from Append means that the
// outcome is unknown.
var (
	// ErrOffsetTaken: another node appended this offset first. Nothing was stored.
	ErrOffsetTaken = errors.New("synclog: offset taken")
	// ErrRejected: the store refused and is certain that nothing was stored
	// (disk full, not connected before anything was sent).
	ErrRejected = errors.New("synclog: rejected, nothing stored")
	// ErrNotFound: no such file.
	ErrNotFound = errors.New("synclog: not found")

	// ErrFull comes with ErrRejected, with errors about files and from Ping: there
	// is no room left. Once there is, the store takes changes again.
	ErrFull = errors.New("synclog: no room left")
	// ErrStopped comes with ErrRejected and from Ping: something went wrong in writing, after
	// which the store takes no change until it has made sure of what it holds.
	// Reading goes on.
	ErrStopped = errors.New("synclog: the store has stopped taking changes")
	// ErrDamaged: what is stored is not what was written.
	ErrDamaged = errors.New("synclog: damaged")
)

// Page asks for a part of a record's history.
type Page struct {
	Before uint64 // only entries with a lower offset; 0 = from the newest
	Limit  int    // 1..200
}

// CommandMemory is how long a repeated command gets its first result.
const CommandMemory = 24 * time.Hour

// CommandKey remembers a command for idempotency.
type CommandKey struct {
	Actor     crm.ID
	CommandID crm.ID
	Hash      string
	Offset    uint64
	At        time.Time
}

// Store keeps entries and the documents they produce. Implementations:
// mongostore, sqlitestore; testkit.RunStoreSuite holds both to this contract.
// All methods are safe for concurrent use.
type Store interface {
	// Load streams the workspace's current documents, those in the trash
	// included, and returns the position they stand at. A workspace without
	// entries is created with a fresh epoch and offset 0.
	Load(ctx context.Context, ws crm.WorkspaceID, each func(crm.Record) error) (Position, error)

	// Append stores the batch and the documents it changes, all or nothing, and
	// returns only when it survives kill -9 of this process (and, on MongoDB, is
	// acknowledged by a majority).
	// Errors: ErrOffsetTaken, ErrRejected (both: nothing stored); anything else
	// means the outcome is unknown and the caller must look the offset up before
	// it answers.
	Append(ctx context.Context, batch Batch) error

	// Entries returns entries (after, upTo], oldest first, at most 1,000; the
	// caller asks again from the last one. upTo beyond the head is not an error.
	Entries(ctx context.Context, ws crm.WorkspaceID, after, upTo uint64) ([]Entry, error)

	// Head returns the current position.
	Head(ctx context.Context, ws crm.WorkspaceID) (Position, error)

	// History returns the newest entries that touched one record, newest first.
	History(ctx context.Context, ws crm.WorkspaceID, id crm.ID, page Page) ([]Entry, error)

	// Group returns the offsets of the entries with that group, oldest first.
	Group(ctx context.Context, ws crm.WorkspaceID, group crm.ID) ([]uint64, error)

	// Commands streams the commands committed since the given moment, oldest first.
	Commands(ctx context.Context, ws crm.WorkspaceID, since time.Time, each func(CommandKey) error) error

	// Follow delivers entries appended by any node, in order, from after on,
	// until ctx ends (then it returns ctx.Err()) or each returns an error. It
	// recovers from lost connections and lost history by itself. An entry
	// appended by this process may be delivered too; none is left out.
	Follow(ctx context.Context, ws crm.WorkspaceID, after uint64, each func(Entry) error) error

	Files

	// Ping reports whether the store answers now and, as far as it can tell, takes
	// changes. Errors: ErrFull, ErrStopped.
	Ping(ctx context.Context) error
	// Close releases everything. The store is not used afterwards.
	Close() error
}

// Files is what a store keeps beside the log. All methods are safe for concurrent use.
type Files interface {
	// PutFile stores a file whole or not at all; r is read to its end. The same
	// id again replaces nothing and returns nil. Errors: ErrFull.
	PutFile(ctx context.Context, ws crm.WorkspaceID, id crm.ID, r io.Reader) error
	// OpenFile reads a file. Errors: ErrNotFound.
	OpenFile(ctx context.Context, ws crm.WorkspaceID, id crm.ID) (io.ReadCloser, error)
	// DeleteFile removes a file; an absent one is not an error.
	DeleteFile(ctx context.Context, ws crm.WorkspaceID, id crm.ID) error
}
