package importer

import (
	"fmt"
	"maps"

	"rapport/server/pipeline"
)

// orders hands out the places of cards below those that a stage has already.
type orders struct {
	last map[string]string // stage id -> order key of its last card
}

func (o *orders) clone() *orders { return &orders{last: maps.Clone(o.last)} }

// see notes a card that is there.
func (o *orders) see(stage, order string) { o.last[stage] = max(o.last[stage], order) }

// next returns a place below all others of the stage.
func (o *orders) next(stage string) (string, error) {
	next, err := pipeline.KeyBetween(o.last[stage], "")
	if err != nil {
		return "", fmt.Errorf("importer: place deal: %w", err)
	}
	o.last[stage] = next
	return next, nil
}
