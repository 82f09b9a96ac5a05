package sqlitestore_test

import (
	"fmt"
	"testing"

	"rapport/server/crm"
	"rapport/server/synclog"
	"rapport/server/testkit"
)

var batchSizes = []int{1, 16, 64}

// BenchmarkAppend measures commands per second; its yardstick is BenchmarkRawStore.
func BenchmarkAppend(b *testing.B) {
	for _, size := range batchSizes {
		b.Run(fmt.Sprintf("batch=%d", size), func(b *testing.B) {
			s := testkit.SQLite(b)
			batches := make([]synclog.Batch, b.N)
			for i := range batches {
				batches[i] = testkit.Batch(uint64(i*size+1), size, "Nadeln & Garn") //nolint:gosec // small
			}
			b.ResetTimer()
			for _, batch := range batches {
				if err := s.Append(b.Context(), batch); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N*size)/b.Elapsed().Seconds(), "commands/s")
		})
	}
}

// BenchmarkRawStore is the same statements in the same transactions straight to
// the driver, with everything encoded beforehand.
func BenchmarkRawStore(b *testing.B) {
	for _, size := range batchSizes {
		b.Run(fmt.Sprintf("batch=%d", size), func(b *testing.B) {
			s := testkit.SQLite(b)
			writes := make([]func() error, b.N)
			for i := range writes {
				var err error
				if writes[i], err = s.RawWrite(b.Context(), testkit.Batch(uint64(i*size+1), size, "Nadeln & Garn")); err != nil { //nolint:gosec // small
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

// BenchmarkLoad measures the start of a server with 200,000 records.
func BenchmarkLoad(b *testing.B) {
	const records, perBatch = 200_000, 1000
	s := testkit.SQLite(b)
	for offset := uint64(1); offset <= records; offset += perBatch {
		batch := testkit.Batch(offset, perBatch, "Nadeln & Garn")
		for i, rec := range batch.Records {
			more := crm.Fields{}
			for i := range 14 {
				more[fmt.Sprintf("field%02d", i)] = "a text of middling length"
			}
			batch.Records[i].Fields = rec.Fields.With(crm.Pack(more), nil)
		}
		if err := s.Append(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		n := 0
		if _, err := s.Load(b.Context(), crm.MainWorkspace, func(crm.Record) error { n++; return nil }); err != nil || n != records {
			b.Fatal(n, err)
		}
	}
}
