package workspace

import (
	"crypto/sha256"
	"time"

	"rapport/server/crm"
	"rapport/server/synclog"
)

// rememberedCommands answers whether a command was committed before. It keeps
// 48 bytes a command, so that a day of 20 commands a second stays below 200 MB.
type rememberedCommands struct {
	offsets map[commandKey]remembered
	byAge   []agedCommand // oldest first
}

type commandKey [16]byte

type remembered struct {
	offset uint64
	body   [8]byte // start of the command's hash
}

type agedCommand struct {
	key commandKey
	at  int64 // Unix milliseconds
}

func newRememberedCommands() *rememberedCommands {
	return &rememberedCommands{offsets: map[commandKey]remembered{}}
}

// keyOf includes the actor: somebody else's commandId is as good as none.
func keyOf(actor, commandID crm.ID) commandKey {
	text := append(append(append(make([]byte, 0, 64), actor...), '/'), commandID...)
	sum := sha256.Sum256(text)
	return commandKey(sum[:16])
}

// bodyOf keeps the beginning of a command's hash, which is a hash already.
func bodyOf(hash string) (body [8]byte) {
	copy(body[:], hash)
	return body
}

func (r *rememberedCommands) add(c synclog.CommandKey) {
	if c.CommandID == "" {
		return
	}
	key := keyOf(c.Actor, c.CommandID)
	r.offsets[key] = remembered{c.Offset, bodyOf(c.Hash)}
	r.byAge = append(r.byAge, agedCommand{key, c.At.UnixMilli()})
}

// forget drops what is older than synclog.CommandMemory at now.
func (r *rememberedCommands) forget(now time.Time) {
	if present := now.UnixMilli(); len(r.byAge) > 0 && r.byAge[0].at > present {
		// The clock was ahead for a while: what was committed then would keep all
		// that came after it.
		for i := range r.byAge {
			r.byAge[i].at = min(r.byAge[i].at, present)
		}
	}
	limit := now.Add(-synclog.CommandMemory).UnixMilli()
	n := 0
	for n < len(r.byAge) && r.byAge[n].at < limit {
		delete(r.offsets, r.byAge[n].key)
		n++
	}
	r.byAge = r.byAge[n:] // append copies what is left once the room is used up
}

// find returns the offset of an earlier commit of the command.
// Errors: CodeInvalid when the id was used for another command.
func (r *rememberedCommands) find(key commandKey, c *Command) (offset uint64, found bool, err error) {
	first, ok := r.offsets[key]
	if !ok {
		return 0, false, nil
	}
	if first.body != bodyOf(c.Hash) {
		return 0, false, crm.Errorf(crm.CodeInvalid, "command_id_reused", "this commandId was used for another command")
	}
	return first.offset, true, nil
}

// recentLimit bounds how many record changes are remembered for merging.
const recentLimit = 50_000

// recentChanges remembers who touched which keys with the last changes, so that
// two people who edit different fields of a record both keep their edit.
type recentChanges struct {
	byRecord map[crm.ID][]recentChange // ascending versions
	fifo     []crm.ID                  // one element per recentChange, oldest first
}

type recentChange struct {
	version uint64
	by      crm.ID // "" for the system
	keys    []string
}

func newRecentChanges() *recentChanges {
	return &recentChanges{byRecord: map[crm.ID][]recentChange{}}
}

// add notes what a person changed; "" is the system.
func (r *recentChanges) add(by crm.ID, op synclog.Op) {
	keys := make([]string, 0, op.Set.Len()+len(op.Unset))
	if op.Version > 1 { // nobody can have based an edit on version 0
		for k := range op.Set.All() {
			keys = append(keys, k)
		}
		keys = append(keys, op.Unset...)
	}
	r.byRecord[op.ID] = append(r.byRecord[op.ID], recentChange{op.Version, by, keys})
	r.fifo = append(r.fifo, op.ID)
	if len(r.fifo) < 2*recentLimit {
		return
	}
	for _, id := range r.fifo[:recentLimit] {
		if rest := r.byRecord[id][1:]; len(rest) == 0 {
			delete(r.byRecord, id)
		} else {
			r.byRecord[id] = rest
		}
	}
	r.fifo = append([]crm.ID(nil), r.fifo[recentLimit:]...)
}

// collect adds the keys changed after version since, and by whom last, and reports
// whether all of those changes are still remembered.
func (r *recentChanges) collect(id crm.ID, since uint64, keys map[string]crm.ID) (known bool) {
	changes := r.byRecord[id]
	if len(changes) == 0 || changes[0].version > since+1 {
		return false
	}
	for _, c := range changes {
		if c.version > since {
			for _, k := range c.keys {
				keys[k] = c.by
			}
		}
	}
	return true
}
