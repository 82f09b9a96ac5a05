package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rapport/server/config"
	"rapport/server/crm"
	"rapport/server/demo"
	"rapport/server/sqlitestore"
	"rapport/server/testkit"
	"rapport/server/wire"
	"rapport/server/workspace"
)

// said runs the program and returns what it says.
func said(t *testing.T, getenv func(string) string, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := run(t.Context(), args, getenv, &out, io.Discard)
	return out.String(), err
}

func mustSay(t *testing.T, getenv func(string) string, args ...string) string {
	t.Helper()
	out, err := said(t, getenv, args...)
	if err != nil {
		t.Fatalf("%v: %v\n%s", args, err, out)
	}
	return out
}

// places are the settings of each kind of store, empty.
func places(t *testing.T) map[string]func(string) string {
	db := testkit.Mongo(t)
	return map[string]func(string) string{
		"embedded": environment("RAPPORT_DATA", filepath.Join(t.TempDir(), "data")),
		"MongoDB":  environment("MONGODB_URI", db.URI, "RAPPORT_DATABASE", db.Name),
	}
}

// [A11, B13] A workspace is saved while people work and brought back elsewhere: what
// they had done by then is there, and of what came next nothing without what was
// before; they sign in again, and every screen loads anew.
func TestAWorkspaceIsBackedUpAndRestored(t *testing.T) {
	for name, from := range places(t) {
		t.Run("[A11] "+name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "nordwind.tar.zst")
			first := start(t, from)
			cookie := first.setUp()
			id := crm.NewID(time.Now())
			first.do("POST", "/api/v1/commands/department.create", cookie, map[string]any{
				"commandId": crm.NewID(time.Now()), "id": id, "name": "Tasting", "parentId": "",
			})
			outbox := newOutbox()
			outbox.fill(t, first, cookie)
			crates := workMeanwhile(t, first, cookie)
			saved := mustSay(t, from, "backup", file)
			made := crates()
			if !strings.Contains(saved, "Backed up") || !strings.Contains(saved, "Hash ") {
				t.Errorf("said %q", saved)
			}
			if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("the backup: %v, %v", info, err)
			}
			outbox.goOn(t, first, cookie)
			welcome := first.hello(t, cookie, nil)
			first.finish()

			to := environment("RAPPORT_DATA", filepath.Join(t.TempDir(), "restored"))
			restored := mustSay(t, to, "restore", file)
			if hash := saved[strings.Index(saved, "Hash "):]; !strings.Contains(restored, hash) || !strings.Contains(restored, "1 session or link was ended") {
				t.Errorf("said %q after %q", restored, saved)
			}
			second := start(t, to)
			defer second.finish()
			if res, _ := second.do("GET", "/api/v1/devices", cookie, nil); res.StatusCode != 401 {
				t.Errorf("the session lives on: %d", res.StatusCode)
			}
			res, body := second.do("POST", "/api/v1/session", "", map[string]string{"email": "ana@example.com", "password": "correct horse battery"})
			if res.StatusCode != 200 {
				t.Fatalf("the password is gone: %d %s", res.StatusCode, body)
			}
			cookie, _, _ = strings.Cut(res.Header.Get("Set-Cookie"), ";")
			if res, body := second.do("GET", "/api/v1/bootstrap", cookie, nil); res.StatusCode != 200 || !strings.Contains(body, "Tasting") {
				t.Errorf("the department is gone: %d", res.StatusCode)
			}
			checkCrates(t, second, cookie, made)
			outbox.sendAgain(t, second, cookie)
			again := second.hello(t, cookie, &welcome)
			if again.Mode != wire.ModeSnapshot || again.Position.Epoch == welcome.Position.Epoch {
				t.Errorf("[SL30] welcomed at %+v with %+v", welcome.Position, again)
			}
			if out := mustSay(t, to, "check"); !strings.Contains(out, "All of it agrees") {
				t.Errorf("said %q", out)
			}
		})
	}
}

// workMeanwhile makes customers, one after another, until what it returns is called
// and says which were acknowledged. The first one is there when it returns, and
// at least one is made after that.
func workMeanwhile(t *testing.T, s *server, cookie string) (ended func() []crm.ID) {
	t.Helper()
	var made []crm.ID
	add := func() {
		id := crm.NewID(time.Now())
		res, body := s.do("POST", "/api/v1/commands/record.create", cookie, map[string]any{
			"commandId": crm.NewID(time.Now()), "type": crm.TypeCustomer, "id": id, "values": map[string]any{"name": fmt.Sprint("Crates ", len(made))},
		})
		if res.StatusCode != http.StatusOK {
			t.Errorf("meanwhile: %d %s", res.StatusCode, body)
			return
		}
		made = append(made, id)
	}
	add()
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for add(); ; add() {
			select {
			case <-stop:
				return
			default:
			}
		}
	}()
	return func() []crm.ID {
		close(stop)
		<-stopped
		return made
	}
}

