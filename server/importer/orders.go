package importer

import (
	"fmt"

	"rapport/server/crm"
	"rapport/server/pipeline"
	"rapport/server/workspace"
)

// orders hands out the places of cards below those that a stage has already.
type orders struct {
	state    *workspace.State
	pipeline crm.ID
	last     map[string]string // stage id -> order key of its last card, once asked for
}

func newOrders(st *workspace.State, pipeline crm.ID) *orders {
	return &orders{state: st, pipeline: pipeline, last: map[string]string{}}
}

// next returns a place below all others of the stage.
func (o *orders) next(stage string) (string, error) {
	last, known := o.last[stage]
	if !known {
		last = pipeline.LastKey(o.state, o.pipeline, stage)
	}
	next, err := pipeline.KeyBetween(last, "")
	if err != nil {
		return "", fmt.Errorf("importer: place deal: %w", err)
	}
	o.last[stage] = next
	return next, nil
}
