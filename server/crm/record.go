package crm

import (
	"maps"
	"slices"
	"time"
)

// RecordType names a kind of document: lower case, [a-z][a-zA-Z0-9]*.
type RecordType string

// The record types the server itself knows. Those of the first group are what
// people work with and policy speaks about; those of the second run the
// workspace.
const (
	TypeCustomer RecordType = "customer"
	TypeContact  RecordType = "contact"
	TypeDeal     RecordType = "deal"
	TypeComment  RecordType = "comment"

	TypeWorkspace  RecordType = "workspace"  // the company's name, base currency, time zone
	TypeDepartment RecordType = "department" // name, parentId
	TypeUser       RecordType = "user"       // name, email, language, disabledAt
	TypeMembership RecordType = "membership" // userId, departmentId, role
	TypeRule       RecordType = "rule"       // one line of the policy
	TypePipeline   RecordType = "pipeline"   // name, stages
	TypeBoard      RecordType = "board"      // name, pipelineId, departmentId
	TypeField      RecordType = "field"      // one field definition of a record type
	TypeImport     RecordType = "import"     // an import job: file, mapping, result
	TypeCredential RecordType = "credential" // a password hash and whose it is; never leaves the server
	TypeSession    RecordType = "session"    // a signed-in device, its token hashed; never in a stream
	TypeInvitation RecordType = "invitation" // an invitation or reset link, its token hashed; never in a stream
)

// Fields holds values by key while they are put together: what a command sets,
// what an op found. A predefined field has a plain key ("title"); a custom one
// has the prefix "fields." ("fields.industry").
//
// The values are of these kinds only, so that both stores, JSON and comparison
// agree: string, bool, int64, float64 (finite), Money, []any and map[string]any
// of the same. nil is never stored: a field without a value is absent.
// A Fields that has been handed over is never changed; copy it first.
type Fields map[string]any

// CustomPrefix begins the key of each field that an admin defined.
const CustomPrefix = "fields."

// Clone returns a copy that may be changed. Nested values are shared.
func (f Fields) Clone() Fields { return maps.Clone(f) }

// String returns the text under key, or "".
func (f Fields) String(key string) string { s, _ := f[key].(string); return s }

// ID returns the id under key, or "".
func (f Fields) ID(key string) ID { return ID(f.String(key)) }

// Int returns the whole number under key, or 0.
func (f Fields) Int(key string) int64 { n, _ := f[key].(int64); return n }

// Bool returns the truth value under key, or false.
func (f Fields) Bool(key string) bool { b, _ := f[key].(bool); return b }

// Money returns the amount under key; ok is false when there is none.
func (f Fields) Money(key string) (m Money, ok bool) { m, ok = f[key].(Money); return m, ok }

// Time returns the moment under key (RFC 3339 text), or the zero time.
func (f Fields) Time(key string) time.Time {
	t, _ := time.Parse(time.RFC3339Nano, f.String(key))
	return t
}

// Record is one document at one version. A Record in circulation is never
// changed: a new version is a new Record, so that readers need no lock.
type Record struct {
	Type    RecordType
	ID      ID
	Version uint64 // number of committed writes, from 1; 0 means "does not exist"
	Fields  Values
}

// Keys that any record may carry. They are written by the server only.
const (
	KeyCreatedAt = "createdAt" // RFC 3339
	KeyCreatedBy = "createdBy" // user id
	KeyUpdatedAt = "updatedAt" // RFC 3339
	KeyUpdatedBy = "updatedBy"
	KeyTrashedAt = "trashedAt" // present while the record lies in the trash
	KeyTrashedBy = "trashedBy"

	KeyOwner      = "ownerId"      // the person responsible
	KeyDepartment = "departmentId" // whose record it is
	KeyPipeline   = "pipelineId"
	KeyStage      = "stageId"
	KeyRecord     = "recordId" // of a comment: what it hangs on
)

// Trashed reports whether the record lies in the trash.
func (r Record) Trashed() bool { return r.Fields.Has(KeyTrashedAt) }

// Exists reports whether the record has been written at all and is not in the trash.
func (r Record) Exists() bool { return r.Version > 0 && !r.Trashed() }

// ValueEqual compares two values of the kinds Fields allows.
func ValueEqual(a, b any) bool {
	switch x := a.(type) {
	case []any:
		y, ok := b.([]any)
		return ok && slices.EqualFunc(x, y, ValueEqual)
	case map[string]any:
		y, ok := b.(map[string]any)
		return ok && maps.EqualFunc(x, y, ValueEqual)
	default:
		switch b.(type) {
		case []any, map[string]any:
			return false // not comparable with ==
		}
		return a == b
	}
}

// Source says by which door a command came in.
type Source string

// The doors.
const (
	SourceApp    Source = "app"
	SourceImport Source = "import"
	SourceSystem Source = "system"
)

// Actor is who performs a command.
type Actor struct {
	UserID    ID // "" for the system itself
	SessionID ID // "" when no session is involved
	Source    Source
}

// System is the actor of what the server does by itself.
var System = Actor{Source: SourceSystem}
