package workspace

import "slices"

// places numbers the placements that records have, and counts the records of
// each. Number 0 is no placement: nobody sees what has it.
type places struct {
	numbers map[Placement]uint32
	list    []Placement
	counts  []int
}

func newPlaces() places {
	return places{numbers: map[Placement]uint32{}, list: []Placement{{}}, counts: []int{0}}
}

// number returns the number of a placement, a new one if it has none yet.
func (p *places) number(placement Placement, placed bool) uint32 {
	if !placed {
		return 0
	}
	n, known := p.numbers[placement]
	if !known {
		n = uint32(len(p.list))
		p.numbers[placement] = n
		p.list, p.counts = append(p.list, placement), append(p.counts, 0)
	}
	return n
}

// move counts a record from one placement to another; 0 counts for none.
func (p *places) move(from, to uint32) {
	if from != 0 {
		p.counts[from]--
	}
	if to != 0 {
		p.counts[to]++
	}
}

// freeze returns the placements as they are. The list only ever grows, so it is
// shared.
func (p *places) freeze() places {
	return places{list: p.list[:len(p.list):len(p.list)], counts: slices.Clone(p.counts)}
}
