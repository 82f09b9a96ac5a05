package importer_test

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"

	"rapport/server/crm"
	"rapport/server/sqlitestore"
	"rapport/server/synclog"
	"rapport/server/wire"
)

// fullStore has no room for rows while full.
type fullStore struct {
	synclog.Store
	full atomic.Bool
}

func (s *fullStore) Append(ctx context.Context, b synclog.Batch) error {
	rows := func(e synclog.Entry) bool { return e.Command == "import.part" }
	if s.full.Load() && slices.ContainsFunc(b.Entries, rows) {
		return fmt.Errorf("%w: %w", synclog.ErrRejected, synclog.ErrFull)
	}
	return s.Store.Append(ctx, b)
}

// [A5] An import that finds no room says why it stands still, and goes on.
func TestAnImportWithoutRoomSaysWhyItWaits(t *testing.T) {
	store, err := sqlitestore.Open(t.Context(), t.TempDir(), sqlitestore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	full := &fullStore{Store: store}
	full.full.Store(true)
	o := newOfficeOn(t, full)
	v := o.upload("deals.csv", "Deal,Amount\nTin boxes,10\nTea chests,20\n")
	waited := make(chan string, 100)
	o.each = func(p wire.Progress) {
		if p.Waiting != "" {
			waited <- p.Waiting
			full.full.Store(false)
		}
	}
	o.begin(v)
	if why := <-waited; why != "disk_full" {
		t.Errorf("it waits because of %q", why)
	}
	if p := <-o.end(crm.ID(v.ID)); p.State != string(wire.ImportDone) || p.Created != 2 || p.Waiting != "" {
		t.Errorf("it ended as %+v", p)
	}
}
