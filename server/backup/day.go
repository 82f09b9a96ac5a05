package backup

import (
	"slices"
	"time"

	"rapport/server/crm"
	"rapport/server/synclog"
)

// day keeps the commands of the last day of a log.
type day struct {
	newest time.Time
	kept   []synclog.CommandKey
	seen   map[[2]crm.ID]synclog.CommandKey // by actor and id
}

func newDay() *day { return &day{seen: map[[2]crm.ID]synclog.CommandKey{}} }

// add takes an entry's command in and returns the offset of the same command
// before, if there was one that was still remembered.
func (d *day) add(e synclog.Entry) (twin uint64) {
	if e.At.After(d.newest) {
		d.newest = e.At
	}
	if e.CommandID == "" {
		return 0
	}
	key := synclog.CommandKey{Actor: e.Actor.UserID, CommandID: e.CommandID, Hash: e.CommandHash, Offset: e.Offset, At: e.At}
	id := [2]crm.ID{key.Actor, key.CommandID}
	if before, ok := d.seen[id]; ok && e.At.Sub(before.At) < synclog.CommandMemory {
		twin = before.Offset
	}
	d.seen[id] = key
	d.kept = append(d.kept, key)
	if len(d.kept) > progressEvery && d.kept[progressEvery].At.Before(d.since()) { // many at a time
		d.forget()
	}
	return twin
}

func (d *day) since() time.Time { return d.newest.Add(-synclog.CommandMemory) }

// forget drops what no server would remember.
func (d *day) forget() {
	d.kept = slices.DeleteFunc(d.kept, func(k synclog.CommandKey) bool {
		old := k.At.Before(d.since())
		if id := [2]crm.ID{k.Actor, k.CommandID}; old && d.seen[id].Offset == k.Offset {
			delete(d.seen, id)
		}
		return old
	})
}

// expected returns the commands that a server would remember, by offset.
func (d *day) expected() map[uint64]synclog.CommandKey {
	d.forget()
	commands := make(map[uint64]synclog.CommandKey, len(d.kept))
	for _, k := range d.kept {
		commands[k.Offset] = k
	}
	return commands
}
