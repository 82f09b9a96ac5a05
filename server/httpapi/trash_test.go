package httpapi_test

import (
	"encoding/json"
	"strings"
	"testing"

	"rapport/server/crm"
	"rapport/server/wire"
	"rapport/server/workspace"
)

func TestTheTrashSaysWhoAndWhenAndKeepsItsMasks(t *testing.T) {
	o := newOffice(t).staffed()
	trash := func(role, search string) (list wire.TrashList) {
		t.Helper()
		res, body := o.as(role, "GET", "/api/v1/trash"+search, nil)
		if err := json.Unmarshal([]byte(body), &list); err != nil || res.StatusCode != 200 {
			t.Fatalf("%d %s", res.StatusCode, body)
		}
		return list
	}
	list := trash("lead", "?type=deal&q=assam&limit=10")
	if list.Total != 1 || list.Records[0].ID != string(o.trashed) || list.Records[0].Fields["amount"] == nil || list.Records[0].Fields["trashedAt"] == nil {
		t.Errorf("%+v", list)
	}
	o.commit(func(tx *workspace.Tx) error {
		return tx.Create(crm.TypeRule, tx.NewID(), crm.Fields{
			"who": "role:lead", "effect": "never", "action": "see", "what": "deal", "whose": "all", "fieldGroups": "money",
		})
	})
	list = trash("lead", "")
	if shown := list.Records[0]; shown.Fields["amount"] != nil || len(shown.Masked) != 1 {
		t.Errorf("masked, but %+v", shown)
	}
	if list := trash("outsider", ""); list.Total != 0 || len(list.Records) != 0 {
		t.Errorf("the outsider finds %+v", list)
	}
	for search, want := range map[string]string{"?type=session": "unknown_type", "?limit=0": "out_of_range", "?page=2": "unknown_key", "?q=%ff%fe": "bad_characters", "?q=%00": "bad_characters"} {
		if res, body := o.as("admin", "GET", "/api/v1/trash"+search, nil); res.StatusCode != 400 || !strings.Contains(body, want) {
			t.Errorf("%s: %d %s", search, res.StatusCode, body)
		}
	}
}
