package httpapi

import (
	"bytes"

	"github.com/gofiber/fiber/v2"
)

// checkHead refuses a request whose header others on its way may have read
// otherwise: then what one takes for a body the next takes for a request. The
// connection ends, since nobody knows where this request does.
func checkHead(c *fiber.Ctx) error {
	head := &c.Request().Header
	chunked := len(head.Peek(fiber.HeaderTransferEncoding)) > 0 || head.ContentLength() == -1
	if !ambiguous(head.RawHeaders(), chunked) {
		return nil
	}
	c.Context().SetConnectionClose()
	return fiber.ErrBadRequest
}

// ambiguous reports a folded line, a blank in a name, and a length beside chunks.
func ambiguous(raw []byte, chunked bool) bool {
	for line := range bytes.SplitSeq(raw, []byte("\n")) {
		line = bytes.TrimSuffix(line, []byte("\r"))
		if len(line) == 0 {
			continue
		}
		name, _, found := bytes.Cut(line, []byte(":"))
		if !found || bytes.ContainsAny(name, " \t") {
			return true
		}
		if chunked && bytes.EqualFold(name, []byte(fiber.HeaderContentLength)) {
			return true
		}
	}
	return false
}
