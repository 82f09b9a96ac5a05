package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"text/tabwriter"
	"time"
)

// Sample holds the runs of one figure.
type Sample struct {
	Median float64 `json:"median"`
	Least  float64 `json:"least"`
	Most   float64 `json:"most"`
	Runs   int     `json:"runs"`
}

// Figure is one line of the report.
type Figure struct {
	What      string  `json:"what"`
	Unit      string  `json:"unit"`
	Ours      Sample  `json:"ours"`
	Yardstick *Sample `json:"yardstick,omitempty"` // nil: the goal is an absolute one
	Against   string  `json:"against,omitempty"`   // which yardstick
	Ratio     float64 `json:"ratio,omitempty"`     // the median of ours through that of the yardstick
	Goal      string  `json:"goal,omitempty"`      // "" when the figure only explains another one
	Met       bool    `json:"met,omitempty"`
}

func sampleOf(runs []float64) Sample {
	if len(runs) == 0 {
		return Sample{}
	}
	sorted := slices.Sorted(slices.Values(runs))
	return Sample{Median: quantile(sorted, 0.5), Least: sorted[0], Most: sorted[len(sorted)-1], Runs: len(sorted)}
}

// quantile reads a sorted sample; the median of an even number is the mean of
// the two in the middle.
func quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	if q == 0.5 && len(sorted)%2 == 0 {
		return (sorted[len(sorted)/2-1] + sorted[len(sorted)/2]) / 2
	}
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}

// beside makes a figure that is judged by its ratio to a yardstick. met gets
// the ratio; nil when there is no goal.
func beside(what, unit string, ours, yardstick []float64, against, goal string, met func(float64) bool) Figure {
	o, y := sampleOf(ours), sampleOf(yardstick)
	f := Figure{What: what, Unit: unit, Ours: o, Yardstick: &y, Against: against, Goal: goal}
	if y.Median != 0 {
		f.Ratio = o.Median / y.Median
	}
	f.Met = met != nil && f.Ratio > 0 && met(f.Ratio)
	return f
}

// absolute turns a figure into one whose goal is a limit of its own value.
func (f Figure) absolute(limit float64, goal string) Figure {
	f.Goal, f.Met = goal, f.Ours.Runs > 0 && f.Ours.Median <= limit
	return f
}

func atMost(limit float64) func(float64) bool  { return func(x float64) bool { return x <= limit } }
func atLeast(limit float64) func(float64) bool { return func(x float64) bool { return x >= limit } }

func printTable(w io.Writer, figures []Figure) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "what\tours\tyardstick\tratio\tgoal\t")
	for _, f := range figures {
		yardstick, ratio, verdict := "–", "–", ""
		if f.Yardstick != nil {
			yardstick = text(*f.Yardstick, f.Unit) + " " + f.Against
		}
		if f.Ratio != 0 {
			ratio = fmt.Sprintf("%.2f", f.Ratio)
		}
		if f.Goal != "" {
			verdict = "missed"
			if f.Met {
				verdict = "met"
			}
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", f.What, text(f.Ours, f.Unit), yardstick, ratio, f.Goal, verdict)
	}
	_ = t.Flush()
}

func text(s Sample, unit string) string {
	if s.Runs == 0 {
		return "not measured"
	}
	if s.Runs == 1 {
		return fmt.Sprintf("%.4g %s", s.Median, unit)
	}
	return fmt.Sprintf("%.4g %s (%.4g–%.4g)", s.Median, unit, s.Least, s.Most)
}

// readFigures reads what another program measured; "" is none.
func readFigures(path string) (figures []Figure, err error) {
	if path == "" {
		return nil, nil
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return figures, json.Unmarshal(raw, &figures)
}

func writeJSON(path string, figures []Figure) error {
	raw, err := json.MarshalIndent(map[string]any{
		"at": time.Now().UTC().Format(time.RFC3339), "go": runtime.Version(),
		"cores": runtime.NumCPU(), "figures": figures,
	}, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, append(raw, '\n'), 0o644)
}
