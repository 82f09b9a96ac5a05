package stream

import (
	"slices"
	"sync"
	"sync/atomic"
)

// mailbox holds what concerns one socket alone and does not come from the log.
// It is bounded: one report per import, one mark for presence, one for the beat.
type mailbox struct {
	onChange func()      // called after something was left
	waiting  atomic.Bool // whether something is in it: nearly always there is nothing, and asking must not cost a lock

	mu       sync.Mutex // guards all below
	reports  []report   // in the order of their first arrival
	presence bool
	beat     bool
}

type report struct {
	about string
	data  []byte
}

// mailboxReports bounds the reports that wait for one socket.
const mailboxReports = 16

// change changes what is in it.
func (b *mailbox) change(to func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	to()
	b.waiting.Store(len(b.reports) > 0 || b.presence || b.beat)
}

// progress leaves a report; it replaces an unsent one about the same import.
func (b *mailbox) progress(about string, data []byte) {
	b.change(func() {
		i := slices.IndexFunc(b.reports, func(r report) bool { return r.about == about })
		switch {
		case i >= 0:
			b.reports[i].data = data
		case len(b.reports) < mailboxReports:
			b.reports = append(b.reports, report{about, data})
		default:
			b.reports = append(b.reports[1:], report{about, data})
		}
	})
	b.onChange()
}

func (b *mailbox) takeProgress() (data []byte) {
	b.change(func() {
		if len(b.reports) > 0 {
			data = b.reports[0].data
			b.reports = b.reports[1:]
		}
	})
	return data
}

func (b *mailbox) notePresence() {
	b.change(func() { b.presence = true })
	b.onChange()
}

func (b *mailbox) takePresence() (due bool) {
	b.change(func() { due, b.presence = b.presence, false })
	return due
}

func (b *mailbox) noteBeat() {
	b.change(func() { b.beat = true })
	b.onChange()
}

func (b *mailbox) beatDue() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.beat
}

func (b *mailbox) beaten() { b.change(func() { b.beat = false }) }
