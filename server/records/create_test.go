package records_test

import (
	"encoding/json"
	"testing"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/records"
)

func TestCreate(t *testing.T) {
	tests := []struct {
		name, by string
		typ      crm.RecordType
		values   func(*world) values
		code     crm.Code
		field    string
	}{
		{"a member makes a deal", "Mia", crm.TypeDeal, nil, "", ""},
		{"a guest makes nothing", "Gus", crm.TypeDeal, nil, crm.CodeForbidden, ""},
		{"a record without its name", "Mia", crm.TypeDeal, func(*world) values { return values{} }, crm.CodeInvalid, "title"},
		{"a rule is no record people make", "Ana", crm.TypeRule, nil, crm.CodeInvalid, "type"},
		{"a type that is none", "Ana", "__proto__", nil, crm.CodeInvalid, "type"},
		{"in a department of others", "Mia", crm.TypeDeal, func(w *world) values {
			return values{"title": "Tea", "departmentId": string(w.Departments["Marketing"])}
		}, crm.CodeForbidden, ""},
		{"in a department that is none", "Mia", crm.TypeDeal, func(w *world) values { return values{"title": "Tea", "departmentId": string(w.pipeline)} }, crm.CodeInvalid, "departmentId"},
		{"for a colleague, whom one could hand it over to", "Mia", crm.TypeDeal, func(w *world) values { return values{"title": "Tea", "ownerId": string(w.People["Leo"])} }, "", ""},
		{"for a person who is none", "Mia", crm.TypeDeal, func(w *world) values { return values{"title": "Tea", "ownerId": string(w.pipeline)} }, crm.CodeInvalid, "ownerId"},
		{"for a customer one may not see", "Mia", crm.TypeDeal, func(w *world) values {
			hidden := w.Add(crm.TypeCustomer, crm.Fields{"name": "Secret", "departmentId": string(w.Departments["Marketing"])})
			return values{"title": "Tea", "customerId": string(hidden)}
		}, crm.CodeInvalid, "customerId"},
		{"for a customer that is a deal", "Mia", crm.TypeDeal, func(w *world) values {
			return values{"title": "Tea", "customerId": string(w.made("Mia", crm.TypeDeal, values{"title": "Other"}))}
		}, crm.CodeInvalid, "customerId"},
		{"in a stage that is none", "Mia", crm.TypeDeal, func(*world) values { return values{"title": "Tea", "stageId": "nowhere"} }, crm.CodeInvalid, "stageId"},
		{"in a stage that asks for more", "Mia", crm.TypeDeal, func(*world) values { return values{"title": "Tea", "stageId": "offer"} }, crm.CodeInvalid, "amount"},
		{"with a stage that is an object", "Mia", crm.TypeDeal, func(*world) values { return values{"title": "Tea", "stageId": values{"$ne": ""}} }, crm.CodeInvalid, "stageId"},
		{"with an order key of one's own", "Mia", crm.TypeDeal, func(*world) values { return values{"title": "Tea", "order": "a0"} }, crm.CodeInvalid, "order"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			v := values{"title": "Tea"}
			if tt.values != nil {
				v = tt.values(w)
			}
			_, err := w.create(tt.by, tt.typ, v)
			expect(t, err, tt.code, tt.field)
		})
	}
}

func TestANewDealHasItsPlace(t *testing.T) {
	w := newWorld(t)
	first := w.Get(w.made("Mia", crm.TypeDeal, values{"title": "first"})).Fields
	second := w.Get(w.made("Mia", crm.TypeDeal, values{"title": "second"})).Fields
	want := map[string]string{
		"pipelineId": string(w.pipeline), "stageId": "new", "ownerId": string(w.People["Mia"]), "departmentId": string(w.Departments["Sales"]),
	}
	for key, value := range want {
		if first.String(key) != value {
			t.Errorf("%s is %q, want %q", key, first.String(key), value)
		}
	}
	if first.String("order") >= second.String("order") {
		t.Fatal("a new deal stands before an older one")
	}
}

func TestFieldsOneMayNotFillIn(t *testing.T) {
	w := newWorld(t)
	w.rule("role:member", "never", "create", "deal", "department", "money")
	_, err := w.create("Mia", crm.TypeDeal, values{"title": "Tea", "probability": json.Number("5")})
	expect(t, err, crm.CodeInvalid, "probability")
	if _, err := w.create("Mia", crm.TypeDeal, values{"title": "Tea"}); err != nil {
		t.Fatal(err)
	}
}

func TestACreateThatIsRepeated(t *testing.T) {
	w := newWorld(t)
	cmd, args := w.As("Mia"), records.CreateArgs{Type: crm.TypeDeal, ID: w.newID(), Values: values{"title": "Tea"}}
	first, err := w.records.Create(t.Context(), cmd, args)
	if err != nil {
		t.Fatal(err)
	}
	again, err := w.records.Create(t.Context(), cmd, args)
	if err != nil || !again.Repeated || again.Offset != first.Offset {
		t.Fatalf("%+v, %v", again, err)
	}
	_, err = w.records.Create(t.Context(), w.As("Mark"), args)
	expect(t, err, crm.CodeConflict, "")
}

func TestTheDepartmentOfANewRecord(t *testing.T) {
	w := newWorld(t)
	// Strongest where he may make nothing.
	w.Hire("Ed", access.RoleMember, "Marketing")
	w.Add(crm.TypeMembership, crm.Fields{"userId": string(w.People["Ed"]), "departmentId": string(w.Departments["Sales"]), "role": "lead"})
	w.rule("role:lead@"+string(w.Departments["Sales"]), "never", "create", "customer", "named:"+string(w.Departments["Sales"]), "all")
	id := w.made("Ed", crm.TypeCustomer, values{"name": "Harbour Yards"})
	if got := w.Get(id).Fields.ID("departmentId"); got != w.Departments["Marketing"] {
		t.Fatal("not the department in which he may make customers")
	}
}
