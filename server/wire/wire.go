// Package wire holds every message that crosses the border between server and
// browser, over HTTP and over the socket. scripts/gentypes turns it into
// frontend/src/api/wire.ts; a test fails when the two differ.
package wire

// ProtocolVersion is the version of the socket protocol; Hello names the one
// its sender speaks.
const ProtocolVersion = 1

// Subprotocol is what both sides name in the WebSocket handshake.
const Subprotocol = "crm.v1"

// Position is a place in the log, see synclog.Position.
type Position struct {
	Epoch  string `json:"epoch"`
	Offset uint64 `json:"offset"`
}

// Money is an amount in minor units of a currency.
type Money struct {
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"` // ISO 4217
}

// Record is a document as one viewer may see it.
type Record struct {
	Type    string         `json:"t"`
	ID      string         `json:"id"`
	Version uint64         `json:"v"`
	Fields  map[string]any `json:"f"`
	// Masked names the field groups of this record that the viewer may not see.
	Masked []string `json:"m,omitempty"`
}

// Table carries many records of one type as rows, to spare bytes.
type Table struct {
	Type string   `json:"t"`
	Keys []string `json:"keys"`
	// Rows: [id, version, masked group names ([] or null), value of keys[0], …]; null = no value.
	Rows [][]any `json:"rows"`
	// Words has, for each of Keys, the texts that its column repeats: the rows then
	// hold a text's place in them. A column that repeats none has none.
	Words [][]string `json:"words,omitempty"`
	// Part: the rows hold these fields only; others of the same record are not
	// known from here.
	Part bool `json:"part,omitempty"`
}

// ---- socket, server to client ----
//
// A line "wire:server" or "wire:client" puts a struct into the TypeScript union
// ServerMessage or ClientMessage; the comment behind its field Type is the
// value that tells the members apart.

// Mode says how a client gets from its position to the present.
type Mode string

// The modes.
const (
	ModeReplay   Mode = "replay"   // frames go on from your position
	ModeSnapshot Mode = "snapshot" // load what you show again, at Position or later, and replace your state
)

// Welcome answers Hello. It may also come later, with ModeSnapshot: then what
// this viewer may see changed so much that loading it again is cheaper.
//
//wire:server
type Welcome struct {
	Type        string   `json:"type"` // "welcome"
	Protocol    int      `json:"protocol"`
	Mode        Mode     `json:"mode"`
	Position    Position `json:"position"` // the next frame begins behind it
	Audience    string   `json:"audience"` // opaque token; give it back in the next hello
	ServerTime  string   `json:"serverTime"`
	HeartbeatMs int      `json:"heartbeatMs"`
	Build       string   `json:"build"`
	AgeMs       int64    `json:"ageMs,omitempty"` // as in Heartbeat
}

// EntriesFrame carries all visible entries of the range (After, UpTo]. After
// equals the UpTo of the frame before; if it does not, something was lost:
// connect again.
//
//wire:server
type EntriesFrame struct {
	Type     string  `json:"type"` // "entries"
	Epoch    string  `json:"epoch"`
	After    uint64  `json:"after"`
	UpTo     uint64  `json:"upTo"`
	Audience string  `json:"audience,omitempty"` // the viewer's new token, set when this range ends in a change of his audience
	Entries  []Entry `json:"entries"`
}

// Entry is one committed change as one viewer may see it. Entries without a
// visible op are left out of frames. One that tells him of new versions alone,
// because what changed is masked, has nothing but its offset and ops.
type Entry struct {
	Offset    uint64 `json:"offset"`
	At        string `json:"at,omitempty"`
	By        string `json:"by,omitempty"` // user id; empty: the system, or somebody this viewer may not see
	CommandID string `json:"commandId,omitempty"`
	Command   string `json:"command,omitempty"`
	Ops       []Op   `json:"ops"`
}

// OpKind says what to do with the record of an Op.
type OpKind string

// The kinds.
const (
	OpShow   OpKind = "show"   // the whole record; replaces what you have
	OpSet    OpKind = "set"    // changed fields of a record you have
	OpHide   OpKind = "hide"   // out of your sight; forget it
	OpDelete OpKind = "delete" // in the trash
)

// Op is what changed of one record for one viewer.
type Op struct {
	Op      OpKind         `json:"op"`
	Type    string         `json:"t"`
	ID      string         `json:"id"`
	Version uint64         `json:"v,omitempty"`
	Fields  map[string]any `json:"f,omitempty"`     // show, set
	Unset   []string       `json:"unset,omitempty"` // set
	Masked  []string       `json:"m,omitempty"`     // show
}

// Heartbeat proves that nothing is missing up to Offset, the UpTo of the last frame.
//
//wire:server
type Heartbeat struct {
	Type   string `json:"type"` // "heartbeat"
	Offset uint64 `json:"offset"`
	Time   string `json:"time"`
	// AgeMs is for how long the server has not been able to make sure that there
	// is nothing newer; absent while it has.
	AgeMs int64 `json:"ageMs,omitempty"`
}

