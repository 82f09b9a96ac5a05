package importer

import (
	"slices"
	"strings"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/pipeline"
	"rapport/server/schema"
	"rapport/server/wire"
	"rapport/server/workspace"
)

// Limits of what one import may make besides deals, customers and contacts:
// more is a column mapped wrongly.
const (
	maxNewStages = 30
	maxNewPeople = 300
	// maxPeople is how many owners are shown for mapping.
	maxPeople = 300
)

// stage is a stage of the pipeline the deals go to.
type stage struct {
	pipeline.Stage
	isNew bool
}

// person is an owner to be created.
type person struct {
	id   crm.ID
	name string
}

// target is where the deals go and whom they belong to.
type target struct {
	importer   crm.ID
	department crm.ID
	pipeline   crm.ID
	board      crm.ID // to create with the pipeline, else one that shows it
	name       string // of a pipeline to create; "" = it exists
	stages     []stage
	byName     map[string]stage  // normalised name in the file -> stage
	first      stage             // of deals that name none
	reasons    []string          // of losing a deal, of which the pipeline demands one
	owners     map[string]crm.ID // normalised name or e-mail in the file -> person
	people     []person          // to create
	unknown    []string          // owners that nobody here has
	rights     wire.ImportRights
}

// newTarget resolves the settings against the workspace, as far as the importer
// may see it, and writes what it chose for him back into them.
// Errors: CodeInvalid naming the setting.
func newTarget(st *workspace.State, by crm.ID, id crm.ID, fileName string, seen *survey, set *wire.ImportSettings) (*target, error) {
	t := &target{importer: by, byName: map[string]stage{}, owners: map[string]crm.ID{}}
	if err := t.chooseDepartment(st, set); err != nil {
		return nil, err
	}
	t.rights = rightsIn(st, by, t.department)
	if err := t.choosePipeline(st, id, fileName, seen, set); err != nil {
		return nil, err
	}
	if err := t.mapStages(id, seen, set); err != nil {
		return nil, err
	}
	return t, t.mapOwners(st, id, seen, set)
}

// rightsIn says what a person may make in a department besides deals.
func rightsIn(st *workspace.State, by, department crm.ID) wire.ImportRights {
	place := crm.Fields{crm.KeyDepartment: string(department)}
	may := func(a access.Action, t crm.RecordType) bool {
		return st.Can(by, a, crm.Record{Type: t, Version: 1, Fields: crm.Pack(place)}) != 0
	}
	return wire.ImportRights{
		Pipelines: may(access.ActionAdminister, crm.TypePipeline) && may(access.ActionCreate, crm.TypeBoard),
		People:    may(access.ActionAdminister, crm.TypeUser),
	}
}

func (t *target) chooseDepartment(st *workspace.State, set *wire.ImportSettings) error {
	may := func(d crm.ID) bool {
		if _, ok := st.Lookup(crm.TypeDepartment, d); !ok {
			return false
		}
		deal := crm.Record{Type: crm.TypeDeal, Version: 1, Fields: crm.Pack(crm.Fields{crm.KeyDepartment: string(d), crm.KeyOwner: string(t.importer)})}
		return st.Can(t.importer, access.ActionCreate, deal) != 0
	}
	if set.DepartmentID != "" {
		t.department = crm.ID(set.DepartmentID)
		if !may(t.department) {
			return crm.Invalid("settings.departmentId", "not_a_choice")
		}
		return nil
	}
	candidates := append([]crm.ID{st.Policy().PrimaryDepartment(t.importer)}, st.Policy().DepartmentsOf(t.importer)...)
	for _, d := range candidates {
		if may(d) {
			t.department, set.DepartmentID = d, string(d)
			return nil
		}
	}
	return crm.Errorf(crm.CodeForbidden, "forbidden", "you may not create deals in any department")
}

// choosePipeline takes the chosen pipeline; with none chosen, one that has all
// stages of the file, else a new one, else – without the right to make one –
// the first.
func (t *target) choosePipeline(st *workspace.State, id crm.ID, fileName string, seen *survey, set *wire.ImportSettings) error {
	if set.PipelineID != "" {
		rec, ok := st.Lookup(crm.TypePipeline, crm.ID(set.PipelineID))
		if !ok || st.See(t.importer, rec) == 0 {
			return crm.Invalid("settings.pipelineId", "not_a_choice")
		}
		t.usePipeline(st, rec)
		return nil
	}
	if set.PipelineName == "" {
		if rec, ok := t.fittingPipeline(st, seen); ok {
			set.PipelineID = string(rec.ID)
			t.usePipeline(st, rec)
			return nil
		}
		set.PipelineName = shortTo(strings.TrimSuffix(fileName, ".csv"), pipeline.MaxName-1)
	}
	if !t.rights.Pipelines {
		return crm.Errorf(crm.CodeForbidden, "no_pipeline", "choose a pipeline; you may not make a new one")
	}
	if _, _, err := st.Schema().Clean(crm.TypeCustomer, map[string]any{"name": set.PipelineName}); err != nil {
		return crm.Invalid("settings.pipelineName", fieldReason(err, "name"))
	}
	if tooLong(set.PipelineName) {
		return crm.Invalid("settings.pipelineName", "too_long")
	}
	t.name = oneLine(set.PipelineName)
	t.pipeline, t.board = derivedID(id, "pipeline", ""), derivedID(id, "board", "")
	return nil
}

