package stream

import (
	"slices"
	"sync"
	"time"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/schema"
	"rapport/server/workspace"
)

// neverLeaves lists the types that no stream carries, whatever the policy says.
var neverLeaves = map[crm.RecordType]bool{
	crm.TypeCredential: true, crm.TypeSession: true, crm.TypeInvitation: true,
}

// entry is one entry of the ring with all that deciding about it needs. It is
// immutable but for what its sync.Once and its step guard.
type entry struct {
	offset       uint64
	at           time.Time
	command      string
	commandID    crm.ID
	actor        crm.Record // the acting person's record; Version 0 for the system
	changes      []change
	policyBefore *access.Policy
	policy       *access.Policy
	schema       *schema.Schema
	// step is set when the entry changed what somebody connected may see.
	step *step
	// reload is set when the entry moved a field to another field group, for
	// then every record may have changed its face.
	reload bool

	decide sync.Once // guards the making of by and of was and is in changes
	by     *subject
}

// change is one changed record; was and is are nil on the side where it is not
// there, lies in the trash or is of a type that never leaves.
type change struct {
	before, after             crm.Record
	parentBefore, parentAfter crm.Record // what a comment hangs on
	was, is                   *subject
}

// newEntry takes down of a change what is valid only inside the change hook.
func newEntry(c workspace.Change) *entry {
	e := &entry{
		offset: c.Entry.Offset, at: c.Entry.At, command: c.Entry.Command, commandID: c.Entry.CommandID,
		changes:      make([]change, len(c.Records)),
		policyBefore: c.PolicyBefore, policy: c.Policy, schema: c.Schema,
	}
	if c.Get != nil && c.Entry.Actor.UserID != "" {
		e.actor, _ = c.Get(c.Entry.Actor.UserID)
	}
	for i, r := range c.Records {
		e.changes[i] = change{before: r.Before, after: r.After}
		if r.After.Type == crm.TypeComment {
			e.changes[i].parentBefore, e.changes[i].parentAfter = parents(c, r.After.Fields.ID(keySubject))
		}
		e.reload = e.reload || regroups(r)
	}
	return e
}

// keySubject is the field in which a comment names what it hangs on.
const keySubject = "recordId"

// parents finds what a comment hangs on, before and after the entry.
func parents(c workspace.Change, id crm.ID) (before, after crm.Record) {
	for _, r := range c.Records {
		if r.After.ID == id {
			return r.Before, r.After
		}
	}
	if c.Get != nil {
		after, _ = c.Get(id)
	}
	return after, after
}

// regroups reports whether a change of a field definition moves values that
// exist already into another field group. A new definition has no values yet.
func regroups(r workspace.RecordChange) bool {
	if r.After.Type != crm.TypeField || r.Before.Version == 0 {
		return false
	}
	return r.Before.Trashed() != r.After.Trashed() ||
		r.Before.Fields.String("group") != r.After.Fields.String("group") ||
		r.Before.Fields.String("key") != r.After.Fields.String("key") ||
		r.Before.Fields.String("recordType") != r.After.Fields.String("recordType")
}

// prepare makes the subjects, outside the lock of the state and once.
func (e *entry) prepare() {
	e.decide.Do(func() {
		e.by = subjectOf(e.actor, crm.Record{})
		for i := range e.changes {
			c := &e.changes[i]
			c.was, c.is = subjectOf(c.before, c.parentBefore), subjectOf(c.after, c.parentAfter)
		}
	})
}

// subject is all of a record that a decision about seeing it may depend on.
type subject struct {
	target access.Target // Own is false in it
	owners []crm.ID      // for whom Own would be true
	parent *subject      // of a comment: what it hangs on; both must be visible
}

// subjectOf returns nil for a record nobody may see: absent, in the trash, of
// a type that never leaves, or a comment on nothing.
func subjectOf(rec, parent crm.Record) *subject {
	if !rec.Exists() || neverLeaves[rec.Type] {
		return nil
	}
	s := &subject{
		target: workspace.TargetOf(rec, "", func(crm.ID) (crm.Record, bool) { return parent, parent.Version > 0 }),
		owners: ownersOf(rec),
	}
	if rec.Type != crm.TypeComment {
		return s
	}
	if parent.Type == crm.TypeComment {
		return nil
	}
	if s.parent = subjectOf(parent, crm.Record{}); s.parent == nil {
		return nil
	}
	return s
}

// ownersOf names the people for whom workspace.TargetOf says Own.
func ownersOf(rec crm.Record) []crm.ID {
	var owners []crm.ID
	add := func(id crm.ID) {
		if id != "" && !slices.Contains(owners, id) {
			owners = append(owners, id)
		}
	}
	switch rec.Type {
	case crm.TypeComment:
		add(rec.Fields.ID(crm.KeyCreatedBy))
	case crm.TypeUser:
		add(rec.ID)
	case crm.TypeMembership, crm.TypeSession:
		add(rec.Fields.ID("userId"))
	default:
		add(rec.Fields.ID(crm.KeyOwner))
	}
	return owners
}

// groups returns the field groups in which a person of an audience may see the
// record; person "" stands for everybody who owns nothing here.
func (s *subject) groups(a *access.Audience, person crm.ID) crm.Groups {
	if s == nil {
		return 0
	}
	t := s.target
	t.Own = person != "" && slices.Contains(s.owners, person)
	g := a.Can(access.ActionSee, t)
	if g != 0 && s.parent != nil && s.parent.groups(a, person) == 0 {
		return 0
	}
	return g
}

// eachOwner calls fn for the people whose sight may differ from that of their audience.
func (s *subject) eachOwner(fn func(crm.ID)) {
	for ; s != nil; s = s.parent {
		for _, id := range s.owners {
			fn(id)
		}
	}
}
