package stream

import (
	"context"
	"sync"
	"time"

	"rapport/server/crm"
	"rapport/server/synclog"
)

const (
	// tellEvery is how often the nodes of a workspace talk about their screens.
	tellEvery = presenceEvery
	// repeatEvery is how often a node repeats what has not changed.
	repeatEvery = 5 * time.Second
	// tellTimeout bounds one talk: a database that hangs is asked again later.
	tellTimeout = 2 * time.Second
)

// neighbours tells the other nodes what the screens of this one show, and
// presence what theirs show. All of it is about this moment, so that an error
// is no more than a moment that was missed; what was heard longest ago is forgotten.
type neighbours struct {
	store    synclog.Neighbours
	ws       crm.WorkspaceID
	presence *presence

	cancel context.CancelFunc
	done   sync.WaitGroup
}

func startNeighbours(o Options, p *presence) *neighbours {
	n := &neighbours{store: o.Neighbours, ws: o.Workspace, presence: p, cancel: func() {}}
	if n.store == nil {
		return n
	}
	var ctx context.Context
	ctx, n.cancel = context.WithCancel(context.Background())
	n.done.Go(func() { n.run(ctx) })
	return n
}

func (n *neighbours) stop() {
	n.cancel()
	n.done.Wait()
}

func (n *neighbours) run(ctx context.Context) {
	ticker := time.NewTicker(tellEvery)
	defer ticker.Stop()
	var told, heard time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			if n.tell(ctx, now.Sub(told) >= repeatEvery) {
				told = now
			}
			switch {
			case n.hear(ctx):
				heard = now
			case now.Sub(heard) > synclog.NeighbourGone:
				n.presence.setElsewhere(nil)
			}
		}
	}
}

// tell reports whether the others know what the screens here show.
func (n *neighbours) tell(ctx context.Context, repeat bool) bool {
	screens, changed := n.presence.toTell()
	if !changed && !repeat {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, tellTimeout)
	defer cancel()
	if err := n.store.Show(ctx, n.ws, screens); err != nil {
		n.presence.tellAgain()
		return false
	}
	return true
}

// hear reports whether this node knows what the screens elsewhere show. Nobody
// has to be asked while nobody here looks at anything.
func (n *neighbours) hear(ctx context.Context) bool {
	if n.presence.idle() {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, tellTimeout)
	defer cancel()
	screens, err := n.store.Elsewhere(ctx, n.ws)
	if err != nil {
		return false
	}
	n.presence.setElsewhere(screens)
	return true
}