// Presence lists everybody else on the boards and records this tab watches, as far
// as there is room; it replaces the list before.
//
//wire:server
type Presence struct {
	Type   string          `json:"type"` // "presence"
	People []PresentPerson `json:"people"`
	More   int             `json:"more,omitempty"` // people beyond those
}

// PresentPerson is one person on one screen.
type PresentPerson struct {
	UserID  string `json:"userId"`
	Screen  string `json:"screen"` // one browser tab
	BoardID string `json:"boardId,omitempty"`
	Record  string `json:"record,omitempty"`  // the record that is open
	Holding string `json:"holding,omitempty"` // the card being dragged or edited
}

// Progress reports long work to the person who started it.
//
//wire:server
type Progress struct {
	Type     string `json:"type"` // "progress"
	ImportID string `json:"importId"`
	State    string `json:"state"` // running | done | cancelled | failed
	Done     int    `json:"done"`
	Total    int    `json:"total"`
	Created  int    `json:"created"`
	Matched  int    `json:"matched"`
	Refused  int    `json:"refused"`
	Waiting  string `json:"waiting,omitempty"` // the reason why it cannot go on at the moment, as in a Problem; it does by itself
}

// ByeReason says why the server closes a socket.
type ByeReason string

// The reasons. After a close code of 4000–4499 the client connects again and
// resumes; after 4500–4999 it gives up and tells the person.
const (
	ByeRestart      ByeReason = "restart"       // 4012: the server goes down or makes room
	ByeLagging      ByeReason = "lagging"       // 4008: you read too slowly, entries you miss have left the ring
	ByeBehind       ByeReason = "behind"        // 4013: this node has not reached your position
	ByeLimit        ByeReason = "limit"         // 4029: too many messages, too fast
	ByeFailed       ByeReason = "failed"        // 4011: a fault of the server
	ByeProtocol     ByeReason = "protocol"      // 4004: a message that no client of ours sends
	ByeSessionEnded ByeReason = "session_ended" // 4501: sign in again
	ByeVersion      ByeReason = "version"       // 4505: this app is too old or too new; load it again
	ByeReplaced     ByeReason = "replaced"      // 4509: the same person opened too many tabs after this one
)

// Bye announces that the server closes the socket on purpose.
//
//wire:server
type Bye struct {
	Type    string    `json:"type"` // "bye"
	Reason  ByeReason `json:"reason"`
	RetryMs int       `json:"retryMs"` // wait that long before connecting again
}

// ---- socket, client to server ----

// Hello is the first message of a client.
//
//wire:client
type Hello struct {
	Type     string    `json:"type"` // "hello"
	Protocol int       `json:"protocol"`
	Position *Position `json:"position"` // null: I have nothing
	Audience string    `json:"audience"`
	Screen   string    `json:"screen"` // ULID of this tab
}

// Watch says what this tab shows; it replaces the watch before. Presence goes by it.
//
//wire:client
type Watch struct {
	Type    string `json:"type"` // "watch"
	BoardID string `json:"boardId"`
	Record  string `json:"record"`
	Holding string `json:"holding"`
}

// ---- HTTP ----

// Problem is an error body (RFC 9457, application/problem+json).
type Problem struct {
	Type    string            `json:"type"` // "about:blank"
	Title   string            `json:"title"`
	Status  int               `json:"status"`
	Code    string            `json:"code"`             // crm.Code
	Reason  string            `json:"reason"`           // catalogue key "problem.<reason>"
	Fields  map[string]string `json:"fields,omitempty"` // field -> reason key "problem.<reason>"
	Params  map[string]string `json:"params,omitempty"`
	Current *Record           `json:"current,omitempty"` // after conflict: the record as you may see it now
	TraceID string            `json:"traceId,omitempty"`
}

// CommandResult answers a command.
type CommandResult struct {
	Position Position `json:"position"`           // apply entries up to here and your command is on your screen
	Offset   uint64   `json:"offset"`             // of the entry; 0 when nothing had to change
	Records  []Record `json:"records"`            // what the command changed, as you may see it (at most 20)
	Repeated bool     `json:"repeated,omitempty"` // this commandId had been done before
}

// Bootstrap is what the app needs before its first screen.
type Bootstrap struct {
	Position Position `json:"position"`
	Audience string   `json:"audience"`
	UserID   string   `json:"userId"`
	Build    string   `json:"build"`
	// Records: workspace, departments, users, memberships, pipelines, boards,
	// fields, rules – those this person may see.
	Records []Record `json:"records"`
	// Schema: the predefined record types and their fields.
	Schema []RecordTypeInfo `json:"schema"`
	// May: what this person may do somewhere, "<action>:<type>", so that the app
	// does not offer what must be refused. The server decides again each time.
	May []string `json:"may"`
	// Reach: the same for what an app decides record by record, by "<action>:<type>":
	// move:deal, create:board, administer:pipeline, administer:field.
	Reach map[string]Reach `json:"reach"`
}

