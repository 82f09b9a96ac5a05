package main

import (
	"flag"
	"time"
)

// What a long run makes longer; see scripts/prove.mjs.
var pauseLength = flag.Duration("pause", 4*time.Second, "how long a paused node stands still")
