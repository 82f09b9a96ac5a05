package importer_test

import (
	"slices"
	"testing"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/wire"
	"rapport/server/workspace"
)

// hire makes Bo a lead of the company who imports from now on, and takes rights
// away from him.
func (o *office) hire(never ...crm.Fields) {
	o.t.Helper()
	var bo crm.ID
	_, err := o.ws.Commit(o.t.Context(), workspace.Command{Name: "test", Actor: crm.System, Plan: func(tx *workspace.Tx) error {
		bo = tx.NewID()
		if err := tx.Create(crm.TypeUser, bo, crm.Fields{"name": "Bo Lind", "language": "en"}); err != nil {
			return err
		}
		held := crm.Fields{"userId": string(bo), "departmentId": string(o.root), "role": string(access.RoleLead)}
		if err := tx.Create(crm.TypeMembership, tx.NewID(), held); err != nil {
			return err
		}
		for _, rule := range never {
			rule["who"], rule["effect"], rule["whose"] = "person:"+string(bo), "never", "all"
			if err := tx.Create(crm.TypeRule, tx.NewID(), rule); err != nil {
				return err
			}
		}
		return nil
	}})
	if err != nil {
		o.t.Fatal(err)
	}
	o.ana = crm.Actor{UserID: bo, Source: crm.SourceApp}
}

func never(action access.Action, what crm.RecordType, groups string) crm.Fields {
	return crm.Fields{"action": string(action), "what": string(what), "fieldGroups": groups}
}

// fates returns what became of each row, in their order.
func (o *office) fates(v wire.Import) (fates []string) {
	o.t.Helper()
	for _, row := range o.result(v.ID)[1:] {
		fates = append(fates, row[1]+" "+row[4])
	}
	return fates
}

// G6: an import can make nothing that its importer could not make by hand.
func TestAnImportMakesWhatItsImporterMayMake(t *testing.T) {
	const forbidden, field = "refused row: forbidden", "refused row: forbidden_field"
	for _, row := range []struct {
		name      string
		never     crm.Fields
		file      string
		fates     []string
		customers int // that are there afterwards
	}{
		{
			"deals of others only with the right to assign", never(access.ActionAssign, crm.TypeDeal, "all"),
			"title,account,owner\nA,Acme,Ana Petrova\nB,Beta,Bo Lind\nC,Gamma,\n",
			[]string{forbidden, "created ", "created "}, 2,
		},
		{
			"with it, deals of anybody", never(access.ActionAssign, crm.TypeCustomer, "all"),
			"title,account,owner\nA,Acme,Ana Petrova\nB,Beta,Bo Lind\n",
			[]string{"created ", "created "}, 2,
		},
		{
			"no amount of a deal whose money is not his to set", never(access.ActionCreate, crm.TypeDeal, "money"),
			"title,account,amount,notes\nA,Acme,100,\nB,Beta,,Likes oolong\n",
			[]string{field, "created "}, 1,
		},
		{
			"no notes", never(access.ActionCreate, crm.TypeDeal, "notes"),
			"title,account,amount,notes\nA,Acme,100,\nB,Beta,,Likes oolong\n",
			[]string{"created ", field}, 1,
		},
		{
			"no customers", never(access.ActionCreate, crm.TypeCustomer, "all"),
			"title,account\nA,Acme\nB,\n",
			[]string{forbidden, "created "}, 0,
		},
		{
			"no address of a contact", never(access.ActionCreate, crm.TypeContact, "reach"),
			"title,account,contact,email\nA,Acme,Joe Doe,joe@acme.example\nB,Beta,Ida Roe,\n",
			[]string{field, "created "}, 1,
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			o := newOffice(t)
			o.hire(row.never)
			v := o.load("deals.csv", row.file)
			fates := o.fates(v)
			if !slices.Equal(fates, row.fates) {
				t.Errorf("rows %q, want %q", fates, row.fates)
			}
			// A refused row leaves nothing behind.
			made := len(slices.DeleteFunc(slices.Clone(row.fates), func(fate string) bool { return fate != "created " }))
			if o.count(crm.TypeDeal) != made || o.count(crm.TypeCustomer) != row.customers {
				t.Errorf("%d deals and %d customers, want %d and %d", o.count(crm.TypeDeal), o.count(crm.TypeCustomer), made, row.customers)
			}
		})
	}
}

// G6: what a deal lacks an import adds only where its importer may edit it.
func TestAnImportCompletesWhatItsImporterMayEdit(t *testing.T) {
	for _, row := range []struct {
		name     string
		never    crm.Fields
		keys     []string // that the deal has afterwards
		undoable bool
	}{
		{"all fields", never(access.ActionEdit, crm.TypeCustomer, "all"), []string{"amount", "notes", "product"}, true},
		{"all but money", never(access.ActionEdit, crm.TypeDeal, "money"), []string{"notes", "product"}, true},
		{"all but notes", never(access.ActionEdit, crm.TypeDeal, "notes"), []string{"amount", "product"}, true},
		{"notes alone", never(access.ActionEdit, crm.TypeDeal, "standard+money"), []string{"notes"}, true},
		{"nothing", never(access.ActionEdit, crm.TypeDeal, "all"), nil, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			o := newOffice(t)
			o.load("a.csv", "opportunity_id,title\nX1,First\n")
			o.hire(row.never)
			v := o.load("b.csv", "opportunity_id,title,product,amount,notes\nX1,First,Lamp,100,Likes oolong\n")
			if v.Counts.Matched != 1 || v.Undoable != row.undoable {
				t.Errorf("%+v, undoable %v", v.Counts, v.Undoable)
			}
			var has []string
			deal := o.deals()["X1"]
			for _, key := range []string{"amount", "notes", "product"} {
				if deal.Has(key) {
					has = append(has, key)
				}
			}
			if !slices.Equal(has, row.keys) {
				t.Errorf("the deal has %v, want %v", has, row.keys)
			}
		})
	}
}
