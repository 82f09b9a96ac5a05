package synclog

import (
	"context"
	"time"

	"rapport/server/crm"
)

// NeighbourGone is after which silence the screens of a node count as gone.
const NeighbourGone = 15 * time.Second

// Screen is what one browser tab shows; "" stands for nothing.
type Screen struct {
	ID                           string // of the tab, from its hello
	User, Board, Record, Holding crm.ID
}

// Neighbours is what a store offers on top when several nodes share it: they
// tell each other what their screens show. Nothing of it is kept. All methods
// are safe for concurrent use.
type Neighbours interface {
	// Show tells the other nodes what the screens of this one show, all of them.
	// It has to be repeated well within NeighbourGone; repeating what has been
	// said costs little.
	Show(ctx context.Context, ws crm.WorkspaceID, screens []Screen) error
	// Elsewhere returns what the screens of all other nodes show, in no
	// particular order.
	Elsewhere(ctx context.Context, ws crm.WorkspaceID) ([]Screen, error)
}
