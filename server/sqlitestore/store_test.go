package sqlitestore_test

import (
	"testing"

	"rapport/server/sqlitestore"
	"rapport/server/synclog"
	"rapport/server/testkit"
)

func TestStoreContract(t *testing.T) {
	testkit.RunStoreSuite(t, testkit.Stores{
		OneHandle: true, Many: 100_000,
		New: func(t testing.TB) func() synclog.Store {
			dir := t.TempDir()
			return func() synclog.Store { return openAt(t, dir) }
		},
	})
}

func openAt(t testing.TB, dir string) *sqlitestore.Store {
	t.Helper()
	s, err := sqlitestore.Open(t.Context(), dir, sqlitestore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}
