package pipeline

import (
	"context"
	"maps"
	"slices"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/workspace"
)

// MoveArgs is the body of deal.move. AfterID is the card that will stand above
// the deal, BeforeID the one below; without either it goes to the end.
type MoveArgs struct {
	ID         crm.ID         `json:"id"`
	BasedOn    uint64         `json:"basedOn"`
	PipelineID crm.ID         `json:"pipelineId"` // "" = the deal's own
	StageID    string         `json:"stageId"`
	AfterID    crm.ID         `json:"afterId"`
	BeforeID   crm.ID         `json:"beforeId"`
	LostReason string         `json:"lostReason"`
	Values     map[string]any `json:"values"` // what the stage asks for, as in record.edit
}

// Move puts a deal into a stage, or to another place in its own.
// Errors: CodeNotFound, CodeForbidden, CodeConflict (somebody else moved it to
// yet another stage, or changed one of Values), CodeInvalid (reasons
// stage_not_from, stage_required_field and lost_reason_required tell what the
// stage asks for).
func (s *Service) Move(ctx context.Context, cmd workspace.Command, a MoveArgs) (workspace.Result, error) {
	cmd.Plan = func(tx *workspace.Tx) error {
		deal, ok := tx.Lookup(crm.TypeDeal, a.ID)
		if !ok {
			return workspace.NotFound()
		}
		if _, err := tx.Require(access.ActionMove, deal); err != nil {
			return err
		}
		set, unset, err := a.values(tx, deal)
		if err != nil {
			return err
		}
		target, stage, err := a.target(tx, deal)
		if err != nil {
			return err
		}
		if err := a.addLostReason(tx, target, stage, set); err != nil {
			return err
		}
		wanted := set.Clone()
		wanted[crm.KeyPipeline], wanted[crm.KeyStage] = string(target.ID), stage.ID
		if err := tx.Merge(deal, a.BasedOn, wanted, unset); err != nil {
			return err
		}
		return place(tx, deal, target, stage, a, set, unset)
	}
	return s.ws.Commit(ctx, cmd)
}

// values returns what the move edits beside the stage. It takes the right to edit.
func (a MoveArgs) values(tx *workspace.Tx, deal crm.Record) (crm.Fields, []string, error) {
	set, unset, err := tx.Schema().Clean(crm.TypeDeal, a.Values)
	if err != nil {
		return nil, nil, err
	}
	if len(set)+len(unset) > 0 {
		may, err := tx.Require(access.ActionEdit, deal)
		if err != nil {
			return nil, nil, err
		}
		if err := withinGroups(tx, may, set, unset); err != nil {
			return nil, nil, err
		}
	}
	return set, unset, nil
}

// addLostReason adds the reason to what the move writes. It belongs to lost
// deals only; elsewhere it would be an edit without the right to edit.
func (a MoveArgs) addLostReason(tx *workspace.Tx, p Pipeline, stage Stage, set crm.Fields) error {
	if a.LostReason == "" || stage.Kind != StageLost {
		return nil
	}
	reason, _, err := tx.Schema().Clean(crm.TypeDeal, map[string]any{keyLostReason: a.LostReason})
	if err != nil {
		return err
	}
	maps.Copy(set, reason)
	return checkLostReason(p, set)
}

// withinGroups refuses to write fields of other groups than may. Owner,
// department and links have commands and checks of their own.
func withinGroups(tx *workspace.Tx, may crm.Groups, set crm.Fields, unset []string) error {
	for _, key := range append(slices.Collect(maps.Keys(set)), unset...) {
		field, _ := tx.Schema().Field(crm.TypeDeal, key)
		if !may.Has(field.Group) || key == crm.KeyOwner || key == crm.KeyDepartment || field.LinkType != "" {
			err := crm.Errorf(crm.CodeForbidden, "field_forbidden", "you may not write %s here", key)
			err.Params = map[string]string{"field": key}
			return err
		}
	}
	return nil
}

// target finds the stage the deal goes to.
func (a MoveArgs) target(tx *workspace.Tx, deal crm.Record) (Pipeline, Stage, error) {
	id := a.PipelineID
	if id == "" {
		id = deal.Fields.ID(crm.KeyPipeline)
	}
	p, ok := visiblePipeline(tx, id)
	if !ok {
		return Pipeline{}, Stage{}, crm.Invalid(crm.KeyPipeline, "unknown_record")
	}
	stage, ok := p.Stage(a.StageID)
	if !ok {
		return Pipeline{}, Stage{}, crm.Invalid(crm.KeyStage, "unknown_stage")
	}
	if p.ID == deal.Fields.ID(crm.KeyPipeline) {
		return p, stage, nil
	}
	// On the other pipeline's boards other people see the deal: the right to
	// move it must hold there, too.
	there := deal
	there.Fields = deal.Fields.With(crm.Pack(crm.Fields{crm.KeyPipeline: string(p.ID)}), nil)
	if _, err := tx.Require(access.ActionMove, there); err != nil {
		return Pipeline{}, Stage{}, crm.Errorf(crm.CodeForbidden, "forbidden", "you may not move deals on that pipeline")
	}
	return p, stage, nil
}

// place writes the move.
func place(tx *workspace.Tx, deal crm.Record, p Pipeline, stage Stage, a MoveArgs, set crm.Fields, unset []string) error {
	after := deal.Fields.With(crm.Pack(set), unset).Unpack()
	stays := deal.Fields.String(crm.KeyStage) == stage.ID && deal.Fields.ID(crm.KeyPipeline) == p.ID
	after[crm.KeyPipeline], after[crm.KeyStage] = string(p.ID), stage.ID
	if !stays {
		if err := checkAdmits(p, stage, deal.Fields); err != nil {
			return err
		}
		sees := crm.AllGroups
		if by := tx.Actor(); by.Source != crm.SourceSystem {
			sees = tx.Can(by.UserID, access.ActionSee, deal)
		}
		if err := enter(tx, p, stage, deal.Fields.Get(keyClosedOn), after, sees); err != nil {
			return err
		}
	}
	col := column{tx, p.ID, stage.ID, deal.ID}
	goal := col.gap(a.AfterID, a.BeforeID)
	if order := deal.Fields.String(keyOrder); !stays || order <= goal.low() || goal.high() != "" && order >= goal.high() {
		key, err := col.keyIn(goal)
		if err != nil {
			return err
		}
		after[keyOrder] = key
	}
	gone := unset
	for _, key := range []string{keyClosedOn, keyLostReason} {
		if after[key] == nil && deal.Fields.Has(key) {
			gone = append(gone, key)
		}
	}
	return tx.Edit(deal.ID, after, gone)
}
