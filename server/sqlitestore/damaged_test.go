package sqlitestore_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rapport/server/crm"
	"rapport/server/sqlitestore"
	"rapport/server/synclog"
	"rapport/server/testkit"
)

const (
	database = "rapport.db"
	wal      = "rapport.db-wal"
	note     = "rapport.head"
	// entries is how many the folders of these tests hold.
	entries = 400
)

// settled returns a folder with entries in it, closed in order.
func settled(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	s := openAt(t, dir)
	fillTo(t, s, entries)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

func fillTo(t *testing.T, s *sqlitestore.Store, upTo uint64) {
	t.Helper()
	for offset := uint64(1); offset <= upTo; offset += 20 {
		if err := s.Append(t.Context(), testkit.Batch(offset, 20, "Nadeln & Garn "+strings.Repeat("x", 200))); err != nil {
			t.Fatal(err)
		}
	}
}

// killed returns a folder as kill -9 leaves it: with a write-ahead log.
func killed(t *testing.T) string {
	t.Helper()
	running := filepath.Join(t.TempDir(), "running")
	s := openAt(t, running)
	defer s.Close() //nolint:errcheck // only its copy matters
	fillTo(t, s, entries)
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.CopyFS(dir, os.DirFS(running)); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "rapport.db-shm")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// change rewrites a file.
func change(t *testing.T, path string, how func([]byte) []byte) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, how(raw), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func cutTo(share float64) func([]byte) []byte {
	return func(raw []byte) []byte { return raw[:int(float64(len(raw))*share)] }
}

// start opens a folder and reads what a server reads at its start.
func start(t *testing.T, dir string) (p synclog.Position, log string, err error) {
	t.Helper()
	var said bytes.Buffer
	s, err := sqlitestore.Open(t.Context(), dir, sqlitestore.Options{Log: slog.New(slog.NewTextHandler(&said, nil))})
	if err != nil {
		return p, said.String(), err
	}
	defer s.Close() //nolint:errcheck // what it holds is the point
	p, err = s.Load(t.Context(), crm.MainWorkspace, func(crm.Record) error { return nil })
	if err == nil {
		_, err = s.Entries(t.Context(), crm.MainWorkspace, p.Offset-min(p.Offset, 500), p.Offset)
	}
	return p, said.String(), err
}

// [A12] Damage is said at the start, with what to do, and nothing is served.
func TestDamagedFilesAreSaidAtTheStart(t *testing.T) {
	for _, tt := range []struct {
		name   string
		from   func(t *testing.T) string
		damage func(t *testing.T, dir string)
		says   string
	}{
		{"the database is something else", settled, func(t *testing.T, dir string) {
			change(t, filepath.Join(dir, database), func([]byte) []byte { return bytes.Repeat([]byte("no database "), 1000) })
		}, "is not a database"},
		{"the database was cut in half", settled, func(t *testing.T, dir string) {
			change(t, filepath.Join(dir, database), cutTo(0.5))
		}, ""},
		{"of the database only the first page is left", settled, func(t *testing.T, dir string) {
			change(t, filepath.Join(dir, database), func(raw []byte) []byte { return raw[:4096] })
		}, ""},
		{"the database is empty", settled, func(t *testing.T, dir string) {
			change(t, filepath.Join(dir, database), cutTo(0))
		}, "ends at change 0, but had reached 400"},
		{"the database is gone", settled, func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, database)); err != nil {
				t.Fatal(err)
			}
		}, "ends at change 0, but had reached 400"},
		{"an older database lies in its place", settled, func(t *testing.T, dir string) {
			older := filepath.Join(t.TempDir(), "older")
			s := openAt(t, older)
			fillTo(t, s, 20)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			change(t, filepath.Join(dir, database), func([]byte) []byte {
				raw, err := os.ReadFile(filepath.Join(older, database))
				if err != nil {
					t.Fatal(err)
				}
				return raw
			})
		}, "ends at change 20, but had reached 400"},
		{"every page in the middle is zero", settled, func(t *testing.T, dir string) {
			change(t, filepath.Join(dir, database), func(raw []byte) []byte {
				clear(raw[len(raw)/4/4096*4096 : len(raw)/4*3/4096*4096])
				return raw
			})
		}, ""},
		{"a byte of a document has changed", settled, damageBody("records"), "customer"},
		{"a byte of a late entry has changed", settled, damageBody("entries"), "an entry"},
		{"the write-ahead log of a killed server is gone", killed, func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, wal)); err != nil {
				t.Fatal(err)
			}
		}, "but had reached 400: its write-ahead log (rapport.db-wal) is missing"},
		{"the write-ahead log of a killed server was cut", killed, func(t *testing.T, dir string) {
			change(t, filepath.Join(dir, wal), cutTo(0.6))
		}, "but had reached 400"},
		{"a bit of the write-ahead log has changed", killed, func(t *testing.T, dir string) {
			change(t, filepath.Join(dir, wal), func(raw []byte) []byte {
				raw[len(raw)/2] ^= 4
				return raw
			})
		}, "but had reached 400"},
		{"the last frame of the write-ahead log has changed", killed, func(t *testing.T, dir string) {
			change(t, filepath.Join(dir, wal), func(raw []byte) []byte {
				raw[len(raw)-100] ^= 1
				return raw
			})
		}, "but had reached 400"},
	} {
		t.Run("[A12] "+tt.name, func(t *testing.T) {
			dir := tt.from(t)
			tt.damage(t, dir)
			_, _, err := start(t, dir)
			if !errors.Is(err, synclog.ErrDamaged) {
				t.Fatalf("[A12] error %v, want %v", err, synclog.ErrDamaged)
			}
			for _, want := range []string{filepath.Join(dir, database), "rapport restore", tt.says} {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q lacks %q", err, want)
				}
			}
			if !strings.Contains(tt.says, "had reached") {
				return
			}
			// A backup of what is left would replace a whole one.
			src, err := sqlitestore.OpenSource(t.Context(), dir)
			if err != nil {
				t.Fatal(err)
			}
			defer src.Close() //nolint:errcheck // only read
			err = src.Entries(t.Context(), func(synclog.Entry, error) error { return nil })
			if !errors.Is(err, synclog.ErrDamaged) || !strings.Contains(err.Error(), "had reached") {
				t.Errorf("[A12] read as a whole: %v", err)
			}
		})
	}
}

