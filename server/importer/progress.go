package importer

import (
	"errors"

	"rapport/server/crm"
	"rapport/server/wire"
)

func (r *run) count(out *outcome) {
	r.counts.Done++
	if out.wrote && r.touched == "" {
		r.touched = out.deal
	}
	switch out.fate {
	case fateCreated:
		r.counts.Created++
	case fateMatched:
		r.counts.Matched++
	default:
		r.counts.Refused++
	}
}

// report takes down how far the run is, and tells it.
func (r *run) report(state wire.ImportState) {
	r.s.mu.Lock()
	r.s.counts[r.id] = r.counts
	r.s.mu.Unlock()
	r.tell(state, r.counts)
}

// tell tells the importer's screens how his import stands.
func (r *run) tell(state wire.ImportState, c wire.ImportCounts) {
	r.s.progress(r.actor.UserID, r.standing(state, c))
}

func (r *run) standing(state wire.ImportState, c wire.ImportCounts) wire.Progress {
	return wire.Progress{
		Type: "progress", ImportID: string(r.id), State: string(state),
		Done: c.Done, Total: c.Total, Created: c.Created, Matched: c.Matched, Refused: c.Refused,
	}
}

// waits tells the importer's screens why nothing moves, when err says so.
func (r *run) waits(err error) {
	var why *crm.Error
	if errors.As(err, &why) && why.Code == crm.CodeUnavailable {
		p := r.standing(wire.ImportRunning, r.counts)
		p.Waiting = why.Reason
		r.s.progress(r.actor.UserID, p)
	}
}
