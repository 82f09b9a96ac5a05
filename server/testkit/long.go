package testkit

import "os"

// Long reports whether the long variants of tests are asked for, with
// RAPPORT_LONG=1: outages of a minute, a million records.
func Long() bool { return os.Getenv("RAPPORT_LONG") != "" }
