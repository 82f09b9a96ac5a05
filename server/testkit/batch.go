package testkit

import (
	"rapport/server/crm"
	"rapport/server/synclog"
)

// Batch makes a batch of n entries from the offset on, each of which creates
// one customer of that name.
func Batch(offset uint64, n int, name string) synclog.Batch {
	entries := make([]synclog.Entry, n)
	for i := range entries {
		entries[i] = entryOf(offset+uint64(i), 1, id())
		entries[i].Ops[0].Set = crm.Pack(crm.Fields{"name": name})
	}
	return batchOf(entries...)
}
