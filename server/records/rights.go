package records

import (
	"slices"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/pipeline"
	"rapport/server/workspace"
)

// mayChange decides whether by may change the given fields of rec: each kind of
// field has its own right, and all of those concerned are needed. What runs the
// workspace – rules, boards, pipelines – takes the right to administer it.
// Errors: CodeNotFound (not visible to by), CodeForbidden, CodeInvalid (a field
// he may not write).
func mayChange(s *workspace.State, by crm.Actor, rec crm.Record, keys []string) error {
	if by.Source == crm.SourceSystem {
		return nil
	}
	if rec.Type == crm.TypeRule && rec.Fields.Has("boardId") {
		return pipeline.MayGrant(s, by, rec.Fields)
	}
	var edited []string
	needed := map[access.Action]bool{}
	moves := slices.Contains(keys, crm.KeyStage) || slices.Contains(keys, crm.KeyPipeline)
	for _, key := range keys {
		action := actionFor(rec.Type, key, moves)
		needed[action] = true
		if action == access.ActionEdit {
			edited = append(edited, key)
		}
	}
	for action := range needed {
		groups, err := require(s, by, action, rec)
		if err != nil {
			return err
		}
		if action != access.ActionEdit {
			continue
		}
		if err := mayWrite(s, by, rec, groups, edited); err != nil {
			return err
		}
	}
	return nil
}

// actionFor names the right that a change of one field takes. moves says that
// the stage changes with it.
func actionFor(t crm.RecordType, key string, moves bool) access.Action {
	if !editable[t] && t != crm.TypeComment {
		return access.ActionAdminister
	}
	switch key {
	case crm.KeyTrashedAt, crm.KeyTrashedBy:
		return access.ActionDelete
	case crm.KeyOwner, crm.KeyDepartment:
		return access.ActionAssign
	case "sharedWith":
		return access.ActionShare
	case "closedOn", "lostReason": // of their own accord they are fields like others
		if moves {
			return access.ActionMove
		}
	case crm.KeyStage, crm.KeyPipeline, "order", "stageSince":
		return access.ActionMove
	}
	return access.ActionEdit
}

// require is Tx.Require for a State.
func require(s *workspace.State, by crm.Actor, a access.Action, rec crm.Record) (crm.Groups, error) {
	if groups := s.Can(by.UserID, a, rec); groups != 0 {
		return groups, nil
	}
	if s.Can(by.UserID, access.ActionSee, rec) == 0 {
		return 0, workspace.NotFound()
	}
	return 0, crm.Errorf(crm.CodeForbidden, "forbidden", "you may not %s this %s", a, rec.Type)
}

// mayWrite refuses to write fields that the actor may not write. A field he
// cannot even see is refused in the same words as one that does not exist.
func mayWrite(s *workspace.State, by crm.Actor, rec crm.Record, edit crm.Groups, keys []string) error {
	see := s.Can(by.UserID, access.ActionSee, rec)
	problems := map[string]string{}
	for _, key := range keys {
		switch group := s.Schema().GroupOf(rec.Type, key); {
		case !see.Has(group):
			problems[key] = "unknown_field"
		case !edit.Has(group):
			problems[key] = "not_yours"
		}
	}
	return invalid(problems, "some fields may not be changed")
}

// invalid makes one error of all problems, nil of none.
func invalid(problems map[string]string, message string) error {
	if len(problems) == 0 {
		return nil
	}
	return &crm.Error{Code: crm.CodeInvalid, Reason: "invalid", Message: message, Fields: problems}
}
