package testkit

import (
	"flag"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

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
	setFlags(t, map[string]any{"rapid.seed": 8, "rapid.checks": 1000, "rapid.steps": 15, "rapid.shrinktime": 10 * time.Second, "rapid.nofailfile": true})
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
		setFlags(t, map[string]any{name: value})
	}
}

// setFlags sets flags of the command line until the test ends.
func setFlags(t *testing.T, values map[string]any) {
	t.Helper()
	for name, value := range values {
		f := flag.Lookup(name)
		before := f.Value.String()
		if err := f.Value.Set(fmt.Sprint(value)); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Value.Set(before) })
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

func (r *recorder) Failed() bool { return r.failed }
func (r *recorder) Fail()        { r.failed = true }
func (r *recorder) FailNow()     { r.failed = true; runtime.Goexit() }

func (r *recorder) Log(args ...any)                 { fmt.Fprintln(&r.said, args...) }
func (r *recorder) Logf(format string, args ...any) { fmt.Fprintf(&r.said, format+"\n", args...) }

func (r *recorder) Error(args ...any)                 { r.Log(args...); r.Fail() }
func (r *recorder) Errorf(format string, args ...any) { r.Logf(format, args...); r.Fail() }
func (r *recorder) Fatal(args ...any)                 { r.Log(args...); r.FailNow() }
func (r *recorder) Fatalf(format string, args ...any) { r.Logf(format, args...); r.FailNow() }
