package identity

import (
	"time"

	"rapport/server/crm"
	"rapport/server/workspace"
)

// EndRestored returns what ends a session or a link that comes out of a backup;
// nil for every other record. One that was ended or used after the backup was
// made would live again: a leaver's session, a link in an old e-mail. Passwords
// stay, so that people get in.
func EndRestored(rec crm.Record, now time.Time) crm.Fields {
	switch {
	case !rec.Exists(),
		rec.Type != crm.TypeSession && rec.Type != crm.TypeInvitation,
		rec.Fields.String("usedAt") != "":
		return nil
	}
	at := workspace.Timestamp(now)
	return crm.Fields{crm.KeyTrashedAt: at, crm.KeyUpdatedAt: at}
}
