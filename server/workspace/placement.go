package workspace

import (
	"slices"
	"strings"

	"rapport/server/access"
	"rapport/server/crm"
)

// Placement is all of a record that a decision about it may depend on: records
// of one placement are decided alike for everybody. There are few of them, so
// what takes a decision per record elsewhere takes one per placement here.
type Placement struct {
	Type       crm.RecordType
	Board      crm.ID // of a board: itself, for rules can name it
	Department crm.ID
	Pipeline   crm.ID
	SharedWith string // ids of departments and people, sorted, each with a blank behind it
	Owner      crm.ID // whose own the record is; "" if nobody's
	// A comment is where the record is that it hangs on, and nobody reads what is
	// said about a record he may not see.
	ParentType  crm.RecordType
	ParentOwner crm.ID
}

// PlacementOf returns where policy finds rec; parent is what a comment hangs on
// and does not matter for other types. ok is false for what nobody may see: it
// is absent, in the trash, of a type that holds secrets, or says something about
// such a record. An import is the importer's alone: its file may hold more than
// what became of it, so that no rule shows it, and it is asked for by its own routes.
func PlacementOf(rec, parent crm.Record) (p Placement, ok bool) {
	if !rec.Exists() || rec.Type == crm.TypeImport || rec.Type == crm.TypeComment && !parent.Exists() {
		return Placement{}, false
	}
	return placementOf(rec, parent)
}

// placementOf is PlacementOf also for what lies in the trash: a right to bring
// it back depends on where it was.
func placementOf(rec, parent crm.Record) (p Placement, ok bool) {
	switch {
	case access.NeverVisible(rec.Type):
		return Placement{}, false
	case rec.Type != crm.TypeComment:
		return ownPlacement(rec), true
	case parent.Version == 0 || access.NeverVisible(parent.Type) || parent.Type == crm.TypeComment:
		return Placement{}, false
	}
	p = ownPlacement(parent)
	p.ParentType, p.ParentOwner = p.Type, p.Owner
	p.Type, p.Owner, p.Board = crm.TypeComment, rec.Fields.ID(crm.KeyCreatedBy), ""
	return p, true
}

func ownPlacement(rec crm.Record) Placement {
	f := rec.Fields
	p := Placement{
		Type: rec.Type, Department: f.ID(crm.KeyDepartment), Pipeline: f.ID(crm.KeyPipeline),
		Owner: f.ID(crm.KeyOwner), SharedWith: sharedWith(f),
	}
	switch rec.Type {
	case crm.TypeBoard:
		p.Board = rec.ID
	case crm.TypeDepartment:
		p.Department = rec.ID
	case crm.TypeUser:
		p.Owner = rec.ID
	case crm.TypeMembership:
		p.Owner = f.ID("userId")
	}
	return p
}

func sharedWith(f crm.Values) string {
	var ids []string
	for id := range f.Lookup("sharedWith").Texts() {
		ids = append(ids, id+" ")
	}
	slices.Sort(ids)
	return strings.Join(ids, "")
}

// Target is what a policy is asked about, for person; "" stands for somebody
// who owns nothing here.
func (p Placement) Target(person crm.ID) access.Target {
	t := access.Target{
		Type: p.Type, ID: p.Board, Department: p.Department, Pipeline: p.Pipeline,
		Own: person != "" && p.Owner == person,
	}
	for id := range strings.FieldsSeq(p.SharedWith) {
		t.SharedWith = append(t.SharedWith, crm.ID(id))
	}
	return t
}

// parent returns the placement of what a comment hangs on.
func (p Placement) parent() (Placement, bool) {
	if p.ParentType == "" {
		return Placement{}, false
	}
	p.Type, p.Owner = p.ParentType, p.ParentOwner
	p.ParentType, p.ParentOwner = "", ""
	return p, true
}

// Owns reports whether decisions about the placement may be others for person
// than for the rest of his audience.
func (p Placement) Owns(person crm.ID) bool {
	return person != "" && (p.Owner == person || p.ParentOwner == person)
}

// Decider says what somebody may do: ForPerson makes one for a person, and the
// method Can of an *access.Audience is one for all of it.
type Decider func(access.Action, access.Target) crm.Groups

// Groups returns the field groups in which a may be done to records of the
// placement; 0 means not at all. person is "" for those who own nothing here.
func (p Placement) Groups(can Decider, a access.Action, person crm.ID) crm.Groups {
	groups := can(a, p.Target(person))
	if groups == 0 {
		return 0
	}
	if parent, hangs := p.parent(); hangs && can(access.ActionSee, parent.Target(person)) == 0 {
		return 0
	}
	return groups
}

// ForPerson answers for one person.
func ForPerson(p *access.Policy, person crm.ID) Decider {
	return func(a access.Action, t access.Target) crm.Groups { return p.Can(person, a, t) }
}
