package workspace

import (
	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/schema"
	"rapport/server/synclog"
)

// Change is one applied entry with the state on both sides of it. Everything in
// it is immutable and may be kept.
type Change struct {
	Epoch   crm.ID
	Entry   synclog.Entry
	Records []RecordChange // same order as Entry.Ops
	// Policy and Schema as they stand after the entry; PolicyBefore differs from
	// Policy exactly when the entry changed who may see what.
	PolicyBefore, Policy *access.Policy
	Schema               *schema.Schema
	// Regrouped is set when the entry changed the schema so that records it did not
	// touch may look another way; see schema.Schema.Regroups.
	Regrouped bool
	// Get finds a record as it stands after the entry. Only inside the change hook.
	Get func(crm.ID) (crm.Record, bool)
	// Census is set when the policy changed: it takes a census at this very
	// offset. It may be called only inside the change hook, and is cheap.
	Census func() *Census
}

// RecordChange is a record before and after an entry; Before.Version is 0 for a
// new one.
type RecordChange struct{ Before, After crm.Record }
