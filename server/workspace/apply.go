package workspace

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/schema"
	"rapport/server/synclog"
)

// policyTypes are the record types that the policy is made from.
var policyTypes = map[crm.RecordType]bool{
	crm.TypeRule: true, crm.TypeDepartment: true, crm.TypeUser: true,
	crm.TypeMembership: true, crm.TypeBoard: true,
}

// policyKeys are the fields of those types that the policy depends on: a
// person's new language must not rebuild it.
var policyKeys = map[string]bool{
	"who": true, "effect": true, "action": true, "what": true, "whose": true, "fieldGroups": true,
	"parentId": true, "disabledAt": true, "userId": true, crm.KeyDepartment: true, "role": true,
	crm.KeyPipeline: true, crm.KeyTrashedAt: true,
}

// governs reports whether an op changes who may see what, or the schema.
func governs(op synclog.Op) (policy, fields bool) {
	if op.Type == crm.TypeField {
		return false, true
	}
	if !policyTypes[op.Type] {
		return false, false
	}
	if op.Version == 1 {
		return true, false
	}
	for k := range op.Set.All() {
		if policyKeys[k] {
			return true, false
		}
	}
	for _, k := range op.Unset {
		if policyKeys[k] {
			return true, false
		}
	}
	return false, false
}

// applyNext applies an entry that the log delivered. What this node has already
// is skipped; what is missing in between is fetched.
func (w *Workspace) applyNext(ctx context.Context, e synclog.Entry) error {
	w.mu.RLock()
	at, broken := w.position.Offset, w.broken
	w.mu.RUnlock()
	switch {
	case broken != nil:
		return broken
	case e.Offset <= at:
		return nil
	case e.Offset == at+1:
		return w.apply(e, planned{})
	default:
		return w.catchUp(ctx)
	}
}

// firstLook is how many entries are asked for first by who catches up: most often
// there are one or two, or none.
const firstLook = 64

// catchUp applies all entries the store has beyond the state.
func (w *Workspace) catchUp(ctx context.Context) error {
	for limit := uint64(firstLook); ; limit = 1 << 62 {
		after := w.Position().Offset
		entries, err := w.store.Entries(ctx, w.id, after, after+limit)
		if err != nil {
			return fmt.Errorf("workspace: catch up: %w", err)
		}
		for _, e := range entries {
			if err := w.apply(e, planned{}); err != nil {
				return err
			}
		}
		// There are no gaps: a part of what was asked for is all there is.
		if len(entries) == 0 || limit == firstLook && len(entries) < firstLook {
			return nil
		}
	}
}

// planned is what the planner of an entry has made of it, which spares making it
// again. The zero planned is of an entry that was planned elsewhere.
type planned struct {
	get    func(crm.ID) (crm.Record, bool) // records as the entry leaves them
	policy *access.Policy                  // of the state after it; nil when the entry does not govern it
}

// apply brings one durable entry into the state and hands it to the hooks. It
// is the only way the state changes, and it goes by offset, whoever calls.
func (w *Workspace) apply(e synclog.Entry, plan planned) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.broken != nil {
		return w.broken
	}
	if e.Offset <= w.position.Offset {
		return nil // the committer and the follower both bring this node's own entries
	}
	if e.Offset != w.position.Offset+1 {
		return w.breakOff("entry %d after %d", e.Offset, w.position.Offset)
	}
	changes := make([]RecordChange, len(e.Ops))
	for i, op := range e.Ops {
		before, _ := w.tables.get(op.ID)
		if before.Version+1 != op.Version {
			return w.breakOff("entry %d makes version %d of %s, the state has %d", e.Offset, op.Version, op.ID, before.Version)
		}
		after := crm.Record{}
		if plan.get != nil {
			after, _ = plan.get(op.ID)
		}
		if after.Version != op.Version { // not planned here, or written once more by a later entry
			after = op.Apply(before)
		}
		changes[i] = RecordChange{before, after}
	}
	policyBefore, schemaBefore := w.policy, w.schema
	policyChanged, schemaChanged := false, false
	for i, op := range e.Ops {
		w.tables.put(changes[i].After)
		w.recent.add(e.Actor.UserID, op)
		p, s := governs(op)
		policyChanged, schemaChanged = policyChanged || p, schemaChanged || s
	}
	if policyChanged || schemaChanged {
		if err := w.rebuildParts(policyChanged, schemaChanged, plan.policy); err != nil {
			return w.breakOff("policy at entry %d: %v", e.Offset, err)
		}
	}
	w.remembered.add(synclog.CommandKey{
		Actor: e.Actor.UserID, CommandID: e.CommandID, Hash: e.CommandHash, Offset: e.Offset, At: e.At,
	})
	w.remembered.forget(w.now())
	w.position.Offset = e.Offset
	w.tell(Change{
		Epoch: w.position.Epoch, Entry: e, Records: changes,
		PolicyBefore: policyBefore, Policy: w.policy, Schema: w.schema,
		Regrouped: schemaChanged && w.schema.Regroups(schemaBefore, func(t crm.RecordType, key string) bool { return w.wasDefined(changes, t, key) }),
	})
	return nil
}

