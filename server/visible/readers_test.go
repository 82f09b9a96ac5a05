package visible_test

import (
	"strings"
	"testing"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/pipeline"
	"rapport/server/testkit"
	"rapport/server/visible"
	"rapport/server/workspace"
)

// readersOf spells who sees a record, for example "Sales[money notes] ~Harbour[] Paul[]!":
// in brackets the groups beside standard, ~ for a part of a department, ! for
// who does not see the comments.
func readersOf(c *testkit.Company, id crm.ID) string {
	rec := c.Get(id)
	var words []string
	c.Look(func(s *workspace.State) {
		for _, r := range visible.Readers(s, rec) {
			named, _ := s.Get(r.Department + r.Person)
			word := named.Fields.String("name") + "[" + strings.Join((r.Groups&^crm.GroupStandard).Names(), " ") + "]"
			if r.Part {
				word = "~" + word
			}
			if !r.Comments && rec.Type != crm.TypeBoard {
				word += "!"
			}
			words = append(words, word)
		}
	})
	return strings.Join(words, " ")
}

func TestReadersAreThosePolicyLetsSee(t *testing.T) {
	const home = "Sales[money reach notes] Nordwind[money reach notes]"
	share := func(fields ...string) func(*testkit.Company, crm.ID, crm.ID) {
		return func(c *testkit.Company, board, _ crm.ID) {
			cmd := c.As("Ana")
			_, err := pipeline.New(c.WS).ShareBoard(t.Context(), cmd, pipeline.ShareArgs{
				BoardID: board, DepartmentID: c.Departments["Marketing"], Fields: fields, Actions: []string{"comment"},
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	rule := func(who, effect, what, whose, groups string) func(*testkit.Company, crm.ID, crm.ID) {
		return func(c *testkit.Company, _, _ crm.ID) {
			for name, id := range c.Departments {
				who, whose = strings.ReplaceAll(who, "<"+name+">", string(id)), strings.ReplaceAll(whose, "<"+name+">", string(id))
			}
			c.Add(crm.TypeRule, crm.Fields{"who": who, "effect": effect, "action": "see", "what": what, "whose": whose, "fieldGroups": groups})
		}
	}
	deal := func(fields crm.Fields) func(*testkit.Company, crm.ID, crm.ID) {
		return func(c *testkit.Company, _, deal crm.ID) {
			c.System(func(tx *workspace.Tx) error { return tx.Edit(deal, fields, nil) })
		}
	}
	tests := []struct {
		name   string
		change func(c *testkit.Company, board, deal crm.ID)
		board  string
		deal   string
	}{
		{"its own department and those above it", func(*testkit.Company, crm.ID, crm.ID) {}, home, home},
		{"a department the board is shared with, without amounts", share(), "Sales[money reach notes] Marketing[] Nordwind[money reach notes]", "Sales[money reach notes] Marketing[]! Nordwind[money reach notes]"},
		{"and with amounts", share("money"), "Sales[money reach notes] Marketing[money] Nordwind[money reach notes]", "Sales[money reach notes] Marketing[money]! Nordwind[money reach notes]"},
		{"with notes, what is said can be read too", share("notes"), "Sales[money reach notes] Marketing[notes] Nordwind[money reach notes]", "Sales[money reach notes] Marketing[notes] Nordwind[money reach notes]"},
		{"a department that a rule names", rule("department:<Marketing>", "may", "deal", "named:<Sales>", "standard+money"), home, "Sales[money reach notes] Marketing[money]! Nordwind[money reach notes]"},
		{"not one that a rule keeps out", rule("department:<Sales>", "never", "deal", "all", "all"), "Sales[] Nordwind[money reach notes]", "Nordwind[money reach notes]"},
		{"everybody, where a rule says so", rule("everyone", "may", "deal", "all", "standard"), home, "Sales[money reach notes] Marketing[]! Nordwind[money reach notes]"},
		{"an owner elsewhere is named, not his department", func(c *testkit.Company, board, id crm.ID) {
			deal(crm.Fields{crm.KeyOwner: string(c.People["Paul"])})(c, board, id)
		}, home, "Sales[money reach notes] Nordwind[money reach notes] Paul[money reach notes]!"},
		{"several of a department are a part of it", func(c *testkit.Company, board, id crm.ID) {
			shared := []any{string(c.People["Paul"]), string(c.People["Petra"])}
			deal(crm.Fields{"sharedWith": shared})(c, board, id)
		}, home, "Sales[money reach notes] ~Marketing[money reach notes] Nordwind[money reach notes]"},
		{"guests alone see less", func(c *testkit.Company, board, id crm.ID) {
			c.Hire("Gus", access.RoleGuest, "Harbour")
			deal(crm.Fields{crm.KeyDepartment: string(c.Departments["Harbour"])})(c, board, id)
		}, home, "Harbour[]! Nordwind[money reach notes] Sales[money reach notes]"},
		{"who is disabled reads nothing, and an empty department neither", func(c *testkit.Company, _, _ crm.ID) {
			c.System(func(tx *workspace.Tx) error {
				return tx.Edit(c.People["Mia"], crm.Fields{"disabledAt": workspace.Timestamp(tx.Now())}, nil)
			})
		}, "Nordwind[money reach notes]", "Nordwind[money reach notes]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := testkit.NewCompany(t)
			c.Hire("Mia", access.RoleMember, "Sales")
			c.Hire("Paul", access.RoleMember, "Marketing")
			c.Hire("Petra", access.RoleMember, "Marketing")
			c.Hire("Pia", access.RoleMember, "Marketing")
			place := crm.Fields{"name": "Wholesale", crm.KeyDepartment: string(c.Departments["Sales"])}
			place[crm.KeyPipeline] = string(c.Add(crm.TypePipeline, crm.Fields{"name": "Wholesale"}))
			board := c.Add(crm.TypeBoard, place)
			deal := c.Add(crm.TypeDeal, crm.Fields{"title": "Tea", crm.KeyPipeline: place[crm.KeyPipeline], crm.KeyDepartment: place[crm.KeyDepartment]})
			tt.change(c, board, deal)
			if got := readersOf(c, board); got != tt.board {
				t.Errorf("of the board: %s, want %s", got, tt.board)
			}
			if got := readersOf(c, deal); got != tt.deal {
				t.Errorf("of the deal: %s, want %s", got, tt.deal)
			}
		})
	}
}
