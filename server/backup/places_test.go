package backup_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rapport/server/backup"
	"rapport/server/crm"
	"rapport/server/identity"
	"rapport/server/mongostore"
	"rapport/server/sqlitestore"
	"rapport/server/synclog"
	"rapport/server/testkit"
	"rapport/server/workspace"
)

var silent = slog.New(slog.DiscardHandler)

// place is where a workspace can lie, empty at first.
type place struct {
	open   func(ctx context.Context) (synclog.Store, error)
	source func(ctx context.Context) (synclog.Source, error)
	target func(ctx context.Context) (synclog.Target, error)
	dir    string           // of an embedded store
	db     testkit.Database // of the other
}

// kinds are the stores; every promise holds for both.
var kinds = []struct {
	name string
	make func(t testing.TB) *place
}{
	{"embedded", func(t testing.TB) *place { return folder(t, filepath.Join(t.TempDir(), "data")) }},
	{"MongoDB", func(t testing.TB) *place {
		db := testkit.Mongo(t)
		return &place{
			open: func(ctx context.Context) (synclog.Store, error) { return mongostore.Open(ctx, db.URI, db.Name) },
			source: func(ctx context.Context) (synclog.Source, error) {
				return mongostore.OpenSource(ctx, db.URI, db.Name, crm.MainWorkspace)
			},
			target: func(ctx context.Context) (synclog.Target, error) {
				return mongostore.NewTarget(ctx, db.URI, db.Name, crm.MainWorkspace)
			},
			db: db,
		}
	}},
}

func folder(_ testing.TB, dir string) *place {
	o := sqlitestore.Options{Log: silent}
	return &place{
		open:   func(ctx context.Context) (synclog.Store, error) { return sqlitestore.Open(ctx, dir, o) },
		source: func(ctx context.Context) (synclog.Source, error) { return sqlitestore.OpenSource(ctx, dir) },
		target: func(ctx context.Context) (synclog.Target, error) { return sqlitestore.NewTarget(ctx, dir, o) },
		dir:    dir,
	}
}

func eachKind(t *testing.T, test func(t *testing.T, p *place)) {
	t.Helper()
	for _, kind := range kinds {
		t.Run(kind.name, func(t *testing.T) { test(t, kind.make(t)) })
	}
}

// eachPair runs test from each kind of store to each.
func eachPair(t *testing.T, test func(t *testing.T, from, to *place)) {
	t.Helper()
	for _, from := range kinds {
		for _, to := range kinds {
			t.Run(from.name+" to "+to.name, func(t *testing.T) { test(t, from.make(t), to.make(t)) })
		}
	}
}

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func (p *place) mustSource(t testing.TB) synclog.Source {
	t.Helper()
	src := must[synclog.Source](t)(p.source(t.Context()))
	t.Cleanup(func() { _ = src.Close() })
	return src
}

// within opens the workspace for as long as fn runs.
func (p *place) within(t testing.TB, fn func(store synclog.Store, ws *workspace.Workspace)) {
	t.Helper()
	store := must[synclog.Store](t)(p.open(context.Background()))
	defer func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}()
	ws := must[*workspace.Workspace](t)(workspace.Open(context.Background(), store, workspace.Options{Log: silent}))
	defer ws.Close()
	fn(store, ws)
}

// company is what settle has put into a workspace.
type company struct {
	customer, deal, trashed, session, link, used, importing, imported, result crm.ID
	repeated                                                                  workspace.Command // given once already
	group                                                                     crm.ID
}

const fileText = "Deal;Amount\nTin boxes;120\n"

var fileHash = func() string {
	sum := sha256.Sum256([]byte(fileText))
	return hex.EncodeToString(sum[:])
}()

