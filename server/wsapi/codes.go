package wsapi

import (
	"github.com/gobwas/ws"

	"rapport/server/wire"
)

// Close codes. With 4000–4499 a client connects again and resumes from its
// position; with 4500–4999 it gives up and tells the person why.
const (
	codeProtocol     = 4004
	codeLagging      = 4008
	codeFailed       = 4011
	codeRestart      = 4012
	codeBehind       = 4013
	codeLimit        = 4029
	codeSessionEnded = 4501
	codeVersion      = 4505
	codeReplaced     = 4509
)

// closeCodes maps every reason to its close code.
var closeCodes = map[wire.ByeReason]ws.StatusCode{
	wire.ByeProtocol:     codeProtocol,
	wire.ByeLagging:      codeLagging,
	wire.ByeFailed:       codeFailed,
	wire.ByeRestart:      codeRestart,
	wire.ByeBehind:       codeBehind,
	wire.ByeLimit:        codeLimit,
	wire.ByeSessionEnded: codeSessionEnded,
	wire.ByeVersion:      codeVersion,
	// Not to come back is the point: a tab that resumed would push out the next.
	wire.ByeReplaced: codeReplaced,
}
