package workspace

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"rapport/server/crm"
)

// The committer works in two steps that overlap: while one batch is being made
// durable, the next is planned on top of it, as if it were durable already. All
// answers wait for that, those that say "no" as well, for they speak of what the
// batch before wrote. When it could not be stored as planned, what was planned
// on top of it is planned again.

// planLoop takes what waits as a batch, so that one sync of the store serves
// many commands, and plans it. A batch grows until the store is ready for it.
func (w *Workspace) planLoop(ctx context.Context) {
	defer close(w.planned)
	var ahead *batch       // the batch handed on last
	var waiting []*request // those for whom the last one had no room
	for {
		if len(waiting) == 0 {
			select {
			case r := <-w.queue:
				waiting = w.withThoseBehind(r)
			case <-ctx.Done():
				return
			}
		}
		if ahead != nil && ahead.governs {
			<-ahead.settled // the next command is judged by the policy it makes
		}
		b := w.plan(waiting, ahead)
		waiting = w.handOn(b, waiting[len(b.requests):])
		ahead = b
	}
}

// withThoseBehind returns a request with those that wait behind it in the queue.
func (w *Workspace) withThoseBehind(r *request) []*request {
	requests := []*request{r}
	for n := len(w.queue); n > 0 && len(requests) < maxBatchCommands; n-- {
		requests = append(requests, <-w.queue) // the planner is the only receiver
	}
	return othersFirst(requests)
}

// othersFirst puts parts of bulk work behind all else.
func othersFirst(requests []*request) []*request {
	slices.SortStableFunc(requests, func(a, b *request) int {
		switch {
		case a.bulk() == b.bulk():
			return 0
		case b.bulk():
			return -1
		}
		return 1
	})
	return requests
}

// handOn hands a batch on and takes more into it until it is taken or full;
// waiting did not fit in, and with what comes behind it is returned.
func (w *Workspace) handOn(b *batch, waiting []*request) []*request {
	for {
		more := w.queue
		if b.full(nil) || len(waiting) > 0 && !waiting[0].bulk() {
			more = nil
		}
		select {
		case w.planned <- b: // the other loop takes whatever comes, to the end
			return waiting
		case r := <-more:
			requests, had := w.withThoseBehind(r), len(b.requests)
			w.extend(b, requests)
			waiting = othersFirst(append(waiting, requests[len(b.requests)-had:]...))
		}
	}
}

// appendLoop makes the planned batches durable, one after another.
func (w *Workspace) appendLoop() {
	defer close(w.stopped)
	for b := range w.planned {
		w.settle(b)
		b.on = nil // or every batch would keep all before it
		close(b.settled)
	}
}

// settle commits a batch and answers its commands. When the batch does not stand
// any more, its commands are planned anew, in as many batches as that takes.
func (w *Workspace) settle(b *batch) {
	if w.stands(b) && w.commit(b, false) {
		return
	}
	for rest := b.requests; len(rest) > 0; {
		again := w.plan(rest, nil)
		w.commit(again, true)
		rest = rest[len(again.requests):]
	}
}

// stands reports whether the state that a batch was planned against is the
// present one.
func (w *Workspace) stands(b *batch) bool {
	if b.on != nil && !b.on.stored {
		return false
	}
	return w.Position() == b.base
}

// mostReplans is how often a batch may lose its offset to other nodes before its
// commands are refused.
const mostReplans = 50

// commit makes a batch durable, applies it and answers its commands. It returns
// false, with nothing answered, when other entries got in between and again is
// false; otherwise it plans the same commands until they are in.
func (w *Workspace) commit(b *batch, again bool) bool {
	// A committed batch must be answered even while the server shuts down.
	ctx, cancel := context.WithTimeout(context.Background(), appendLimit)
	defer cancel()
	for attempt := 0; ; attempt++ {
		err := w.append(ctx, b)
		if errors.Is(err, errReplan) {
			if !again {
				return false
			}
			if attempt < mostReplans && ctx.Err() == nil {
				// Several nodes that lost the same race must not lose the next together.
				pause(ctx, time.Duration(rand.IntN(1+min(attempt, 8)*2))*time.Millisecond) //nolint:gosec // no secret
				w.planAgain(b)
				continue
			}
		}
		if b.stored = err == nil; !b.stored {
			w.fail(b, err)
		}
		b.answer()
		return true
	}
}

// planAgain plans the commands of a batch against the present state; those that
// do not fit any more are left to settle.
func (w *Workspace) planAgain(b *batch) {
	again := w.plan(b.requests, nil)
	again.settled = b.settled
	*b = *again
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// fail turns into a refusal the outcome of every command that was to write
// something, or that was judged by what an earlier one of the batch was to write.
func (w *Workspace) fail(b *batch, err error) {
	var refused *crm.Error
	if !errors.As(err, &refused) {
		refused = StoreError(err, "the store takes no changes; nothing was changed")
	}
	w.trouble.Store(refused)
	w.log.Warn("batch not acknowledged", "code", string(refused.Code), "commands", len(b.requests), "error", err)
	written := false
	for _, r := range b.requests {
		written = written || r.entry != nil
		if written && !r.outcome.stands {
			r.outcome = &outcome{err: refused}
		}
	}
}
