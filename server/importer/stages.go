package importer

import (
	"cmp"
	"slices"
	"unicode/utf8"

	"rapport/server/crm"
	"rapport/server/pipeline"
	"rapport/server/schema"
	"rapport/server/wire"
)

// mapStages gives each stage name of the file a stage: the chosen one, one of
// the same name, or a new one. It writes the outcome back into the settings.
// Errors: CodeInvalid naming the stage.
func (t *target) mapStages(id crm.ID, seen *survey, set *wire.ImportSettings) error {
	chosen := map[string]wire.ImportStage{}
	for _, c := range set.Stages {
		chosen[schema.NormalName(c.Name)] = c
	}
	var fresh []wire.ImportStage
	outcome := make([]wire.ImportStage, 0, len(seen.stages))
	for _, s := range seen.stages {
		key := schema.NormalName(s.Name)
		c, isChosen := chosen[key]
		existing, ok := t.find(c.StageID, key)
		switch {
		case ok:
			t.byName[key] = existing
			outcome = append(outcome, wire.ImportStage{Name: s.Name, StageID: existing.ID, Kind: string(existing.Kind), Probability: existing.ProbabilityPct, Rows: s.Rows})
		case isChosen && c.StageID != "" && c.StageID != string(derivedID(id, "stage", key)):
			return crm.Invalid("settings.stages."+clip(s.Name), "not_a_choice")
		default:
			if !isChosen || c.Kind == "" {
				c.Kind, c.Probability = "", -1
			}
			fresh = append(fresh, wire.ImportStage{Name: s.Name, Kind: c.Kind, Probability: c.Probability, Rows: s.Rows})
		}
	}
	if len(fresh) > maxNewStages {
		return crm.Invalid("settings.stages", "too_many")
	}
	if !t.rights.Pipelines {
		// Their rows are refused until he maps them to stages that exist.
		outcome, fresh = append(outcome, fresh...), nil
	}
	made, err := t.addStages(id, fresh)
	if err != nil {
		return err
	}
	set.Stages = append(outcome, made...)
	t.sortLikePipeline(set.Stages)
	return t.chooseFirst()
}

// find returns the stage with an id, or with a name in normal form.
func (t *target) find(id, key string) (stage, bool) {
	for _, s := range t.stages {
		if id == s.ID || id == "" && schema.NormalName(s.Name) == key {
			return s, true
		}
	}
	return stage{}, false
}

// addStages makes the stages that are missing, in the order of a sale: open
// ones by what their names speak of, then won, then lost.
func (t *target) addStages(id crm.ID, fresh []wire.ImportStage) ([]wire.ImportStage, error) {
	fresh = t.withEnds(fresh)
	ranks := map[string]int{}
	for i := range fresh {
		kind, rank := guessStage(fresh[i].Name)
		if fresh[i].Kind == "" {
			fresh[i].Kind = kind
		}
		if rank < 0 {
			rank = 50
		}
		switch fresh[i].Kind {
		case kindOpen:
		case kindWon:
			rank = 200
		case kindLost:
			rank = 300
		default:
			return nil, crm.Invalid("settings.stages."+clip(fresh[i].Name), "not_a_choice")
		}
		if fresh[i].Probability > 100 {
			return nil, crm.Invalid("settings.stages."+clip(fresh[i].Name), "out_of_range")
		}
		ranks[fresh[i].Name] = rank
	}
	slices.SortStableFunc(fresh, func(a, b wire.ImportStage) int { return cmp.Compare(ranks[a.Name], ranks[b.Name]) })
	spreadProbabilities(fresh)
	for i := range fresh {
		f := &fresh[i]
		key := schema.NormalName(f.Name)
		s := stage{isNew: true, Stage: pipeline.Stage{
			ID: string(derivedID(id, "stage", key)), Name: f.Name, Kind: pipeline.StageKind(f.Kind), ProbabilityPct: f.Probability,
		}}
		t.byName[key] = s
		t.stages = insertStage(t.stages, s)
	}
	// Stages that only complete the pipeline are not the file's.
	return slices.DeleteFunc(fresh, func(s wire.ImportStage) bool { return s.Rows == 0 }), nil
}

// withEnds completes a new pipeline: it needs an open, a won and a lost stage.
func (t *target) withEnds(fresh []wire.ImportStage) []wire.ImportStage {
	if t.name == "" {
		return fresh
	}
	has := map[string]bool{}
	for _, f := range fresh {
		kind, _ := guessStage(f.Name)
		if f.Kind != "" {
			kind = f.Kind
		}
		has[kind] = true
	}
	for _, end := range []struct{ kind, name string }{{kindOpen, "New"}, {kindWon, "Won"}, {kindLost, "Lost"}} {
		if !has[end.kind] {
			fresh = append(fresh, wire.ImportStage{Name: end.name, Kind: end.kind, Probability: -1})
		}
	}
	return fresh
}

// spreadProbabilities fills in what nobody chose: open stages in even steps.
func spreadProbabilities(stages []wire.ImportStage) {
	open := 0
	for _, s := range stages {
		if s.Kind == kindOpen {
			open++
		}
	}
	at := 0
	for i := range stages {
		s := &stages[i]
		if s.Kind == kindOpen {
			at++
		}
		switch {
		case s.Kind == kindWon:
			s.Probability = 100
		case s.Kind == kindLost:
			s.Probability = 0
		case s.Probability < 0:
			s.Probability = at * 100 / (open + 1) / 5 * 5
		}
	}
}

// insertStage puts an open stage before the first closed one, others last.
func insertStage(stages []stage, s stage) []stage {
	at := len(stages)
	if s.Kind == pipeline.StageOpen {
		if i := slices.IndexFunc(stages, func(s stage) bool { return s.Kind != pipeline.StageOpen }); i >= 0 {
			at = i
		}
	}
	return slices.Insert(stages, at, s)
}

func (t *target) sortLikePipeline(list []wire.ImportStage) {
	place := map[string]int{}
	for i, s := range t.stages {
		place[s.ID] = i
	}
	slices.SortStableFunc(list, func(a, b wire.ImportStage) int {
		return cmp.Compare(place[t.byName[schema.NormalName(a.Name)].ID], place[t.byName[schema.NormalName(b.Name)].ID])
	})
}

func (t *target) chooseFirst() error {
	i := slices.IndexFunc(t.stages, func(s stage) bool { return s.Kind == pipeline.StageOpen })
	if i < 0 {
		return crm.Invalid("settings.pipelineId", "no_open_stage")
	}
	t.first = t.stages[i]
	return nil
}

// newStages returns the stages that the import makes.
func (t *target) newStages() []stage {
	return slices.DeleteFunc(slices.Clone(t.stages), func(s stage) bool { return !s.isNew })
}

// tooLong reports whether no pipeline or stage may have a name: what an import makes
// must pass when somebody saves it again.
func tooLong(name string) bool { return utf8.RuneCountInString(name) > pipeline.MaxName }

// clip keeps a hostile name from filling the answer that names it.
func clip(s string) string {
	if runes := []rune(s); len(runes) > 60 {
		return string(runes[:60]) + "…"
	}
	return s
}
