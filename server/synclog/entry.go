// Package synclog defines the one ordered log of a workspace: entries, positions
// and what a store has to promise about them. SPEC.md holds the numbered rules.
package synclog

import (
	"time"

	"rapport/server/crm"
)

// Position is a place in the log. Offsets of different epochs cannot be
// compared: the epoch changes when the log is replaced (SL2).
type Position struct {
	Epoch  crm.ID `json:"epoch"`
	Offset uint64 `json:"offset"` // of the last entry that counts; 0 before the first
}

// Entry is one committed change: what one command did, all or nothing.
type Entry struct {
	Offset      uint64    // gapless from 1
	At          time.Time // UTC, milliseconds; the committer's clock, for display only: nothing sorts by it
	Actor       crm.Actor
	CommandID   crm.ID // made by the client; unique per actor for 24 h
	CommandHash string // SHA-256 of the command's canonical form, base64url: the same id with another body is refused
	Command     string // the command's name, for example "deal.move"
	Group       crm.ID // ties the entries of one import or bulk edit together; may be empty
	Undoes      uint64 // the offset this entry takes back; 0 if none
	Ops         []Op   // 1..MaxOps
}

// MaxOps bounds the ops of one entry, so that an entry with its documents stays
// far below MongoDB's 16 MB and one transaction stays short.
const MaxOps = 500

// Op is the change of one record. Keys are those of crm.Fields.
type Op struct {
	Type    crm.RecordType
	ID      crm.ID
	Version uint64     // the record's version after the op; 1 creates it
	Set     crm.Values // new values
	Unset   []string   // keys that lose their value, sorted
	// Before holds the old value of each key in Set and Unset that had one. It
	// makes undo, history and "did this person lose sight of it?" possible.
	Before crm.Values
}

// Apply returns the record after op. before is the record at Version-1 (zero
// Record when op creates it).
func (op Op) Apply(before crm.Record) crm.Record {
	return crm.Record{Type: op.Type, ID: op.ID, Version: op.Version, Fields: before.Fields.With(op.Set, op.Unset)}
}

// Batch is what one Append stores: entries with consecutive offsets and the
// final state of every record they change.
type Batch struct {
	Workspace crm.WorkspaceID
	Entries   []Entry
	Records   []crm.Record // each changed record once, as it stands after the last entry
}
