package workspace_test

import (
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
