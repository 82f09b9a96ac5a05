package importer_test

import (
	"slices"
	"testing"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/importer"
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

// [D4] G6: an import can make nothing that its importer could not make by hand.
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

// [D4] G6: what a deal lacks an import adds only where its importer may edit it.
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

// [D10] Whoever loses a right between the start of an import and the download of its
// result gets the result that he would get by it then: his own rows, and no deal
// that he may not see. With the right it comes back.
func TestAResultIsForTheRightsAtItsDownload(t *testing.T) {
	for _, row := range []struct {
		name  string
		never crm.Fields
		named []bool // whether each row names its deal
	}{
		{"all rights", nil, []bool{true, true}},
		{"deals are hidden", never(access.ActionSee, crm.TypeDeal, "all"), []bool{false, false}},
		{"their money is", never(access.ActionSee, crm.TypeDeal, "money"), []bool{true, true}},
		{"customers are hidden", never(access.ActionSee, crm.TypeCustomer, "all"), []bool{true, true}},
	} {
		t.Run(row.name, func(t *testing.T) {
			o := newOffice(t)
			ana := o.ana
			o.load("a.csv", "opportunity_id,title,amount\nX1,First,5\n")
			o.hire()
			bo := o.ana
			v := o.upload("b.csv", "opportunity_id,title,product\nX1,What Bo calls it,Lamp\nX2,Second,Lamp\n")
			o.begin(v)
			o.finish(v.ID)
			o.change(func(tx *workspace.Tx) error {
				var first crm.ID
				tx.Each(crm.TypeDeal, func(rec crm.Record) bool {
					if rec.Fields.String("externalId") == "X1" {
						first = rec.ID
					}
					return first == ""
				})
				if err := tx.Edit(first, crm.Fields{"title": "What it became", crm.KeyOwner: string(ana.UserID)}, nil); err != nil || row.never == nil {
					return err
				}
				row.never["who"], row.never["effect"], row.never["whose"] = "person:"+string(bo.UserID), "never", "all"
				return tx.Create(crm.TypeRule, tx.NewID(), row.never)
			})
			check := func(when string, named []bool) {
				page, err := o.imports.Rows(t.Context(), bo, crm.ID(v.ID), importer.RowsArgs{Limit: 10})
				if err != nil || len(page.Rows) != len(named) {
					t.Fatalf("%s: %+v, %v", when, page, err)
				}
				for i, line := range o.result(v.ID)[1:] {
					if (line[2] != "") != named[i] || line[2] != page.Rows[i].DealID {
						t.Errorf("%s: row %d names %q in the file, %q on the page", when, i, line[2], page.Rows[i].DealID)
					}
					if want := []string{"What Bo calls it", "Second"}[i]; line[3] != want || page.Rows[i].Title != want {
						t.Errorf("%s: row %d is titled %q and %q", when, i, line[3], page.Rows[i].Title)
					}
				}
			}
			check("after the loss", row.named)
			o.change(func(tx *workspace.Tx) error {
				var rules []crm.ID
				tx.Each(crm.TypeRule, func(rec crm.Record) bool {
					if rec.Fields.String("who") == "person:"+string(bo.UserID) {
						rules = append(rules, rec.ID)
					}
					return true
				})
				for _, id := range rules {
					if err := tx.Trash(id); err != nil {
						return err
					}
				}
				return nil
			})
			check("with all rights again", []bool{true, true})
		})
	}
}

// change commits a plan as the system.
func (o *office) change(plan func(*workspace.Tx) error) {
	o.t.Helper()
	if _, err := o.ws.Commit(o.t.Context(), workspace.Command{Name: "test", Actor: crm.System, Plan: plan}); err != nil {
		o.t.Fatal(err)
	}
}
