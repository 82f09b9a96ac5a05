package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/httpapi"
	"rapport/server/pipeline"
	"rapport/server/testkit"
	"rapport/server/wire"
	"rapport/server/workspace"
)

// sixteen makes as many leads of a department, who are signed in already.
func sixteen(tx *workspace.Tx, department crm.ID) (list []creation, cookies []string) {
	for n := range 16 {
		id := fixedID("mover", n)
		sum := sha256.Sum256([]byte(wToken(id)))
		list = append(list,
			creation{crm.TypeUser, id, crm.Fields{"name": fmt.Sprint("Mover ", n), "email": fmt.Sprintf("mover%d@example.com", n), "language": "en"}},
			creation{crm.TypeSession, fixedID("movers", n), crm.Fields{
				"userId": string(id), "tokenHash": base64.RawURLEncoding.EncodeToString(sum[:]), "device": "Firefox on Linux",
				"expiresAt": workspace.Timestamp(tx.Now().Add(time.Hour)), "lastSeenOn": tx.Now().Format(time.DateOnly),
			}},
			creation{crm.TypeMembership, fixedID("movermember", n), crm.Fields{
				"userId": string(id), crm.KeyDepartment: string(department), "role": string(access.RoleLead),
			}})
		cookies = append(cookies, httpapi.CookieName(false)+"="+wToken(id))
	}
	return list, cookies
}

// allMove lets people move one deal at once, from one version, to two stages in
// turn: the half whose stage it is have it, the others are told.
func allMove(t *testing.T, people []*tap, deal crm.ID, basedOn uint64, stages [2]string) {
	t.Helper()
	var moving sync.WaitGroup
	answers := make(chan string, len(people))
	for n, p := range people {
		moving.Go(func() {
			a := p.ask(http.MethodPost, "/api/v1/commands/deal.move", map[string]any{
				"commandId": crm.NewID(time.Now()), "id": deal, "basedOn": basedOn, "stageId": stages[n%2],
			})
			var problem wire.Problem
			_ = json.Unmarshal([]byte(a.body), &problem)
			if a.status == http.StatusConflict && problem.Current != nil && problem.Current.Version == basedOn+1 {
				answers <- "told what it is now"
				return
			}
			answers <- fmt.Sprint(a.status, " ", stages[n%2])
		})
	}
	moving.Wait()
	close(answers)
	count := map[string]int{}
	for a := range answers {
		count[a]++
	}
	one, two := count["200 "+stages[0]], count["200 "+stages[1]]
	if half := len(people) / 2; count["told what it is now"] != half || one+two != half || one*two != 0 {
		t.Errorf("%v", count)
	}
}

func sixteenMoves(t *testing.T, w *world) {
	deal := fixedID("deal", 3)
	basedOn := w.versionOf(deal)
	var people []*tap
	w.system(wAna, func(tx *workspace.Tx) error {
		list, cookies := sixteen(tx, wTeam)
		people = nil
		for _, cookie := range cookies {
			people = append(people, newTap(t, w.node.url, cookie, nil))
		}
		return createAll(tx, list...)
	})
	allMove(t, people, deal, basedOn, [2]string{"new", "won"}) // away from "talk", where it is
	if got := w.versionOf(deal); got != basedOn+1 {
		t.Errorf("version %d after %d: moved more than once", got, basedOn)
	}
}

// The same where every second one of them has another server before him.
func TestSixteenPeopleMoveOneDealOnTwoNodes(t *testing.T) {
	t.Parallel()
	db := testkit.Mongo(t)
	nodes := []*clockedNode{newClockedNode(t, db, 0), newClockedNode(t, db, 0)}
	ana := &desk{t: t}
	ana.must(nodes[0], http.MethodPost, "/api/v1/setup", setupForm(), nil)
	deal := fixedID("deal", 1)
	ana.command(nodes[0], "record.create", map[string]any{"type": "deal", "id": deal, "values": map[string]any{"title": "Refit"}})
	var view wire.RecordView
	ana.must(nodes[0], http.MethodGet, "/api/v1/records/"+string(deal), nil, &view)
	var stages []string
	var people []*tap
	hired, err := nodes[0].ws.Commit(t.Context(), workspace.Command{
		Name: "test", Actor: crm.Actor{Source: crm.SourceSystem}, Plan: func(tx *workspace.Tx) error {
			list, cookies := sixteen(tx, crm.ID(fmt.Sprint(view.Record.Fields[crm.KeyDepartment])))
			people = nil
			for n, cookie := range cookies {
				// In pairs, so that each stage is wished for on both.
				people = append(people, newTap(t, nodes[n/2%2].url, cookie, nil))
			}
			return createAll(tx, list...)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	nodes[0].ws.Peek(func(s *workspace.State) {
		rec, _ := s.Get(crm.ID(fmt.Sprint(view.Record.Fields[crm.KeyPipeline])))
		for _, stage := range pipeline.ParseStages(rec.Fields.Get("stages")) {
			stages = append(stages, stage.ID)
		}
	})
	ana.seen = fmt.Sprintf("%s:%d", hired.Position.Epoch, hired.Position.Offset)
	ana.must(nodes[1], http.MethodGet, "/api/v1/records/"+string(deal), nil, &view) // it has heard of all that
	t.Run("[C2] on two nodes", func(t *testing.T) {
		allMove(t, people, deal, 1, [2]string{stages[1], stages[2]})
		for _, n := range nodes {
			if ana.must(n, http.MethodGet, "/api/v1/records/"+string(deal), nil, &view); view.Record.Version != 2 {
				t.Errorf("version %d: moved more than once", view.Record.Version)
			}
		}
	})
}
