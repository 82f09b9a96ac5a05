package httpapi_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"rapport/server/crm"
	"rapport/server/wire"
	"rapport/server/workspace"
)

func TestAListSaysHowManyThereAre(t *testing.T) {
	o := newOffice(t).staffed()
	for from := 0; from < 1200; from += 400 {
		o.commit(func(tx *workspace.Tx) error {
			for i := from; i < from+400; i++ {
				department := o.north
				if i%100 == 0 {
					department = o.south
				}
				fields := crm.Fields{"name": fmt.Sprintf("Teahouse %04d", i), "departmentId": string(department)}
				if err := tx.Create(crm.TypeCustomer, tx.NewID(), fields); err != nil {
					return err
				}
			}
			return nil
		})
	}
	tests := []struct {
		name, role, search string
		rows, total        int
		more, next         bool
	}{
		{"all that one may see", "member", "limit=100", 100, 1188, false, true},
		{"hits of a search, beyond the page", "member", "q=teahouse+00&limit=50", 50, 108, false, true},
		{"none that others may see only", "member", "q=teahouse+0000", 0, 0, false, false},
		{"so many that more is all one needs to know", "member", "q=teahouse&limit=100", 100, 1000, true, true},
		{"the last page of those", "member", "q=teahouse&after=950&limit=100", 50, 1000, true, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, body := o.as(tt.role, "GET", "/api/v1/records?type=customer&"+tt.search, nil)
			var list wire.RecordList
			if err := json.Unmarshal([]byte(body), &list); err != nil {
				t.Fatal(body)
			}
			if len(list.Records) != tt.rows || list.Total != tt.total || list.More != tt.more || (list.Next != "") != tt.next {
				t.Errorf("%d rows of %d, more %v, next %q", len(list.Records), list.Total, list.More, list.Next)
			}
		})
	}
}
