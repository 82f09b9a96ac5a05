package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"rapport/server/crm"
	"rapport/server/sqlitestore"
	"rapport/server/wire"
)

// Backups are made while a file is imported: each of them holds whole parts of
// it, and where it is restored the import goes on to its end, with each row once.
func TestABackupDuringAnImportHoldsWholeParts(t *testing.T) {
	const rows = 3000
	dir := t.TempDir()
	s := &onDisk{t: t, data: dir, server: start(t, environment("RAPPORT_DATA", dir))}
	s.cookie = s.setUp()
	job := s.uploadRows(rows)
	s.startImport(job)
	var saved string
	for n := 0; ; n++ {
		file := filepath.Join(t.TempDir(), fmt.Sprint(n))
		mustSay(t, environment("RAPPORT_DATA", dir), "backup", file)
		state, done := importIn(t, file)
		if state == wire.ImportRunning && done > 0 && done < rows {
			saved = file
			break
		}
		if state == wire.ImportDone {
			t.Fatalf("the import was over before a backup could be made of a part of it; is %d rows too few?", rows)
		}
	}
	s.finish()

	to := environment("RAPPORT_DATA", filepath.Join(t.TempDir(), "restored"))
	mustSay(t, to, "restore", saved)
	r := &onDisk{t: t, server: start(t, to)}
	res, body := r.do("POST", "/api/v1/session", "", map[string]string{"email": "ana@example.com", "password": "correct horse battery"})
	if res.StatusCode != 200 {
		t.Fatalf("%d %s", res.StatusCode, body)
	}
	r.cookie, _, _ = strings.Cut(res.Header.Get("Set-Cookie"), ";")
	r.await("the import where it was restored", func() (int, string) { return r.importDone(&job) })
	if want := (wire.ImportCounts{Total: rows, Done: rows, Created: rows}); job.Counts != want {
		t.Errorf("counts %+v, want %+v", job.Counts, want)
	}
	var deals wire.RecordList
	_, body = r.do("GET", "/api/v1/records?limit=1&type=deal", r.cookie, nil)
	if err := json.Unmarshal([]byte(body), &deals); err != nil || deals.Total != rows {
		t.Errorf("%d deals, %v", deals.Total, err)
	}
	r.finish()
	if out := mustSay(t, to, "check"); !strings.Contains(out, "All of it agrees") {
		t.Error(out)
	}
}

// importIn restores a backup, looks whether all in it agrees, and says how many
// deals there are.
func importIn(t *testing.T, file string) (state wire.ImportState, done int) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "looked at")
	mustSay(t, environment("RAPPORT_DATA", dir), "restore", file)
	store, err := sqlitestore.Open(t.Context(), dir, sqlitestore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Load(t.Context(), crm.MainWorkspace, func(rec crm.Record) error {
		switch rec.Type {
		case crm.TypeImport:
			state = wire.ImportState(rec.Fields.String("state"))
		case crm.TypeDeal:
			done++
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if out := mustSay(t, environment("RAPPORT_DATA", dir), "check"); !strings.Contains(out, "All of it agrees") {
		t.Error(out)
	}
	return state, done
}
