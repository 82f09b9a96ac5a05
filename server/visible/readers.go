package visible

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"rapport/server/crm"
	"rapport/server/schema"
	"rapport/server/workspace"
)

// Reader is who sees a record: a department, or one person.
type Reader struct {
	Department crm.ID
	Part       bool       // several of the department's people see the record, not all
	Person     crm.ID     // instead of Department: the only one there who sees it
	Groups     crm.Groups // that any of them sees
	Comments   bool       // what is said about the record can be read too
}

// Readers returns who sees a record, or a board and the deals there: the
// record's own department first, then the other departments and people by name.
// Policy is asked about each person, so that the answer holds whatever the rules
// are. A department that nobody is in reads nothing and is left out.
func Readers(s *workspace.State, rec crm.Record) []Reader {
	g := gathering{sees: map[crm.ID]Reader{}, people: map[crm.ID][]crm.ID{}}
	s.Each(crm.TypeUser, func(user crm.Record) bool {
		g.add(s, user.ID, rec)
		return true
	})
	found := g.join()
	own := rec.Fields.ID(crm.KeyDepartment)
	rank := func(r Reader) int {
		if r.Department == own && own != "" {
			return 0
		}
		return 1
	}
	name := func(r Reader) string {
		rec, _ := s.Get(r.Department + r.Person)
		return schema.NormalName(rec.Fields.String("name"))
	}
	slices.SortStableFunc(found, func(a, b Reader) int {
		return cmp.Or(rank(a)-rank(b), strings.Compare(name(a), name(b)))
	})
	return found
}

// gathering is Readers at work.
type gathering struct {
	sees   map[crm.ID]Reader   // each person who sees the record
	people map[crm.ID][]crm.ID // by department; under "" those who are in none
}

// add looks at the record with one person's eyes.
func (g gathering) add(s *workspace.State, person crm.ID, rec crm.Record) {
	departments := s.Policy().DepartmentsOf(person)
	if len(departments) == 0 {
		departments = []crm.ID{""}
	}
	for _, id := range departments {
		if !slices.Contains(g.people[id], person) {
			g.people[id] = append(g.people[id], person)
		}
	}
	if s.See(person, rec) == 0 {
		return
	}
	seen := rec
	if rec.Type == crm.TypeBoard {
		// Of a board, the deals there are what is read.
		seen = crm.Record{Type: crm.TypeDeal, Version: 1, Fields: crm.Pack(crm.Fields{
			crm.KeyDepartment: rec.Fields.Get(crm.KeyDepartment), crm.KeyPipeline: rec.Fields.Get(crm.KeyPipeline),
		})}
	}
	said := crm.Record{Type: crm.TypeComment, Version: 1, Fields: crm.Pack(crm.Fields{crm.KeyRecord: string(rec.ID)})}
	g.sees[person] = Reader{Person: person, Groups: s.See(person, seen), Comments: s.See(person, said).Has(crm.GroupNotes)}
}

// join makes departments of people: first those that see the record with all
// their people, then what is left of the others.
func (g gathering) join() []Reader {
	var found []Reader
	told := map[crm.ID]bool{}
	blind := func(person crm.ID) bool { return g.sees[person].Person == "" }
	departments := slices.Sorted(maps.Keys(g.people))
	for _, id := range departments {
		if id != "" && !slices.ContainsFunc(g.people[id], blind) {
			found = append(found, g.together(Reader{Department: id}, g.people[id], told))
		}
	}
	for _, id := range departments {
		left := slices.DeleteFunc(slices.Clone(g.people[id]), func(person crm.ID) bool { return told[person] || blind(person) })
		switch {
		case len(left) > 1 && id != "":
			found = append(found, g.together(Reader{Department: id, Part: true}, left, told))
		default:
			for _, person := range left {
				found = append(found, g.sees[person])
				told[person] = true
			}
		}
	}
	return found
}

// together adds up what people see, and marks them as told of.
func (g gathering) together(r Reader, people []crm.ID, told map[crm.ID]bool) Reader {
	for _, person := range people {
		r.Groups |= g.sees[person].Groups
		r.Comments = r.Comments || g.sees[person].Comments
		told[person] = true
	}
	return r
}
