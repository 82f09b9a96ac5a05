package wsapi

import "rapport/server/wire"

// CloseCode returns the close code of a reason.
func CloseCode(r wire.ByeReason) (int, bool) {
	code, ok := closeCodes[r]
	return int(code), ok
}

// Decode reads one client message.
func Decode(data []byte) (any, error) { return decode(data) }
