package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"rapport/server/crm"
	"rapport/server/testkit"
)

// Moves and edits of a deal are linearizable: there is one order in which each
// took effect at one moment between question and answer, with the outcome that
// the answer told – through kills of the server and connections that are cut,
// on one node and on two. Two winners from one version are never in it.
func TestMovesAndEditsAreLinearizable(t *testing.T) {
	for _, on := range []struct {
		name  string
		nodes func(t *testing.T) []*process
	}{
		{"on the embedded store", func(t *testing.T) []*process {
			return []*process{newProcess(t, "MONGODB_URI=", "RAPPORT_DATA="+t.TempDir())}
		}},
		{"on MongoDB with two nodes", func(t *testing.T) []*process {
			db := testkit.Mongo(t)
			env := []string{"MONGODB_URI=" + db.URI, "RAPPORT_DATABASE=" + db.Name}
			return []*process{newProcess(t, env...), newProcess(t, env...)}
		}},
	} {
		t.Run("[C1] "+on.name, func(t *testing.T) {
			nodes := on.nodes(t)
			for i, n := range nodes {
				n.start()
				if i == 0 {
					n.setUp()
				}
				n.jar = nodes[0].jar
			}
			stages := nodes[0].firstStages()
			for round := range *linearRounds {
				h := newHistory(t, nodes, stages, uint64(round)+*seed)
				h.run()
				h.check(round)
			}
			t.Logf("held %d histories", *linearRounds)
		})
	}
}

// What a round consists of.
const (
	linearClients = 8
	linearDeals   = 3
	linearOps     = 25 // per client
	linearKills   = 2
)

// write is a question: set one field, if nobody has changed it since basedOn.
type write struct {
	deal    int
	field   string // title or stageId
	value   string // a title, or the number of a stage
	basedOn uint64
}

// written is its answer.
type written struct {
	outcome string // done, conflict, unknown; nothing when it was not even looked at
	// version is that of the deal at some moment afterwards, when done; 0 when
	// nothing had to change.
	version uint64
}

// dealState is a deal as the log has it: its version, and of each field the
// value and the version that set it.
type dealState struct {
	version uint64
	title   fieldState
	stage   fieldState
}

type fieldState struct {
	value string
	set   uint64
}

// dealModel is what one deal does. A write of what is there already may leave
// the version as it is.
var dealModel = porcupine.NondeterministicModel{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		parts := make([][]porcupine.Operation, linearDeals)
		for _, op := range history {
			deal := op.Input.(write).deal
			parts[deal] = append(parts[deal], op)
		}
		return parts
	},
	Init: func() []any { return []any{dealState{1, fieldState{"", 1}, fieldState{"0", 1}}} },
	Step: func(state, input, output any) []any {
		before, in, out := state.(dealState), input.(write), output.(written)
		after := before
		after.version++
		field := &after.title
		if in.field == "stageId" {
			field = &after.stage
		}
		same := field.value == in.value
		stale := !same && in.basedOn < field.set
		if !same {
			*field = fieldState{in.value, after.version}
		}
		switch {
		case out.outcome == "unknown" && !stale:
			return []any{before, after}
		case out.outcome == "unknown", out.outcome == "conflict" && stale:
			return []any{before}
		case out.outcome == "done" && same: // a card may have gone to the end of its stage
			return []any{before, after}
		case out.outcome == "done" && !stale && out.version >= after.version:
			return []any{after}
		}
		return nil
	},
	DescribeOperation: func(input, output any) string { return fmt.Sprintf("%+v → %+v", input, output) },
}

