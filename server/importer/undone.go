package importer

import (
	"context"
	"slices"

	"rapport/server/crm"
	"rapport/server/synclog"
	"rapport/server/wire"
)

// recentEntries is how far back in the history of a record an undo is looked for.
const recentEntries = 20

// addUndone says of a finished import whether it was taken back, and by which
// group of entries. The history of one record that it wrote tells: an undo of
// the import reaches all of them, and nothing else of that kind reaches one.
// Errors: those of the store.
func (s *Service) addUndone(ctx context.Context, v *wire.Import, touched crm.ID) error {
	if touched == "" || v.State == wire.ImportRunning || v.State == wire.ImportUploaded {
		return nil
	}
	entries, err := s.ws.History(ctx, touched, synclog.Page{Limit: recentEntries})
	if err != nil {
		return err
	}
	v.Undoable = true
	var own []uint64
	takenBack := map[uint64]bool{} // entries, by those that are newer
	for _, e := range entries {
		if e.Undoes == 0 || e.Group == "" {
			continue
		}
		if own == nil {
			if own, err = s.ws.Group(ctx, crm.ID(v.ID)); err != nil {
				return err
			}
		}
		if slices.Contains(own, e.Undoes) {
			if v.Undone = !takenBack[e.Offset]; v.Undone {
				v.UndoneBy, v.Undoable = string(e.Group), false
			}
			return nil
		}
		takenBack[e.Undoes] = true
	}
	return nil
}