func (t *target) usePipeline(st *workspace.State, rec crm.Record) {
	p := pipeline.Parse(rec)
	t.pipeline, t.reasons = p.ID, p.LostReasons
	for _, s := range p.Stages {
		s.Requires = s.Asked(st.Schema())
		t.stages = append(t.stages, stage{Stage: s})
	}
	for _, board := range st.Linked(rec.ID) {
		if board.Type == crm.TypeBoard && st.See(t.importer, board) != 0 &&
			st.Policy().Covers(board.Fields.ID(crm.KeyDepartment), t.department) {
			t.board = board.ID
			return
		}
	}
}

func (t *target) fittingPipeline(st *workspace.State, seen *survey) (crm.Record, bool) {
	var pipelines []crm.Record
	st.Each(crm.TypePipeline, func(rec crm.Record) bool {
		if st.See(t.importer, rec) != 0 {
			pipelines = append(pipelines, rec)
		}
		return true
	})
	slices.SortFunc(pipelines, func(a, b crm.Record) int { return strings.Compare(string(a.ID), string(b.ID)) })
	for _, rec := range pipelines {
		names := map[string]bool{}
		for _, s := range pipeline.Parse(rec).Stages {
			names[schema.NormalName(s.Name)] = true
		}
		missing := slices.ContainsFunc(seen.stages, func(s wire.ImportStage) bool { return !names[schema.NormalName(s.Name)] })
		if !missing {
			return rec, true
		}
	}
	if !t.rights.Pipelines && len(pipelines) > 0 {
		return pipelines[0], true
	}
	return crm.Record{}, false
}

// mapOwners finds the owners of the file among the people: as chosen, else by
// name or e-mail. It writes the outcome back into the settings.
// Errors: CodeInvalid naming the setting.
func (t *target) mapOwners(st *workspace.State, id crm.ID, seen *survey, set *wire.ImportSettings) error {
	if set.Owners == wire.OwnersRecognised {
		set.Owners = wire.OwnersMe
		if t.rights.People {
			set.Owners = wire.OwnersCreate
		}
	}
	if set.Owners != wire.OwnersMe && set.Owners != wire.OwnersCreate {
		return crm.Invalid("settings.owners", "not_a_choice")
	}
	if set.Owners == wire.OwnersCreate && !t.rights.People {
		return crm.Invalid("settings.owners", "forbidden")
	}
	chosen := map[string]crm.ID{}
	for _, p := range set.People {
		chosen[schema.NormalName(p.Name)] = crm.ID(p.UserID)
	}
	set.People = orEmpty(slices.Clone(seen.owners))
	here := map[string]bool{} // names that somebody here has
	for i := range set.People {
		p := &set.People[i]
		key := schema.NormalName(p.Name)
		found, isChosen := chosen[key]
		named := t.personNamed(st, p.Name)
		here[p.Name] = named != ""
		switch user, ok := st.Lookup(crm.TypeUser, found); {
		case !isChosen:
			found = named
		case found != "" && (!ok || st.See(t.importer, user) == 0):
			return crm.Invalid("settings.people."+clip(p.Name), "not_a_choice")
		}
		if p.UserID = string(found); found != "" {
			t.owners[key] = found
			continue
		}
		t.unknown = append(t.unknown, p.Name)
		if set.Owners == wire.OwnersCreate {
			made := person{derivedID(id, "user", key), p.Name}
			t.people = append(t.people, made)
			t.owners[key] = made.id
		}
	}
	if len(t.people) > maxNewPeople {
		return crm.Invalid("settings.owners", "too_many")
	}
	slices.SortStableFunc(set.People, func(a, b wire.ImportPerson) int {
		// Not by what was chosen: a line must not jump away when it is mapped.
		if here[a.Name] != here[b.Name] {
			if here[a.Name] {
				return 1
			}
			return -1
		}
		return b.Rows - a.Rows
	})
	set.People = set.People[:min(len(set.People), maxPeople)]
	return nil
}

// personNamed finds somebody by e-mail or name, as far as the importer may see
// people; "" if there is nobody.
func (t *target) personNamed(st *workspace.State, name string) crm.ID {
	for _, field := range []string{"email", "name"} {
		for _, rec := range st.Find(crm.TypeUser, field, name) {
			if st.See(t.importer, rec) != 0 {
				return rec.ID
			}
		}
	}
	return ""
}