// settle fills a workspace with something of everything.
func (p *place) settle(t testing.TB) company {
	t.Helper()
	next := func() crm.ID { return crm.NewID(time.Now()) }
	c := company{
		customer: next(), deal: next(), trashed: next(), session: next(), link: next(), used: next(),
		importing: next(), imported: next(), result: next(), group: next(),
	}
	c.repeated = workspace.Command{
		ID: next(), Name: "record.edit", Hash: "a-hash-of-the-body", Actor: crm.Actor{UserID: next(), Source: crm.SourceApp},
		Plan: func(tx *workspace.Tx) error {
			return tx.Edit(c.deal, crm.Fields{"title": "Tin boxes, blue", "note": nil, "fields.colour": "blue"}, nil)
		},
	}
	p.within(t, func(store synclog.Store, ws *workspace.Workspace) {
		do := func(name string, plan func(tx *workspace.Tx) error) {
			t.Helper()
			commit(t, ws, workspace.Command{Name: name, Actor: crm.System, Plan: plan})
		}
		put := func(id crm.ID) {
			t.Helper()
			if err := store.PutFile(t.Context(), crm.MainWorkspace, id, strings.NewReader(fileText)); err != nil {
				t.Fatal(err)
			}
		}
		do("customer.create", func(tx *workspace.Tx) error {
			return tx.Create(crm.TypeCustomer, c.customer, crm.Fields{"name": "Łódź Tea 東京", "fields.vip": true, "fields.rank": int64(7), "fields.rate": 1.5})
		})
		do("deal.create", func(tx *workspace.Tx) error {
			return tx.Create(crm.TypeDeal, c.deal, crm.Fields{"title": "Tin boxes", "note": "soon", "value": crm.Money{Amount: 12000, Currency: "EUR"}, "tags": []any{"a", int64(1)}})
		})
		do("storeVisit.create", func(tx *workspace.Tx) error { // a type the server does not know
			return tx.Create("storeVisit", c.trashed, crm.Fields{"name": "Visit"})
		})
		do("record.trash", func(tx *workspace.Tx) error { return tx.Trash(c.trashed) })
		do("session.open", func(tx *workspace.Tx) error {
			if err := tx.Create(crm.TypeInvitation, c.link, crm.Fields{"kind": "invite", "email": "bo@example.com"}); err != nil {
				return err
			}
			if err := tx.Create(crm.TypeInvitation, c.used, crm.Fields{"kind": "invite", "email": "li@example.com", "usedAt": "2026-11-24T09:00:00.000Z"}); err != nil {
				return err
			}
			return tx.Create(crm.TypeSession, c.session, crm.Fields{"userId": string(c.customer), "tokenHash": "x"})
		})
		put(c.importing)
		put(c.result)
		do("import.upload", func(tx *workspace.Tx) error {
			if err := tx.Create(crm.TypeImport, c.importing, crm.Fields{"state": "uploaded", "fileHash": fileHash}); err != nil {
				return err
			}
			return tx.Create(crm.TypeImport, c.imported, crm.Fields{"state": "done", "resultId": string(c.result)})
		})
		commit(t, ws, c.repeated)
		for i := range 40 {
			commit(t, ws, workspace.Command{Name: "import.part", Actor: crm.System, Group: c.group, Plan: func(tx *workspace.Tx) error {
				return tx.Create(crm.TypeCustomer, tx.NewID(), crm.Fields{"name": fmt.Sprint("Nadeln & Garn ", i)})
			}})
		}
	})
	return c
}

func commit(t testing.TB, ws *workspace.Workspace, c workspace.Command) workspace.Result {
	t.Helper()
	return must[workspace.Result](t)(ws.Commit(context.Background(), c))
}

// options are those of the program.
func options() backup.Options {
	return backup.Options{
		Build: "test", Retire: identity.EndRestored,
		FilesOf: func(rec crm.Record) []backup.FileRef {
			switch {
			case rec.Type != crm.TypeImport:
				return nil
			case rec.Fields.String("state") == "uploaded":
				return []backup.FileRef{{ID: rec.ID, SHA256: rec.Fields.String("fileHash")}}
			}
			return []backup.FileRef{{ID: rec.Fields.ID("resultId")}}
		},
	}
}

// backedUp returns a backup of a place.
func (p *place) backedUp(t testing.TB) []byte {
	t.Helper()
	var out bytes.Buffer
	must[backup.Sums](t)(backup.Write(t.Context(), &out, p.mustSource(t), options()))
	return out.Bytes()
}

// restore brings a backup into a place, as the program does.
func (p *place) restore(ctx context.Context, in io.Reader) (done backup.Restored, err error) {
	target, err := p.target(ctx)
	if err != nil {
		return done, err
	}
	done, err = backup.Restore(ctx, in, target, options())
	if closeErr := target.Close(); err == nil {
		err = closeErr
	}
	return done, err
}

// contents is everything a Source holds.
type contents struct {
	position synclog.Position
	records  map[crm.ID]crm.Record
	entries  []synclog.Entry
	files    map[crm.ID]string
}

func (p *place) contents(t testing.TB) contents {
	t.Helper()
	src := must[synclog.Source](t)(p.source(t.Context()))
	defer src.Close() //nolint:errcheck // only read
	c := contents{position: src.Position(), records: map[crm.ID]crm.Record{}, files: map[crm.ID]string{}}
	err := src.Records(t.Context(), func(rec crm.Record, wrong error) error {
		c.records[rec.ID] = rec
		return wrong
	})
	if err == nil {
		err = src.Entries(t.Context(), func(e synclog.Entry, wrong error) error {
			c.entries = append(c.entries, e)
			return wrong
		})
	}
	if err == nil {
		err = src.Files(t.Context(), func(f synclog.StoredFile) error {
			r, err := f.Open(t.Context())
			if err != nil {
				return err
			}
			defer r.Close() //nolint:errcheck // only read
			raw, err := io.ReadAll(r)
			c.files[f.ID] = string(raw)
			return err
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// findings returns what a check says about a place.
func (p *place) findings(t testing.TB) []string {
	t.Helper()
	var found []string
	checked, err := backup.Check(t.Context(), p.mustSource(t), options(), func(f string) error {
		found = append(found, f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if checked.Findings != len(found) {
		t.Errorf("%d findings counted, %d told", checked.Findings, len(found))
	}
	return found
}

func (p *place) wantClean(t testing.TB) {
	t.Helper()
	for _, f := range p.findings(t) {
		t.Errorf("check finds: %s", f)
	}
}