// checkCrates makes sure that customers made one after another are there up to one
// of them, and none beyond it.
func checkCrates(t *testing.T, s *server, cookie string, made []crm.ID) {
	t.Helper()
	there := 0
	for i, id := range made {
		res, body := s.do("GET", "/api/v1/records/"+string(id), cookie, nil)
		switch {
		case res.StatusCode == http.StatusOK && there == i:
			there++
		case res.StatusCode != http.StatusOK && i > 0:
		default:
			t.Errorf("of %d customers %d are there, and then the one after %d: %d %s", len(made), there, i, res.StatusCode, body)
		}
	}
	t.Logf("%d of %d customers were made before the workspace was saved", there, len(made))
}

// outbox is what a screen has sent and will send again, because it does not know
// that a backup was restored in the meantime.
type outbox struct {
	customer crm.ID
	create   map[string]any // done before the backup
}

func newOutbox() *outbox {
	id := crm.NewID(time.Now())
	return &outbox{id, map[string]any{
		"commandId": crm.NewID(time.Now()), "type": crm.TypeCustomer, "id": id, "values": map[string]any{"name": "Tin boxes"},
	}}
}

func (o *outbox) fill(t *testing.T, s *server, cookie string) {
	t.Helper()
	if res, body := s.do("POST", "/api/v1/commands/record.create", cookie, o.create); res.StatusCode != 200 {
		t.Fatalf("%d %s", res.StatusCode, body)
	}
}

func (o *outbox) edit(s *server, cookie string, basedOn int, name string) (*http.Response, string) {
	return s.do("POST", "/api/v1/commands/record.edit", cookie, map[string]any{
		"commandId": crm.NewID(time.Now()), "id": o.customer, "basedOn": basedOn, "values": map[string]any{"name": name},
	})
}

// goOn makes a version that is in no backup.
func (o *outbox) goOn(t *testing.T, s *server, cookie string) {
	t.Helper()
	if res, body := o.edit(s, cookie, 1, "Tin boxes, blue"); res.StatusCode != 200 {
		t.Fatalf("%d %s", res.StatusCode, body)
	}
}

// sendAgain gives what was done before, which is known, and what is based on a
// version that is no more, which is a conflict.
func (o *outbox) sendAgain(t *testing.T, s *server, cookie string) {
	t.Helper()
	var known wire.CommandResult
	res, body := s.do("POST", "/api/v1/commands/record.create", cookie, o.create)
	if err := json.Unmarshal([]byte(body), &known); err != nil || res.StatusCode != 200 || !known.Repeated {
		t.Errorf("[A11] what is in the backup, given again: %d %s", res.StatusCode, body)
	}
	res, body = o.edit(s, cookie, 2, "Tin boxes, red")
	if res.StatusCode != http.StatusConflict || !strings.Contains(body, "Tin boxes") || strings.Contains(body, "blue") {
		t.Errorf("[A11] what is based on a version that is no more: %d %s", res.StatusCode, body)
	}
}

// hello greets the stream as a screen that has been there before, if it has.
func (s *server) hello(t *testing.T, cookie string, before *wire.Welcome) wire.Welcome {
	t.Helper()
	socket := s.dial(cookie)
	defer socket.Close()
	hello := firstHello()
	if before != nil {
		hello.Position, hello.Audience = &before.Position, before.Audience
	}
	if err := socket.WriteJSON(hello); err != nil {
		t.Fatal(err)
	}
	return receive[wire.Welcome](t, socket, "welcome")
}

func TestAWorkspaceIsCarriedFromStoreToStore(t *testing.T) {
	from := t.TempDir()
	fillFolder(t, from)
	mongo := places(t)["MongoDB"]
	back := filepath.Join(t.TempDir(), "back")
	there := mustSay(t, mongo, "copy", "--from", "sqlite:"+from, "--to", mongo("MONGODB_URI"))
	again := mustSay(t, mongo, "copy", "--to", back)
	_, hash, _ := strings.Cut(there, "Hash of both sides ")
	if !strings.HasSuffix(again, hash) || len(hash) < 64 {
		t.Errorf("there %q, back %q", there, again)
	}
	for _, getenv := range []func(string) string{mongo, environment("RAPPORT_DATA", back)} {
		if out := mustSay(t, getenv, "check"); !strings.Contains(out, "All of it agrees") {
			t.Errorf("said %q", out)
		}
	}
	if out, err := said(t, mongo, "copy", "--from", from, "--to", back); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("once more: %q, %v", out, err)
	}
}

