package httpapi_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"rapport/server/crm"
	"rapport/server/wire"
	"rapport/server/workspace"
)

// answer is what a role gets from a GET that must succeed.
func answer[T any](o *office, role, path string) T {
	o.t.Helper()
	var into T
	res, body := o.as(role, "GET", path, nil)
	if res.StatusCode != 200 {
		o.t.Fatalf("%s %s: %d %s", role, path, res.StatusCode, body)
	}
	if err := json.Unmarshal([]byte(body), &into); err != nil {
		o.t.Fatal(err)
	}
	return into
}

func TestReachSaysWhoseRecords(t *testing.T) {
	o := newOffice(t).staffed()
	north, everywhere := []crm.ID{o.north}, []crm.ID{"", o.root, o.north, o.south}
	tests := []struct {
		name, role, what string
		own              bool
		departments      []crm.ID
	}{
		{"an admin sets up the pipelines of all departments", "admin", "administer:pipeline", true, everywhere},
		{"a head those of his department", "head", "administer:pipeline", false, north},
		{"a lead none", "lead", "administer:pipeline", false, nil},
		{"fields are of no department, so that a head has none to set up", "head", "administer:field", false, nil},
		{"an admin has", "admin", "administer:field", true, everywhere},
		{"a head makes boards in his department", "head", "create:board", false, north},
		{"a member moves his own deals, wherever they are", "member", "move:deal", true, nil},
		{"a lead moves his own and those of his department", "lead", "move:deal", true, north},
		{"a guest moves nothing", "guest", "move:deal", false, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			reach := answer[wire.Bootstrap](o, tt.role, "/api/v1/bootstrap").Reach[tt.what]
			want := []string{}
			for _, id := range tt.departments {
				want = append(want, string(id))
			}
			slices.Sort(want)
			if reach.Own != tt.own || !slices.Equal(reach.Departments, want) {
				t.Errorf("%+v, want own %v and %v", reach, tt.own, want)
			}
		})
	}
}

func TestReachNamesNoDepartmentThatIsHidden(t *testing.T) {
	o := newOffice(t).staffed()
	o.commit(func(tx *workspace.Tx) error {
		return tx.Create(crm.TypeRule, tx.NewID(), crm.Fields{
			"who": "person:" + string(o.users["head"]), "effect": "never", "action": "see", "what": "department", "whose": "all", "fieldGroups": "all",
		})
	})
	if reach := answer[wire.Bootstrap](o, "head", "/api/v1/bootstrap").Reach["administer:pipeline"]; len(reach.Departments) != 0 {
		t.Errorf("%+v", reach)
	}
}

func TestTheTrashIsForThoseWhoMayRestore(t *testing.T) {
	o := newOffice(t).staffed()
	kept, first, last := o.field(), crm.NewID(time.Now()), crm.NewID(time.Now())
	for id, at := range map[crm.ID]string{first: "2026-11-23T09:00:00.000Z", last: "2026-11-24T09:00:00.000Z"} {
		o.commit(func(tx *workspace.Tx) error {
			return tx.Create(crm.TypeField, id, crm.Fields{
				"recordType": "deal", "key": "k" + string(id[20:]), "kind": "text", crm.KeyTrashedAt: at,
			})
		})
	}
	tests := []struct {
		name, role string
		want       []crm.ID
	}{
		{"an admin sees the fields he may restore, the last first", "admin", []crm.ID{last, first}},
		{"a head, who may set up no fields, sees none", "head", nil},
		{"nor does a guest", "guest", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			list := answer[wire.RecordList](o, tt.role, "/api/v1/trash?type=field")
			var ids []crm.ID
			for _, rec := range list.Records {
				ids = append(ids, crm.ID(rec.ID))
			}
			if !slices.Equal(ids, tt.want) || list.Total != len(tt.want) || slices.Contains(ids, kept) {
				t.Errorf("%v, want %v", ids, tt.want)
			}
		})
	}
	if res, body := o.as("admin", "GET", "/api/v1/trash?type=session", nil); res.StatusCode != 400 {
		t.Errorf("the trash of sessions: %d %s", res.StatusCode, body)
	}
}