// The model would not be worth much if it let everything pass.
func TestTheModelOfADealKnowsWhatCannotBe(t *testing.T) {
	edit := func(client int, value string, basedOn uint64, call, back int64, outcome string, version uint64) porcupine.Operation {
		return porcupine.Operation{
			ClientId: client, Input: write{0, "title", value, basedOn}, Call: call, Return: back, Output: written{outcome, version},
		}
	}
	tests := []struct {
		name    string
		history []porcupine.Operation
		want    bool
	}{
		{"one after the other", []porcupine.Operation{edit(0, "a", 1, 0, 1, "done", 2), edit(1, "b", 2, 2, 3, "done", 3)}, true},
		{"of two from one version the later loses", []porcupine.Operation{edit(0, "a", 1, 0, 3, "done", 2), edit(1, "b", 1, 1, 2, "conflict", 0)}, true},
		{"two winners from one version", []porcupine.Operation{edit(0, "a", 1, 0, 3, "done", 2), edit(1, "b", 1, 1, 2, "done", 3)}, false},
		{"a loser without a winner", []porcupine.Operation{edit(0, "a", 1, 0, 1, "conflict", 0)}, false},
		{"an acknowledged edit that is lost", []porcupine.Operation{edit(0, "a", 1, 0, 1, "done", 2), edit(1, "b", 1, 2, 3, "done", 2)}, false},
		{"an unknown one that happened late", []porcupine.Operation{
			edit(0, "a", 1, 0, 1<<62, "unknown", 0), edit(1, "b", 1, 1, 2, "done", 2), edit(1, "c", 2, 3, 4, "done", 3),
		}, true},
		{"a conflict with an unknown one", []porcupine.Operation{edit(0, "a", 1, 0, 1<<62, "unknown", 0), edit(1, "b", 1, 1, 2, "conflict", 0)}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := porcupine.CheckOperations(dealModel.ToModel(), tt.history); got != tt.want {
				t.Errorf("linearizable: %v", got)
			}
		})
	}
}

// history runs clients against nodes and takes down what they asked and heard.
type history struct {
	t      *testing.T
	nodes  []*process
	stages []string
	seed   uint64
	deals  []string
	began  time.Time

	mu         sync.Mutex // guards operations
	operations []porcupine.Operation
}

func newHistory(t *testing.T, nodes []*process, stages []string, seed uint64) *history {
	t.Helper()
	h := &history{t: t, nodes: nodes, stages: stages, seed: seed, began: time.Now()}
	for n := range linearDeals {
		id := string(crm.NewID(time.Now()))
		args := map[string]any{"type": "deal", "id": id, "values": map[string]any{"title": fmt.Sprint("Deal ", n)}}
		if _, status := nodes[0].command("record.create", args, nodes[1:]...); status != http.StatusOK {
			t.Fatalf("create: %d", status)
		}
		h.deals = append(h.deals, id)
	}
	return h
}

// check judges each deal by itself, for a long history of one is enough to read.
func (h *history) check(round int) {
	h.t.Helper()
	for deal, operations := range dealModel.Partition(h.operations) {
		if result := porcupine.CheckOperationsTimeout(dealModel.ToModel(), operations, 2*time.Minute); result != porcupine.Ok {
			h.t.Fatalf("round %d of seed %d, deal %d: %s\n%s", round, *seed, deal, result, transcript(operations))
		}
	}
}

func transcript(operations []porcupine.Operation) string {
	slices.SortFunc(operations, func(a, b porcupine.Operation) int { return cmp.Compare(a.Call, b.Call) })
	text := ""
	for _, op := range operations {
		text += fmt.Sprintf("client %d [%d, %d] %s\n", op.ClientId, op.Call/1000, op.Return/1000, dealModel.DescribeOperation(op.Input, op.Output))
	}
	return text
}

func (h *history) run() {
	var clients sync.WaitGroup
	done := make(chan struct{}, linearClients*linearOps)
	for c := range linearClients {
		clients.Go(func() {
			random := rand.New(rand.NewPCG(h.seed, uint64(c))) //nolint:gosec // a seed is to be repeated
			known := make([]uint64, linearDeals)
			for i := range known {
				known[i] = 1
			}
			for range linearOps {
				h.operate(c, random, known)
				done <- struct{}{}
			}
		})
	}
	finished := make(chan struct{})
	go func() { clients.Wait(); close(finished) }()
	for ops, kills := 0, 0; ; {
		select {
		case <-done:
			if ops++; kills < linearKills && ops == (kills+1)*linearClients*linearOps/(linearKills+1) {
				victim := h.nodes[kills%len(h.nodes)]
				kills++
				victim.kill()
				victim.start()
			}
		case <-finished:
			return
		}
	}
}

