package backup_test

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"rapport/server/crm"
	"rapport/server/mongostore"
	"rapport/server/sqlitestore"
	"rapport/server/synclog"
	"rapport/server/testkit"
	"rapport/server/workspace"
)

// fillPlace names the place that a second process, this test binary run again,
// begins to fill: a folder, or the URI of a server and a database.
const fillPlace = "RAPPORT_TEST_FILL"

func TestMain(m *testing.M) {
	if at := os.Getenv(fillPlace); at != "" {
		if err := fillAndWait(at); err != nil {
			fmt.Println(err)
		}
		return
	}
	os.Exit(m.Run())
}

func fillAndWait(at string) error {
	ctx := context.Background()
	var target synclog.Target
	var err error
	if uri, database, isMongo := strings.Cut(at, " "); isMongo {
		target, err = mongostore.NewTarget(ctx, uri, database, crm.MainWorkspace)
	} else {
		target, err = sqlitestore.NewTarget(ctx, at, sqlitestore.Options{Log: silent})
	}
	if err != nil {
		return err
	}
	batch := testkit.Batch(1, 400, "half there")
	err = errors.Join(target.AddRecords(ctx, batch.Records), target.AddEntries(ctx, batch.Entries),
		target.AddFile(ctx, crm.NewID(time.Now()), strings.NewReader(fileText)))
	if err != nil {
		return err
	}
	fmt.Println("filling")
	_, _ = io.Copy(io.Discard, os.Stdin)
	return nil
}

// [A13] Whoever fills a place is killed in the middle.
func TestAPlaceThatWasNotFilledToTheEndIsNotUsable(t *testing.T) {
	source := folder(t, t.TempDir())
	source.settle(t)
	saved := source.backedUp(t)
	eachKind(t, func(t *testing.T, p *place) {
		at := p.dir
		if at == "" {
			at = p.db.URI + " " + p.db.Name
		}
		killFilling(t, at)
		_, err := p.source(t.Context())
		if !errors.Is(err, synclog.ErrUnfinished) {
			t.Errorf("to a backup: %v", err)
		}
		store, err := p.open(t.Context())
		if err == nil {
			_, err = workspace.Open(t.Context(), store, workspace.Options{Log: silent})
			err = errors.Join(err, store.Close())
		}
		if !errors.Is(err, synclog.ErrUnfinished) || !strings.Contains(err.Error(), "begins anew") {
			t.Errorf("to a server: %v", err)
		}
		if p.db.URI != "" {
			if _, err := p.restore(t.Context(), bytes.NewReader(saved)); !errors.Is(err, synclog.ErrOccupied) {
				t.Errorf("while it cannot be known that the other is dead: %v", err)
			}
			p.letTimePass(t)
		}
		if _, err := p.restore(t.Context(), bytes.NewReader(saved)); err != nil {
			t.Fatalf("begun anew: %v", err)
		}
		p.wantClean(t)
		if got := len(p.contents(t).files); got != 2 {
			t.Errorf("%d files", got)
		}
	})
}

// killFilling begins to fill a place in another process and kills that.
func killFilling(t *testing.T, at string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), fillPlace+"="+at)
	stdin := must[io.WriteCloser](t)(cmd.StdinPipe())
	defer stdin.Close() //nolint:errcheck // the process is gone
	stdout := must[io.ReadCloser](t)(cmd.StdoutPipe())
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil || line != "filling\n" {
		t.Fatalf("the other process says %q, %v", line, err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
}

// letTimePass makes all nodes of a database look silent for long.
func (p *place) letTimePass(t testing.TB) {
	t.Helper()
	_, err := p.db.Client(t).Database(p.db.Name).Collection("writers").UpdateMany(t.Context(), bson.D{},
		bson.D{{Key: "$set", Value: bson.D{{Key: "at", Value: time.Now().Add(-time.Minute)}}}})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAFolderWithAnythingElseInItIsRefused(t *testing.T) {
	source := folder(t, t.TempDir())
	source.settle(t)
	saved := source.backedUp(t)
	for _, tt := range []struct {
		name string
		put  func(t *testing.T, dir string)
		says string
	}{
		{"files of a workspace whose database is gone", func(t *testing.T, dir string) {
			if err := os.MkdirAll(filepath.Join(dir, "files"), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "files", "01ARZ3NDEKTSV4RRFFQ69G5FAV"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}, "holds files"},
		{"a database of another program", func(t *testing.T, dir string) {
			db := must[*sql.DB](t)(sql.Open("sqlite", "file:"+filepath.Join(dir, "rapport.db")))
			defer db.Close() //nolint:errcheck // it is made
			if _, err := db.ExecContext(t.Context(), "CREATE TABLE notes (text TEXT)"); err != nil {
				t.Fatal(err)
			}
		}, "cannot tell whether"},
		{"a damaged database", func(t *testing.T, dir string) {
			if err := os.WriteFile(filepath.Join(dir, "rapport.db"), []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
				t.Fatal(err)
			}
		}, "cannot tell whether"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := folder(t, t.TempDir())
			tt.put(t, p.dir)
			before := listing(t, p.dir)
			_, err := p.restore(t.Context(), bytes.NewReader(saved))
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error %v, want one that says %q", err, tt.says)
			}
			after := listing(t, p.dir)
			for name, size := range before {
				if after[name] != size {
					t.Errorf("%s had %d bytes and has %d now", name, size, after[name])
				}
			}
		})
	}
}

func listing(t testing.TB, dir string) map[string]int64 {
	t.Helper()
	sizes := map[string]int64{}
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() {
			sizes[path] = info.Size()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return sizes
}

func TestADatabaseWithAnythingElseInItIsRefused(t *testing.T) {
	source := folder(t, t.TempDir())
	source.settle(t)
	p := kinds[1].make(t)
	notes := p.db.Client(t).Database(p.db.Name).Collection("notes")
	if _, err := notes.InsertOne(t.Context(), bson.D{{Key: "text", Value: "mine"}}); err != nil {
		t.Fatal(err)
	}
	_, err := p.restore(t.Context(), bytes.NewReader(source.backedUp(t)))
	if !errors.Is(err, synclog.ErrOccupied) || !strings.Contains(err.Error(), "notes") {
		t.Errorf("error %v", err)
	}
	if n, err := notes.CountDocuments(t.Context(), bson.D{}); err != nil || n != 1 {
		t.Errorf("%d notes are left, %v", n, err)
	}
}

func TestAFolderMadeForARestoreGoesWithIt(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	if _, err := folder(t, dir).restore(t.Context(), strings.NewReader("nothing")); err == nil {
		t.Fatal("restored nothing")
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder is there: %v", err)
	}
}
