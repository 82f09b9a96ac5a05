package workspace_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"rapport/server/crm"
	"rapport/server/testkit"
	"rapport/server/workspace"
)

// BenchmarkCommit measures commands of 64 writers who edit a record each.
func BenchmarkCommit(b *testing.B) {
	const writers = 64
	w, err := workspace.Open(b.Context(), testkit.SQLite(b), workspace.Options{Log: quiet})
	if err != nil {
		b.Fatal(err)
	}
	defer w.Close()
	ids := make([]crm.ID, writers)
	for i := range ids {
		ids[i] = newID()
		if _, err := w.Commit(b.Context(), create(ids[i], crm.Fields{"name": fmt.Sprint("Customer ", i), "kind": "company"})); err != nil {
			b.Fatal(err)
		}
	}
	b.ResetTimer()
	began := time.Now()
	var running sync.WaitGroup
	for i := range writers {
		running.Go(func() {
			for n := range b.N {
				if _, err := w.Commit(b.Context(), set(ids[i], crm.Fields{"notes": fmt.Sprint("call again, round ", n)})); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	running.Wait()
	b.ReportMetric(float64(writers*b.N)/time.Since(began).Seconds(), "commits/s")
}

// BenchmarkSearch types names letter by letter among 100,000 customers, as somebody
// who sees them all: one op is one letter.
func BenchmarkSearch(b *testing.B) {
	const customers = 100_000
	store := testkit.SQLite(b)
	w, err := workspace.Open(b.Context(), store, workspace.Options{Log: quiet})
	if err != nil {
		b.Fatal(err)
	}
	defer w.Close()
	first := []string{"Northern", "Brass", "Quiet", "Old Mill", "Harbour", "Silver", "Upland", "Granite", "Copper", "Linden", "Ridge", "Amber"}
	second := []string{"Foods", "Robotics", "Logistics", "Press", "Optics", "Clinics", "Textiles", "Energy", "Motors", "Studios", "Glass", "Timber"}
	dept, anna := newID(), newID()
	run := func(plan func(tx *workspace.Tx) error) {
		b.Helper()
		if _, err := w.Commit(b.Context(), workspace.Command{ID: newID(), Name: "bench", Actor: crm.System, Hash: "bench", Plan: plan}); err != nil {
			b.Fatal(err)
		}
	}
	run(func(tx *workspace.Tx) error {
		return errors.Join(
			tx.Create(crm.TypeDepartment, dept, crm.Fields{"name": "Sales"}),
			tx.Create(crm.TypeUser, anna, crm.Fields{"name": "Anna"}),
			tx.Create(crm.TypeMembership, tx.NewID(), crm.Fields{"userId": string(anna), "departmentId": string(dept), "role": "member"}),
			tx.Create(crm.TypeRule, tx.NewID(), crm.Fields{"who": "role:member", "effect": "may", "action": "see", "what": "customer", "whose": "all", "fieldGroups": "all"}),
		)
	})
	nameOf := func(n int) string { return fmt.Sprintf("%s %s %d", first[n%12], second[n*7/12%12], n) }
	for from := 0; from < customers; from += 500 {
		run(func(tx *workspace.Tx) error {
			for n := from; n < from+500; n++ {
				if err := tx.Create(crm.TypeCustomer, tx.NewID(), crm.Fields{
					"name": nameOf(n), "kind": "company", "emails": []any{fmt.Sprintf("office%d@customer.example", n)},
					"phones": []any{fmt.Sprintf("+49305550%05d", n)}, "website": fmt.Sprintf("https://www.customer%d.example", n),
				}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	typed := 0
	for b.Loop() {
		name := nameOf(typed / 14 * 7919 % customers)
		letters := min(1+typed%14, len(name))
		typed++
		w.Peek(func(s *workspace.State) {
			if s.For(anna).Search(crm.TypeCustomer, name[:letters], 1000).Len() == 0 {
				b.Errorf("%q is not found", name[:letters])
			}
		})
	}
}
