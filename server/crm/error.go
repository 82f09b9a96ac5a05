package crm

import (
	"errors"
	"fmt"
)

// Code classifies an error for every edge (HTTP, socket, import report). The
// set is closed: adding a code means adding a row to httpapi's status table and
// a text to every message catalogue.
type Code string

// The codes. The comment says what the caller can do.
const (
	CodeConflict        Code = "conflict"        // somebody else changed the same field; look at both values
	CodeForbidden       Code = "forbidden"       // visible, but not allowed
	CodeInternal        Code = "internal"        // a bug; the message is never shown
	CodeInvalid         Code = "invalid"         // the input breaks a rule named in Fields
	CodeNotFound        Code = "not_found"       // absent, or hidden from this actor
	CodeUnauthenticated Code = "unauthenticated" // no valid session
	CodeTooLarge        Code = "too_large"       // over a size limit
	CodeLimited         Code = "limited"         // too many attempts; wait
	CodeBehind          Code = "behind"          // this node has not reached the asked position; try again
	CodeUnavailable     Code = "unavailable"     // the store does not answer; nothing was changed
	CodeUnknown         Code = "outcome_unknown" // sent to the store, not confirmed; repeat the same commandId
	CodeUnsupported     Code = "unsupported"     // wrong content type, method or protocol version
)

// Error is the only error type that crosses a domain border on purpose. Any
// other error is treated as CodeInternal.
type Error struct {
	Code Code
	// Reason is a stable key, for example "stage_required_field", under which
	// the message catalogues of the app keep the sentence a person reads.
	Reason string
	// Message is the same in English, for logs and for clients without catalogues.
	Message string
	// Fields names what is wrong where: field or JSON path -> reason key.
	Fields map[string]string
	// Params fill the placeholders of the catalogue's sentence. Only values the
	// actor may see.
	Params map[string]string
	// Current carries the present visible values of a record after CodeConflict.
	Current any
	Err     error // the cause, for logs; never sent to a client
}

// Error returns the code, the message and the cause.
func (e *Error) Error() string {
	s := string(e.Code) + ": " + e.Message
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an Error whose message is formatted; %w keeps a cause.
func Errorf(code Code, reason, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Code: code, Reason: reason, Message: err.Error(), Err: errors.Unwrap(err)}
}

// Invalid makes a CodeInvalid error about one field.
func Invalid(field, reason string) *Error {
	return &Error{Code: CodeInvalid, Reason: "invalid", Message: field + ": " + reason, Fields: map[string]string{field: reason}}
}

// CodeOf returns the code of err: "" for nil, CodeInternal for a foreign error.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return CodeInternal
}
