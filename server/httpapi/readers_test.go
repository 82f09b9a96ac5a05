package httpapi_test

import (
	"testing"

	"rapport/server/crm"
	"rapport/server/workspace"
)

func TestReadersNamesOnlyWhomTheAskingPersonMaySee(t *testing.T) {
	o := newOffice(t).staffed()
	path := "/api/v1/records/" + string(o.deal) + "/readers"
	north, company := `{"departmentId":"`+string(o.north)+`","without":[],"comments":true}`, `{"departmentId":"`+string(o.root)+`","without":[],"comments":true}`
	ask := func(want string) {
		t.Helper()
		if _, body := o.as("member", "GET", path, nil); body != want {
			t.Errorf("%s, want %s", body, want)
		}
	}
	ask(`{"readers":[` + north + `,` + company + `]}`)
	o.commit(func(tx *workspace.Tx) error {
		return tx.Create(crm.TypeRule, tx.NewID(), crm.Fields{
			"who": "role:member", "effect": "never", "action": "see", "what": "department", "whose": "named:" + string(o.north), "fieldGroups": "all",
		})
	})
	ask(`{"readers":[` + company + `]}`)
}