// wasDefined reports whether a field that is defined now was it at some time before
// the changes just applied: its definition came back with them, or another one of
// it lies in the trash.
func (w *Workspace) wasDefined(changes []RecordChange, t crm.RecordType, key string) (found bool) {
	look := func(rec crm.Record) bool {
		of, field, err := schema.ParseDefinition(rec.Fields.Unpack())
		found = found || err == nil && of == t && field.Key == key
		return !found
	}
	for _, c := range changes {
		if c.Before.Type == crm.TypeField {
			look(c.Before)
		}
	}
	w.state().Trash(crm.TypeField, look)
	return found
}

func (w *Workspace) tell(c Change) {
	if c.PolicyBefore != c.Policy {
		c.Census = w.tables.census
	}
	c.Get = w.tables.get
	for _, hook := range w.hooks {
		hook(c)
	}
	if w.moved != nil {
		close(w.moved)
		w.moved = nil
	}
}

// breakOff stops the workspace for good: serving a state that is not what the
// log says would be worse than serving none. It requires mu.
func (w *Workspace) breakOff(format string, args ...any) error {
	w.broken = fmt.Errorf("workspace: log and state disagree: "+format, args...)
	w.log.Error("log and state disagree, refusing to go on", "offset", w.position.Offset, "error", w.broken)
	return w.broken
}

func (w *Workspace) rebuild() error { return w.rebuildParts(true, true, nil) }

// rebuildParts brings policy and schema to the state; built is the policy of it, if
// that is there already.
func (w *Workspace) rebuildParts(policy, fields bool, built *access.Policy) error {
	s := w.state()
	if fields {
		var defs []crm.Record
		s.Each(crm.TypeField, func(rec crm.Record) bool {
			defs = append(defs, rec)
			return true
		})
		w.schema = schema.New(defs)
	}
	if policy && built == nil {
		var err error
		if built, err = access.NewPolicy(directoryOf(s)); err != nil {
			return fmt.Errorf("workspace: build policy: %w", err)
		}
	}
	if policy {
		w.policy = built
	}
	return nil
}

// directoryOf reads what the policy is made from out of the state.
func directoryOf(s *State) access.Directory {
	var d access.Directory
	s.Each(crm.TypeDepartment, func(r crm.Record) bool {
		d.Departments = append(d.Departments, access.Department{ID: r.ID, Parent: r.Fields.ID("parentId")})
		return true
	})
	s.Each(crm.TypeUser, func(r crm.Record) bool {
		d.People = append(d.People, access.Person{ID: r.ID, Disabled: r.Fields.Has("disabledAt")})
		return true
	})
	s.Each(crm.TypeMembership, func(r crm.Record) bool {
		d.Memberships = append(d.Memberships, access.Membership{
			Person: r.Fields.ID("userId"), Department: r.Fields.ID(crm.KeyDepartment),
			Role: access.Role(r.Fields.String("role")),
		})
		return true
	})
	s.Each(crm.TypeBoard, func(r crm.Record) bool {
		d.Boards = append(d.Boards, access.Board{
			ID: r.ID, Pipeline: r.Fields.ID(crm.KeyPipeline), Department: r.Fields.ID(crm.KeyDepartment),
		})
		return true
	})
	s.Each(crm.TypeRule, func(r crm.Record) bool {
		f := r.Fields
		d.Rules = append(d.Rules, access.Rule{
			ID: r.ID, Who: f.String("who"), Effect: f.String("effect"), Action: f.String("action"),
			What: f.String("what"), Whose: f.String("whose"), Fields: f.String("fieldGroups"),
		})
		return true
	})
	// Where several rules allow the same, the first one is the reason that is given: it
	// must be the same one on every node, and on the way in as after a start.
	slices.SortFunc(d.Rules, func(a, b access.Rule) int { return cmp.Compare(a.ID, b.ID) })
	return d
}
