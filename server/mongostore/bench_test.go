package mongostore_test

import (
	"fmt"
	"testing"

	"rapport/server/mongostore"
	"rapport/server/synclog"
	"rapport/server/testkit"
)

var batchSizes = []int{1, 16, 64}

// BenchmarkAppend measures commands per second; its yardstick is BenchmarkRawStore.
func BenchmarkAppend(b *testing.B) {
	eachSize(b, func(s *mongostore.Store, batch synclog.Batch) (func() error, error) {
		return func() error { return s.Append(b.Context(), batch) }, nil
	})
}

// BenchmarkRawStore is the same commands in the same transactions straight to
// the driver, with everything encoded beforehand.
func BenchmarkRawStore(b *testing.B) {
	eachSize(b, func(s *mongostore.Store, batch synclog.Batch) (func() error, error) {
		return s.RawWrite(b.Context(), batch)
	})
}

// eachSize times writes that were all prepared before the first one: a pause
// between them would give the server time to tidy up.
func eachSize(b *testing.B, prepare func(*mongostore.Store, synclog.Batch) (func() error, error)) {
	for _, size := range batchSizes {
		b.Run(fmt.Sprintf("batch=%d", size), func(b *testing.B) {
			s := testkit.MongoStore(b)
			if err := s.Append(b.Context(), testkit.Batch(1, 1, "the first, which makes the collection")); err != nil {
				b.Fatal(err)
			}
			writes := make([]func() error, b.N)
			for i := range writes {
				var err error
				if writes[i], err = prepare(s, testkit.Batch(uint64(i*size+2), size, "Nadeln & Garn")); err != nil { //nolint:gosec // small
					b.Fatal(err)
				}
			}
			b.ResetTimer()
			for _, write := range writes {
				if err := write(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N*size)/b.Elapsed().Seconds(), "commands/s")
		})
	}
}
