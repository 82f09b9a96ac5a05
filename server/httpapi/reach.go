package httpapi

import (
	"slices"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/wire"
	"rapport/server/workspace"
)

// reached is what an app decides record by record before it offers it: where a
// dragged card may be dropped, whose pipelines can be set up.
var reached = map[access.Action][]crm.RecordType{
	access.ActionMove:       {crm.TypeDeal},
	access.ActionCreate:     {crm.TypeBoard},
	access.ActionAdminister: {crm.TypePipeline, crm.TypeField},
}

// reachOf returns whose records of the types above a person may do that to, by
// "<action>:<type>". Departments he may not see are left out.
func reachOf(s *workspace.State, me crm.ID) map[string]wire.Reach {
	departments := []crm.ID{""}
	s.Each(crm.TypeDepartment, func(rec crm.Record) bool {
		if s.See(me, rec) != 0 {
			departments = append(departments, rec.ID)
		}
		return true
	})
	slices.Sort(departments)
	reach := map[string]wire.Reach{}
	for action, types := range reached {
		for _, t := range types {
			r := wire.Reach{Own: true, Departments: []string{}}
			for _, department := range departments {
				target := access.Target{Type: t, Department: department}
				if s.Policy().Can(me, action, target) != 0 {
					r.Departments = append(r.Departments, string(department))
				}
				target.Own = true
				r.Own = r.Own && s.Policy().Can(me, action, target) != 0
			}
			reach[string(action)+":"+string(t)] = r
		}
	}
	return reach
}
