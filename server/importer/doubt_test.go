package importer_test

import (
	"context"
	"strings"
	"testing"

	"rapport/server/crm"
	"rapport/server/sqlitestore"
	"rapport/server/synclog"
	"rapport/server/workspace"
)

// slowStore takes its time over uploads: it says when one comes, and goes on when told to.
type slowStore struct {
	synclog.Store
	reached func()
	goOn    chan struct{}
}

func (s *slowStore) Append(ctx context.Context, b synclog.Batch) error {
	if b.Entries[0].Command == "import.upload" {
		s.reached()
		<-s.goOn
	}
	return s.Store.Append(ctx, b)
}

// An upload whose outcome was not known in time may be there after all, and then
// its file must be.
func TestAnUploadInDoubtKeepsItsFile(t *testing.T) {
	store, err := sqlitestore.Open(t.Context(), t.TempDir(), sqlitestore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	ctx, giveUp := context.WithCancel(t.Context())
	slow := &slowStore{Store: store, reached: giveUp, goOn: make(chan struct{})}
	o := newOfficeOn(t, slow)
	_, err = o.imports.Upload(ctx, o.ana, "deals.csv", strings.NewReader(generated(3)))
	if crm.CodeOf(err) != crm.CodeUnknown {
		t.Fatalf("answered %v", err)
	}
	close(slow.goOn)
	// Behind the upload in the log.
	if _, err := o.ws.Commit(t.Context(), workspace.Command{Name: "test", Actor: crm.System, Plan: func(tx *workspace.Tx) error {
		return tx.Create(crm.TypeCustomer, tx.NewID(), crm.Fields{"name": "Acme"})
	}}); err != nil {
		t.Fatal(err)
	}
	list, err := o.imports.List(t.Context(), o.ana)
	if err != nil || len(list.Imports) != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	if v, err := o.imports.Get(t.Context(), o.ana, crm.ID(list.Imports[0].ID)); err != nil || v.Analysis == nil {
		t.Errorf("it cannot be imported: %v", err)
	}
}
