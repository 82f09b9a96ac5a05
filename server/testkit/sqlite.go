// Package testkit is what tests of several packages share: real stores in
// throw-away places and the suite that every store must pass.
package testkit

import (
	"testing"

	"rapport/server/sqlitestore"
)

// SQLite opens an embedded store in a folder that is removed with the test.
func SQLite(t testing.TB) *sqlitestore.Store {
	t.Helper()
	store, err := sqlitestore.Open(t.Context(), t.TempDir(), sqlitestore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store
}