// operate asks once. The answer may not come, because the server dies or the
// client hangs up; then the outcome stays open for ever.
func (h *history) operate(client int, random *rand.Rand, known []uint64) {
	in := write{deal: random.IntN(linearDeals), field: "title", value: fmt.Sprint("by ", client, " #", random.Uint32())}
	in.basedOn = known[in.deal]
	if random.IntN(2) == 0 {
		in.field, in.value = "stageId", strconv.Itoa(random.IntN(len(h.stages)))
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	if random.IntN(8) == 0 {
		ctx, cancel = context.WithTimeout(context.Background(), time.Duration(random.IntN(3000))*time.Microsecond)
	}
	defer cancel()
	op := porcupine.Operation{ClientId: client, Input: in, Call: time.Since(h.began).Nanoseconds()}
	out, current := h.ask(ctx, h.nodes[random.IntN(len(h.nodes))], in)
	for out.outcome == "nothing" && ctx.Err() == nil {
		time.Sleep(2 * time.Millisecond) // the node is being started
		out, current = h.ask(ctx, h.nodes[random.IntN(len(h.nodes))], in)
	}
	op.Return = time.Since(h.began).Nanoseconds()
	op.Output = out
	switch out.outcome {
	case "nothing":
		return
	case "unknown":
		op.Return = int64(1) << 62
	default:
		known[in.deal] = max(known[in.deal], current, out.version)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.operations = append(h.operations, op)
}

// ask gives the command. current is the version that a conflict tells of.
func (h *history) ask(ctx context.Context, node *process, in write) (out written, current uint64) {
	command, args := "record.edit", map[string]any{"values": map[string]any{"title": in.value}}
	if in.field == "stageId" {
		n, err := strconv.Atoi(in.value)
		if err != nil {
			h.t.Error(err)
		}
		command, args = "deal.move", map[string]any{"stageId": h.stages[n]}
	}
	args["commandId"], args["id"], args["basedOn"] = crm.NewID(time.Now()), h.deals[in.deal], in.basedOn
	raw, err := json.Marshal(args)
	if err != nil {
		h.t.Error(err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, node.url+"/api/v1/commands/"+command, bytes.NewReader(raw))
	if err != nil {
		h.t.Error(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Origin", node.url)
	req.Header.Set("Cookie", node.jar)
	res, err := node.http.Do(req)
	var refused *net.OpError
	if errors.As(err, &refused) && refused.Op == "dial" {
		return written{outcome: "nothing"}, 0
	}
	if err != nil {
		return written{outcome: "unknown"}, 0
	}
	defer res.Body.Close()
	raw, err = io.ReadAll(res.Body)
	if err != nil {
		return written{outcome: "unknown"}, 0
	}
	var answer struct {
		answered
		Reason  string `json:"reason"`
		Current struct {
			Version uint64 `json:"v"`
		} `json:"current"`
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		h.t.Errorf("%v in %s", err, raw)
	}
	switch {
	case res.StatusCode == http.StatusOK && len(answer.Records) == 1:
		return written{"done", answer.Records[0].Version}, 0
	case res.StatusCode == http.StatusOK: // nothing had to change
		return written{outcome: "done"}, 0
	case res.StatusCode == http.StatusConflict && answer.Reason == "conflict":
		return written{outcome: "conflict"}, answer.Current.Version
	case res.StatusCode == http.StatusServiceUnavailable && answer.Reason != "outcome_unknown":
		return written{outcome: "nothing"}, 0
	case res.StatusCode >= 500:
		return written{outcome: "unknown"}, 0
	}
	h.t.Errorf("%s %+v at %s: %d %s", command, in, time.Since(h.began), res.StatusCode, raw)
	return written{outcome: "nothing"}, 0
}
