package mongostore_test

import (
	"flag"
	"fmt"
	"os"
	"testing"
	"time"
)

var outage = flag.Duration("outage", time.Second, "how long the network fails, of each way to fail")

// Tests that run beside each other here wait for a network most of the time: how
// many do does not depend on the processors.
func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", "8"); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}
