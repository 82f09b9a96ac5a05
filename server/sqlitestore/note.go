package sqlitestore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"rapport/server/synclog"
)

// Beside the database lies a note of one line: how the store was left, the head
// that had been acknowledged, and which file the database is. The database
// cannot tell these itself: SQLite cuts a damaged or lost write-ahead log where
// it breaks, as if nothing had been behind it, and a copied file does not know
// that it is one.
//
// The note is not synced with each change. What it says is therefore at most
// too little, never too much.
const noteFile = "rapport.head"

const (
	stateOpen    = "open"    // also: the process was killed
	stateClosed  = "closed"  //
	stateStopped = "stopped" // after something went wrong in writing
)

// noted is what a note says; the zero noted: there is none.
type noted struct {
	state string
	head  uint64
	file  string // identity of the database file
}

// unknownFile is the identity of every file where files cannot be told apart.
const unknownFile = "-"

const noteFormat = "%-7s %020d %s\n"

// readNote reads the note of a folder. One that is not whole counts as none.
func readNote(dir string) (noted, error) {
	raw, err := os.ReadFile(filepath.Join(dir, noteFile)) //nolint:gosec // the folder is the operator's choice
	if errors.Is(err, fs.ErrNotExist) {
		return noted{}, nil
	}
	if err != nil {
		return noted{}, notWritable(dir, err)
	}
	var n noted
	if _, err := fmt.Sscanf(string(raw), "%s %d %s\n", &n.state, &n.head, &n.file); err != nil {
		return noted{}, nil //nolint:nilerr // a line that a power cut tore
	}
	return n, nil
}

// headNote keeps the note while the store is open. Once begun, it fails
// silently: it is a second line of defence.
type headNote struct {
	dir, file string
	out       *os.File
	state     string
}

// begin notes that the store is open.
func (n *headNote) begin(head uint64) error {
	var err error
	if n.out, err = os.OpenFile(filepath.Join(n.dir, noteFile), os.O_RDWR|os.O_CREATE, 0o600); err != nil { //nolint:gosec // as above
		return err
	}
	n.state = stateOpen
	if err := n.out.Truncate(0); err != nil { // of another file the note may have been longer
		return err
	}
	if err := n.write(head); err != nil {
		return err
	}
	return n.out.Sync()
}

// write writes a line that is as long as the one before.
func (n *headNote) write(head uint64) error {
	_, err := n.out.WriteAt(fmt.Appendf(nil, noteFormat, n.state, head, n.file), 0)
	return err
}

func (n *headNote) advance(head uint64) { _ = n.write(head) }

// stop notes that what is written now has to be looked at before it is trusted.
func (n *headNote) stop(head uint64) {
	n.state = stateStopped
	_ = n.write(head)
	_ = n.out.Sync()
}

func (n *headNote) resume(head uint64) {
	n.state = stateOpen
	_ = n.write(head)
}

// end notes that the store was closed.
func (n *headNote) end(head uint64, stopped bool) error {
	if n.out == nil {
		return nil
	}
	if !stopped {
		n.state = stateClosed
		_ = n.write(head)
		_ = n.out.Sync()
	}
	return n.out.Close()
}

// lostIn says that changes are gone which had been acknowledged.
func lostIn(dir string, head, was uint64) error {
	return fmt.Errorf("%w: %s ends at change %d, but had reached %d: its write-ahead log (%s) is missing or damaged, or an older file was put in its place; "+
		"move the folder away and restore the newest backup into an empty one (rapport restore FILE), or remove %s to go on without the changes that are lost",
		synclog.ErrDamaged, databasePath(dir), head, was, databaseFile+walSuffix, filepath.Join(dir, noteFile))
}
