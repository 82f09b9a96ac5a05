package sqlitestore_test

import (
	"os"
	"path/filepath"
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

func TestTheDatabaseIsForTheServerAlone(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // as an operator may have made it
		t.Fatal(err)
	}
	s, err := sqlitestore.Open(t.Context(), dir, sqlitestore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	files, err := filepath.Glob(filepath.Join(dir, "rapport.*"))
	if err != nil || len(files) < 3 {
		t.Fatalf("%q, %v", files, err)
	}
	for _, file := range files {
		if info, err := os.Stat(file); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v, %v", file, info.Mode(), err)
		}
	}
}
