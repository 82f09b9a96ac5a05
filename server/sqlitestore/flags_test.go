package sqlitestore_test

import "flag"

// fixedSeeds are those of rounds that once failed; they are run first.
var fixedSeeds []uint64

var seed = flag.Uint64("seed", 1, "where random choices begin")

var powerCuts = flag.Int("power-cuts", 10, "rounds of failing syncs in which the power goes")
