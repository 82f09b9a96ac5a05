package workspace

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/schema"
)

// Among many records, whether the names are walked through or the first ones picked
// out of what might be a hit, a search finds the same as looking at each of them.
func TestASearchAmongMany(t *testing.T) {
	policy := smallOffice(t)
	rapid.Check(t, func(t *rapid.T) {
		s := &State{base: newTables(), policy: policy, schema: schema.New(nil)}
		var all []crm.Record
		word := rapid.SampledFrom([]string{"oak", "oakum", "soak", "elm"})
		for n := range rapid.IntRange(0, 400).Draw(t, "customers") {
			rec := crm.Record{Type: crm.TypeCustomer, ID: ulid("customer", n), Version: 1, Fields: crm.Pack(crm.Fields{
				"name":            word.Draw(t, "first") + " " + word.Draw(t, "second"),
				crm.KeyDepartment: string(rapid.SampledFrom([]crm.ID{sales, sales, marketing}).Draw(t, "department")),
			})}
			s.base.put(rec)
			all = append(all, rec)
		}
		slices.SortFunc(all, func(a, b crm.Record) int {
			return strings.Compare(a.Fields.String("name")+" "+string(a.ID), b.Fields.String("name")+" "+string(b.ID))
		})
		for _, text := range []string{"o", "oa", "oak", "oak e", "m", "elm oak", "um so"} {
			var begin, within []crm.ID
			for _, rec := range all {
				name := rec.Fields.String("name")
				switch {
				case s.Can(ana, access.ActionSee, rec) == 0 || !containsAll(name, strings.Fields(text)):
				case strings.HasPrefix(name, text):
					begin = append(begin, rec.ID)
				default:
					within = append(within, rec.ID)
				}
			}
			want := slices.Concat(begin, within)
			for _, most := range []int{1, 20, 90, 1000} {
				found := s.For(ana).Search(crm.TypeCustomer, text, most)
				equalIDs(t, fmt.Sprintf("%q, at most %d", text, most), idsFound(found), want[:min(most, len(want))])
				if found.More != (len(want) > most) {
					t.Fatalf("%q: of %d hits %d, and more = %v", text, len(want), found.Len(), found.More)
				}
			}
		}
	})
}