// Reach says whose records of a type somebody may do something to. Rules about
// single boards, and what was shared one by one, come on top.
type Reach struct {
	Own         bool     `json:"own"`         // his own, wherever they are
	Departments []string `json:"departments"` // those of these departments; "": those of none
}

// RecordTypeInfo describes a record type.
type RecordTypeInfo struct {
	Type   string      `json:"type"`
	Fields []FieldInfo `json:"fields"`
}

// FieldInfo describes a field.
type FieldInfo struct {
	Key      string            `json:"key"`
	Kind     string            `json:"kind"`
	Group    string            `json:"group"`
	Labels   map[string]string `json:"labels,omitempty"` // custom fields; predefined ones have catalogue keys "field.<type>.<key>"
	Choices  []Choice          `json:"choices,omitempty"`
	LinkType string            `json:"linkType,omitempty"`
	Required bool              `json:"required,omitempty"`
	ReadOnly bool              `json:"readOnly,omitempty"`
	Why      string            `json:"why,omitempty"` // custom fields: what the admin who defined it says for it
}

// Choice is one value of a choice field.
type Choice struct {
	Key    string            `json:"key"`
	Labels map[string]string `json:"labels,omitempty"`
}

// BoardView is a board with its deals.
type BoardView struct {
	Position Position `json:"position"`
	Audience string   `json:"audience"`
	BoardID  string   `json:"boardId"`
	Tables   []Table  `json:"tables"` // deals, and the customers they name
}

// RecordList is one page of a list.
type RecordList struct {
	Position Position `json:"position"`
	Records  []Record `json:"records"`
	Total    int      `json:"total"`          // of all pages
	More     bool     `json:"more,omitempty"` // Total is where counting stopped
	Next     string   `json:"next,omitempty"` // give back as ?after=
}

// TrashList is a page of what a person may restore, what was thrown away last
// first. The records carry trashedAt and trashedBy; they are out of sight
// otherwise, and no screen counts them among those it shows.
type TrashList struct {
	Position Position `json:"position"`
	Records  []Record `json:"records"`
	Total    int      `json:"total"`          // of all pages
	Next     string   `json:"next,omitempty"` // give back as ?after=
}

// RecordView is one record with what hangs on it.
type RecordView struct {
	Position Position `json:"position"`
	Record   Record   `json:"record"`
	Related  []Record `json:"related"` // its comments, contacts, deals, customer – as far as visible
	May      []string `json:"may"`     // actions on this record: edit, move, assign, comment, delete, share
}

// History is a page of what happened to a record, newest first.
type History struct {
	Entries []HistoryEntry `json:"entries"`
	Next    uint64         `json:"next,omitempty"` // give back as ?before=
}

// HistoryEntry is one change of one record.
type HistoryEntry struct {
	Offset  uint64        `json:"offset"`
	At      string        `json:"at"`
	By      string        `json:"by,omitempty"`
	Source  string        `json:"source"`
	Command string        `json:"command"`
	Undoes  uint64        `json:"undoes,omitempty"`
	Created bool          `json:"created,omitempty"` // it made the record
	MayUndo bool          `json:"mayUndo"`
	Changes []FieldChange `json:"changes"`
}

// FieldChange is the old and new value of one field; absent means no value.
type FieldChange struct {
	Key  string `json:"key"`
	From any    `json:"from,omitempty"`
	To   any    `json:"to,omitempty"`
}

// Readers answers GET /records/:id/readers: who sees a record, or a board and the
// deals there. The record's own department comes first. Departments and people
// that the asking person may not see are not told of.
type Readers struct {
	Readers []Reader `json:"readers"`
}

// Reader is a department, or one person.
type Reader struct {
	DepartmentID string `json:"departmentId,omitempty"`
	// Part: several of the department's people see it, not all.
	Part    bool     `json:"part,omitempty"`
	UserID  string   `json:"userId,omitempty"` // instead of a department: the only one there who sees it
	Without []string `json:"without"`          // field groups that none of them sees
	// Comments: what is said about the record can be read too.
	Comments bool `json:"comments"`
}

// Explanation names the rule that decided.
type Explanation struct {
	Allowed bool      `json:"allowed"`
	RuleID  string    `json:"ruleId,omitempty"` // "": no rule matched, and no match means no
	Reason  string    `json:"reason"`           // catalogue key "why.<reason>"
	Rule    *RuleText `json:"rule,omitempty"`
	Groups  []string  `json:"groups"` // field groups you may see
}

// RuleText is a rule in its words.
type RuleText struct {
	Who    string `json:"who"`
	Effect string `json:"effect"`
	Action string `json:"action"`
	What   string `json:"what"`
	Whose  string `json:"whose"`
	Fields string `json:"fields"`
}
