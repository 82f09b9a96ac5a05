package sqlitestore_test

import "flag"

var powerCuts = flag.Int("power-cuts", 10, "rounds of failing syncs in which the power goes")
