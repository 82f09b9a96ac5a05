package importer_test

import (
	"context"
	"encoding/csv"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"rapport/server/crm"
	"rapport/server/identity"
	"rapport/server/importer"
	"rapport/server/records"
	"rapport/server/sqlitestore"
	"rapport/server/synclog"
	"rapport/server/wire"
	"rapport/server/workspace"
)

// office is a workspace with one admin, Ana, who imports.
type office struct {
	t       testing.TB
	store   synclog.Store
	ws      *workspace.Workspace
	people  *identity.Service
	imports *importer.Service
	ana     crm.Actor
	root    crm.ID // department

	lookEvery time.Duration // 0: no other node imports here

	mu    sync.Mutex
	ended map[crm.ID]chan wire.Progress // receives the last progress of an import
	each  func(wire.Progress)
}

var browser = identity.Client{Address: "192.0.2.1", Agent: "Firefox"}

func newOffice(t testing.TB) *office {
	t.Helper()
	store, err := sqlitestore.Open(t.Context(), t.TempDir(), sqlitestore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return newOfficeOn(t, store)
}

func openWorkspace(t testing.TB, store synclog.Store) *workspace.Workspace {
	t.Helper()
	ws, err := workspace.Open(t.Context(), store, workspace.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(ws.Close)
	return ws
}

func newOfficeOn(t testing.TB, store synclog.Store) *office {
	t.Helper()
	ws := openWorkspace(t, store)
	o := &office{t: t, store: store, ws: ws, people: identity.New(ws, identity.Options{}), ended: map[crm.ID]chan wire.Progress{}}
	t.Cleanup(o.people.Close)
	grant, err := o.people.SetUp(t.Context(), identity.Setup{
		Company: "Nordwind Tea", Currency: "USD", TimeZone: "Europe/Berlin", Language: "en",
		Name: "Ana Petrova", Email: "ana@example.com", Password: "correct horse battery",
	}, browser)
	if err != nil {
		t.Fatal(err)
	}
	if o.ana, err = o.people.Authenticate(t.Context(), grant.Token); err != nil {
		t.Fatal(err)
	}
	o.read(func(s *workspace.State) { o.root = s.Policy().PrimaryDepartment(o.ana.UserID) })
	o.open()
	return o
}

// open starts the importer, as a server does.
func (o *office) open() {
	o.imports = importer.New(o.ws, importer.Options{
		Log: slog.New(slog.DiscardHandler), Progress: o.onProgress, Shared: o.lookEvery > 0, LookEvery: o.lookEvery,
	})
	o.t.Cleanup(o.imports.Close)
}

func (o *office) onProgress(who crm.ID, p wire.Progress) {
	if who != o.ana.UserID {
		o.t.Errorf("the progress of her import is told to %q", who)
	}
	o.mu.Lock()
	each := o.each
	o.mu.Unlock()
	if each != nil {
		each(p)
	}
	if p.State != string(wire.ImportRunning) {
		o.end(crm.ID(p.ImportID)) <- p
	}
}

func (o *office) end(id crm.ID) chan wire.Progress {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.ended[id] == nil {
		o.ended[id] = make(chan wire.Progress, 1)
	}
	return o.ended[id]
}

func (o *office) read(fn func(*workspace.State)) {
	o.t.Helper()
	if err := o.ws.Read(context.Background(), nil, func(s *workspace.State) error { fn(s); return nil }); err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) upload(name, content string) wire.Import {
	o.t.Helper()
	v, err := o.imports.Upload(o.t.Context(), o.ana, name, strings.NewReader(content))
	if err != nil {
		o.t.Fatal(err)
	}
	return v
}

func (o *office) begin(v wire.Import) {
	o.t.Helper()
	args := importer.StartArgs{ID: crm.ID(v.ID), Settings: v.Settings}
	if _, err := o.imports.Start(o.t.Context(), o.command("import.start"), args); err != nil {
		o.t.Fatal(err)
	}
}

// finish waits for the end of an import and returns how it stands then.
func (o *office) finish(id string) wire.Import {
	o.t.Helper()
	select {
	case <-o.end(crm.ID(id)):
	case <-time.After(time.Minute):
		o.t.Fatal("the import does not end")
	}
	v, err := o.imports.Get(o.t.Context(), o.ana, crm.ID(id))
	if err != nil {
		o.t.Fatal(err)
	}
	return v
}

// load uploads a file, imports it as recognised and waits for the end.
func (o *office) load(name, content string) wire.Import {
	o.t.Helper()
	v := o.upload(name, content)
	o.begin(v)
	return o.finish(v.ID)
}

func (o *office) command(name string) workspace.Command {
	return workspace.Command{ID: crm.NewID(time.Now()), Name: name, Actor: o.ana}
}

func (o *office) undo(id string) {
	o.t.Helper()
	if _, err := records.New(o.ws, identity.Keeper{}).Undo(o.t.Context(), o.command("undo"), records.UndoArgs{Group: crm.ID(id)}); err != nil {
		o.t.Fatal(err)
	}
}

// count returns how many records of a type are there.
func (o *office) count(t crm.RecordType) int {
	n := 0
	o.read(func(s *workspace.State) {
		s.Each(t, func(crm.Record) bool { n++; return true })
	})
	return n
}

// deals returns the deals by their external id, else by title.
func (o *office) deals() map[string]crm.Values {
	found := map[string]crm.Values{}
	o.read(func(s *workspace.State) {
		s.Each(crm.TypeDeal, func(rec crm.Record) bool {
			key := rec.Fields.String("externalId")
			if key == "" {
				key = rec.Fields.String("title")
			}
			found[key] = rec.Fields
			return true
		})
	})
	return found
}

// stageName returns the name of the stage a deal stands in.
func (o *office) stageName(deal crm.Values) string {
	name := ""
	o.read(func(s *workspace.State) {
		rec, _ := s.Get(deal.ID(crm.KeyPipeline))
		list, _ := rec.Fields.Get("stages").([]any)
		for _, item := range list {
			if m, ok := item.(map[string]any); ok && m["id"] == deal.Get(crm.KeyStage) {
				name, _ = m["name"].(string)
			}
		}
	})
	return name
}

// result reads the result file of an import.
func (o *office) result(id string) [][]string {
	o.t.Helper()
	_, file, err := o.imports.Result(o.t.Context(), o.ana, crm.ID(id))
	if err != nil {
		o.t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(file), "\xEF\xBB\xBF"))).ReadAll()
	if err != nil {
		o.t.Fatal(err)
	}
	return rows
}
