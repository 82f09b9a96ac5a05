package access

import (
	"cmp"
	"slices"
	"strings"

	"rapport/server/crm"
)

// boardMap says on which boards a record is, as far as rules name boards; the
// others cannot make a difference. A set of boards is spelt "board:<id>," for
// each, and goes by its number in sets.
type boardMap struct {
	sets   []string // 0 is the empty set
	own    map[crm.ID]int
	placed map[place]int
}

// place is where a deal is, as far as boards are concerned.
type place struct{ pipeline, department crm.ID }

func newBoardMap(rules []Rule, boards []Board, t tree) boardMap {
	m := boardMap{sets: []string{""}, own: map[crm.ID]int{}, placed: map[place]int{}}
	numbers := map[string]int{"": 0}
	number := func(set string) int {
		n, known := numbers[set]
		if !known {
			n = len(m.sets)
			m.sets, numbers[set] = append(m.sets, set), n
		}
		return n
	}
	for _, r := range rules {
		if id, ok := strings.CutPrefix(r.What, "board:"); ok {
			m.own[crm.ID(id)] = number(r.What + ",")
		}
	}
	boards = slices.Clone(boards)
	slices.SortFunc(boards, func(a, b Board) int { return cmp.Compare(a.ID, b.ID) })
	for _, b := range boards {
		if !m.names(b.ID) || b.Pipeline == "" {
			continue
		}
		for _, d := range t.below(b.Department) {
			at := place{b.Pipeline, d}
			m.placed[at] = number(m.sets[m.placed[at]] + m.sets[m.own[b.ID]])
		}
	}
	return m
}

// names reports whether some rule names the board.
func (m boardMap) names(board crm.ID) bool { _, ok := m.own[board]; return ok }

// of returns the number of the set of boards a target is on. A board is on
// itself, a comment is where its deal is.
func (m boardMap) of(t *Target) int {
	switch {
	case t.Type == crm.TypeBoard:
		return m.own[t.ID]
	case len(m.placed) > 0 && onBoards(t.Type):
		return m.placed[place{t.Pipeline, t.Department}]
	}
	return 0
}

// onBoards reports whether records of a type can be on a board.
func onBoards(t crm.RecordType) bool {
	return t == crm.TypeDeal || t == crm.TypeComment || t == crm.TypeBoard
}
