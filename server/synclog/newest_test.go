package synclog_test

import (
	"fmt"
	"testing"

	"rapport/server/synclog"
)

func TestNewestIsAGaplessRun(t *testing.T) {
	run := func(from, to uint64) (entries []synclog.Entry) {
		for offset := from; offset <= to; offset++ {
			entries = append(entries, synclog.Entry{Offset: offset, Ops: make([]synclog.Op, 100)})
		}
		return entries
	}
	for _, tt := range []struct {
		name  string
		add   [][]synclog.Entry
		after uint64
		want  string // first and last of what comes, or why nothing does
	}{
		{"nothing yet", nil, 0, "unknown"},
		{"all of it", [][]synclog.Entry{run(1, 3)}, 0, "1–3"},
		{"what comes twice counts once", [][]synclog.Entry{run(1, 3), run(2, 4)}, 2, "3–4"},
		{"nothing new", [][]synclog.Entry{run(1, 3)}, 3, "none"},
		{"beyond the last", [][]synclog.Entry{run(1, 3)}, 4, "unknown"},
		{"behind a gap it begins anew", [][]synclog.Entry{run(1, 3), run(6, 7)}, 5, "6–7"},
		{"what lies before the gap is not here", [][]synclog.Entry{run(1, 3), run(6, 7)}, 2, "unknown"},
		{"the oldest go", [][]synclog.Entry{run(1, 100)}, 58, "unknown"},
		{"the last 4,096 ops stay", [][]synclog.Entry{run(1, 100)}, 60, "61–100"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var n synclog.Newest
			for _, entries := range tt.add {
				n.Add(entries...)
			}
			got := "unknown"
			if entries, known := n.After(tt.after); known && len(entries) == 0 {
				got = "none"
			} else if known {
				got = fmt.Sprint(entries[0].Offset, "–", entries[len(entries)-1].Offset)
			}
			if got != tt.want {
				t.Errorf("after %d: %s, want %s", tt.after, got, tt.want)
			}
		})
	}
}

func TestWhatNewestGaveOutStays(t *testing.T) {
	var n synclog.Newest
	n.Add(synclog.Entry{Offset: 1}, synclog.Entry{Offset: 2})
	given, _ := n.After(0)
	for offset := uint64(3); offset < 1000; offset++ {
		n.Add(synclog.Entry{Offset: offset, Ops: make([]synclog.Op, 100)})
	}
	if len(given) != 2 || given[0].Offset != 1 || given[1].Offset != 2 {
		t.Errorf("what was given out became %v", given)
	}
}
