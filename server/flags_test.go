package main

import (
	"flag"
	"time"
)

// What a long run makes longer; see scripts/prove.mjs.
var (
	pauseLength  = flag.Duration("pause", 4*time.Second, "how long a paused node stands still")
	linearRounds = flag.Int("linear", 2, "histories that are checked for linearizability, on each store")
	worlds       = flag.Int("worlds", 0, "pairs of worlds that are compared, for each kind of person; 0: one pair, under the race detector for one kind")
	races        = flag.Int("races", 1, "rounds of policy against moves, on each store")
	kills        = flag.Int("kills", 6, "how often a server is killed with -9, on each store; the database a quarter as often")
	outage       = flag.Duration("outage", 2*time.Second, "how long the database is away, of each way to be away")
	seed         = flag.Uint64("seed", 1, "where random choices begin")
)