// damageBody changes one letter of the last body in a table, which SQLite
// itself would not notice.
func damageBody(table string) func(t *testing.T, dir string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, database))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close() //nolint:errcheck // it is damaged
		key := map[string]string{"records": "id", "entries": "offset"}[table]
		_, err = db.ExecContext(context.Background(), fmt.Sprintf(
			"UPDATE %[1]s SET body = cast(replace(body, 'Nadeln', 'Nudeln') AS blob) WHERE %[2]s = (SELECT max(%[2]s) FROM %[1]s)", table, key))
		if err != nil {
			t.Fatal(err)
		}
	}
}

// What is no damage, though it looks like some.
func TestWhatACrashLeavesIsOpened(t *testing.T) {
	for _, tt := range []struct {
		name    string
		from    func(t *testing.T) string
		leave   func(t *testing.T, dir string)
		another bool // the log is one of its own from then on
		warns   bool
	}{
		{"a server was killed", killed, nil, true, true}, // killed copies the folder
		{"a commit was cut off by the crash", killed, func(t *testing.T, dir string) {
			change(t, filepath.Join(dir, wal), func(raw []byte) []byte {
				const frame = 24 + 4096
				return append(raw, raw[len(raw)-frame:len(raw)-frame/2]...)
			})
		}, true, true},
		{"nothing happened", settled, nil, false, false},
		{"the note was torn", settled, func(t *testing.T, dir string) { change(t, filepath.Join(dir, note), cutTo(0.3)) }, true, true},
		{"the note is gone", settled, func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, note)); err != nil {
				t.Fatal(err)
			}
		}, true, true},
		{"[A11] the database is a copy", settled, func(t *testing.T, dir string) {
			path := filepath.Join(dir, database)
			raw, err := os.ReadFile(path)
			if err == nil {
				err = errors.Join(os.Remove(path), os.WriteFile(path, raw, 0o600))
			}
			if err != nil {
				t.Fatal(err)
			}
		}, true, true},
		{"an upload was cut off", settled, func(t *testing.T, dir string) {
			if err := os.WriteFile(filepath.Join(dir, "files", "upload-123"), []byte("half"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := tt.from(t)
			before := epochOf(t, dir)
			if tt.leave != nil {
				tt.leave(t, dir)
			}
			p, log, err := start(t, dir)
			if err != nil {
				t.Fatal(err)
			}
			if p.Offset != entries {
				t.Errorf("the log ends at %d, want %d", p.Offset, entries)
			}
			if another := p.Epoch != before; another != tt.another {
				t.Errorf("[SL2] epoch %s after %s", p.Epoch, before)
			}
			if warned := strings.Contains(log, "every screen will load again"); warned != tt.warns {
				t.Errorf("the log says %q", log)
			}
			if again, _, err := start(t, dir); err != nil || again != p {
				t.Errorf("opened once more: %+v after %+v, %v", again, p, err)
			}
			if left, err := filepath.Glob(filepath.Join(dir, "files", "*")); err != nil || len(left) > 0 {
				t.Errorf("files left: %v, %v", left, err)
			}
		})
	}
}

// epochOf reads the identity of the log in a folder.
func epochOf(t *testing.T, dir string) crm.ID {
	t.Helper()
	src, err := sqlitestore.OpenSource(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close() //nolint:errcheck // only read
	return src.Position().Epoch
}

// A page that is damaged while the server runs.
func TestDamageThatTurnsUpLaterStopsNothingElse(t *testing.T) {
	dir := settled(t)
	damageBody("entries")(t, dir)
	s := openAt(t, dir)
	defer s.Close() //nolint:errcheck // it is damaged
	if _, err := s.Entries(t.Context(), crm.MainWorkspace, entries-1, entries); !errors.Is(err, synclog.ErrDamaged) {
		t.Errorf("error %v, want %v", err, synclog.ErrDamaged)
	}
	if found, err := s.Entries(t.Context(), crm.MainWorkspace, 0, 10); err != nil || len(found) != 10 {
		t.Errorf("%d entries, %v", len(found), err)
	}
	if err := s.Append(t.Context(), testkit.Batch(entries+1, 1, "next")); err != nil {
		t.Error(err)
	}
}
