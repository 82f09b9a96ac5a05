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
	// reload is set when every record may have changed its face.
	reload bool

	decide sync.Once // guards the making of by and of was and is in changes
	by     sight
}

// change is one changed record, and where policy finds it on both sides.
type change struct {
	before, after             crm.Record
	parentBefore, parentAfter crm.Record // what a comment hangs on
	was, is                   sight
}

// sight is what deciding about a record takes. The zero sight is of what nobody
// sees: it is not there, lies in the trash or is of a type that never leaves.
type sight struct {
	place  workspace.Placement
	placed bool
}

func sightOf(rec, parent crm.Record) sight {
	place, placed := workspace.PlacementOf(rec, parent)
	return sight{place, placed}
}

// groups returns the field groups in which a person of an audience may see the
// record; person "" stands for everybody who owns nothing here.
func (s sight) groups(a *access.Audience, person crm.ID) crm.Groups {
	if !s.placed {
		return 0
	}
	return s.place.Groups(a.Can, access.ActionSee, person)
}

// eachOwner calls fn for the people whose sight may differ from that of their audience.
func (s sight) eachOwner(fn func(crm.ID)) {
	for _, id := range []crm.ID{s.place.Owner, s.place.ParentOwner} {
		if id != "" {
			fn(id)
		}
	}
}

// newEntry takes down of a change what is valid only inside the change hook.
func newEntry(c workspace.Change) *entry {
	e := &entry{
		offset: c.Entry.Offset, at: c.Entry.At, command: c.Entry.Command, commandID: c.Entry.CommandID,
		changes:      make([]change, len(c.Records)),
		policyBefore: c.PolicyBefore, policy: c.Policy, schema: c.Schema, reload: c.Regrouped,
	}
	if c.Get != nil && c.Entry.Actor.UserID != "" {
		e.actor, _ = c.Get(c.Entry.Actor.UserID)
	}
	for i, r := range c.Records {
		e.changes[i] = change{before: r.Before, after: r.After}
		if r.After.Type == crm.TypeComment {
			e.changes[i].parentBefore, e.changes[i].parentAfter = parents(c, r.After.Fields.ID(crm.KeyRecord))
		}
	}
	return e
}

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

// touches reports whether the entry changed a record.
func (e *entry) touches(id crm.ID) bool {
	return slices.ContainsFunc(e.changes, func(c change) bool { return c.after.ID == id })
}

// hung returns where policy found a comment that the entry did not change before
// it changed what the comment hangs on; ok is false when it did not.
func (e *entry) hung(comment crm.Record) (was sight, ok bool) {
	if comment.Type != crm.TypeComment {
		return sight{}, false
	}
	i := slices.IndexFunc(e.changes, func(c change) bool { return c.after.ID == comment.Fields.ID(crm.KeyRecord) })
	if i < 0 {
		return sight{}, false
	}
	return sightOf(comment, e.changes[i].before), true
}

// concerns reports whether a person may see of the entry itself something else
// than the rest of his audience: he made it, or owns something in it.
func (e *entry) concerns(person crm.ID) bool {
	e.prepare()
	found := e.actor.ID == person
	mine := func(id crm.ID) { found = found || id == person }
	for i := range e.changes {
		e.changes[i].was.eachOwner(mine)
		e.changes[i].is.eachOwner(mine)
	}
	return found
}

// prepare finds out where policy finds things, outside the lock of the state and once.
func (e *entry) prepare() {
	e.decide.Do(func() {
		e.by = sightOf(e.actor, crm.Record{})
		for i := range e.changes {
			c := &e.changes[i]
			c.was, c.is = sightOf(c.before, c.parentBefore), sightOf(c.after, c.parentAfter)
		}
	})
}
