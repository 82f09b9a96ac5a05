package pipeline

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/schema"
	"rapport/server/workspace"
)

// MaxName bounds the names of pipelines, boards, stages and reasons for losing, in
// characters.
const MaxName = 100

// Limits of a pipeline.
const (
	maxStages      = 50
	maxLostReasons = 50
	maxRequires    = 50
	// A stage may name every other one.
	maxFrom     = maxStages
	maxWhy      = 300 // characters
	maxIdleDays = 3650
)

// StageArgs is one stage in the body of pipeline.save.
type StageArgs struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	Kind        string   `json:"kind"`        // open | won | lost
	Probability int      `json:"probability"` // 0..100; that of won and lost stages is 100 and 0
	IdleDays    int      `json:"idleDays"`
	Requires    []string `json:"requires"`
	From        []string `json:"from"` // ids of other stages sent along; empty: from anywhere
	Why         string   `json:"why"`
}

// SaveArgs is the body of pipeline.save. BasedOn 0 makes a new pipeline.
// DepartmentID is who looks after it; "" is the actor's own department for a new
// pipeline, and leaves that of another as it is.
type SaveArgs struct {
	ID           crm.ID      `json:"id"`
	BasedOn      uint64      `json:"basedOn"`
	Name         string      `json:"name"`
	DepartmentID crm.ID      `json:"departmentId"`
	Stages       []StageArgs `json:"stages"`
	LostReasons  []string    `json:"lostReasons"`
}

// SavePipeline makes a pipeline or changes its name, department, stages and
// reasons for losing. To hand it to another department takes the right to
// administer the pipelines of both.
//
// A stage that goes must go from the From of the others too. It is not taken out
// for them: the last one that goes would leave an empty list, and a stage that
// hardly anything could enter would be open to everything.
//
// Errors: CodeNotFound, CodeForbidden, CodeConflict, CodeInvalid (all problems
// at once; reason stage_in_use for stages that still hold deals).
func (s *Service) SavePipeline(ctx context.Context, cmd workspace.Command, a SaveArgs) (workspace.Result, error) {
	cmd.Plan = func(tx *workspace.Tx) error {
		fields, err := a.fields(tx.Schema())
		if err != nil {
			return err
		}
		if a.BasedOn == 0 {
			return createPipeline(tx, a, fields)
		}
		rec, ok := tx.Lookup(crm.TypePipeline, a.ID)
		if !ok {
			return workspace.NotFound()
		}
		if _, err := tx.Require(access.ActionAdminister, rec); err != nil {
			return err
		}
		if err := a.handOver(tx, rec, fields); err != nil {
			return err
		}
		var unset []string
		if fields["lostReasons"] == nil {
			unset = []string{"lostReasons"}
		}
		if err := tx.Merge(rec, a.BasedOn, fields, unset); err != nil {
			return err
		}
		if err := CheckStagesFree(tx, rec, ParseStages(fields["stages"])); err != nil {
			return err
		}
		return tx.Edit(rec.ID, fields, unset)
	}
	return s.ws.Commit(ctx, cmd)
}

func createPipeline(tx *workspace.Tx, a SaveArgs, fields crm.Fields) error {
	department := a.DepartmentID
	if department == "" {
		department = tx.Policy().PrimaryDepartment(tx.Actor().UserID)
	}
	if _, ok := tx.Named(crm.TypeDepartment, department); !ok {
		return crm.Invalid(crm.KeyDepartment, "unknown_record")
	}
	fields[crm.KeyDepartment] = string(department)
	if _, err := tx.Require(access.ActionAdminister, crm.Record{Type: crm.TypePipeline, Version: 1, Fields: crm.Pack(fields)}); err != nil {
		return err
	}
	return tx.Create(crm.TypePipeline, a.ID, fields)
}

// handOver adds the department to fields if another one is to look after rec.
func (a SaveArgs) handOver(tx *workspace.Tx, rec crm.Record, fields crm.Fields) error {
	if a.DepartmentID == "" || a.DepartmentID == rec.Fields.ID(crm.KeyDepartment) {
		return nil
	}
	if _, ok := tx.Named(crm.TypeDepartment, a.DepartmentID); !ok {
		return crm.Invalid(crm.KeyDepartment, "unknown_record")
	}
	fields[crm.KeyDepartment] = string(a.DepartmentID)
	return MayLookAfter(tx, rec, a.DepartmentID)
}

// MayLookAfter asks for the right to administer the pipeline rec once the
// department looks after it: who hands a pipeline to one must answer for that
// one, too. Errors: CodeForbidden.
func MayLookAfter(tx *workspace.Tx, rec crm.Record, department crm.ID) error {
	rec.Fields = rec.Fields.With(crm.Pack(crm.Fields{crm.KeyDepartment: string(department)}), nil)
	_, err := tx.Require(access.ActionAdminister, rec)
	return err
}

