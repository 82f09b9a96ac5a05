package synclog_test

import (
	"slices"
	"testing"
	"time"

	"rapport/server/crm"
	"rapport/server/synclog"
)

func TestYoungCommandsAreThoseSinceAMoment(t *testing.T) {
	since := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	young, old := since.Add(time.Second), since.Add(-time.Second)
	olds := func(n int) []synclog.CommandKey {
		return slices.Repeat([]synclog.CommandKey{{CommandID: "old", At: old}}, n)
	}
	for _, tt := range []struct {
		name      string
		backwards []synclog.CommandKey
		want      []crm.ID
	}{
		{"oldest first", []synclog.CommandKey{{CommandID: "b", At: young}, {CommandID: "a", At: since}}, []crm.ID{"a", "b"}},
		{"what cannot be repeated is left out", []synclog.CommandKey{{CommandID: "", At: young}, {CommandID: "a", At: young}}, []crm.ID{"a"}},
		{"one by a clock that was ahead", append(olds(999), synclog.CommandKey{CommandID: "a", At: young}), []crm.ID{"a"}},
		{"none that is a thousand entries further back", append(olds(1000), synclog.CommandKey{CommandID: "a", At: young}), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			y := synclog.Young{Since: since}
			for _, c := range tt.backwards {
				if y.Add(c) {
					break
				}
			}
			var got []crm.ID
			if err := y.Each(func(c synclog.CommandKey) error { got = append(got, c.CommandID); return nil }); err != nil || !slices.Equal(got, tt.want) {
				t.Errorf("%v, %v, want %v", got, err, tt.want)
			}
		})
	}
}
