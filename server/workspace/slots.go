package workspace

import (
	"slices"

	"rapport/server/crm"
)

// slots keeps records, and the number of each one's placement, by slot. They lie
// in chunks that are shared with a Census until one of their records changes.
type slots struct {
	chunks []*chunk
	count  uint32
	epoch  uint64 // chunks of an earlier one belong to a Census, too
}

const chunkSlots = 512

type chunk struct {
	epoch   uint64
	records [chunkSlots]crm.Record
	places  [chunkSlots]uint32
}

func (s *slots) record(slot uint32) crm.Record {
	return s.chunks[slot/chunkSlots].records[slot%chunkSlots]
}

func (s *slots) place(slot uint32) uint32 {
	return s.chunks[slot/chunkSlots].places[slot%chunkSlots]
}

// add makes an empty slot.
func (s *slots) add() uint32 {
	if s.count%chunkSlots == 0 {
		s.chunks = append(s.chunks, &chunk{epoch: s.epoch})
	}
	s.count++
	return s.count - 1
}

func (s *slots) set(slot uint32, rec crm.Record) {
	s.own(slot).records[slot%chunkSlots] = rec
}

func (s *slots) setPlace(slot, place uint32) {
	s.own(slot).places[slot%chunkSlots] = place
}

// own returns the chunk of a slot for writing.
func (s *slots) own(slot uint32) *chunk {
	at := slot / chunkSlots
	c := s.chunks[at]
	if c.epoch != s.epoch {
		copied := *c
		copied.epoch = s.epoch
		c = &copied
		s.chunks[at] = c
	}
	return c
}

// freeze returns the slots as they are, for good; it copies a pointer per chunk.
func (s *slots) freeze() slots {
	frozen := slots{chunks: slices.Clone(s.chunks), count: s.count, epoch: s.epoch}
	s.epoch++
	return frozen
}
