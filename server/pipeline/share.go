package pipeline

import (
	"context"
	"slices"
	"strings"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/workspace"
)

// Sharing a board with a department makes rules like any other, marked with
// the board and the department they were made for, so that taking the share
// back takes away exactly those.
const keyBoard = "boardId"

// ShareArgs is the body of board.share.
type ShareArgs struct {
	BoardID      crm.ID   `json:"boardId"`
	DepartmentID crm.ID   `json:"departmentId"`
	Fields       []string `json:"fields"`  // field groups beside standard: money, reach, notes
	Actions      []string `json:"actions"` // beside see: comment, move, edit
	Was          *Terms   `json:"was"`
}

// shareable are the actions a board can be shared for.
var shareable = []access.Action{access.ActionSee, access.ActionComment, access.ActionMove, access.ActionEdit}

// ShareBoard lets a department, and those below it, see a board and its deals,
// with the names of the customers there. Sharing again replaces what was shared before.
// Errors: CodeNotFound, CodeInvalid, CodeForbidden (also for what the actor may
// not do himself: nobody passes on more than he has), CodeConflict (what is shared is
// neither what the giver saw nor what he wants).
func (s *Service) ShareBoard(ctx context.Context, cmd workspace.Command, a ShareArgs) (workspace.Result, error) {
	cmd.Plan = func(tx *workspace.Tx) error {
		board, err := sharedBoard(tx, a.BoardID)
		if err != nil {
			return err
		}
		wanted, err := a.rules(tx, board)
		if err != nil {
			return err
		}
		for _, rule := range wanted {
			if err := MayGrant(&tx.State, tx.Actor(), crm.Pack(rule)); err != nil {
				return err
			}
		}
		return replaceRules(tx, share{a.BoardID, a.DepartmentID}, a.Was, wanted)
	}
	return s.ws.Commit(ctx, cmd)
}

// UnshareArgs is the body of board.unshare.
type UnshareArgs struct {
	BoardID      crm.ID `json:"boardId"`
	DepartmentID crm.ID `json:"departmentId"`
	Was          *Terms `json:"was"`
}

// UnshareBoard takes back what board.share gave. It is no error when nothing was shared.
// Errors: CodeNotFound, CodeForbidden, CodeConflict (as of ShareBoard).
func (s *Service) UnshareBoard(ctx context.Context, cmd workspace.Command, a UnshareArgs) (workspace.Result, error) {
	cmd.Plan = func(tx *workspace.Tx) error {
		if _, err := sharedBoard(tx, a.BoardID); err != nil {
			return err
		}
		return replaceRules(tx, share{a.BoardID, a.DepartmentID}, a.Was, nil)
	}
	return s.ws.Commit(ctx, cmd)
}

func sharedBoard(tx *workspace.Tx, id crm.ID) (crm.Record, error) {
	board, ok := tx.Lookup(crm.TypeBoard, id)
	if !ok {
		return crm.Record{}, workspace.NotFound()
	}
	_, err := tx.Require(access.ActionShare, board)
	return board, err
}

// rules returns the rules that the share consists of.
func (a ShareArgs) rules(tx *workspace.Tx, board crm.Record) ([]crm.Fields, error) {
	problems := map[string]string{}
	if _, ok := tx.Named(crm.TypeDepartment, a.DepartmentID); !ok {
		problems[crm.KeyDepartment] = "unknown_record"
	}
	groups := []string{crm.GroupNames[0]}
	for _, name := range crm.GroupNames[1:] {
		if slices.Contains(a.Fields, name) {
			groups = append(groups, name)
		}
	}
	for _, name := range a.Fields {
		if !slices.Contains(crm.GroupNames, name) {
			problems["fields"] = "not_a_choice"
		}
	}
	for _, name := range a.Actions {
		if !slices.Contains(shareable, access.Action(name)) {
			problems["actions"] = "not_a_choice"
		}
	}
	if err := (checker{problems: problems}).err(); err != nil {
		return nil, err
	}
	rule := func(action access.Action, what, whose, fields string) crm.Fields {
		return crm.Fields{
			"who": "department:" + string(a.DepartmentID), "effect": "may", "action": string(action),
			"what": what, "whose": whose, "fieldGroups": fields,
			keyBoard: string(board.ID), crm.KeyDepartment: string(a.DepartmentID),
		}
	}
	var rules []crm.Fields
	for _, action := range shareable {
		if action == access.ActionSee || slices.Contains(a.Actions, string(action)) {
			rules = append(rules, rule(action, "board:"+string(board.ID), "all", strings.Join(groups, "+")))
		}
	}
	// A card says whose deal it is.
	home := board.Fields.String(crm.KeyDepartment)
	return append(rules, rule(access.ActionSee, string(crm.TypeCustomer), "named:"+home, crm.GroupNames[0])), nil
}

