package pipeline

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/schema"
	"rapport/server/workspace"
)

// The fields that a change of stage sets beside the stage.
const (
	keyStageSince = "stageSince"
	keyClosedOn   = "closedOn"
	keyLostReason = "lostReason"
)

// enter completes after, a deal that is about to stand in stage: dates and
// reasons that belong to the kind of stage. closedBefore is the closing date so
// far, nil for none. sees is what the actor may see of the deal.
// Errors: CodeInvalid with reason stage_required_field or lost_reason_required.
func enter(tx *workspace.Tx, p Pipeline, stage Stage, closedBefore any, after crm.Fields, sees crm.Groups) error {
	if err := checkRequired(tx, stage, func(key string) bool { return after[key] != nil }, sees); err != nil {
		return err
	}
	if stage.Kind == StageOpen {
		delete(after, keyClosedOn)
	}
	if stage.Kind != StageLost {
		delete(after, keyLostReason)
	} else if err := checkLostReason(p, after); err != nil {
		return err
	}
	// A date somebody gives with the move is the better one.
	if stage.Kind != StageOpen && (after[keyClosedOn] == nil || crm.ValueEqual(after[keyClosedOn], closedBefore)) {
		after[keyClosedOn] = today(tx)
	}
	after[keyStageSince] = workspace.Timestamp(tx.Now())
	return nil
}

// Asked returns what the stage asks for and can be filled in: not what lies in
// the trash since.
func (s Stage) Asked(fields *schema.Schema) []string {
	return slices.DeleteFunc(slices.Clone(s.Requires), func(key string) bool {
		_, known := fields.Field(crm.TypeDeal, key)
		return !known
	})
}

// checkRequired refuses a deal without what its stage asks for; has says which
// fields have a value. A field that the actor may not see is not asked of him:
// the answer would tell him whether it has a value.
func checkRequired(tx *workspace.Tx, stage Stage, has func(key string) bool, sees crm.Groups) error {
	missing := map[string]string{}
	first := ""
	for _, key := range stage.Asked(tx.Schema()) {
		if !has(key) && sees.Has(tx.Schema().GroupOf(crm.TypeDeal, key)) {
			missing[key] = "required"
			if first == "" {
				first = key
			}
		}
	}
	if len(missing) == 0 {
		return nil
	}
	err := crm.Errorf(crm.CodeInvalid, "stage_required_field", "stage %s asks for %s", stage.Name, first)
	err.Fields = missing
	err.Params = map[string]string{"stage": stage.Name, "field": first, "why": stage.Why}
	return err
}

// CheckKept refuses an edit that takes away a value the deal's stage asks for.
// unset are the keys the edit empties.
// Errors: CodeInvalid with reason stage_required_field.
func CheckKept(tx *workspace.Tx, deal crm.Values, unset []string) error {
	rec, ok := tx.Lookup(crm.TypePipeline, deal.ID(crm.KeyPipeline))
	if !ok || len(unset) == 0 {
		return nil
	}
	stage, ok := Parse(rec).Stage(deal.String(crm.KeyStage))
	if !ok {
		return nil
	}
	stage.Requires = slices.DeleteFunc(slices.Clone(stage.Requires), func(key string) bool { return !slices.Contains(unset, key) })
	return checkRequired(tx, stage, deal.Has, crm.AllGroups)
}

// CheckStanding refuses a deal whose pipeline or stage is not there any more.
// Errors: CodeInvalid.
func CheckStanding(tx *workspace.Tx, deal crm.Values) error {
	rec, ok := tx.Lookup(crm.TypePipeline, deal.ID(crm.KeyPipeline))
	if !ok {
		return crm.Invalid(crm.KeyPipeline, "unknown_record")
	}
	if _, ok := Parse(rec).Stage(deal.String(crm.KeyStage)); !ok {
		return crm.Invalid(crm.KeyStage, "unknown_stage")
	}
	return nil
}

func checkLostReason(p Pipeline, deal crm.Fields) error {
	reason := deal.String(keyLostReason)
	if len(p.LostReasons) == 0 || slices.Contains(p.LostReasons, reason) {
		return nil
	}
	why := "not_a_choice"
	if reason == "" {
		why = "required"
	}
	err := crm.Errorf(crm.CodeInvalid, "lost_reason_required", "a lost deal needs one of the pipeline's reasons")
	err.Fields = map[string]string{keyLostReason: why}
	return err
}

// zones remembers time zones: looking one up reads the disk, and plans are quick.
var zones sync.Map // name -> *time.Location

// today returns the calendar date where the workspace is.
func today(tx *workspace.Tx) string {
	name := ""
	tx.Each(crm.TypeWorkspace, func(rec crm.Record) bool {
		name = rec.Fields.String("timeZone")
		return false
	})
	zone := time.UTC
	if known, ok := zones.Load(name); ok {
		zone, _ = known.(*time.Location)
	} else if found, err := time.LoadLocation(name); err == nil {
		zones.Store(name, found)
		zone = found
	}
	return tx.Now().In(zone).Format(time.DateOnly)
}

// Place completes the fields of a new deal: its pipeline and stage (the given
// ones, else the oldest pipeline that looks after the deal's department and its
// first stage), its place at the end of the stage and what the stage brings
// with it. deal is changed.
//
// A new deal may begin in any stage, whatever Stage.From says: that is a rule
// about moves, and a deal that is entered late, or imported, has moved before
// anybody told Rapport.
// Errors: CodeInvalid.
func Place(tx *workspace.Tx, id crm.ID, deal crm.Fields) error {
	p, ok := pipelineFor(tx, deal)
	if !ok {
		return crm.Invalid(crm.KeyPipeline, "unknown_record")
	}
	stage, ok := p.First()
	if wanted := deal.String(crm.KeyStage); wanted != "" {
		stage, ok = p.Stage(wanted)
	}
	if !ok {
		return crm.Invalid(crm.KeyStage, "unknown_stage")
	}
	deal[crm.KeyPipeline], deal[crm.KeyStage] = string(p.ID), stage.ID
	if err := enter(tx, p, stage, nil, deal, crm.AllGroups); err != nil {
		return err
	}
	col := column{tx, p.ID, stage.ID, id}
	key, err := col.keyIn(col.gap("", ""))
	if err != nil {
		return fmt.Errorf("pipeline: place deal: %w", err)
	}
	deal[keyOrder] = key
	return nil
}

func pipelineFor(tx *workspace.Tx, deal crm.Fields) (Pipeline, bool) {
	if id := deal.ID(crm.KeyPipeline); id != "" {
		return visiblePipeline(tx, id)
	}
	var found crm.Record
	near := false // looked after by the deal's department or one above it
	tx.Each(crm.TypePipeline, func(rec crm.Record) bool {
		if !mayUse(tx, rec) {
			return true
		}
		covers := tx.Policy().Covers(rec.Fields.ID(crm.KeyDepartment), deal.ID(crm.KeyDepartment))
		if found.ID == "" || covers && !near || covers == near && rec.ID < found.ID {
			found, near = rec, covers
		}
		return true
	})
	return Parse(found), found.ID != ""
}

func visiblePipeline(tx *workspace.Tx, id crm.ID) (Pipeline, bool) {
	rec, ok := tx.Lookup(crm.TypePipeline, id)
	if !ok || !mayUse(tx, rec) {
		return Pipeline{}, false
	}
	return Parse(rec), true
}

func mayUse(tx *workspace.Tx, rec crm.Record) bool {
	by := tx.Actor()
	return by.Source == crm.SourceSystem || tx.Can(by.UserID, access.ActionSee, rec) != 0
}