// fillFolder puts the demonstration company into a folder.
func fillFolder(t *testing.T, dir string) {
	t.Helper()
	store, err := sqlitestore.Open(t.Context(), dir, sqlitestore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close() //nolint:errcheck // what is read of it tells
	ws, err := workspace.Open(t.Context(), store, workspace.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close()
	if err := demo.Fill(t.Context(), ws); err != nil {
		t.Fatal(err)
	}
}

func TestABackupGoesThroughPipes(t *testing.T) {
	from := t.TempDir()
	start(t, environment("RAPPORT_DATA", from)).finish()
	cfg := func(dir string) config.Config {
		return must(t)(config.Load(environment("RAPPORT_DATA", dir)))
	}
	var saved, words bytes.Buffer
	out := &keeping{cfg: cfg(from), stdout: &saved, stderr: &words, log: slog.New(slog.DiscardHandler)}
	if err := out.run(t.Context(), []string{"backup", "-"}); err != nil || !strings.Contains(words.String(), "Backed up") {
		t.Fatalf("%v, said %q", err, words.String())
	}
	in := &keeping{cfg: cfg(filepath.Join(t.TempDir(), "data")), stdin: &saved, stdout: &words, stderr: io.Discard, log: out.log}
	if err := in.run(t.Context(), []string{"restore", "-"}); err != nil || !strings.Contains(words.String(), "Restored") {
		t.Errorf("%v, said %q", err, words.String())
	}
}

func must(t *testing.T) func(config.Config, error) config.Config {
	return func(c config.Config, err error) config.Config {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
}

func TestADisagreementIsSaidAndEndsInAnError(t *testing.T) {
	dir := t.TempDir()
	getenv := environment("RAPPORT_DATA", dir)
	s := start(t, getenv)
	s.setUp()
	s.finish()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "rapport.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // it is damaged
	if _, err := db.ExecContext(t.Context(), "DELETE FROM records WHERE type = 'pipeline'"); err != nil {
		t.Fatal(err)
	}
	out, err := said(t, getenv, "check")
	if err == nil || !strings.Contains(err.Error(), "1 disagreement was found") || !strings.Contains(out, "has entries, but no document") {
		t.Errorf("error %v, said %q", err, out)
	}
}

func TestWhatIsCancelledLeavesNothing(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	fillFolder(t, from)
	file := filepath.Join(to, "saved")
	mustSay(t, environment("RAPPORT_DATA", from), "backup", file)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, args := range [][]string{
		{"backup", filepath.Join(to, "other")},
		{"copy", "--to", filepath.Join(to, "copied")},
		{"check"},
	} {
		err := run(ctx, args, environment("RAPPORT_DATA", from), io.Discard, io.Discard)
		if err == nil || !strings.Contains(err.Error(), "cancelled") {
			t.Errorf("%v: %v", args, err)
		}
	}
	err := run(ctx, []string{"restore", file}, environment("RAPPORT_DATA", filepath.Join(to, "restored")), io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "cancelled") {
		t.Errorf("restore: %v", err)
	}
	left, err := filepath.Glob(filepath.Join(to, "*"))
	if hidden, _ := filepath.Glob(filepath.Join(to, ".*")); err != nil || fmt.Sprint(append(left, hidden...)) != "["+file+"]" {
		t.Errorf("left: %v %v", left, hidden)
	}
}

func TestNoPasswordIsSaid(t *testing.T) {
	getenv := environment("RAPPORT_DATA", t.TempDir())
	start(t, getenv).finish()
	out, err := said(t, getenv, "copy", "--to", "mongodb://ana:hush@127.0.0.1:1/?replicaSet=x&serverSelectionTimeoutMS=200")
	if err == nil || strings.Contains(err.Error()+out, "hush") {
		t.Errorf("%v, said %q", err, out)
	}
}

func TestTheCommandsAboutBackupsWantTheirWords(t *testing.T) {
	getenv := environment("RAPPORT_DATA", filepath.Join(t.TempDir(), "nowhere"))
	for _, tt := range []struct {
		args []string
		says string
	}{
		{[]string{"backup"}, "backup needs the name of one file, or -\nusage"},
		{[]string{"backup", "a", "b"}, "backup needs the name of one file"},
		{[]string{"backup", "--fast"}, "backup has no option --fast; a file of that name is ./--fast\nusage"},
		{[]string{"restore"}, "restore needs the name of one file"},
		{[]string{"copy"}, "source and target are both the folder"},
		{[]string{"copy", "--from", "a", "--to", "./a"}, "source and target are both the folder a\nusage"},
		{[]string{"copy", "--to", "postgres://eve:secret@db/x"}, "there is no store of the kind postgres://\nusage"},
		{[]string{"copy", "--from", "a", "--onto", "b"}, "not defined: -onto\nusage"},
		{[]string{"copy", "--from", "a", "--to", "b", "c"}, "copy takes --from and --to, but was given \"c\""},
		{[]string{"check", "please"}, "check takes no more words"},
		{[]string{"check"}, "no workspace"},
		{[]string{"backup", "-"}, "no workspace"},
		{[]string{"restore", "/nowhere/at/all"}, "no such file"},
	} {
		if out, err := said(t, getenv, tt.args...); err == nil || !strings.Contains(err.Error(), tt.says) || out != "" {
			t.Errorf("%v: error %v, said %q", tt.args, err, out)
		}
	}
}
