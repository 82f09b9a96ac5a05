package mongostore

import (
	"cmp"
	"context"
	"fmt"
	"hash/maphash"
	"slices"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"rapport/server/crm"
	"rapport/server/synclog"
)

const (
	screensCollection = "screens"
	// screenParts is over how many documents a node spreads its screens, so that
	// one that changes does not have all of them written and read again.
	screenParts = 16
	// renewScreens is how often a node says that what it said still holds.
	renewScreens = 5 * time.Second
	// sweepScreens is after which silence another node deletes what it said.
	sweepScreens = time.Minute
)

var _ synclog.Neighbours = (*Store)(nil)

// shownScreen is a screen in its document.
type shownScreen struct {
	ID      string `bson:"id"`
	User    crm.ID `bson:"user"`
	Board   crm.ID `bson:"board,omitempty"`
	Record  crm.ID `bson:"record,omitempty"`
	Holding crm.ID `bson:"holding,omitempty"`
}

// shown is what this node has told the others.
type shown struct {
	mu      sync.Mutex // guards all below, and is held while telling
	parts   [screenParts][]shownScreen
	count   int64 // writes so far, which number what a part says
	renewed time.Time
}

// elsewhere is what the others have told.
type elsewhere struct {
	mu    sync.Mutex // guards parts, and is held while asking
	parts map[string]*heardPart
}

type heardPart struct {
	count   int64
	screens []shownScreen
	at      time.Time // of the last renewal, by the database's clock
	heard   time.Time // the same, when this node noticed
}

var screenSeed = maphash.MakeSeed()

// Show implements synclog.Neighbours.
func (s *Store) Show(ctx context.Context, _ crm.WorkspaceID, screens []synclog.Screen) error {
	var parts [screenParts][]shownScreen
	for _, sc := range screens {
		i := maphash.String(screenSeed, sc.ID) % screenParts
		parts[i] = append(parts[i], shownScreen(sc))
	}
	s.shown.mu.Lock()
	defer s.shown.mu.Unlock()
	var writes []mongo.WriteModel
	for i := range parts {
		slices.SortFunc(parts[i], func(a, b shownScreen) int { return cmp.Compare(a.ID, b.ID) })
		if !slices.Equal(parts[i], s.shown.parts[i]) {
			s.shown.count++
			writes = append(writes, s.partWrite(i, parts[i]))
		}
	}
	if len(writes) > 0 {
		if _, err := s.screens().BulkWrite(ctx, writes, options.BulkWrite().SetOrdered(false)); err != nil {
			s.shown.parts = [screenParts][]shownScreen{} // whatever of it was written is written again
			return fmt.Errorf("mongostore: show screens: %w", err)
		}
		s.shown.parts = parts
	}
	return s.renewShown(ctx)
}

func (s *Store) partWrite(i int, screens []shownScreen) mongo.WriteModel {
	if screens == nil {
		screens = []shownScreen{}
	}
	return mongo.NewUpdateOneModel().SetUpsert(true).
		SetFilter(bson.D{{Key: "_id", Value: fmt.Sprintf("%s/%d", s.writer, i)}}).
		SetUpdate(bson.D{
			{Key: "$set", Value: bson.D{{Key: "node", Value: s.writer}, {Key: "n", Value: s.shown.count}, {Key: "screens", Value: screens}}},
			{Key: "$currentDate", Value: bson.D{{Key: "at", Value: true}}},
		})
}

// renewShown requires shown.mu.
func (s *Store) renewShown(ctx context.Context) error {
	if s.shown.count == 0 || s.clock().Sub(s.shown.renewed) < renewScreens {
		return nil
	}
	result, err := s.screens().UpdateMany(ctx, s.myScreens(), bson.D{{Key: "$currentDate", Value: bson.D{{Key: "at", Value: true}}}})
	if err != nil {
		return fmt.Errorf("mongostore: renew screens: %w", err)
	}
	s.shown.renewed = s.clock()
	if said := slices.IndexFunc(s.shown.parts[:], func(p []shownScreen) bool { return len(p) > 0 }); said >= 0 && result.MatchedCount == 0 {
		// This node was away for so long that another one has swept up after it.
		s.shown.parts = [screenParts][]shownScreen{}
	}
	return nil
}

// Elsewhere implements synclog.Neighbours.
func (s *Store) Elsewhere(ctx context.Context, _ crm.WorkspaceID) ([]synclog.Screen, error) {
	s.elsewhere.mu.Lock()
	defer s.elsewhere.mu.Unlock()
	changed, err := s.hear(ctx)
	if err == nil && len(changed) > 0 {
		err = s.readParts(ctx, changed)
	}
	if err != nil {
		return nil, fmt.Errorf("mongostore: screens elsewhere: %w", err)
	}
	var screens []synclog.Screen
	for _, part := range s.elsewhere.parts {
		if s.clock().Sub(part.heard) < synclog.NeighbourGone {
			for _, sc := range part.screens {
				screens = append(screens, synclog.Screen(sc))
			}
		}
	}
	return screens, s.sweep(ctx)
}

// hear takes down who is still there and returns the parts to read. It requires
// elsewhere.mu.
func (s *Store) hear(ctx context.Context) (changed []string, err error) {
	cursor, err := s.screens().Find(ctx, bson.D{{Key: "node", Value: bson.D{{Key: "$ne", Value: s.writer}}}},
		options.Find().SetProjection(bson.D{{Key: "n", Value: 1}, {Key: "at", Value: 1}}))
	if err != nil {
		return nil, err
	}
	var found []struct {
		ID    string    `bson:"_id"`
		Count int64     `bson:"n"`
		At    time.Time `bson:"at"`
	}
	if err := cursor.All(ctx, &found); err != nil {
		return nil, err
	}
	parts := make(map[string]*heardPart, len(found))
	for _, f := range found {
		part := s.elsewhere.parts[f.ID]
		if part == nil {
			part = &heardPart{}
		}
		if !part.at.Equal(f.At) {
			part.at, part.heard = f.At, s.clock()
		}
		if part.count != f.Count {
			changed = append(changed, f.ID)
		}
		parts[f.ID] = part
	}
	s.elsewhere.parts = parts
	return changed, nil
}

// readParts requires elsewhere.mu.
func (s *Store) readParts(ctx context.Context, ids []string) error {
	cursor, err := s.screens().Find(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}})
	if err != nil {
		return err
	}
	for cursor.Next(ctx) {
		var read struct {
			ID      string        `bson:"_id"`
			Count   int64         `bson:"n"`
			Screens []shownScreen `bson:"screens"`
		}
		if err := cursor.Decode(&read); err != nil {
			return err
		}
		if part := s.elsewhere.parts[read.ID]; part != nil {
			part.count, part.screens = read.Count, read.Screens
		}
	}
	return cursor.Err()
}

// sweep deletes what nodes left behind that never said goodbye. It requires
// elsewhere.mu.
func (s *Store) sweep(ctx context.Context) error {
	var old bson.A
	for id, part := range s.elsewhere.parts {
		if s.clock().Sub(part.heard) > sweepScreens {
			old = append(old, bson.D{{Key: "_id", Value: id}, {Key: "at", Value: part.at}})
		}
	}
	if len(old) == 0 {
		return nil
	}
	_, err := s.screens().DeleteMany(ctx, bson.D{{Key: "$or", Value: old}})
	return err
}

func (s *Store) screens() *mongo.Collection { return s.db.Collection(screensCollection) }

func (s *Store) myScreens() bson.D { return bson.D{{Key: "node", Value: s.writer}} }
