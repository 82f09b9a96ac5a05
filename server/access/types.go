// Package access decides who may do what. Casbin is the authority; this package
// remembers its decisions per policy version and sorts people into audiences.
// Nothing outside this package knows Casbin.
package access

import "rapport/server/crm"

// Role is what somebody is in a department. Roles build on each other:
// admin > head > lead > member > guest.
type Role string

// The roles.
const (
	RoleGuest  Role = "guest"
	RoleMember Role = "member"
	RoleLead   Role = "lead"
	RoleHead   Role = "head"
	RoleAdmin  Role = "admin"
)

// Action is something a rule may allow or forbid.
type Action string

// The actions.
const (
	ActionSee        Action = "see"
	ActionCreate     Action = "create"
	ActionEdit       Action = "edit"
	ActionMove       Action = "move"
	ActionAssign     Action = "assign"
	ActionComment    Action = "comment"
	ActionDelete     Action = "delete"
	ActionExport     Action = "export"
	ActionShare      Action = "share"
	ActionReport     Action = "report"
	ActionAdminister Action = "administer"
)

// Target is all that a decision may depend on of a record.
type Target struct {
	Type       crm.RecordType
	ID         crm.ID // used for boards only, so that a rule can name one
	Department crm.ID
	Pipeline   crm.ID
	SharedWith []crm.ID // departments and people the record itself is shared with, sorted
	Own        bool     // the asking person is its owner (for a user record: is it)
}

// Rule is one line of the policy, see policies/README.md for the words.
type Rule struct {
	ID     crm.ID
	Who    string // everyone | role:<role> | role:<role>@<departmentId> | department:<id> | person:<id>
	Effect string // may | never
	Action string // an Action or "*"
	What   string // a record type, "*", or board:<id> (the board and the deals on it)
	Whose  string // own | department | named:<departmentId> | shared | all
	Fields string // all, or field groups joined by "+": standard+money
}

// Directory is everything a policy is made from, as plain values.
type Directory struct {
	Departments []Department
	People      []Person
	Memberships []Membership
	Boards      []Board
	Rules       []Rule
}

// Department is a node of the tree; Parent is "" for a root.
type Department struct{ ID, Parent crm.ID }

// Person is a user. A disabled one may do nothing.
type Person struct {
	ID       crm.ID
	Disabled bool
}

// Membership says that a person holds a role in a department (and, by it, in those below).
type Membership struct {
	Person, Department crm.ID
	Role               Role
}

// Board places a board: it shows the deals of Pipeline that belong to Department or below.
type Board struct{ ID, Pipeline, Department crm.ID }