// share names the rules that were made for one department on one board.
type share struct{ board, department crm.ID }

// rules returns the rules of the share, by their ids.
func (sh share) rules(tx *workspace.Tx) []crm.Record {
	var rules []crm.Record
	tx.Each(crm.TypeRule, func(rec crm.Record) bool {
		if rec.Fields.ID(keyBoard) == sh.board && rec.Fields.ID(crm.KeyDepartment) == sh.department {
			rules = append(rules, rec)
		}
		return true
	})
	slices.SortFunc(rules, func(a, b crm.Record) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return rules
}

// replaceRules makes the rules of a share be the wanted ones; those that stay
// the same are not touched. Where something changes, was must be what is there.
func replaceRules(tx *workspace.Tx, sh share, was *Terms, wanted []crm.Fields) error {
	present := sh.rules(tx)
	obsolete := slices.DeleteFunc(slices.Clone(present), func(rec crm.Record) bool {
		same := slices.IndexFunc(wanted, func(rule crm.Fields) bool { return sameRule(rec.Fields, rule) })
		if same >= 0 {
			wanted = slices.Delete(slices.Clone(wanted), same, same+1)
		}
		return same >= 0
	})
	if len(obsolete)+len(wanted) > 0 && was != nil {
		if err := was.overtaken(tx, present); err != nil {
			return err
		}
	}
	for _, rec := range obsolete {
		if err := tx.Trash(rec.ID); err != nil {
			return err
		}
	}
	for _, rule := range wanted {
		if err := tx.Create(crm.TypeRule, tx.NewID(), rule); err != nil {
			return err
		}
	}
	return nil
}

func sameRule(rec crm.Values, rule crm.Fields) bool {
	for _, key := range []string{"who", "effect", "action", "what", "whose", "fieldGroups"} {
		if rec.Get(key) != rule[key] {
			return false
		}
	}
	return true
}

// MayGrant decides whether by may put a rule of a share into force: he may
// share the board, and he may himself do to the deals there what the rule
// allows, in all the field groups it opens.
// Errors: CodeNotFound, CodeForbidden.
func MayGrant(s *workspace.State, by crm.Actor, rule crm.Values) error {
	if by.Source == crm.SourceSystem {
		return nil
	}
	board, ok := s.Lookup(crm.TypeBoard, rule.ID(keyBoard))
	if !ok || s.Can(by.UserID, access.ActionSee, board) == 0 {
		return workspace.NotFound()
	}
	forbidden := crm.Errorf(crm.CodeForbidden, "forbidden", "you may not share this")
	if s.Can(by.UserID, access.ActionShare, board) == 0 {
		return forbidden
	}
	example := crm.Record{Type: crm.TypeDeal, Version: 1, Fields: crm.Pack(crm.Fields{
		crm.KeyDepartment: board.Fields.Get(crm.KeyDepartment), crm.KeyPipeline: board.Fields.Get(crm.KeyPipeline),
	})}
	if rule.String("what") == string(crm.TypeCustomer) {
		example.Type = crm.TypeCustomer
	}
	has := s.Can(by.UserID, access.Action(rule.String("action")), example)
	for _, name := range strings.Split(rule.String("fieldGroups"), "+") {
		i := slices.Index(crm.GroupNames, name)
		if i < 0 || !has.Has(1<<i) {
			return forbidden
		}
	}
	return nil
}
