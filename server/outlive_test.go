package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"rapport/server/testkit"
	"rapport/server/wire"
)

// The server that runs an import is killed and does not come back. Another one,
// which has been there all the time, brings the import to its end.
func TestAnImportOutlivesItsServer(t *testing.T) {
	const rows = 4000
	db := testkit.Mongo(t)
	env := []string{"MONGODB_URI=" + db.URI, "RAPPORT_DATABASE=" + db.Name}
	dies, stays := newProcess(t, env...), newProcess(t, env...)
	dies.start()
	dies.setUp()
	stays.start()
	stays.jar, stays.seen = dies.jar, dies.seen
	random := rand.New(rand.NewPCG(*seed, 0)) //nolint:gosec // a seed is to be repeated
	first, last := &siege{t: t, nodes: []*process{dies}}, &siege{t: t, nodes: []*process{stays}}

	var file strings.Builder
	file.WriteString("opportunity_id,title,amount\n")
	for n := range rows {
		fmt.Fprintf(&file, "OP%d,Refit %d,%d\n", n, n, n)
	}
	v, ok := first.upload(random, file.String())
	if !ok {
		return
	}
	if _, status := dies.command("import.start", map[string]any{"id": v.ID, "settings": v.Settings}); status != http.StatusOK {
		t.Fatalf("start: %d", status)
	}
	for deadline := time.Now().Add(time.Minute); last.total("deal") == 0 && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond) // another process has no channel to wait on
	}
	dies.kill()
	if n := last.total("deal"); n == 0 || n == rows {
		t.Fatalf("%d deals when it died: %d rows are too few", n, rows)
	}
	want := wire.ImportCounts{Total: rows, Done: rows, Created: rows}
	if end := last.endOf(random, v.ID); end.State != wire.ImportDone || end.Counts != want || last.total("deal") != rows {
		t.Errorf("it ended as %s %q %+v, with %d deals", end.State, end.Problem, end.Counts, last.total("deal"))
	}
}
