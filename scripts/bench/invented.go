package main

import (
	"fmt"
	"math/rand/v2"
	"time"

	"rapport/server/crm"
	"rapport/server/workspace"
)

// inventor makes records as large and as varied as real ones, the same in each run.
type inventor struct {
	c    *company
	rng  *rand.Rand
	from time.Time
}

func newInventor(c *company) *inventor {
	return &inventor{c: c, rng: rand.New(rand.NewPCG(1, 2)), from: time.Now().AddDate(0, -6, 0)}
}

var (
	firstWords  = []string{"Northern", "Brass", "Quiet", "Old Mill", "Harbour", "Silver", "Upland", "Granite", "Copper", "Linden", "Ridge", "Amber"}
	secondWords = []string{"Foods", "Robotics", "Logistics", "Press", "Optics", "Clinics", "Textiles", "Energy", "Motors", "Studios", "Glass", "Timber"}
	topics      = []string{"rollout", "renewal", "pilot", "extension", "framework contract", "replacement", "second site", "training"}
	people      = []string{"Ines Falk", "Omar Haddad", "Lena Vogt", "Piotr Zielny", "Sara Lindqvist", "Tom Okafor", "Yuki Arai", "Clara Monte"}
)

func pick(rng *rand.Rand, words []string) string { return words[rng.IntN(len(words))] }

// record stamps fields as the server would.
func (v *inventor) record(t crm.RecordType, fields crm.Fields) crm.Record {
	at := v.from.Add(time.Duration(v.rng.IntN(180*24*3600)) * time.Second)
	fields[crm.KeyCreatedAt], fields[crm.KeyCreatedBy] = workspace.Timestamp(at), string(v.c.admin)
	fields[crm.KeyUpdatedAt], fields[crm.KeyUpdatedBy] = workspace.Timestamp(at.Add(time.Hour)), string(v.c.admin)
	fields[crm.KeyOwner], fields[crm.KeyDepartment] = string(v.c.admin), string(v.c.department)
	return crm.Record{Type: t, ID: crm.NewID(at), Version: 1, Fields: crm.Pack(fields)}
}

func (v *inventor) customers(n int) []crm.Record {
	records := make([]crm.Record, n)
	for i := range records {
		name := fmt.Sprintf("%s %s %d", pick(v.rng, firstWords), pick(v.rng, secondWords), i)
		records[i] = v.record(crm.TypeCustomer, crm.Fields{
			"name": name, "kind": "company", "emails": []any{fmt.Sprintf("office%d@customer.example", i)},
			"phones": []any{fmt.Sprintf("+49305550%05d", i)}, "website": fmt.Sprintf("https://www.customer%d.example", i),
		})
	}
	return records
}

func (v *inventor) contacts(n int, customers []crm.Record) []crm.Record {
	records := make([]crm.Record, n)
	for i := range records {
		records[i] = v.record(crm.TypeContact, crm.Fields{
			"name": fmt.Sprintf("%s %d", pick(v.rng, people), i), "customerId": string(customers[v.rng.IntN(len(customers))].ID),
			"jobTitle": "Purchasing", "emails": []any{fmt.Sprintf("person%d@customer.example", i)},
		})
	}
	return records
}

func (v *inventor) deals(n int, customers []crm.Record) []crm.Record {
	const orderDigits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	records := make([]crm.Record, n)
	for i := range records {
		customer := customers[v.rng.IntN(len(customers))]
		order := []byte{'a', orderDigits[i/3844%62], orderDigits[i/62%62], orderDigits[i%62], 'V'}
		fields := crm.Fields{
			"title":      customer.Fields.String("name") + " – " + pick(v.rng, topics),
			"customerId": string(customer.ID), "amount": crm.Money{Amount: int64(v.rng.IntN(9_000_000) + 50_000), Currency: "EUR"},
			crm.KeyPipeline: string(v.c.pipeline), crm.KeyStage: v.c.stages[v.rng.IntN(len(v.c.stages))], "order": string(order),
			"stageSince":      workspace.Timestamp(v.from.AddDate(0, 0, v.rng.IntN(180))),
			"expectedCloseOn": v.from.AddDate(0, 0, 200+v.rng.IntN(90)).Format(time.DateOnly),
		}
		records[i] = v.record(crm.TypeDeal, fields)
	}
	return records
}
