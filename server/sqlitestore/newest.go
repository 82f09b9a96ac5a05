package sqlitestore

import (
	"slices"

	"rapport/server/synclog"
)

// newestOps is how many ops the entries have, at least, that are kept for those
// who follow: what a burst of edits makes. An import has hundreds in each entry.
const newestOps = 4096

// newest keeps the entries appended last, so that whoever follows the log and
// keeps up need not read and decode what was written a moment ago.
type newest struct {
	entries []synclog.Entry
	ops     int // in entries
}

// add takes in what was appended behind them.
func (n *newest) add(entries []synclog.Entry) {
	n.entries = append(n.entries, entries...)
	for _, e := range entries {
		n.ops += len(e.Ops)
	}
	if n.ops < 2*newestOps {
		return
	}
	drop := 0
	for drop < len(n.entries)-1 && n.ops > newestOps {
		n.ops -= len(n.entries[drop].Ops)
		drop++
	}
	n.entries = slices.Clone(n.entries[drop:]) // followers still read the old one
}

// after returns the entries behind an offset; known is false when some of them are
// not here. The slice is not written to any more.
func (n *newest) after(offset uint64) (entries []synclog.Entry, known bool) {
	if len(n.entries) == 0 || offset+1 < n.entries[0].Offset || offset > n.entries[len(n.entries)-1].Offset {
		return nil, false
	}
	return n.entries[offset+1-n.entries[0].Offset:], true
}
