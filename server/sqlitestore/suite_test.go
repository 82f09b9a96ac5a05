package sqlitestore_test

import (
	"testing"

	"rapport/server/sqlitestore"
	"rapport/server/synclog"
	"rapport/server/testkit"
)

func TestStore(t *testing.T) {
	testkit.RunStoreSuite(t, testkit.StoreFactory{Many: 100_000, New: func(t *testing.T) func() synclog.Store {
		dir := t.TempDir()
		var last *sqlitestore.Store
		t.Cleanup(func() { _ = last.Close() })
		return func() synclog.Store {
			if last != nil {
				if err := last.Close(); err != nil {
					t.Fatal(err)
				}
			}
			var err error
			if last, err = sqlitestore.Open(t.Context(), dir); err != nil {
				t.Fatal(err)
			}
			return last
		}
	}})
}
