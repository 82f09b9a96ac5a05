package main

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"rapport/server/crm"
	"rapport/server/wire"
	"rapport/server/workspace"
)

// One deal has ten thousand comments and a long history. Its own page takes longer;
// lists do not, and what happened to it comes in pages.
func TestMuchAboutOneRecord(t *testing.T) {
	const comments, edits, together = 10_000, 500, 500
	n, ana := soleNode(t)
	heavy := fixedID("deal", 1)
	for i := range 20 {
		ana.command(n, "record.create", map[string]any{"type": "deal", "id": fixedID("deal", i), "values": map[string]any{"title": fmt.Sprint("Refit ", i)}})
	}
	list := func() time.Duration {
		var took []time.Duration
		for range 15 {
			began := time.Now()
			ana.must(n, http.MethodGet, "/api/v1/records?type=deal", nil, nil)
			took = append(took, time.Since(began))
		}
		slices.Sort(took)
		return took[len(took)/2]
	}
	commit := func(plan func(tx *workspace.Tx) error) {
		t.Helper()
		if _, err := n.ws.Commit(t.Context(), workspace.Command{Name: "test", Actor: crm.Actor{Source: crm.SourceSystem}, Plan: plan}); err != nil {
			t.Fatal(err)
		}
	}
	before := list()
	for first := 0; first < comments; first += together {
		commit(func(tx *workspace.Tx) error {
			var said []creation
			for i := range together {
				said = append(said, creation{crm.TypeComment, tx.NewID(), crm.Fields{"recordId": string(heavy), "text": fmt.Sprint("comment ", first+i)}})
			}
			return createAll(tx, said...)
		})
	}
	for i := range edits {
		commit(func(tx *workspace.Tx) error {
			return tx.Edit(heavy, crm.Fields{"nextStep": fmt.Sprint("step ", i)}, nil)
		})
	}
	t.Run("[H7] lists are as quick as before", func(t *testing.T) {
		if after := list(); after > 3*before+5*time.Millisecond*slowdown {
			t.Errorf("%v, and before %v", after, before)
		}
	})
	t.Run("[H7] its own page has all of them", func(t *testing.T) {
		began := time.Now()
		var view wire.RecordView
		ana.must(n, http.MethodGet, "/api/v1/records/"+string(heavy), nil, &view)
		if took := time.Since(began); len(view.Related) != comments || took > 2*time.Second*slowdown {
			t.Errorf("%d comments in %v", len(view.Related), took)
		}
	})
	t.Run("[H7] its history comes in pages, each entry once", func(t *testing.T) {
		seen, pages, last := 0, 0, n.ws.Position().Offset+1
		for next := uint64(0); pages == 0 || next > 0; pages++ {
			path := "/api/v1/records/" + string(heavy) + "/history"
			if next > 0 {
				path += fmt.Sprint("?before=", next)
			}
			var history wire.History
			ana.must(n, http.MethodGet, path, nil, &history)
			for _, e := range history.Entries {
				if e.Offset >= last {
					t.Fatalf("entry %d behind entry %d", e.Offset, last)
				}
				last = e.Offset
				seen++
			}
			next = history.Next
		}
		if seen != edits+1 || pages < edits/50 {
			t.Errorf("%d entries in %d pages", seen, pages)
		}
	})
}
