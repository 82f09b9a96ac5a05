package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/schema"
	"rapport/server/synclog"
	"rapport/server/testkit"
	"rapport/server/workspace"
)

// judged says by command what policy has to allow, as far as its entry tells: r is
// the first record that it changed.
var judged = map[string]func(j judgement, r workspace.RecordChange){
	"deal.move": func(j judgement, r workspace.RecordChange) {
		j.needs(access.ActionMove, r.Before)
		j.edits(r, moved)
	},
	"record.edit":   func(j judgement, r workspace.RecordChange) { j.edits(r, nil) },
	"record.assign": func(j judgement, r workspace.RecordChange) { j.needs(access.ActionAssign, r.Before) },
	"record.share":  func(j judgement, r workspace.RecordChange) { j.needs(access.ActionShare, r.Before) },
	"record.trash":  func(j judgement, r workspace.RecordChange) { j.needs(access.ActionDelete, r.Before) },
	"record.create": func(j judgement, r workspace.RecordChange) { j.creates(r.After) },
	"comment.add": func(j judgement, r workspace.RecordChange) {
		j.needs(access.ActionComment, j.records[r.After.Fields.ID(crm.KeyRecord)])
	},
	"pipeline.save": func(j judgement, r workspace.RecordChange) {
		j.administers(r.Before)
		j.administers(r.After)
	},
	"field.define": func(j judgement, r workspace.RecordChange) { j.administers(r.After) },
	"field.edit":   func(j judgement, r workspace.RecordChange) { j.administers(r.Before) },
}

// moved are the keys that a move writes with the right to move alone.
var moved = []string{crm.KeyPipeline, crm.KeyStage, "order", "stageSince", "closedOn", "lostReason"}

// judge notes what the policy before an entry forbade of it. It requires mu.
func (tr *truth) judge(c workspace.Change) {
	if by := c.Entry.Actor; judged[c.Entry.Command] != nil && by.Source != crm.SourceSystem && tr.policy != nil {
		judged[c.Entry.Command](judgement{tr, by.UserID, c}, c.Records[0])
	}
}

// judgement is about one entry.
type judgement struct {
	*truth // as before the entry
	by     crm.ID
	change workspace.Change
}

// needs notes that the policy does not let him do something to a record as it is given.
func (j judgement) needs(a access.Action, rec crm.Record) {
	if j.groupsOf(a, rec) == 0 {
		j.fault("%s of %s", a, rec.ID)
	}
}

func (j judgement) administers(rec crm.Record) {
	if rec.Version > 0 {
		j.needs(access.ActionAdminister, rec)
	}
}

// edits notes each field that was written without the right to; others were not his doing.
func (j judgement) edits(r workspace.RecordChange, others []string) {
	may := j.groupsOf(access.ActionEdit, r.Before)
	for _, key := range changedKeys(r) {
		switch {
		case slices.Contains(others, key):
		case key == crm.KeyOwner || key == crm.KeyDepartment:
			j.needs(access.ActionAssign, r.Before)
		case !may.Has(j.schema.GroupOf(r.Before.Type, key)):
			j.fault("%s of %s: with %v he wrote %s", access.ActionEdit, r.Before.ID, may.Names(), key)
		}
	}
}

// creates notes a record that he could neither make nor make for himself and hand
// over, and each field of it that he might not fill in.
func (j judgement) creates(rec crm.Record) {
	if rec.Fields.ID(crm.KeyOwner) != j.by {
		his := rec
		his.Fields = rec.Fields.With(crm.Pack(crm.Fields{crm.KeyOwner: string(j.by)}), nil)
		j.needs(access.ActionCreate, his)
		j.needs(access.ActionAssign, his)
	}
	j.needs(access.ActionCreate, rec)
	may := j.groupsOf(access.ActionCreate, rec)
	for _, key := range changedKeys(workspace.RecordChange{After: rec}) {
		if !slices.Contains(moved, key) && !may.Has(j.schema.GroupOf(rec.Type, key)) {
			j.fault("%s of %s: with %v he filled in %s", access.ActionCreate, rec.ID, may.Names(), key)
		}
	}
}

func (j judgement) groupsOf(a access.Action, rec crm.Record) crm.Groups {
	place, ok := workspace.PlacementOf(rec, j.records[rec.Fields.ID(crm.KeyRecord)])
	if !ok {
		return 0
	}
	return j.policy.Decide(j.by, a, place.Target(j.by))
}

func (j judgement) fault(what string, args ...any) {
	j.wrong = append(j.wrong, fmt.Sprintf("entry %d, %s by %s, was not allowed by the policy before it: %s",
		j.change.Entry.Offset, j.change.Entry.Command, j.by, fmt.Sprintf(what, args...)))
}

