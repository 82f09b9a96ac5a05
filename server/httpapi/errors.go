package httpapi

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"github.com/gofiber/fiber/v2"

	"rapport/server/crm"
	"rapport/server/wire"
)

// statusByCode is the one place where a domain error becomes an HTTP status. A
// test demands a row for each code.
var statusByCode = map[crm.Code]int{
	crm.CodeConflict:        http.StatusConflict,
	crm.CodeForbidden:       http.StatusForbidden,
	crm.CodeInternal:        http.StatusInternalServerError,
	crm.CodeInvalid:         http.StatusBadRequest,
	crm.CodeNotFound:        http.StatusNotFound,
	crm.CodeUnauthenticated: http.StatusUnauthorized,
	crm.CodeTooLarge:        http.StatusRequestEntityTooLarge,
	crm.CodeLimited:         http.StatusTooManyRequests,
	crm.CodeBehind:          http.StatusServiceUnavailable,
	crm.CodeUnavailable:     http.StatusServiceUnavailable,
	crm.CodeUnknown:         http.StatusGatewayTimeout,
	crm.CodeUnsupported:     http.StatusUnsupportedMediaType,
}

// StatusOf returns the HTTP status of an error of that code.
func StatusOf(code crm.Code) int { return statusByCode[code] }

// problemType is the media type of every error body (RFC 9457).
const problemType = "application/problem+json"

// errorHandler turns the error that a handler returned into a response. It is
// set once, in fiber.Config; handlers never write an error body themselves.
// Requests that never reached a handler (broken headers) end here as well, so
// it sets the security headers itself.
func errorHandler(o Options) fiber.ErrorHandler {
	return func(c *fiber.Ctx, err error) error {
		setSecurityHeaders(c, o)
		status, p := problemOf(err)
		p.TraceID = traceID(c)
		if status >= http.StatusInternalServerError {
			o.Log.LogAttrs(c.UserContext(), slog.LevelError, "request failed",
				slog.String("trace", p.TraceID), slog.String("route", routeName(c)), slog.Any("error", err))
		}
		if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
			retry := p.Params["seconds"]
			if retry == "" {
				retry = "1"
			}
			c.Set(fiber.HeaderRetryAfter, retry)
		}
		body, err := json.Marshal(p)
		if err != nil {
			return err
		}
		c.Status(status).Set(fiber.HeaderContentType, problemType)
		return c.Send(body)
	}
}

// problemOf translates err. Causes (Err) and foreign errors never reach the
// body: they name hosts, files and queries.
func problemOf(err error) (int, wire.Problem) {
	if fe := (*fiber.Error)(nil); errors.As(err, &fe) {
		return ofFiber(fe)
	}
	e := &crm.Error{Code: crm.CodeInternal}
	if found := (*crm.Error)(nil); errors.As(err, &found) && found.Code != crm.CodeInternal {
		e = found
	}
	status, known := statusByCode[e.Code]
	if !known || e.Code == crm.CodeInternal {
		e = &crm.Error{Code: crm.CodeInternal, Reason: "internal", Message: "Something went wrong on our side."}
		status = http.StatusInternalServerError
	}
	p := wire.Problem{
		Type: "about:blank", Title: titleOf(e), Status: status,
		Code: string(e.Code), Reason: e.Reason, Fields: e.Fields, Params: e.Params,
	}
	switch current := e.Current.(type) {
	case wire.Record:
		p.Current = &current
	case *wire.Record:
		p.Current = current
	}
	return status, p
}

// titleOf returns the message without the cause that Errorf may have formatted into it.
func titleOf(e *crm.Error) string {
	if e.Err != nil {
		return strings.TrimSuffix(strings.TrimSuffix(e.Message, e.Err.Error()), ": ")
	}
	return e.Message
}

// ofFiber translates errors of the router and of the HTTP server. Their texts
// echo the request and are not used.
func ofFiber(fe *fiber.Error) (int, wire.Problem) {
	p := wire.Problem{Type: "about:blank", Title: http.StatusText(fe.Code), Status: fe.Code}
	switch fe.Code {
	case http.StatusNotFound:
		p.Code, p.Reason = string(crm.CodeNotFound), "not_found"
	case http.StatusMethodNotAllowed:
		p.Code, p.Reason = string(crm.CodeUnsupported), "method"
	case http.StatusRequestEntityTooLarge, http.StatusRequestHeaderFieldsTooLarge, http.StatusRequestURITooLong:
		p.Code, p.Reason = string(crm.CodeTooLarge), "too_large"
	case http.StatusRequestTimeout:
		p.Code, p.Reason = string(crm.CodeInvalid), "too_slow"
	case http.StatusUpgradeRequired:
		p.Code, p.Reason = string(crm.CodeUnsupported), "upgrade"
	default:
		if fe.Code < http.StatusInternalServerError {
			p.Code, p.Reason = string(crm.CodeInvalid), "bad_request"
		} else {
			p.Code, p.Reason = string(crm.CodeInternal), "internal"
		}
	}
	return fe.Code, p
}
