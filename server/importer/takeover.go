package importer

import (
	"context"
	"maps"
	"slices"
	"time"

	"rapport/server/crm"
	"rapport/server/wire"
	"rapport/server/workspace"
)

const (
	// lookEvery is how long an import may write nothing before another node goes
	// on with it. Nobody can tell a dead node from a slow one; but two nodes that
	// run one import make nothing twice, so a wrong guess costs only work.
	lookEvery = 5 * time.Second
	// lookFirst is the same for a node that has just started: most likely it is
	// the one that ran it before.
	lookFirst = 250 * time.Millisecond
)

// Resume goes on with the imports that nobody runs: at once with those that were
// running when the server stopped, and on a store that several nodes share,
// until Close, with those that stand still. Call it once, at the start.
func (s *Service) Resume(ctx context.Context) error {
	if err := s.look(ctx); err != nil {
		return err
	}
	if s.shared {
		s.work.Go(s.keepLooking)
	}
	return nil
}

func (s *Service) keepLooking() {
	for wait := min(lookFirst, s.lookEvery); sleep(s.ctx, wait); wait = s.lookEvery {
		if s.ws.Age() > 0 {
			continue // here everything stands still, whoever runs it
		}
		if err := s.look(s.ctx); err != nil {
			s.log.Warn("no look at the imports of other nodes", "error", err)
		}
	}
}

// look runs the imports that stand still.
func (s *Service) look(ctx context.Context) error {
	var running []crm.ID
	err := s.ws.Read(ctx, nil, func(st *workspace.State) error {
		running = running[:0] // Read may call it twice
		st.Each(crm.TypeImport, func(rec crm.Record) bool {
			if stateOf(rec) == wire.ImportRunning {
				running = append(running, rec.ID)
			}
			return true
		})
		return nil
	})
	slices.Sort(running)
	for _, id := range s.standing(running) {
		s.launch(id)
	}
	return err
}

// standing returns those of the running imports that this node does not run and
// that have written nothing since the last look. On a store that it has to
// itself nobody else can run one.
func (s *Service) standing(running []crm.ID) (still []crm.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := map[crm.ID]uint64{}
	for _, id := range running {
		last, known := s.seen[id]
		switch {
		case s.here[id]:
		case !s.shared, known && last == s.written[id]:
			still = append(still, id)
		default:
			seen[id] = s.written[id]
		}
	}
	s.seen = seen
	maps.DeleteFunc(s.written, func(id crm.ID, _ uint64) bool { return !slices.Contains(running, id) })
	return still
}

// notice is the change hook that tells how far the imports of all nodes are.
func (s *Service) notice(c workspace.Change) {
	if c.Entry.Group == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.written[c.Entry.Group] = c.Entry.Offset
}
