package access

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"

	"rapport/server/crm"
)

// hasher makes the tokens of audiences. A token is the hash of all that can
// decide for an audience and of nothing else, so that a change of policy that
// does not concern somebody leaves his token, and with it his open screens, alone.
type hasher struct {
	policy *Policy
	rules  []hashedRule      // ordered by text, so that the order of the log is not in the hash
	boards []Board           // that some rule names, ordered by id
	below  map[crm.ID]string // short forms, see belowOf
}

// hashedRule is a rule and its words in a short form; its id decides nothing.
type hashedRule struct {
	Rule
	words string
	sum   string
}

func newHasher(p *Policy, boards []Board) *hasher {
	h := &hasher{policy: p, below: map[crm.ID]string{}}
	for _, r := range p.rules {
		words := strings.Join([]string{r.Who, r.Effect, r.Action, r.What, r.Whose, r.Fields}, ",")
		h.rules = append(h.rules, hashedRule{r, words, short(words)})
	}
	slices.SortFunc(h.rules, func(a, b hashedRule) int { return cmp.Compare(a.words, b.words) })
	h.rules = slices.CompactFunc(h.rules, func(a, b hashedRule) bool { return a.words == b.words })
	for _, b := range boards {
		if p.boards.names(b.ID) {
			h.boards = append(h.boards, b)
		}
	}
	slices.SortFunc(h.boards, func(a, b Board) int { return cmp.Compare(a.ID, b.ID) })
	return h
}

// token hashes the roles of an audience, the rules for it, and that part of the
// department tree and of the boards that these speak of.
func (h *hasher) token(a *Audience) string {
	if a == h.policy.nobody {
		return short("nobody")
	}
	var lines []string
	var spoken []crm.ID // departments
	boards := map[crm.ID]bool{}
	applies := map[string]bool{}
	for _, r := range h.rules {
		yes, known := applies[r.Who]
		if !known {
			yes = a.is(r.Who, anywhere)
			applies[r.Who] = yes
		}
		if !yes {
			continue
		}
		lines = append(lines, r.sum)
		for _, words := range []string{r.Who, r.Whose} {
			for _, before := range []string{"@", "department:", "named:"} {
				if _, id, ok := strings.Cut(words, before); ok {
					spoken = append(spoken, crm.ID(id))
				}
			}
		}
		if id, ok := strings.CutPrefix(r.What, "board:"); ok {
			boards[crm.ID(id)] = true
		}
	}
	for _, b := range h.boards {
		if boards[b.ID] {
			lines = append(lines, "board", string(b.ID), string(b.Pipeline), h.belowOf(b.Department))
		}
	}
	for _, m := range a.memberships {
		lines = append(lines, string(m.Role), h.belowOf(m.Department))
		for _, above := range h.policy.tree.above(m.Department) {
			lines = append(lines, "above", string(above))
		}
	}
	slices.Sort(spoken)
	for _, d := range slices.Compact(spoken) {
		lines = append(lines, "spoken of", h.belowOf(d))
	}
	return short(strings.Join(lines, "\n"))
}

// belowOf is a short form of a department and what lies below it.
func (h *hasher) belowOf(department crm.ID) string {
	known, ok := h.below[department]
	if !ok {
		var all strings.Builder
		all.WriteString(string(department))
		for _, d := range h.policy.tree.below(department) {
			all.WriteString("\n" + string(d))
		}
		known = short(all.String())
		h.below[department] = known
	}
	return known
}

// short is the first half of a SHA-256, 22 characters.
func short(s string) string {
	sum := sha256.Sum256([]byte(s))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}
