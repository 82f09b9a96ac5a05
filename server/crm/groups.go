package crm

// Groups is a set of field groups; policy shows and hides fields by group.
// 0 means "not at all".
type Groups uint8

// The field groups. Every field belongs to exactly one.
const (
	GroupStandard Groups = 1 << iota // names, stages, dates, owners
	GroupMoney                       // amounts, probabilities
	GroupReach                       // phones, e-mails, addresses
	GroupNotes                       // long texts, comments

	AllGroups = GroupStandard | GroupMoney | GroupReach | GroupNotes
)

// GroupNames lists the groups by the word used in rules and on the wire, lowest bit first.
var GroupNames = []string{"standard", "money", "reach", "notes"}

// Has reports whether all of other is in g.
func (g Groups) Has(other Groups) bool { return g&other == other }

// Names returns the words of the groups in g, in the order of GroupNames.
func (g Groups) Names() []string {
	var names []string
	for i, name := range GroupNames {
		if g.Has(1 << i) {
			names = append(names, name)
		}
	}
	return names
}
