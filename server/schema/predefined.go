package schema

import "rapport/server/crm"

const (
	std   = crm.GroupStandard
	money = crm.GroupMoney
	reach = crm.GroupReach
	notes = crm.GroupNotes
)

// stamps are the fields that every record has.
var stamps = []Field{
	{Key: crm.KeyCreatedAt, Kind: KindTime, Group: std, ReadOnly: true},
	{Key: crm.KeyCreatedBy, Kind: KindUser, Group: std, ReadOnly: true},
	{Key: crm.KeyUpdatedAt, Kind: KindTime, Group: std, ReadOnly: true},
	{Key: crm.KeyUpdatedBy, Kind: KindUser, Group: std, ReadOnly: true},
	{Key: crm.KeyTrashedAt, Kind: KindTime, Group: std, ReadOnly: true},
	{Key: crm.KeyTrashedBy, Kind: KindUser, Group: std, ReadOnly: true},
	{Key: "sharedWith", Kind: KindText, Group: std, ReadOnly: true, Internal: true},
}

func text(key string) Field     { return Field{Key: key, Kind: KindText, Group: std} }
func date(key string) Field     { return Field{Key: key, Kind: KindDate, Group: std} }
func required(f Field) Field    { f.Required = true; return f }
func internal(key string) Field { return Field{Key: key, Kind: KindText, Group: std, Internal: true} }
func link(key string, to crm.RecordType) Field {
	return Field{Key: key, Kind: KindLink, Group: std, LinkType: to}
}

var (
	owner      = Field{Key: crm.KeyOwner, Kind: KindUser, Group: std}
	department = Field{Key: crm.KeyDepartment, Kind: KindDepartment, Group: std}
	emails     = Field{Key: "emails", Kind: KindEmails, Group: reach}
	phones     = Field{Key: "phones", Kind: KindPhones, Group: reach}
	address    = Field{Key: "address", Kind: KindAddress, Group: reach}
	longNotes  = Field{Key: "notes", Kind: KindLongText, Group: notes}
)

// predefined is the product's own record types. Those that run the workspace
// are written by commands of their own, so their fields are internal; they are
// listed because policy masks fields it does not know.
var predefined = map[crm.RecordType][]Field{
	crm.TypeCustomer: {
		required(text("name")),
		{Key: "kind", Kind: KindChoice, Group: std, Choices: []Choice{{Key: "company"}, {Key: "person"}}},
		emails, phones,
		{Key: "website", Kind: KindURL, Group: std},
		address, longNotes, text("externalId"), owner, department,
	},
	crm.TypeContact: {
		required(text("name")), link("customerId", crm.TypeCustomer), text("jobTitle"),
		emails, phones, address, longNotes, text("externalId"), owner, department,
	},
	crm.TypeDeal: {
		required(text("title")),
		link("customerId", crm.TypeCustomer), link("contactId", crm.TypeContact),
		{Key: "amount", Kind: KindMoney, Group: money},
		{Key: "probability", Kind: KindNumber, Group: money, Max: 100},
		date("expectedCloseOn"), text("nextStep"), date("nextStepOn"),
		text("product"), text("source"), longNotes, text("lostReason"),
		date("startedOn"), date("closedOn"), text("externalId"), owner, department,
		internal(crm.KeyPipeline), internal(crm.KeyStage), internal("order"),
		{Key: "stageSince", Kind: KindTime, Group: std, Internal: true},
	},
	crm.TypeComment: {
		{Key: crm.KeyRecord, Kind: KindLink, Group: std, Internal: true},
		{Key: "text", Kind: KindLongText, Group: notes, Required: true},
	},
	crm.TypeWorkspace:  {internal("name"), internal("currency"), internal("timeZone")},
	crm.TypeDepartment: {internal("name"), internal("parentId")},
	crm.TypeUser: {
		internal("name"), {Key: "email", Kind: KindEmail, Group: reach, Internal: true},
		internal("language"), internal("jobTitle"), internal("disabledAt"),
	},
	crm.TypeMembership: {internal("userId"), internal(crm.KeyDepartment), internal("role")},
	crm.TypeRule: {
		internal("who"), internal("effect"), internal("action"), internal("what"),
		internal("whose"), internal("fieldGroups"), internal("reason"), internal("boardId"), internal(crm.KeyDepartment),
	},
	crm.TypePipeline: {internal("name"), internal("stages"), internal("lostReasons"), internal(crm.KeyDepartment)},
	crm.TypeBoard:    {internal("name"), internal(crm.KeyPipeline), internal(crm.KeyDepartment)},
	crm.TypeField: {
		internal("recordType"), internal("key"), internal("kind"), internal("group"), internal("labels"),
		internal("choices"), internal("linkType"), internal("required"), internal("why"),
	},
	crm.TypeImport:     {internal("name"), internal(crm.KeyOwner), internal("state")},
	crm.TypeCredential: {},
	crm.TypeSession:    {},
	crm.TypeInvitation: {},
}
