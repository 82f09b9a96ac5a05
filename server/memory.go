package main

import (
	"context"
	"log/slog"
	"math"
	"runtime/debug"
	goruntime "runtime/metrics"
	"sync/atomic"
	"time"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

const (
	// limitShare is how much of a container's memory the Go runtime may use; the
	// rest is for what it does not count.
	limitShare = 0.9
	// Shares of the limit that live data may fill: above the first one there is no
	// room for new records, until it is below the second. The rest is for what
	// comes and goes: a collector that has too little of it takes all processors.
	memoryFull, memoryFreed = 0.75, 0.70
	memoryEvery             = 250 * time.Millisecond
)

// memory knows whether there is room for more records. A workspace lies in memory
// as a whole, so that it can outgrow the machine; then it goes on with what it
// has, instead of being ended by the system in the middle of an import.
type memory struct {
	limit float64 // bytes
	live  func() uint64
	full  atomic.Bool
}

// newMemory takes the limit from GOMEMLIMIT or, where that is not set, from the
// container. Without either of them there is always room.
func newMemory(log *slog.Logger) *memory {
	if _, err := memlimit.SetGoMemLimitWithOpts(memlimit.WithRatio(limitShare), memlimit.WithProvider(memlimit.FromCgroup)); err != nil {
		log.Debug("no limit of memory from the container", "error", err)
	}
	m := &memory{limit: math.Inf(1), live: liveHeap}
	if limit := debug.SetMemoryLimit(-1); limit != math.MaxInt64 {
		m.limit = float64(limit)
	}
	return m
}

// watch looks again and again until ctx ends.
func (m *memory) watch(ctx context.Context, log *slog.Logger) {
	if math.IsInf(m.limit, 1) {
		return
	}
	ticker := time.NewTicker(memoryEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if was := m.full.Load(); m.look() != was {
				log.Warn("room for new records", "room", was, "limit", int64(m.limit))
			}
		}
	}
}

// look notes whether memory is full now.
func (m *memory) look() (full bool) {
	share := float64(m.live()) / m.limit
	full = share > memoryFull || m.full.Load() && share > memoryFreed
	m.full.Store(full)
	return full
}

// liveHeap is what the last collection found in use, in bytes.
func liveHeap() uint64 {
	sample := []goruntime.Sample{{Name: "/gc/heap/live:bytes"}}
	goruntime.Read(sample)
	return sample[0].Value.Uint64()
}
