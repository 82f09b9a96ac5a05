package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/testkit"
	"rapport/server/workspace"
)

// raceCommands is how many commands each of the racers gives.
const raceCommands = 10

// While four people move and edit deals on two nodes as fast as they can, roles,
// shares, rules and departments change under them. Every entry was allowed by the
// policy that held at its offset, and every value that reached a screen was one
// that its person could see at the offset it came with: after a revocation nothing
// of what was lost.
func TestPolicyRacesMoves(t *testing.T) {
	for _, on := range modelSettings {
		t.Run("[E2] [E3] [E4] [A9] "+on.name, func(t *testing.T) {
			if on.nodes == 1 && *races == 1 && cutShort(t) {
				t.Skip("the embedded store has its turn without the race detector, and in long runs")
			}
			testkit.AtMost(t, "rapid.checks", *races)
			testkit.Check(t, func(rt *rapid.T) {
				m := newModel(t, rt, on.nodes, on.place(t), &modelRuns{done: tally{}})
				defer m.close()
				r := &race{m: m, seed: rapid.Uint64().Draw(rt, "seed")}
				r.run(rt)
				if revoked := m.truth.revocations(); revoked == 0 || r.done == 0 {
					testkit.Wrong(rt, "a race in which too little happens proves nothing", "%d changes and %d revocations", r.done, revoked)
				}
			})
		})
	}
}

// race is what goes on at once. What its racers find wrong is told at the end.
type race struct {
	m    *model
	seed uint64

	mu     sync.Mutex // guards all below
	faults []string
	done   int // commands that were not refused
}

func (r *race) run(rt *rapid.T) {
	var racers sync.WaitGroup
	for n, p := range r.m.people[:4] { // Ana, and one of each role that may move something
		random := rand.New(rand.NewPCG(r.seed, uint64(n))) //nolint:gosec // a seed is to be repeated
		node, who := r.m.nodes[n%len(r.m.nodes)], *p
		racers.Go(func() {
			for i := range raceCommands {
				r.works(&who, node, random, fmt.Sprintf("canary %d %d", n, i))
			}
		})
	}
	racers.Go(func() {
		random := rand.New(rand.NewPCG(r.seed, 99)) //nolint:gosec // a seed is to be repeated
		ana := *r.m.people[0]
		node := r.m.nodes[len(r.m.nodes)-1]
		mia := r.m.people[3] // whatever is drawn, somebody loses something
		r.gives(&ana, node, "member.set", map[string]any{"userId": mia.id, "departmentId": r.m.departments[1], "role": ""})
		for range raceCommands {
			r.changesPolicy(&ana, node, random)
		}
	})
	over := make(chan struct{})
	go func() { racers.Wait(); close(over) }()
	for racing := true; racing; {
		select {
		case <-over:
			racing = false
		case <-time.After(time.Millisecond): // all screens are looked at in turn
		}
		for _, s := range r.m.screens {
			s.drain(rt)
		}
	}
	for _, fault := range r.faults {
		rt.Log(fault)
		rt.Error("a fault of the server")
	}
	r.m.finish(rt)
}

// works moves or edits some deal, if it may.
func (r *race) works(p *modelPerson, n *modelNode, random *rand.Rand, text string) {
	deals := r.m.truth.ids(crm.TypeDeal)
	deal := r.m.truth.record(deals[random.IntN(len(deals))])
	if random.IntN(2) == 0 {
		r.gives(p, n, "record.edit", map[string]any{"id": deal.ID, "basedOn": deal.Version, "values": map[string]any{
			"nextStep": text, "amount": map[string]any{"amount": random.IntN(1_000_000), "currency": "EUR"},
		}})
		return
	}
	var stages []string
	n.ws.Peek(func(s *workspace.State) {
		rec, _ := s.Get(deal.Fields.ID(crm.KeyPipeline))
		list, _ := rec.Fields.Get("stages").([]any)
		for _, one := range list {
			if stage, ok := one.(map[string]any); ok && stage["kind"] == "open" {
				stages = append(stages, fmt.Sprint(stage["id"]))
			}
		}
	})
	r.gives(p, n, "deal.move", map[string]any{"id": deal.ID, "basedOn": deal.Version, "stageId": stages[random.IntN(len(stages))]})
}

// changesPolicy takes something from somebody, or gives it.
func (r *race) changesPolicy(ana *modelPerson, n *modelNode, random *rand.Rand) {
	m := r.m
	who := m.people[1+random.IntN(len(m.people)-1)]
	department := m.departments[random.IntN(len(m.departments))]
	switch random.IntN(5) {
	case 0, 1:
		role := []access.Role{"", "", access.RoleGuest, access.RoleMember, access.RoleLead, access.RoleHead}[random.IntN(6)]
		r.gives(ana, n, "member.set", map[string]any{"userId": who.id, "departmentId": department, "role": role})
	case 2:
		boards := m.truth.ids(crm.TypeBoard)
		board := boards[random.IntN(len(boards))]
		if random.IntN(2) == 0 {
			r.gives(ana, n, "board.unshare", map[string]any{"boardId": board, "departmentId": department})
			return
		}
		r.gives(ana, n, "board.share", map[string]any{"boardId": board, "departmentId": department, "fields": []string{"money"}, "actions": []string{"see", "move"}})
	case 3:
		deals := m.truth.ids(crm.TypeDeal)
		deal := m.truth.record(deals[random.IntN(len(deals))])
		r.gives(ana, n, "record.edit", map[string]any{"id": deal.ID, "basedOn": deal.Version, "values": map[string]any{"departmentId": department}})
	default:
		_, _ = n.ws.Commit(context.Background(), workspace.Command{
			Name: "model", Actor: crm.Actor{Source: crm.SourceSystem}, Plan: func(tx *workspace.Tx) error {
				var mine []crm.ID // rules that an earlier turn has added
				tx.Each(crm.TypeRule, func(rec crm.Record) bool {
					if strings.HasPrefix(rec.Fields.String("who"), "person:") {
						mine = append(mine, rec.ID)
					}
					return true
				})
				if len(mine) > 2 {
					return tx.Trash(mine[0])
				}
				return tx.Create(crm.TypeRule, tx.NewID(), ruleOf(access.Rule{
					Who: "person:" + string(who.id), Effect: []string{"may", "never"}[random.IntN(2)], Action: "see", What: "deal",
					Whose: []string{"own", "all"}[random.IntN(2)], Fields: []string{"all", "standard", "standard+money"}[random.IntN(3)],
				}))
			},
		})
	}
}

// gives a command; what is refused is refused, also by a store that is too busy,
// and only a fault of the server counts.
func (r *race) gives(p *modelPerson, n *modelNode, command string, args map[string]any) {
	args["commandId"] = crm.NewID(time.Now())
	req, err := http.NewRequest(http.MethodPost, n.url+"/api/v1/commands/"+command, strings.NewReader(asJSON(args)))
	if err != nil {
		r.note(err.Error())
		return
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Origin", n.url)
	req.Header.Set("Cookie", p.cookie)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		r.note(err.Error())
		return
	}
	defer res.Body.Close()
	switch res.StatusCode {
	case http.StatusInternalServerError:
		r.note(fmt.Sprint(command, ": ", res.Status))
	case http.StatusOK:
		r.mu.Lock()
		defer r.mu.Unlock()
		r.done++
	}
}

func (r *race) note(fault string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.faults = append(r.faults, fault)
}
