package mongostore_test

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"rapport/server/crm"
	"rapport/server/synclog"
	"rapport/server/testkit"
)

func TestNodesTellEachOtherWhatTheirScreensShow(t *testing.T) {
	db := testkit.Mongo(t)
	here, there := db.Open(t), db.Open(t)
	screens := func(n int, board crm.ID) []synclog.Screen {
		list := []synclog.Screen{}
		for i := range n {
			list = append(list, synclog.Screen{ID: fmt.Sprintf("%03d", i), User: "u", Board: board, Holding: crm.ID(fmt.Sprint("h", i))})
		}
		return list
	}
	show := func(list []synclog.Screen) {
		t.Helper()
		if err := here.Show(t.Context(), crm.MainWorkspace, list); err != nil {
			t.Fatal(err)
		}
	}
	expect := func(what string, want []synclog.Screen) {
		t.Helper()
		got, err := there.Elsewhere(t.Context(), crm.MainWorkspace)
		if err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(got, func(a, b synclog.Screen) int { return cmp.Compare(a.ID, b.ID) })
		if !slices.Equal(got, want) {
			t.Errorf("%s: %d screens, want %d", what, len(got), len(want))
		}
	}
	expect("before anything was said", nil)
	show(screens(100, "a"))
	expect("a hundred", screens(100, "a"))
	show(screens(100, "a"))
	expect("the same again", screens(100, "a"))
	changed := screens(100, "a")
	changed[41].Board = "b"
	show(changed)
	expect("one that turned to another board", changed)
	show(screens(3, "a"))
	expect("most have gone", screens(3, "a"))
	if own, err := here.Elsewhere(t.Context(), crm.MainWorkspace); err != nil || len(own) != 0 {
		t.Errorf("a node hears itself: %v (%v)", own, err)
	}
	if err := here.Close(); err != nil {
		t.Fatal(err)
	}
	expect("after the node's goodbye", nil)
}

// A node that dies says no goodbye; one that was only stopped for a while says
// everything again.
func TestANodeThatFallsSilentIsForgotten(t *testing.T) {
	db := testkit.Mongo(t)
	silent, other := db.Open(t), db.Open(t)
	t.Cleanup(func() { _, _ = silent.Close(), other.Close() })
	now := time.Now()
	clock := func() time.Time { return now }
	silent.SetClock(clock)
	other.SetClock(clock)
	screens := []synclog.Screen{{ID: "s", User: "u", Board: "b"}}
	show := func() {
		t.Helper()
		if err := silent.Show(t.Context(), crm.MainWorkspace, screens); err != nil {
			t.Fatal(err)
		}
	}
	expect := func(what string, want int) {
		t.Helper()
		got, err := other.Elsewhere(t.Context(), crm.MainWorkspace)
		if err != nil || len(got) != want {
			t.Errorf("%s: %v (%v)", what, got, err)
		}
	}
	show()
	expect("told", 1)
	now = now.Add(synclog.NeighbourGone - time.Second)
	expect("silent, but not for long", 1)
	show()
	expect("renewed", 1)
	now = now.Add(synclog.NeighbourGone - time.Second)
	expect("silent since the renewal", 1)
	now = now.Add(2 * time.Second)
	expect("silent for too long", 0)
	now = now.Add(time.Minute)
	expect("swept up", 0)
	show() // finds that it has been swept up
	show()
	expect("there again", 1)
}
