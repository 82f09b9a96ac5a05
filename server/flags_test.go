package main

import (
	"flag"
	"os"
	"strings"
	"testing"
	"time"
)

// What a long run makes longer; see scripts/prove.mjs.
var (
	pauseLength  = flag.Duration("pause", 4*time.Second, "how long a paused node stands still")
	stolenFor    = flag.Duration("stolen", 6*time.Second, "how long most of the processor is taken away from a server")
	linearRounds = flag.Int("linear", 2, "histories that are checked for linearizability, on each store")
	worlds       = flag.Int("worlds", 0, "pairs of worlds that are compared, for each kind of person; 0: one pair, under the race detector for one kind")
	races        = flag.Int("races", 1, "rounds of policy against moves, on each store")
	kills        = flag.Int("kills", 6, "how often a server is killed with -9, on each store; the database a quarter as often, and once more")
	modelSteps   = flag.Int("model-steps", 40, "how many steps a run of the model of the server takes at least")
	outage       = flag.Duration("outage", 2*time.Second, "how long the database is away, of each way to be away")
	seed         = flag.Uint64("seed", 1, "where random choices begin")
)

// cutShort reports whether a test leaves cases out because it runs under the race
// detector. It fails one that npm test does not run again without it.
func cutShort(t *testing.T) bool {
	t.Helper()
	if slowdown == 1 {
		return false
	}
	script, err := os.ReadFile("../scripts/test.mjs")
	if err != nil {
		t.Fatal(err)
	}
	name, _, _ := strings.Cut(t.Name(), "/")
	if !strings.Contains(string(script), "'"+name+"'") {
		t.Errorf("%s leaves cases out, and scripts/test.mjs does not run it again without the race detector", name)
	}
	return true
}
