package importer

import (
	"slices"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/pipeline"
	"rapport/server/schema"
	"rapport/server/workspace"
)

// placing finds the place of a draft in the workspace, as far as the importer
// may see it: what he may not see does not exist for his import either.
type placing struct {
	st *workspace.State
	o  *opened
}

// stageOf returns the stage of a draft; ok is false for a name that none has.
func (p placing) stageOf(d *draft) (stage, bool) {
	if d.stage == "" {
		return p.o.target.first, true
	}
	s, ok := p.o.target.byName[schema.NormalName(d.stage)]
	return s, ok
}

// checkStage refuses a draft whose stage is not known or demands fields that
// the row does not have: the rule is the same as for a move by hand.
func (p placing) checkStage(d *draft) {
	if len(d.problems) > 0 {
		return
	}
	s, ok := p.stageOf(d)
	if !ok {
		d.refuse(p.o.reading.columnOf(toStage), "stage_unknown")
		return
	}
	setClose(d, s.Kind)
	if reason := d.fields.String("lostReason"); s.Kind == pipeline.StageLost && len(p.o.target.reasons) > 0 && !slices.Contains(p.o.target.reasons, reason) {
		d.refuse(p.o.reading.columnOf("lostReason"), "lost_reason_required")
	}
	for _, key := range s.Requires {
		missing := d.fields[key] == nil
		switch key {
		case "customerId":
			missing = d.customer == ""
		case "contactId":
			missing = contactKey(d) == ""
		case crm.KeyOwner:
			missing = false
		}
		if missing {
			d.refuse(p.o.reading.columnOf(key), "stage_required_field")
		}
	}
}

// setClose keeps the day of closing under the field that its stage makes it,
// and takes away what only closed or only lost deals have.
func setClose(d *draft, kind pipeline.StageKind) {
	key := "closedOn"
	if kind == pipeline.StageOpen {
		key = "expectedCloseOn"
		delete(d.fields, "closedOn")
	}
	if kind != pipeline.StageLost {
		delete(d.fields, "lostReason")
	}
	if d.closeOn != "" && d.fields[key] == nil {
		d.fields[key] = d.closeOn
	}
}

// match returns the deal that a row speaks of if it is there already: the one
// with the same external id, or what an earlier import of the very same file
// made of the row. The zero Record means there is none.
func (p placing) match(d *draft) crm.Record {
	by := p.o.target.importer
	if external := d.fields.String("externalId"); external != "" {
		for _, rec := range p.st.Find(crm.TypeDeal, "externalId", external) {
			if p.st.See(by, rec) != 0 {
				return rec
			}
		}
		return crm.Record{}
	}
	for _, prior := range slices.Backward(p.o.priors) {
		rec, ok := p.st.Lookup(crm.TypeDeal, derivedID(prior, "deal", itoa(d.row)))
		if ok && p.st.See(by, rec) != 0 {
			return rec
		}
	}
	return crm.Record{}
}

// lacks returns the values of a draft for fields in which a deal that is there
// already has none, as far as the importer may edit it.
func (p placing) lacks(rec crm.Record, d *draft) crm.Fields {
	groups := p.st.Can(p.o.target.importer, access.ActionEdit, rec)
	set := crm.Fields{}
	for key, value := range d.fields {
		if !rec.Fields.Has(key) && groups.Has(p.st.Schema().GroupOf(crm.TypeDeal, key)) {
			set[key] = value
		}
	}
	return set
}

// knows reports whether an owner of the file is somebody here, or is made.
func (p placing) knows(owner string) bool {
	_, known := p.o.target.owners[schema.NormalName(owner)]
	return known
}

// owner returns whose deal it becomes.
func (p placing) owner(d *draft) crm.ID {
	if id, ok := p.o.target.owners[schema.NormalName(d.owner)]; ok {
		return id
	}
	return p.o.target.importer
}

// visibleNamed finds a record by its name; ok narrows it down further.
func visibleNamed(st *workspace.State, by crm.ID, t crm.RecordType, name string, ok func(crm.Record) bool) (crm.Record, bool) {
	for _, rec := range st.Find(t, "name", name) {
		if (ok == nil || ok(rec)) && st.See(by, rec) != 0 {
			return rec, true
		}
	}
	return crm.Record{}, false
}

// contactKey tells contacts of a file apart: by e-mail, else by name and
// customer; "" when the row names none.
func contactKey(d *draft) string {
	if list, ok := d.email.([]any); ok && len(list) > 0 {
		if email, isText := list[0].(string); isText {
			return "@" + schema.NormalEmail(email)
		}
	}
	if d.contact == "" {
		return ""
	}
	return schema.NormalName(d.contact) + "\n" + schema.NormalName(d.customer)
}

// findContact finds the contact a row names among those that exist.
func findContact(st *workspace.State, by crm.ID, d *draft) (crm.Record, bool) {
	if list, ok := d.email.([]any); ok && len(list) > 0 {
		email, _ := list[0].(string)
		for _, rec := range st.Find(crm.TypeContact, "emails", email) {
			// An address that he may not see must not be confirmed to him.
			if st.See(by, rec).Has(crm.GroupReach) {
				return rec, true
			}
		}
		return crm.Record{}, false
	}
	customer := schema.NormalName(d.customer)
	return visibleNamed(st, by, crm.TypeContact, d.contact, func(rec crm.Record) bool {
		if customer == "" {
			return true
		}
		of, ok := st.Get(rec.Fields.ID("customerId"))
		return ok && schema.NormalName(of.Fields.String("name")) == customer
	})
}

// may reports whether the importer may do a to a record he makes, and in all
// the field groups that it has values of.
func may(tx *workspace.Tx, a access.Action, rec crm.Record) error {
	groups, err := tx.Require(a, rec)
	if err != nil {
		return err
	}
	for key := range rec.Fields.All() {
		if !groups.Has(tx.Schema().GroupOf(rec.Type, key)) {
			return crm.Errorf(crm.CodeForbidden, "forbidden_field", "you may not set %s of a %s", key, rec.Type)
		}
	}
	return nil
}
