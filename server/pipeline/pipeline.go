// Package pipeline knows how deals move: pipelines and their stages, what a
// stage asks of a deal, where a deal stands in its stage, and the boards on
// which departments watch and share all that.
package pipeline

import (
	"slices"

	"rapport/server/crm"
	"rapport/server/workspace"
)

// Service performs the commands about deals on the move, pipelines and boards.
// It is safe for concurrent use.
type Service struct{ ws *workspace.Workspace }

// New returns the service of a workspace.
func New(ws *workspace.Workspace) *Service { return &Service{ws} }

// StageKind says what standing in a stage means for a deal.
type StageKind string

// The kinds.
const (
	StageOpen StageKind = "open" // still being worked on
	StageWon  StageKind = "won"
	StageLost StageKind = "lost"
)

// Stage is one step of a pipeline.
type Stage struct {
	ID             string // unique within the pipeline, never reused
	Name           string
	Kind           StageKind
	ProbabilityPct int      // 0..100, of a deal here to be won unless the deal says otherwise
	IdleDays       int      // days without a change after which a deal here counts as idle; 0 = never
	Requires       []string // keys of the deal's fields that must have a value to enter
	From           []string // ids of the stages a deal may be moved here from; empty: from anywhere
	Why            string   // what the pipeline's maker says about Requires and From
}

// Pipeline is an ordered set of stages.
type Pipeline struct {
	ID          crm.ID
	Name        string
	Department  crm.ID // who looks after it
	Stages      []Stage
	LostReasons []string // what can be chosen on losing a deal; empty: free text
}

// Parse reads a pipeline out of its record. Values of unexpected kinds count as
// absent: commands refuse to store them.
func Parse(rec crm.Record) Pipeline {
	p := Pipeline{ID: rec.ID, Name: rec.Fields.String("name"), Department: rec.Fields.ID(crm.KeyDepartment)}
	p.Stages = ParseStages(rec.Fields.Get("stages"))
	p.LostReasons = texts(rec.Fields.Get("lostReasons"))
	return p
}

// ParseStages reads the value of a pipeline record's field "stages".
func ParseStages(value any) []Stage {
	list, _ := value.([]any)
	stages := make([]Stage, 0, len(list))
	for _, item := range list {
		m, ok := item.(map[string]any)
		if !ok {
			continue
		}
		f := crm.Fields(m)
		stages = append(stages, Stage{
			ID: f.String("id"), Name: f.String("name"), Kind: StageKind(f.String("kind")),
			ProbabilityPct: int(f.Int("probability")), IdleDays: int(f.Int("idleDays")),
			Requires: texts(f["requires"]), From: texts(f["from"]), Why: f.String("why"),
		})
	}
	return stages
}

// StagesValue is the inverse of ParseStages: what the field "stages" holds.
func StagesValue(stages []Stage) []any {
	list := make([]any, len(stages))
	for i, s := range stages {
		m := map[string]any{"id": s.ID, "name": s.Name, "kind": string(s.Kind), "probability": int64(s.ProbabilityPct)}
		if s.IdleDays > 0 {
			m["idleDays"] = int64(s.IdleDays)
		}
		if len(s.Requires) > 0 {
			m["requires"] = textsValue(s.Requires)
		}
		if len(s.From) > 0 {
			m["from"] = textsValue(s.From)
		}
		if s.Why != "" {
			m["why"] = s.Why
		}
		list[i] = m
	}
	return list
}

func texts(value any) []string {
	list, _ := value.([]any)
	var out []string
	for _, item := range list {
		if s, ok := item.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

func textsValue(list []string) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
}

// Stage returns the stage with the given id.
func (p Pipeline) Stage(id string) (Stage, bool) {
	i := slices.IndexFunc(p.Stages, func(s Stage) bool { return s.ID == id })
	if i < 0 {
		return Stage{}, false
	}
	return p.Stages[i], true
}

// First returns where new deals begin: the first open stage.
func (p Pipeline) First() (Stage, bool) {
	i := slices.IndexFunc(p.Stages, func(s Stage) bool { return s.Kind == StageOpen })
	if i < 0 {
		return Stage{}, false
	}
	return p.Stages[i], true
}
