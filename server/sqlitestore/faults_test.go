package sqlitestore_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rapport/server/crm"
	"rapport/server/sqlitestore"
	"rapport/server/synclog"
	"rapport/server/testkit"
)

func TestAFullDiskRefusesAndLosesNothing(t *testing.T) {
	s := testkit.SQLite(t)
	offset := uint64(0)
	add := func() error {
		err := s.Append(t.Context(), testkit.Batch(offset+1, 4, strings.Repeat("long ", 2000)))
		if err == nil {
			offset += 4
		}
		return err
	}
	if err := add(); err != nil {
		t.Fatal(err)
	}
	if err := s.LimitPages(t.Context(), 60); err != nil {
		t.Fatal(err)
	}
	var err error
	for range 100 {
		if err = add(); err != nil {
			break
		}
	}
	if !errors.Is(err, synclog.ErrRejected) {
		t.Fatalf("a full disk gives %v, want %v", err, synclog.ErrRejected)
	}
	entries, err := s.Entries(t.Context(), crm.MainWorkspace, 0, offset+10)
	if err != nil || uint64(len(entries)) != offset {
		t.Errorf("%d entries (%v), want %d", len(entries), err, offset)
	}
	if err := s.LimitPages(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	if err := add(); err != nil {
		t.Errorf("with room again: %v", err)
	}
}

func TestADamagedFileIsNamed(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "rapport.db")
	if err := os.WriteFile(path, []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := sqlitestore.Open(t.Context(), dir)
	if err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("%v, want an error that names %s", err, path)
	}
}
