package records

import (
	"context"
	"maps"
	"slices"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/synclog"
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
// Errors: CodeNotFound, CodeForbidden, CodeConflict, CodeInvalid.
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
	cmd.Plan = func(tx *workspace.Tx) error {
		for _, op := range entry.Ops {
			if err := undoOp(tx, op); err != nil {
				return err
			}
		}
		return nil
	}
	return s.ws.Commit(ctx, cmd)
}

// undoGroup takes the entries of a group back, the last one first, as entries
// of a new group: undoing that one brings everything back. A repeated command
// goes on where the first one stopped, for what is undone stays undone.
func (s *Service) undoGroup(ctx context.Context, cmd workspace.Command, group crm.ID) (workspace.Result, error) {
	offsets, err := s.ws.Group(ctx, group)
	if err != nil {
		return workspace.Result{}, err
	}
	if len(offsets) == 0 {
		return workspace.Result{}, workspace.NotFound()
	}
	var last workspace.Result
	for i, offset := range slices.Backward(offsets) {
		part := cmd
		part.Group = cmd.ID
		if i > 0 { // the command's own id marks that all is done
			part.ID = ""
		}
		result, err := s.undoEntry(ctx, part, offset)
		if err != nil {
			return last, err
		}
		last = result
	}
	return last, nil
}

// undoOp writes the inverse of one op.
func undoOp(tx *workspace.Tx, op synclog.Op) error {
	rec, ok := tx.Get(op.ID)
	if !ok || secret[op.Type] {
		return workspace.NotFound()
	}
	if guarded(tx, rec) {
		return crm.Errorf(crm.CodeForbidden, "not_undoable", "who holds which role is set on the people page, not undone")
	}
	if op.Version == 1 {
		if rec.Trashed() {
			return nil // gone already
		}
		if err := requireUndo(tx, rec, access.ActionDelete); err != nil {
			return err
		}
		return tx.Trash(op.ID)
	}
	set, unset := crm.Fields{}, []string{}
	theirs := map[string]string{}
	for _, key := range touched(op) {
		if bookkeeping[key] {
			continue
		}
		old, had := op.Before[key]
		now, has := rec.Fields[key]
		wrote, set1 := op.Set[key]
		switch {
		case had == has && (!had || crm.ValueEqual(now, old)):
			continue // somebody took it back already
		case set1 != has || has && !crm.ValueEqual(now, wrote):
			theirs[key] = "changed_meanwhile"
		case had:
			set[key] = old
		default:
			unset = append(unset, key)
		}
	}
	if len(set)+len(unset)+len(theirs) == 0 {
		return nil
	}
	if err := requireUndo(tx, rec, actionOf(op)); err != nil {
		return err
	}
	if len(theirs) > 0 {
		return Conflict(rec, theirs)
	}
	return tx.Edit(op.ID, set, unset)
}

// secret are the types that no undo reaches: an ended session stays ended, a
// used link used, an old password gone.
var secret = map[crm.RecordType]bool{crm.TypeSession: true, crm.TypeCredential: true, crm.TypeInvitation: true}

// guarded reports whether a record is out of undo's reach because its commands
// ask for more than a right: nobody grants himself a role, and the last admin
// stays. People whom an import made and who have never been able to sign in are not.
func guarded(tx *workspace.Tx, rec crm.Record) bool {
	person := rec.ID
	switch rec.Type {
	case crm.TypeDepartment:
		return true
	case crm.TypeMembership:
		person = rec.Fields.ID("userId")
	case crm.TypeUser:
	default:
		return false
	}
	return slices.ContainsFunc(tx.Linked(person), func(linked crm.Record) bool {
		return linked.Type == crm.TypeCredential
	})
}

// bookkeeping are the keys that tell of the last change only.
var bookkeeping = map[string]bool{crm.KeyUpdatedAt: true, crm.KeyUpdatedBy: true}

func touched(op synclog.Op) []string {
	keys := slices.Collect(maps.Keys(op.Set))
	keys = append(keys, op.Unset...)
	slices.Sort(keys)
	return keys
}

// actionOf says which right a change of a record takes.
func actionOf(op synclog.Op) access.Action {
	for _, key := range touched(op) {
		switch key {
		case crm.KeyTrashedAt:
			return access.ActionDelete
		case crm.KeyStage, crm.KeyPipeline, "order":
			return access.ActionMove
		case crm.KeyOwner, crm.KeyDepartment:
			return access.ActionAssign
		case "sharedWith":
			return access.ActionShare
		}
	}
	return access.ActionEdit
}

// requireUndo asks for the right to do what an undo does. What runs the
// workspace – rules, people, boards – takes the right to administer it.
func requireUndo(tx *workspace.Tx, rec crm.Record, action access.Action) error {
	if !editable[rec.Type] && rec.Type != crm.TypeComment {
		action = access.ActionAdminister
	}
	_, err := tx.Require(action, rec)
	return err
}
