package demo_test

import (
	"testing"

	"rapport/server/crm"
	"rapport/server/demo"
	"rapport/server/identity"
	"rapport/server/testkit"
	"rapport/server/workspace"
)

func TestTheCompanyIsThere(t *testing.T) {
	ws, err := workspace.Open(t.Context(), testkit.SQLite(t), workspace.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close()
	if err := demo.Fill(t.Context(), ws); err != nil {
		t.Fatal(err)
	}
	_ = ws.Read(t.Context(), nil, func(s *workspace.State) error {
		for typ, want := range map[crm.RecordType]int{
			crm.TypeDepartment: 4, crm.TypeUser: 12, crm.TypePipeline: 3, crm.TypeBoard: 3,
			crm.TypeCustomer: 300, crm.TypeContact: 300, crm.TypeDeal: 400,
		} {
			n, moved := 0, 0
			s.Each(typ, func(rec crm.Record) bool {
				n++
				if rec.Version > 1 {
					moved++
				}
				return true
			})
			if n != want {
				t.Errorf("%d %ss, want %d", n, typ, want)
			}
			if typ == crm.TypeDeal && moved < want/2 {
				t.Errorf("only %d of %d deals have a history", moved, want)
			}
		}
		return nil
	})
	people := identity.New(ws, identity.Options{})
	defer people.Close()
	if _, err := people.SignIn(t.Context(), demo.Admin, demo.Password, identity.Client{}); err != nil {
		t.Errorf("the admin cannot sign in: %v", err)
	}
}
