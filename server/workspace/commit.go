package workspace

import (
	"context"
	"errors"
	"time"

	"rapport/server/crm"
	"rapport/server/synclog"
)

const (
	// maxBatchCommands and maxBatchOps bound one store transaction: large enough
	// to spread the cost of a sync over many commands, small enough that a lone
	// move behind a full batch of an import waits milliseconds.
	maxBatchCommands = 64
	maxBatchOps      = 1000
	// appendLimit is how long the committer tries to learn what became of a
	// batch before it answers "unknown".
	appendLimit = 10 * time.Second
)

// Command asks for one change, all or nothing.
type Command struct {
	ID    crm.ID // made by the client; repeating it within 24 h returns the first result. "" = not repeatable
	Name  string // for example "deal.move"
	Actor crm.Actor
	Hash  string // of the command's content: the same ID with another Hash is refused
	// Group ties entries together that are undone as one; Undoes names the entry this one takes back.
	Group  crm.ID
	Undoes uint64
	// At is when it happened; the zero time means now. Only history made up for
	// a demonstration sets it.
	At time.Time
	// Plan authorizes, validates and writes. It runs in the committer, against
	// the state as the command before left it, and again when another node was
	// faster. It must be quick and have no effect outside tx.
	Plan func(tx *Tx) error
}

// Result says what became of a command.
type Result struct {
	Position synclog.Position // a state at or after it contains the command
	Offset   uint64           // of its entry; 0 when nothing had to change
	IDs      []crm.ID         // the records it changed
	Repeated bool             // it had been committed before
}

// request is a command on its way through the committer.
type request struct {
	ctx     context.Context
	command *Command
	key     commandKey   // of a command with an id
	done    chan outcome // buffered: the committer never waits for a caller

	// Filled while planning; the batch that holds the request owns them.
	entry   *synclog.Entry
	outcome *outcome
}

// bulk reports whether the command is a part of something large: an import, or
// the undo of one.
func (r *request) bulk() bool { return r.command.Group != "" }

type outcome struct {
	result Result
	err    error
	stands bool // whatever becomes of the batch: nothing in it was looked at
}

// Commit plans a command, makes it durable and applies it. When it returns
// without an error, the change survives kill -9 and every later Read of this
// node contains it.
// Errors: what Plan returns; CodeInvalid (reused ID); CodeUnavailable (the store
// refused, nothing changed); CodeUnknown (repeat the same ID to learn).
func (w *Workspace) Commit(ctx context.Context, c Command) (Result, error) {
	if c.ID != "" && !c.ID.Valid() {
		return Result{}, crm.Invalid("commandId", "not_an_id")
	}
	at := w.Position()
	result, err := w.submit(ctx, c)
	// Neither a refusal nor "it is so already" may rest on what held a moment ago:
	// the record, its version, its value or the right may have come to be on another
	// node and be on its way here. What writes is safe: it would not get its offset.
	if wroteNothing := refused[crm.CodeOf(err)] || err == nil && result.Offset == 0; wroteNothing {
		goneOn, silent := w.goneOn(ctx, at)
		if silent != nil {
			return Result{}, silent
		}
		if goneOn {
			result, err = w.submit(ctx, c)
		}
	}
	var behind *crm.Error
	if errors.As(err, &behind) && behind.Code == crm.CodeBehind && behind.Err != nil {
		err = behind.Err // there is no such version anywhere; see versionAhead
	}
	return result, err
}

// refused are the codes with which a plan says no.
var refused = map[crm.Code]bool{
	crm.CodeBehind: true, crm.CodeNotFound: true, crm.CodeForbidden: true, crm.CodeInvalid: true, crm.CodeConflict: true,
}

// submit hands a command to the committer and waits for its answer.
func (w *Workspace) submit(ctx context.Context, c Command) (Result, error) {
	r := &request{ctx: ctx, command: &c, key: keyOf(c.Actor.UserID, c.ID), done: make(chan outcome, 1)}
	closed := crm.Errorf(crm.CodeUnavailable, "shutting_down", "the server is shutting down")
	select {
	case w.queue <- r:
	case <-w.stopped:
		return Result{}, closed
	case <-ctx.Done():
		return Result{}, crm.Errorf(crm.CodeUnavailable, "busy", "too many commands are waiting")
	}
	var o outcome
	select {
	case o = <-r.done:
	case <-w.stopped:
		// The committer may have answered in the same moment.
		select {
		case o = <-r.done:
		default:
			return Result{}, closed
		}
	case <-ctx.Done():
		return Result{}, crm.Errorf(crm.CodeUnknown, "outcome_unknown", "not confirmed in time; repeat the command")
	}
	if o.err == nil && o.result.Repeated {
		e, err := w.Entry(ctx, o.result.Offset)
		if err != nil {
			return Result{}, err
		}
		o.result.IDs = idsOf(&e)
	}
	return o.result, o.err
}

func idsOf(e *synclog.Entry) []crm.ID {
	ids := make([]crm.ID, len(e.Ops))
	for i, op := range e.Ops {
		ids[i] = op.ID
	}
	return ids
}
