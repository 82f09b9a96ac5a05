package synclog

import "slices"

// newestOps is how many ops the entries have, at least, that are kept: what a burst
// of edits makes, and little beside the records of a node. An import has hundreds
// in each entry.
const newestOps = 4096

// Newest is a gapless run of the last entries of a log, so that whoever follows it
// and keeps up need not read and decode what was written a moment ago. It is not
// safe for concurrent use, but what After has returned is never written to.
type Newest struct {
	entries []Entry
	ops     int // in entries
}

// Add takes in entries in the order of their offsets. What is there already is left
// out, for some stores bring a node's own entries twice; behind a gap it begins anew.
func (n *Newest) Add(entries ...Entry) {
	for _, e := range entries {
		switch _, last, held := n.Span(); {
		case held && e.Offset <= last:
			continue
		case held && e.Offset > last+1:
			*n = Newest{}
		}
		n.entries = append(n.entries, e)
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

// Span returns the offsets of the first and the last entry; held is false when there
// is none.
func (n *Newest) Span() (first, last uint64, held bool) {
	if len(n.entries) == 0 {
		return 0, 0, false
	}
	return n.entries[0].Offset, n.entries[len(n.entries)-1].Offset, true
}

// After returns the entries behind an offset; known is false when some of them are
// not here, or nobody can tell.
func (n *Newest) After(offset uint64) (entries []Entry, known bool) {
	first, last, held := n.Span()
	if !held || offset+1 < first || offset > last {
		return nil, false
	}
	return n.entries[offset+1-first:], true
}
