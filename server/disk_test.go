package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rapport/server/crm"
	"rapport/server/testkit/faultdisk"
	"rapport/server/wire"
)

// onDisk is a server on a disk that fails when a test wants it to.
type onDisk struct {
	*server
	t      *testing.T
	data   string
	disk   *faultdisk.Disk
	cookie string
}

func startOnDisk(t *testing.T) *onDisk {
	t.Helper()
	s := &onDisk{t: t, data: t.TempDir()}
	s.disk = faultdisk.Under(t, s.data)
	s.server = start(t, environment("RAPPORT_DATA", s.data))
	s.cookie = s.setUp()
	return s
}

// department makes a command that creates a department; given again, it is the same.
func (s *onDisk) department(name string) func() (status int, reason string) {
	args := map[string]any{"commandId": crm.NewID(time.Now()), "id": crm.NewID(time.Now()), "name": name, "parentId": ""}
	return func() (int, string) {
		s.t.Helper()
		res, body := s.do("POST", "/api/v1/commands/department.create", s.cookie, args)
		return res.StatusCode, reasonOf(s.t, res, body)
	}
}

func reasonOf(t *testing.T, res *http.Response, body string) string {
	t.Helper()
	var problem struct {
		Reason string `json:"reason"`
	}
	if err := json.Unmarshal([]byte(body), &problem); err != nil {
		t.Fatalf("%d %s: %v", res.StatusCode, body, err)
	}
	return problem.Reason
}

func (s *onDisk) want(what string, give func() (int, string), status int, reason string) {
	s.t.Helper()
	if gotStatus, gotReason := give(); gotStatus != status || gotReason != reason {
		s.t.Errorf("%s: %d %q, want %d %q", what, gotStatus, gotReason, status, reason)
	}
}

// await gives a command again until it is done, as the app does: the store
// tries only now and then to make sure of itself.
func (s *onDisk) await(what string, give func() (int, string)) {
	s.t.Helper()
	retry := time.NewTicker(50 * time.Millisecond)
	defer retry.Stop()
	limit := time.After(20 * time.Second)
	for {
		status, reason := give()
		if status == 200 {
			return
		}
		select {
		case <-retry.C:
		case <-limit:
			s.t.Fatalf("%s: still %d %q", what, status, reason)
		}
	}
}

// read is what everybody may do whatever the disk does.
func (s *onDisk) read() (int, string) {
	s.t.Helper()
	res, _ := s.do("GET", "/api/v1/bootstrap", s.cookie, nil)
	return res.StatusCode, ""
}

func (s *onDisk) ready() (int, string) {
	s.t.Helper()
	res, body := s.do("GET", "/readyz", "", nil)
	return res.StatusCode, reasonOf(s.t, res, body)
}

// upload brings a small file to import.
func (s *onDisk) upload() (int, string) {
	s.t.Helper()
	res, body := s.uploadFile("opportunity_id,account\nA1,Acme\n")
	return res.StatusCode, reasonOf(s.t, res, body)
}

func (s *onDisk) uploadFile(content string) (*http.Response, string) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), "POST", s.address+"/api/v1/imports", strings.NewReader(content))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "text/csv")
	req.Header.Set("X-File-Name", "deals.csv")
	req.Header.Set("Origin", s.address)
	req.Header.Set("Cookie", s.cookie)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	var body bytes.Buffer
	if _, err := body.ReadFrom(res.Body); err != nil {
		s.t.Fatal(err)
	}
	return res, body.String()
}

// uploadRows brings a file of so many deals, each of an account of its own.
func (s *onDisk) uploadRows(rows int) (job wire.Import) {
	s.t.Helper()
	content := strings.Builder{}
	content.WriteString("opportunity_id,account\n")
	for i := range rows {
		fmt.Fprintf(&content, "A%d,Account %d\n", i, i)
	}
	res, body := s.uploadFile(content.String())
	if err := json.Unmarshal([]byte(body), &job); err != nil || res.StatusCode != 201 {
		s.t.Fatalf("%d %s %v", res.StatusCode, body, err)
	}
	return job
}

func (s *onDisk) startImport(job wire.Import) {
	s.t.Helper()
	args := map[string]any{"commandId": crm.NewID(time.Now()), "id": job.ID, "settings": job.Settings}
	if res, body := s.do("POST", "/api/v1/commands/import.start", s.cookie, args); res.StatusCode != 200 {
		s.t.Fatalf("%d %s", res.StatusCode, body)
	}
}

