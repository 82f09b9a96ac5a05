package testkit

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"pgregory.net/rapid"
)

// Wrong ends a run of rapid. kind is the same text for all faults of a kind, for
// rapid shortens a script only while it fails in the same words: what differs from
// run to run – ids, times, offsets – goes into the details, which are printed of
// the shortest run.
func Wrong(rt rapid.TB, kind, details string, args ...any) {
	rt.Helper()
	rt.Logf(details, args...)
	rt.Fatal(kind)
}

// FailingCheck is rapid.Check of a property that does not hold. It returns what
// rapid says of the shortest script it finds within some seconds; a property that
// holds fails the test. The choices are the same in each run.
func FailingCheck(t *testing.T, prop func(*rapid.T)) (said string) {
	t.Helper()
	restore := setFlags(t, map[string]any{"rapid.seed": 8, "rapid.checks": 1000, "rapid.steps": 15, "rapid.shrinktime": 10 * time.Second, "rapid.nofailfile": true})
	defer restore()
	r := record(t, func(r *recorder) { rapid.Check(r, prop) })
	if !r.failed {
		t.Fatalf("nothing was found:\n%s", r.said.String())
	}
	return r.said.String()
}

// AtMost lowers a setting of rapid to what fits among the other tests, unless the
// command line names it.
func AtMost(t *testing.T, name string, value int) {
	t.Helper()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == name })
	if !given {
		t.Cleanup(setFlags(t, map[string]any{name: value}))
	}
}

// Check is rapid.Check that first runs the scripts which once failed and are to
// be tried for ever: the files that rapid leaves under testdata/rapid, moved to the
// folder of the same name under testdata/fixed. Such a file holds bits, and means
// something only while the same is drawn from them; of a seed that is just as true.
// What was drawn stands in its comments: a script that the generators have outgrown
// fails, rather than testing nothing.
func Check(t *testing.T, prop func(*rapid.T)) {
	t.Helper()
	name := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '_' {
			return r
		}
		return '_'
	}, t.Name())
	paths, err := filepath.Glob(filepath.Join("testdata", "fixed", name, "*.fail"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		if fault := replay(t, path, prop); fault != "" {
			t.Fatalf("%s: %s", path, fault)
		}
		t.Logf("held 1 fixed script, %s", filepath.Base(path))
	}
	rapid.Check(t, prop)
}

// replay runs a script of a file and says what is wrong; "" if nothing is.
func replay(t *testing.T, path string, prop func(*rapid.T)) string {
	t.Helper()
	script, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	restore := setFlags(t, map[string]any{"rapid.failfile": path, "rapid.checks": 0, "rapid.nofailfile": true, "rapid.v": true})
	defer restore()
	r := record(t, func(r *recorder) { rapid.Check(r, prop) })
	if r.failed {
		return r.said.String()
	}
	// It ended where it failed, and rapid says of the rest that it is not valid.
	want, got := draws(string(script)), draws(r.said.String())
	if len(want) == 0 || len(got) < len(want) || !slices.Equal(got[:len(want)], want) {
		return fmt.Sprintf("the generators have outgrown this script: write it down as a test of its own, or take it away. It drew\n%s\nand now draws\n%s",
			strings.Join(want, "\n"), strings.Join(got, "\n"))
	}
	return ""
}

// draws returns what rapid says it has drawn.
func draws(said string) (drawn []string) {
	for line := range strings.Lines(said) {
		if _, draw, ok := strings.Cut(line, "[rapid] draw "); ok {
			drawn = append(drawn, strings.TrimSpace(draw))
		}
	}
	return drawn
}

// setFlags sets flags of the command line and returns what sets them back.
func setFlags(t *testing.T, values map[string]any) (restore func()) {
	t.Helper()
	before := map[string]string{}
	for name, value := range values {
		f := flag.Lookup(name).Value
		before[name] = f.String()
		if err := f.Set(fmt.Sprint(value)); err != nil {
			t.Fatal(err)
		}
	}
	return func() {
		for name, value := range before {
			_ = flag.Lookup(name).Value.Set(value)
		}
	}
}

// recorder is a test whose outcome is looked at.
type recorder struct {
	*testing.T
	failed bool
	said   strings.Builder
}

// record lets a test run to its end, which may be a failure.
func record(t *testing.T, test func(*recorder)) *recorder {
	r, ended := &recorder{T: t}, make(chan struct{})
	go func() { // FailNow ends a goroutine
		defer close(ended)
		test(r)
	}()
	<-ended
	return r
}

// Name is another than the test's, so that rapid does not try what it has left of earlier runs.
func (r *recorder) Name() string { return r.T.Name() + " recorded" }

func (r *recorder) Failed() bool { return r.failed }
func (r *recorder) Fail()        { r.failed = true }
func (r *recorder) FailNow()     { r.failed = true; runtime.Goexit() }

func (r *recorder) Log(args ...any)                 { fmt.Fprintln(&r.said, args...) }
func (r *recorder) Logf(format string, args ...any) { fmt.Fprintf(&r.said, format+"\n", args...) }

func (r *recorder) Error(args ...any)                 { r.Log(args...); r.Fail() }
func (r *recorder) Errorf(format string, args ...any) { r.Logf(format, args...); r.Fail() }
func (r *recorder) Fatal(args ...any)                 { r.Log(args...); r.FailNow() }
func (r *recorder) Fatalf(format string, args ...any) { r.Logf(format, args...); r.FailNow() }
