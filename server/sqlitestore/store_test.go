package sqlitestore_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"rapport/server/crm"
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

// Entries of an import have hundreds of ops: what is kept of them must not grow with it.
func TestWhatIsKeptForFollowersHasABound(t *testing.T) {
	s := openAt(t, t.TempDir())
	t.Cleanup(func() { _ = s.Close() })
	for offset := uint64(1); offset <= 30; offset++ {
		e := synclog.Entry{Offset: offset, At: time.Now(), Actor: crm.System, Command: "import.part"}
		b := synclog.Batch{Workspace: crm.MainWorkspace}
		for range synclog.MaxOps {
			op := synclog.Op{Type: crm.TypeDeal, ID: crm.NewID(time.Now()), Version: 1, Set: crm.Pack(crm.Fields{"title": "Tea"})}
			e.Ops, b.Records = append(e.Ops, op), append(b.Records, op.Apply(crm.Record{}))
		}
		b.Entries = []synclog.Entry{e}
		if err := s.Append(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	if ops := s.NewestOps(); ops == 0 || ops > 10_000 {
		t.Errorf("%d ops are kept", ops)
	}
	testkit.Follower(t, s, 0).Want(1, 30)
}
