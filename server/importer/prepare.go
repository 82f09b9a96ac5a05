package importer

import (
	"context"
	"slices"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/pipeline"
	"rapport/server/workspace"
)

// prepare makes people, pipeline, board and stages, in one command.
func (r *run) prepare(ctx context.Context) error {
	return r.commit(ctx, "import.prepare", func(tx *workspace.Tx) error {
		if err := r.o.target.makePeople(tx); err != nil {
			return err
		}
		return r.o.target.makePipeline(tx)
	})
}

// prepared returns a record that prepare wrote; "" if it wrote nothing.
func (r *run) prepared() crm.ID {
	if r.o == nil {
		return ""
	}
	t := r.o.target
	switch {
	case len(t.people) > 0:
		return t.people[0].id
	case t.name != "", len(t.newStages()) > 0:
		return t.pipeline
	}
	return ""
}

// makePeople makes the owners that nobody here has: users without a role, an
// address or a password, so that they can do nothing until they are invited.
func (t *target) makePeople(tx *workspace.Tx) error {
	for _, p := range t.people {
		if _, there := tx.Get(p.id); there {
			continue
		}
		fields := crm.Fields{"name": p.name}
		if err := may(tx, access.ActionAdminister, crm.Record{Type: crm.TypeUser, ID: p.id, Version: 1, Fields: crm.Pack(fields)}); err != nil {
			return err
		}
		if err := tx.Create(crm.TypeUser, p.id, fields); err != nil {
			return err
		}
	}
	return nil
}

// makePipeline makes what of the pipeline and its stages is not there yet.
func (t *target) makePipeline(tx *workspace.Tx) error {
	rec, ok := tx.Get(t.pipeline)
	if !ok {
		return t.foundPipeline(tx)
	}
	if !rec.Exists() {
		return crm.Errorf(crm.CodeNotFound, "pipeline_gone", "the pipeline is in the trash")
	}
	now := make([]stage, 0, len(t.stages))
	for _, s := range pipeline.Parse(rec).Stages {
		now = append(now, stage{Stage: s})
	}
	there := len(now)
	for _, s := range t.newStages() {
		if !slices.ContainsFunc(now, func(have stage) bool { return have.ID == s.ID }) {
			now = insertStage(now, s)
		}
	}
	if len(now) == there {
		return nil
	}
	if _, err := tx.Require(access.ActionAdminister, rec); err != nil {
		return err
	}
	return tx.Edit(rec.ID, crm.Fields{"stages": stagesValue(now)}, nil)
}

func stagesValue(stages []stage) []any {
	plain := make([]pipeline.Stage, len(stages))
	for i, s := range stages {
		plain[i] = s.Stage
	}
	return pipeline.StagesValue(plain)
}

func (t *target) foundPipeline(tx *workspace.Tx) error {
	line := crm.Fields{"name": t.name, "stages": stagesValue(t.stages), crm.KeyDepartment: string(t.department)}
	board := crm.Fields{"name": t.name, crm.KeyPipeline: string(t.pipeline), crm.KeyDepartment: string(t.department)}
	if err := may(tx, access.ActionAdminister, crm.Record{Type: crm.TypePipeline, ID: t.pipeline, Version: 1, Fields: crm.Pack(line)}); err != nil {
		return err
	}
	if err := may(tx, access.ActionCreate, crm.Record{Type: crm.TypeBoard, ID: t.board, Version: 1, Fields: crm.Pack(board)}); err != nil {
		return err
	}
	if err := tx.Create(crm.TypePipeline, t.pipeline, line); err != nil {
		return err
	}
	return tx.Create(crm.TypeBoard, t.board, board)
}
