package sqlitestore

import "rapport/server/synclog"

// newestEntries bounds how many entries are kept for those who follow.
const newestEntries = 512

// newest keeps the entries appended last, so that whoever follows the log and
// keeps up need not read and decode what was written a moment ago.
type newest struct{ entries []synclog.Entry }

// add takes in what was appended behind them.
func (n *newest) add(entries []synclog.Entry) {
	n.entries = append(n.entries, entries...)
	if over := len(n.entries) - newestEntries; over > newestEntries {
		n.entries = append([]synclog.Entry(nil), n.entries[over:]...)
	}
}

// after returns the entries behind an offset; known is false when some of them are
// not here. The slice is not written to any more.
func (n *newest) after(offset uint64) (entries []synclog.Entry, known bool) {
	if len(n.entries) == 0 || offset+1 < n.entries[0].Offset || offset > n.entries[len(n.entries)-1].Offset {
		return nil, false
	}
	return n.entries[offset+1-n.entries[0].Offset:], true
}