// CheckStagesFree refuses to take away stages that hold deals; stages are those
// that the pipeline rec will have. Errors: CodeInvalid with reason stage_in_use,
// the ids of all such stages in Params "stageIds", separated by blanks.
func CheckStagesFree(tx *workspace.Tx, rec crm.Record, stages []Stage) error {
	gone := map[string]Stage{}
	for _, stage := range Parse(rec).Stages {
		gone[stage.ID] = stage
	}
	for _, stage := range stages {
		delete(gone, stage.ID)
	}
	inUse := map[string]bool{}
	tx.Deals(rec.ID, func(deal crm.Record) bool {
		if id := deal.Fields.String(crm.KeyStage); gone[id].ID != "" {
			inUse[id] = true
		}
		return len(inUse) < len(gone)
	})
	if len(inUse) == 0 {
		return nil
	}
	ids := slices.Sorted(maps.Keys(inUse))
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = gone[id].Name
	}
	err := crm.Errorf(crm.CodeInvalid, "stage_in_use", "stage %s still holds deals", names[0])
	err.Fields = map[string]string{"stages": "stage_in_use"}
	err.Params = map[string]string{"stage": strings.Join(names, ", "), "stageIds": strings.Join(ids, " ")}
	return err
}

// fields checks the body and returns what the record will hold.
func (a SaveArgs) fields(s *schema.Schema) (crm.Fields, error) {
	c := checker{schema: s, problems: map[string]string{}}
	fields := crm.Fields{"name": c.line("name", a.Name, MaxName, true)}
	if len(a.Stages) > maxStages {
		c.problems["stages"] = "too_many"
	} else {
		fields["stages"] = StagesValue(c.stages(a.Stages))
	}
	if len(a.LostReasons) > maxLostReasons {
		c.problems["lostReasons"] = "too_many"
	} else if reasons := c.lostReasons(a.LostReasons); len(reasons) > 0 {
		fields["lostReasons"] = textsValue(reasons)
	}
	return fields, c.err()
}

// checker gathers the problems of a body.
type checker struct {
	schema   *schema.Schema
	problems map[string]string
}

func (c checker) err() error {
	if len(c.problems) == 0 {
		return nil
	}
	err := crm.Errorf(crm.CodeInvalid, "invalid", "some values cannot be stored")
	err.Fields = c.problems
	return err
}

// line checks a text of one line and returns it without the space around it.
func (c checker) line(at, s string, limit int, required bool) string {
	s = strings.TrimSpace(s)
	switch {
	case s == "" && required:
		c.problems[at] = "required"
	case utf8.RuneCountInString(s) > limit:
		c.problems[at] = "too_long"
	case !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl):
		c.problems[at] = "bad_characters"
	}
	return s
}

var stageIDPattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,40}$`)

func (c checker) stages(sent []StageArgs) []Stage {
	stages := make([]Stage, len(sent))
	ids, names := map[string]bool{}, map[string]bool{}
	for i, a := range sent {
		at := "stages[" + strconv.Itoa(i) + "]"
		stages[i] = c.stage(at, a)
		if ids[a.ID] || !stageIDPattern.MatchString(a.ID) {
			c.problems[at+".id"] = "not_an_id"
		}
		name := schema.NormalName(a.Name)
		if names[name] {
			c.problems[at+".name"] = "taken"
		}
		ids[a.ID], names[name] = true, true
	}
	if !slices.ContainsFunc(stages, func(s Stage) bool { return s.Kind == StageOpen }) {
		c.problems["stages"] = "no_open_stage"
	}
	for i, s := range stages {
		if reason := checkFrom(s, ids); reason != "" {
			c.problems["stages["+strconv.Itoa(i)+"].from"] = reason
		}
	}
	return stages
}

// checkFrom returns what is wrong with the stages that s may be entered from,
// "" if nothing is. ids are those of all stages.
func checkFrom(s Stage, ids map[string]bool) string {
	if len(s.From) > maxFrom {
		return "too_many"
	}
	seen := map[string]bool{}
	for _, id := range s.From {
		switch {
		case id == s.ID:
			return "stage_from_itself"
		case !ids[id]:
			return "unknown_stage"
		case seen[id]:
			return "duplicate_key"
		}
		seen[id] = true
	}
	return ""
}

func (c checker) stage(at string, a StageArgs) Stage {
	s := Stage{
		ID: a.ID, Name: c.line(at+".name", a.Name, MaxName, true), Kind: StageKind(a.Kind),
		ProbabilityPct: a.Probability, IdleDays: a.IdleDays, From: a.From, Why: c.line(at+".why", a.Why, maxWhy, false),
	}
	switch s.Kind {
	case StageOpen:
	case StageWon:
		s.ProbabilityPct, s.IdleDays = 100, 0
	case StageLost:
		s.ProbabilityPct, s.IdleDays = 0, 0
	default:
		c.problems[at+".kind"] = "not_a_choice"
	}
	if s.ProbabilityPct < 0 || s.ProbabilityPct > 100 {
		c.problems[at+".probability"] = "out_of_range"
	}
	if s.IdleDays < 0 || s.IdleDays > maxIdleDays {
		c.problems[at+".idleDays"] = "out_of_range"
	}
	if len(a.Requires) > maxRequires {
		c.problems[at+".requires"] = "too_many"
		return s
	}
	for _, key := range a.Requires {
		if field, ok := c.schema.Field(crm.TypeDeal, key); !ok || field.Internal || field.ReadOnly {
			c.problems[at+".requires"] = "unknown_field"
		} else if !slices.Contains(s.Requires, key) {
			s.Requires = append(s.Requires, key)
		}
	}
	return s
}

func (c checker) lostReasons(sent []string) []string {
	var reasons []string
	for i, reason := range sent {
		reason = c.line("lostReasons["+strconv.Itoa(i)+"]", reason, MaxName, true)
		if !slices.Contains(reasons, reason) {
			reasons = append(reasons, reason)
		}
	}
	return reasons
}