// importDone looks where an import stands: 200 when it is done.
func (s *onDisk) importDone(job *wire.Import) (status int, state string) {
	s.t.Helper()
	_, body := s.do("GET", "/api/v1/imports/"+job.ID, s.cookie, nil)
	if err := json.Unmarshal([]byte(body), job); err != nil {
		s.t.Fatal(err)
	}
	if job.State == wire.ImportDone {
		return 200, ""
	}
	return 0, string(job.State)
}

func (s *onDisk) files() int {
	s.t.Helper()
	names, err := os.ReadDir(filepath.Join(s.data, "files"))
	if err != nil {
		s.t.Fatal(err)
	}
	return len(names)
}

// [A5] The disk is full: everything is refused with a reason, everybody goes on
// reading, and once there is room it goes on without a restart.
func TestAServerOnAFullDisk(t *testing.T) {
	s := startOnDisk(t)
	refused, fine := s.department("Tasting"), s.department("Blending")
	s.disk.Fill(0)
	s.want("[A5] a command", refused, 503, "disk_full")
	s.want("[A5] an upload", s.upload, 503, "disk_full")
	if n := s.files(); n != 0 {
		t.Errorf("[A5] %d files left", n)
	}
	s.want("[A5] reading", s.read, 200, "")
	s.want("[A5] whether it is ready", s.ready, 503, "disk_full")
	s.disk.Mend()
	// Nobody gives commands to a server that says it is not ready.
	s.want("with room again, whether it is ready", s.ready, 200, "")
	s.want("the same command", refused, 200, "")
	s.want("another command", fine, 200, "")
	s.want("an upload", s.upload, 201, "")
	s.finish()
	if out := mustSay(t, environment("RAPPORT_DATA", s.data), "check"); !strings.Contains(out, "All of it agrees") {
		t.Errorf("[A5] %s", out)
	}
}

// [A5] The disk fills while a file is imported: the import waits and goes on.
func TestAnImportWaitsForRoom(t *testing.T) {
	const rows = 4000
	s := startOnDisk(t)
	job := s.uploadRows(rows)
	s.disk.Fill(1_500_000) // for a part of it
	s.startImport(job)
	state := func() (int, string) { return s.importDone(&job) }
	s.await("[A5] until it is full", func() (int, string) {
		if status, _ := s.department("Tasting")(); status == 503 {
			return 200, ""
		}
		return 0, "not full"
	})
	if _, now := state(); now != string(wire.ImportRunning) {
		t.Errorf("[A5] without room the import is %q", now)
	}
	s.disk.Mend()
	s.await("[A5] the import", state)
	if want := (wire.ImportCounts{Total: rows, Done: rows, Created: rows}); job.Counts != want {
		t.Errorf("[A5] counts %+v, want %+v", job.Counts, want)
	}
	s.finish()
	if out := mustSay(t, environment("RAPPORT_DATA", s.data), "check"); !strings.Contains(out, "All of it agrees") {
		t.Errorf("[A5] %s", out)
	}
}

// [A4] A sync fails: what became of the command is not known until the store has
// made sure; meanwhile others are refused and everybody goes on reading.
func TestAServerOnADiskThatCannotSync(t *testing.T) {
	s := startOnDisk(t)
	doubtful, refused := s.department("Tasting"), s.department("Blending")
	s.disk.Fail(faultdisk.Sync, "", 0, -1)
	s.want("[A4] the command", doubtful, 504, "outcome_unknown")
	s.want("[A4] another command", refused, 503, "store_stopped")
	s.want("[A4] reading", s.read, 200, "")
	if res, body := s.do("GET", "/api/v1/bootstrap", s.cookie, nil); res.StatusCode != 200 || strings.Contains(body, "Tasting") {
		t.Errorf("[A4] shown before it is known to be stored: %d", res.StatusCode)
	}
	s.want("[A4] whether it is ready", s.ready, 503, "store_stopped")
	s.disk.Mend()
	s.await("the same command", doubtful)
	s.want("the other command", refused, 200, "")
	s.want("whether it is ready", s.ready, 200, "")
	s.finish()
	if out := mustSay(t, environment("RAPPORT_DATA", s.data), "check"); !strings.Contains(out, "All of it agrees") {
		t.Errorf("[A4] %s", out)
	}
}
