package pipeline

import (
	"slices"
	"strings"

	"rapport/server/crm"
)

// Admits reports whether a deal may be moved into s, a stage of p: from
// anywhere, or only from the stages that s names. A deal of another pipeline
// stands in none of those.
func (s Stage) Admits(p Pipeline, deal crm.Values) bool {
	return len(s.From) == 0 ||
		deal.ID(crm.KeyPipeline) == p.ID && slices.Contains(s.From, deal.String(crm.KeyStage))
}

// checkAdmits refuses a move that the stage's maker has ruled out, in his own
// words. Errors: CodeInvalid with reason stage_not_from.
func checkAdmits(p Pipeline, stage Stage, deal crm.Values) error {
	if stage.Admits(p, deal) {
		return nil
	}
	var names []string
	for _, s := range p.Stages {
		if slices.Contains(stage.From, s.ID) {
			names = append(names, s.Name)
		}
	}
	from := strings.Join(names, ", ")
	err := crm.Errorf(crm.CodeInvalid, "stage_not_from", "stage %s takes deals from %s only", stage.Name, from)
	err.Fields = map[string]string{crm.KeyStage: "not_a_choice"}
	err.Params = map[string]string{"stage": stage.Name, "from": from, "why": stage.Why}
	return err
}
