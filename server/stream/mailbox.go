package stream

import (
	"slices"
	"sync"
)

// mailbox holds what concerns one socket alone and does not come from the log.
// It is bounded: one report per import, one mark for presence, one for the beat.
type mailbox struct {
	onChange func() // called after something was left

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

// progress leaves a report; it replaces an unsent one about the same import.
func (b *mailbox) progress(about string, data []byte) {
	b.mu.Lock()
	i := slices.IndexFunc(b.reports, func(r report) bool { return r.about == about })
	switch {
	case i >= 0:
		b.reports[i].data = data
	case len(b.reports) < mailboxReports:
		b.reports = append(b.reports, report{about, data})
	default:
		b.reports = append(b.reports[1:], report{about, data})
	}
	b.mu.Unlock()
	b.onChange()
}

func (b *mailbox) takeProgress() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.reports) == 0 {
		return nil
	}
	data := b.reports[0].data
	b.reports = b.reports[1:]
	return data
}

func (b *mailbox) notePresence() {
	b.mu.Lock()
	b.presence = true
	b.mu.Unlock()
	b.onChange()
}

func (b *mailbox) takePresence() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	due := b.presence
	b.presence = false
	return due
}

func (b *mailbox) noteBeat() {
	b.mu.Lock()
	b.beat = true
	b.mu.Unlock()
	b.onChange()
}

func (b *mailbox) beatDue() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.beat
}

func (b *mailbox) beaten() {
	b.mu.Lock()
	b.beat = false
	b.mu.Unlock()
}
