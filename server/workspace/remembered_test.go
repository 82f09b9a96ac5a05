package workspace

import (
	"testing"
	"time"

	"rapport/server/crm"
	"rapport/server/synclog"
)

// With the commands of a day in memory, one that comes and one that is forgotten
// cost as little as with none: all commits wait for it.
func TestForgettingCostsNothingOnAFullDay(t *testing.T) {
	const aDay = 200_000
	began := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	every := commandMemory / aDay
	r := newRememberedCommands()
	ids := make([]crm.ID, 3*aDay)
	for i := range ids {
		ids[i] = crm.NewID(began)
	}
	take := func(i int) {
		at := began.Add(time.Duration(i) * every)
		r.add(synclog.CommandKey{Actor: "anna", CommandID: ids[i%len(ids)], Offset: uint64(i), At: at})
		r.forget(at)
	}
	for i := range aDay {
		take(i)
	}
	n := aDay
	result := testing.Benchmark(func(b *testing.B) {
		for b.Loop() {
			take(n)
			n++
		}
	})
	if bytes := result.AllocedBytesPerOp(); bytes > 1000 {
		t.Errorf("%d bytes for each command", bytes)
	}
	if held := len(r.offsets); held > aDay+1 || len(r.byAge) != held {
		t.Errorf("%d commands of a day of %d are remembered, %d by age", held, aDay, len(r.byAge))
	}
}