// changedKeys are the keys under which a record is another, but for those that
// tell who wrote it when.
func changedKeys(r workspace.RecordChange) (keys []string) {
	stamps := []string{crm.KeyCreatedAt, crm.KeyCreatedBy, crm.KeyUpdatedAt, crm.KeyUpdatedBy}
	for _, fields := range []crm.Values{r.Before.Fields, r.After.Fields} {
		for key := range fields.All() {
			if !r.Before.Fields.Same(r.After.Fields, key) && !slices.Contains(stamps, key) && !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	return keys
}

// smaller reports whether somebody sees less of a record than he did.
func smaller(was, is testkit.Sight) bool {
	if was == (testkit.Sight{}) || is == (testkit.Sight{}) {
		return was != is && is == testkit.Sight{}
	}
	masked := strings.Fields(strings.Trim(was.Masked, "[]"))
	return slices.ContainsFunc(strings.Fields(strings.Trim(is.Masked, "[]")), func(group string) bool { return !slices.Contains(masked, group) })
}

// What the models hold against policy would not be worth much if it let everything pass.
func TestTheModelKnowsWhatPolicyForbids(t *testing.T) {
	const sales, other, mia, ben = crm.ID("SALES"), crm.ID("OTHER"), crm.ID("MIA"), crm.ID("BEN")
	dir := access.Directory{
		Departments: []access.Department{{ID: sales}, {ID: other}}, People: []access.Person{{ID: mia}, {ID: ben}},
		Memberships: []access.Membership{{Person: mia, Department: sales, Role: access.RoleMember}},
	}
	for _, may := range [][2]string{{"see", "all"}, {"edit", "standard"}, {"move", "all"}, {"create", "standard"}} {
		dir.Rules = append(dir.Rules, access.Rule{
			ID: crm.ID(may[0]), Who: "role:member", Effect: "may", Action: may[0], What: "deal", Whose: "department", Fields: may[1],
		})
	}
	policy, err := access.NewPolicy(dir)
	if err != nil {
		t.Fatal(err)
	}
	deal := func(department crm.ID, more crm.Fields) crm.Record {
		fields := crm.Pack(crm.Fields{crm.KeyDepartment: string(department), crm.KeyOwner: string(mia)})
		return crm.Record{Type: crm.TypeDeal, ID: "DEAL", Version: 1, Fields: fields.With(crm.Pack(more), nil)}
	}
	titled, paid := crm.Fields{"title": "Desks"}, crm.Fields{"amount": crm.Money{Amount: 1, Currency: "EUR"}}
	remark := crm.Record{Type: crm.TypeComment, ID: "REMARK", Version: 1, Fields: crm.Pack(crm.Fields{crm.KeyRecord: "DEAL"})}
	field := crm.Record{Type: crm.TypeField, ID: "FIELD", Version: 1}
	pipeline := crm.Record{Type: crm.TypePipeline, ID: "PIPELINE", Version: 1}
	for _, tt := range []struct {
		name, command string
		before, after crm.Record
		wrong         bool
	}{
		{"edits a field of a group that she may edit", "record.edit", deal(sales, nil), deal(sales, titled), false},
		{"edits a field of another group", "record.edit", deal(sales, nil), deal(sales, paid), true},
		{"edits a record of another department", "record.edit", deal(other, nil), deal(other, titled), true},
		{"gives a record to another department with an edit", "record.edit", deal(sales, nil), deal(other, nil), true},
		{"moves a deal", "deal.move", deal(sales, nil), deal(sales, crm.Fields{crm.KeyStage: "won", "order": "b"}), false},
		{"moves a deal and fills in what she may not", "deal.move", deal(sales, nil), deal(sales, paid), true},
		{"moves a deal of others", "deal.move", deal(other, nil), deal(other, nil), true},
		{"assigns", "record.assign", deal(sales, nil), deal(sales, crm.Fields{crm.KeyOwner: string(ben)}), true},
		{"shares", "record.share", deal(sales, nil), deal(sales, nil), true},
		{"throws away", "record.trash", deal(sales, nil), deal(sales, nil), true},
		{"makes a deal", "record.create", crm.Record{}, deal(sales, titled), false},
		{"makes a deal elsewhere", "record.create", crm.Record{}, deal(other, titled), true},
		{"makes a deal with an amount", "record.create", crm.Record{}, deal(sales, paid), true},
		{"makes a deal for somebody else", "record.create", crm.Record{}, deal(sales, crm.Fields{crm.KeyOwner: string(ben)}), true},
		{"says something", "comment.add", crm.Record{}, remark, true},
		{"saves a pipeline", "pipeline.save", pipeline, pipeline, true},
		{"defines a field", "field.define", crm.Record{}, field, true},
		{"edits the definition of a field", "field.edit", field, field, true},
		{"does what is not judged", "undo", deal(other, nil), deal(other, paid), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tr := newTruth()
			tr.policy, tr.schema, tr.records["DEAL"] = policy, schema.New(nil), deal(sales, nil)
			tr.judge(workspace.Change{
				Entry:   synclog.Entry{Command: tt.command, Actor: crm.Actor{UserID: mia}},
				Records: []workspace.RecordChange{{Before: tt.before, After: tt.after}},
			})
			if wrong := tr.misjudged(); (len(wrong) > 0) != tt.wrong {
				t.Errorf("found %q", wrong)
			}
		})
	}
}
