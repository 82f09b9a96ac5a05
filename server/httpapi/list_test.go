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

func TestAListGoesOnBehindARowThatIsGone(t *testing.T) {
	o := newOffice(t).staffed()
	ids := map[string]crm.ID{}
	o.commit(func(tx *workspace.Tx) error {
		for _, name := range []string{"Assam", "Ceylon", "Darjeeling", "Oolong", "Sencha"} {
			ids[name] = tx.NewID()
			if err := tx.Create(crm.TypeContact, ids[name], crm.Fields{"name": name, "departmentId": string(o.north)}); err != nil {
				return err
			}
		}
		return nil
	})
	page := func(after string) (names []string, next string) {
		_, body := o.as("member", "GET", "/api/v1/records?type=contact&limit=2&after="+after, nil)
		var list wire.RecordList
		if err := json.Unmarshal([]byte(body), &list); err != nil || list.Position.Epoch == "" {
			t.Fatal(body)
		}
		for _, rec := range list.Records {
			names = append(names, fmt.Sprint(rec.Fields["name"]))
		}
		return names, list.Next
	}
	_, next := page("")
	o.commit(func(tx *workspace.Tx) error { return tx.Trash(ids["Ceylon"]) })
	second, next := page(next)
	o.commit(func(tx *workspace.Tx) error { return tx.Edit(ids["Oolong"], crm.Fields{"name": "Bancha"}, nil) })
	third, last := page(next)
	if got := fmt.Sprint(second, third, last); got != "[Darjeeling Oolong] [Sencha]" {
		t.Error(got)
	}
}

func TestAListRefusesAPlaceThatItNeverGave(t *testing.T) {
	o := newOffice(t).staffed()
	for _, after := range []string{"x", "01ARZ3NDEKTSV4RRFFQ69G5FAV.%21", ".QXNzYW0"} {
		if res, body := o.as("member", "GET", "/api/v1/records?type=contact&after="+after, nil); res.StatusCode != 400 {
			t.Error(after, res.StatusCode, body)
		}
	}
}
