package records

import (
	"context"
	"errors"
	"slices"

	"rapport/server/crm"
	"rapport/server/workspace"
)

// UndoArgs are the arguments of undo: one of the two.
type UndoArgs struct {
	Offset uint64 `json:"offset,omitempty"`
	Group  crm.ID `json:"group,omitempty"`
}

// Undo takes back what one entry, or all entries of a group, did. It is a new
// command: the actor needs the rights for it now, and a field that somebody
// changed since is a conflict. A created record goes into the trash; one that
// was thrown away comes back.
// Errors: CodeNotFound, CodeForbidden, CodeConflict, CodeInvalid; CodeUnknown when
// the store stopped taking changes in the middle of a group; with the reason
// undone_in_part when another of these came only after a part of it.
func (s *Service) Undo(ctx context.Context, cmd workspace.Command, a UndoArgs) (workspace.Result, error) {
	switch {
	case a.Group != "" && a.Offset == 0:
		return s.undoGroup(ctx, cmd, a.Group)
	case a.Group == "" && a.Offset != 0:
		return s.undoEntry(ctx, cmd, a.Offset)
	default:
		return workspace.Result{}, crm.Invalid("offset", "required")
	}
}

func (s *Service) undoEntry(ctx context.Context, cmd workspace.Command, offset uint64) (workspace.Result, error) {
	entry, err := s.ws.Entry(ctx, offset)
	if err != nil {
		return workspace.Result{}, err
	}
	cmd.Undoes = offset
	cmd.Plan = func(tx *workspace.Tx) error { return inverse{tx: tx, keeper: s.keeper}.entry(entry.Ops) }
	return s.ws.Commit(ctx, cmd)
}

// errRehearsed ends a plan that was only to be tried.
var errRehearsed = errors.New("records: rehearsed")

// undoGroup takes the entries of a group back, the last one first, as entries
// of a new group: undoing that one brings everything back. What somebody has
// changed since stays as he left it. All entries are tried before the first is
// taken back, so that a missing right is found before anything has happened. A
// repeated command goes on where the first one stopped, for what is undone
// stays undone.
func (s *Service) undoGroup(ctx context.Context, cmd workspace.Command, group crm.ID) (workspace.Result, error) {
	offsets, err := s.ws.Group(ctx, group)
	if err != nil {
		return workspace.Result{}, err
	}
	if len(offsets) == 0 {
		return workspace.Result{}, workspace.NotFound()
	}
	for _, offset := range offsets {
		if _, err := s.undoPart(ctx, cmd, offset, true); !errors.Is(err, errRehearsed) {
			return workspace.Result{}, err
		}
	}
	var last workspace.Result
	for i, offset := range slices.Backward(offsets) {
		part := cmd
		part.Group = cmd.ID
		if i > 0 { // the command's own id marks that all is done
			part.ID = ""
		}
		result, err := s.undoPart(ctx, part, offset, false)
		if err != nil {
			return last, halfDone(last, err)
		}
		if result.Offset > 0 || last.Offset == 0 {
			last = result
		}
	}
	return last, nil
}

// halfDone turns "nothing was changed" into what is true once something was. Where
// the store was the reason, the same command again goes on.
func halfDone(last workspace.Result, err error) error {
	switch code := crm.CodeOf(err); {
	case last.Offset == 0:
		return err
	case code == crm.CodeUnavailable || code == crm.CodeUnknown:
		return &crm.Error{Code: crm.CodeUnknown, Reason: "outcome_unknown", Message: "a part was taken back; repeat the command", Err: err}
	default:
		return &crm.Error{Code: code, Reason: "undone_in_part", Message: "a part was taken back, the rest could not be", Err: err}
	}
}

func (s *Service) undoPart(ctx context.Context, cmd workspace.Command, offset uint64, rehearse bool) (workspace.Result, error) {
	entry, err := s.ws.Entry(ctx, offset)
	if err != nil {
		return workspace.Result{}, err
	}
	if rehearse {
		cmd.ID = ""
	}
	cmd.Undoes = entry.Offset
	cmd.Plan = func(tx *workspace.Tx) error {
		if err := (inverse{tx: tx, keeper: s.keeper, lenient: true}).entry(entry.Ops); err != nil || !rehearse {
			return err
		}
		return errRehearsed
	}
	return s.ws.Commit(ctx, cmd)
}

// bookkeeping are the keys that tell of the last change only.
var bookkeeping = map[string]bool{crm.KeyUpdatedAt: true, crm.KeyUpdatedBy: true}
