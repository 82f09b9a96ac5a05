package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rapport/server/crm"
	"rapport/server/wire"
	"rapport/server/workspace"
)

// Sixty-four people write without a pause, a file is imported and somebody reads all
// there is over and over. Nobody has to wait for the end of another.
func TestAllAtOnce(t *testing.T) {
	const writers, rows = 64, 2000
	n, ana := soleNode(t)
	for i := range writers {
		ana.command(n, "record.create", map[string]any{"type": "deal", "id": fixedID("deal", i), "values": map[string]any{"title": fmt.Sprint("Refit ", i)}})
	}

	ctx, stop := context.WithCancel(t.Context())
	var busy sync.WaitGroup
	defer func() { stop(); busy.Wait() }()
	written := make([]atomic.Int64, writers)
	for i := range written {
		busy.Go(func() {
			for ; ctx.Err() == nil; written[i].Add(1) {
				_, err := n.ws.Commit(ctx, workspace.Command{Name: "test", Actor: crm.Actor{Source: crm.SourceSystem}, Plan: func(tx *workspace.Tx) error {
					return tx.Edit(fixedID("deal", i), crm.Fields{"nextStep": fmt.Sprint("step ", written[i].Load())}, nil)
				}})
				if err != nil && ctx.Err() == nil {
					t.Errorf("[L6] writer %d: %v", i, err)
					return
				}
			}
		})
	}
	var read atomic.Int64
	reader := &desk{t: t, cookie: ana.cookie}
	busy.Go(func() {
		for ; ctx.Err() == nil; read.Add(1) {
			if a := reader.ask(n, http.MethodGet, "/api/v1/records?type=deal&limit=200", nil); a.status != http.StatusOK {
				t.Errorf("[L6] who reads: %d %s", a.status, a.body)
				return
			}
		}
	})

	v := importWhole(n, n, ana, rows)
	shares := make([]int64, writers)
	for i := range written {
		shares[i] = written[i].Load()
	}
	slices.Sort(shares)
	t.Logf("while %d rows were imported the writers wrote %d to %d times each, and the reader read %d times", v.Counts.Created, shares[0], shares[writers-1], read.Load())
	if v.Counts.Created != rows {
		t.Errorf("[L6] %d of %d rows are there", v.Counts.Created, rows)
	}
	if median := shares[writers/2]; shares[0] == 0 || shares[0] < median/2 {
		t.Errorf("[L6] one writer wrote %d times, and half of them %d times or more", shares[0], median)
	}
	if read.Load() < 3 {
		t.Errorf("[L6] who reads had %d answers", read.Load())
	}
}

// importWhole has one node import so many rows, asks the other how far it is and returns how it ended.
func importWhole(n, asked *clockedNode, by *desk, rows int) (v wire.Import) {
	by.t.Helper()
	file := "opportunity_id,account,product,deal_stage\n"
	for i := range rows {
		file += fmt.Sprintf("K%d,Harbour %d,Lamps,Talk\n", i, i%50)
	}
	by.must(n, http.MethodPost, "/api/v1/imports", asFile(file), &v)
	n.ws.Peek(func(s *workspace.State) {
		s.Each(crm.TypePipeline, func(rec crm.Record) bool {
			v.Settings.PipelineID = string(rec.ID)
			return false
		})
	})
	by.command(n, "import.start", map[string]any{"id": v.ID, "settings": v.Settings})
	for limit := time.Now().Add(time.Minute * slowdown); v.State != wire.ImportDone; {
		by.must(asked, http.MethodGet, "/api/v1/imports/"+v.ID, nil, &v)
		if time.Now().After(limit) {
			by.t.Fatalf("the import does not end: %+v", v)
		}
		time.Sleep(5 * time.Millisecond) // it is polled as a page without a socket would
	}
	return v
}
