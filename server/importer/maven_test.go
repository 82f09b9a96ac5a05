package importer_test

import (
	"encoding/json"
	"testing"
	"time"

	"rapport/server/crm"
	"rapport/server/wire"
	"rapport/server/workspace"
)

// opportunities are the public "CRM Sales Opportunities".
const opportunities = "maven-crm-opportunities/"

type stageTruth struct {
	Deals       int   `json:"deals"`
	Sum         int64 `json:"close_value_sum"` // dollars
	NoAccount   int   `json:"without_account"`
	NoStart     int   `json:"without_engage_date"`
	NoCloseDate int   `json:"without_close_date"`
}

func TestPublicOpportunitiesEqualTheirAnswers(t *testing.T) {
	var truth struct {
		ByStage map[string]stageTruth `json:"by_stage"`
	}
	if err := json.Unmarshal([]byte(publicFile(t, opportunities+"ground-truth.json")), &truth); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"sales_pipeline.csv", "sales_pipeline.us-dates.csv"} {
		t.Run(file, func(t *testing.T) {
			o := newOffice(t)
			began := time.Now()
			v := o.upload(file, publicFile(t, opportunities+file))
			analysed := time.Since(began)
			for _, p := range v.Analysis.Problems {
				t.Errorf("problem %+v", p)
			}
			f := v.Analysis.Forecast
			if f.Counts.Created != 8800 || f.Customers != 85 || len(f.People) != 30 || f.Stages != 4 {
				t.Errorf("forecast %+v", f)
			}
			began = time.Now()
			o.begin(v)
			v = o.finish(v.ID)
			t.Logf("analysed in %v, imported in %v", analysed, time.Since(began))
			if v.State != wire.ImportDone || v.Counts.Created != 8800 || v.Counts.Refused != 0 {
				t.Fatalf("state %s, counts %+v", v.State, v.Counts)
			}
			if took := time.Since(began); took > 20*time.Second {
				t.Errorf("the import took %v", took)
			}
			got := funnel(o)
			for name, want := range truth.ByStage {
				want.Sum *= 100
				if got[name] != want {
					t.Errorf("%s: %+v, want %+v", name, got[name], want)
				}
			}
			if n := o.count(crm.TypeCustomer); n != 85 {
				t.Errorf("%d customers", n)
			}
			if n := o.count(crm.TypeUser); n != 31 {
				t.Errorf("%d people", n)
			}
			deal := o.deals()["60UOBOEM"]
			if m, _ := deal.Money("amount"); m != (crm.Money{Amount: 3028800, Currency: "USD"}) || deal.String("title") != "Groovestreet – GTK 500" {
				t.Errorf("largest deal %v", deal)
			}
		})
	}
}

func funnel(o *office) map[string]stageTruth {
	got := map[string]stageTruth{}
	stages := map[any]string{}
	o.read(func(s *workspace.State) {
		s.Each(crm.TypePipeline, func(rec crm.Record) bool {
			list, _ := rec.Fields.Get("stages").([]any)
			for _, item := range list {
				m, _ := item.(map[string]any)
				stages[m["id"]], _ = m["name"].(string)
			}
			return true
		})
		s.Each(crm.TypeDeal, func(rec crm.Record) bool {
			f := rec.Fields
			name := stages[f.Get(crm.KeyStage)]
			sum := got[name]
			sum.Deals++
			m, _ := f.Money("amount")
			sum.Sum += m.Amount
			for key, n := range map[string]*int{"customerId": &sum.NoAccount, "startedOn": &sum.NoStart, "closedOn": &sum.NoCloseDate} {
				if !f.Has(key) {
					*n++
				}
			}
			got[name] = sum
			return true
		})
	})
	return got
}
