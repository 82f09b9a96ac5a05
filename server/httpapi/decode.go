package httpapi

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"strings"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"rapport/server/crm"
	"rapport/server/workspace"
)

// decode reads the JSON body of a request into dst, a pointer to a struct.
// Only application/json is accepted: a cross-site form cannot send that
// without asking first. Keys are matched exactly; unknown and repeated ones
// are refused. Numbers land in any as json.Number.
// Errors: CodeUnsupported, CodeTooLarge, CodeInvalid (Fields names the place).
func decode(c *fiber.Ctx, dst any) error {
	if !routeOf(c).Doc.takes(dst) {
		return fmt.Errorf("the route is documented to take %T, not %T", routeOf(c).Doc.Takes, dst)
	}
	tree, err := bodyTree(c)
	if err != nil {
		return err
	}
	_, err = assign(tree, dst)
	return err
}

// command reads the body of a command, {"commandId": ULID, …args}.
// Errors: those of decode.
func command(c *fiber.Ctx, name string, args any) (workspace.Command, error) {
	tree, err := bodyTree(c)
	if err != nil {
		return workspace.Command{}, err
	}
	id, _ := tree["commandId"].(string)
	if !crm.ID(id).Valid() {
		return workspace.Command{}, crm.Invalid("commandId", "not_an_id")
	}
	delete(tree, "commandId")
	canonical, err := assign(tree, args)
	if err != nil {
		return workspace.Command{}, err
	}
	// Over the sorted form, so that a client may write its keys in another
	// order when it repeats a command.
	sum := sha256.Sum256(append([]byte(name+"\n"), canonical...))
	return workspace.Command{
		ID: crm.ID(id), Name: name, Actor: actor(c), Hash: base64.RawURLEncoding.EncodeToString(sum[:]),
	}, nil
}

// body returns the reader of a request's raw body, for uploads. It fails with
// CodeTooLarge once more than the route's BodyLimit has been read.
func body(c *fiber.Ctx) io.Reader {
	return &limitedReader{r: requestBody(c), left: bodyLimit(c)}
}

func requestBody(c *fiber.Ctx) io.Reader {
	if stream := c.Context().RequestBodyStream(); stream != nil {
		return stream
	}
	return bytes.NewReader(c.Request().Body())
}

func bodyLimit(c *fiber.Ctx) int64 {
	if limit := routeOf(c).BodyLimit; limit > 0 {
		return limit
	}
	return DefaultBodyLimit
}

// bodyTree reads the body as one JSON object.
func bodyTree(c *fiber.Ctx) (map[string]any, error) {
	if err := checkContentType(c); err != nil {
		return nil, err
	}
	if int64(c.Request().Header.ContentLength()) > bodyLimit(c) {
		return nil, tooLarge() // before a byte of it is read
	}
	raw, err := io.ReadAll(body(c))
	if err != nil {
		return nil, readProblem(err)
	}
	return parseObject(raw)
}

func checkContentType(c *fiber.Ctx) error {
	media, params, err := mime.ParseMediaType(c.Get(fiber.HeaderContentType))
	charset := strings.ToLower(params["charset"])
	if err != nil || media != fiber.MIMEApplicationJSON || (charset != "" && charset != "utf-8") {
		return crm.Errorf(crm.CodeUnsupported, "content_type", "the body must be application/json in UTF-8")
	}
	if c.Get(fiber.HeaderContentEncoding) != "" {
		return crm.Errorf(crm.CodeUnsupported, "content_encoding", "the body must not be compressed")
	}
	return nil
}

func readProblem(err error) error {
	var e *crm.Error
	if errors.As(err, &e) {
		return e
	}
	if timeout := net.Error(nil); errors.As(err, &timeout) && timeout.Timeout() {
		return fiber.ErrRequestTimeout
	}
	return crm.Errorf(crm.CodeInvalid, "truncated", "the body ended early: %w", err)
}

func tooLarge() error {
	return crm.Errorf(crm.CodeTooLarge, "too_large", "the body is larger than allowed")
}

// limitedReader is io.LimitReader with an error instead of a quiet end.
type limitedReader struct {
	r    io.Reader
	left int64
}

func (l *limitedReader) Read(p []byte) (int, error) {
	if l.left < 0 {
		return 0, tooLarge()
	}
	// One byte more than allowed, so that a body of exactly the limit passes.
	if int64(len(p)) > l.left+1 {
		p = p[:l.left+1]
	}
	n, err := l.r.Read(p)
	if l.left -= int64(n); l.left < 0 {
		return 0, tooLarge()
	}
	return n, err
}

// query returns a query parameter that the route's Doc names; repeated ones have
// been refused before.
func query(c *fiber.Ctx, key string) string {
	if !routeOf(c).Doc.asks(key) {
		panic("httpapi: the route does not document ?" + key)
	}
	return c.Query(key)
}

// checkAsked refuses parameters that the route does not know, which somebody
// believes to mean something, and values that are no text.
func checkAsked(c *fiber.Ctx, d Doc) error {
	for k, v := range c.Context().QueryArgs().All() {
		switch {
		case !d.asks(string(k)):
			return crm.Invalid("?"+strings.ToValidUTF8(string(k[:min(len(k), 40)]), "?"), "unknown_key")
		case !utf8.Valid(v) || bytes.IndexByte(v, 0) >= 0:
			return crm.Invalid("?"+string(k), "bad_characters")
		}
	}
	return nil
}

// checkQuery refuses requests in which a parameter occurs twice or in array
// notation: two readers would disagree about its value.
func checkQuery(c *fiber.Ctx) error {
	seen := map[string]bool{}
	for k := range c.Context().QueryArgs().All() {
		key := string(k)
		if seen[key] {
			return crm.Invalid("?"+key, "duplicate_key")
		}
		if strings.ContainsAny(key, "[]") {
			return crm.Invalid("?"+key, "unknown_key")
		}
		seen[key] = true
	}
	return nil
}

// assign moves a checked tree into dst and returns its canonical JSON.
func assign(tree map[string]any, dst any) ([]byte, error) {
	if err := checkShape(tree, dst); err != nil {
		return nil, err
	}
	canonical, err := json.Marshal(tree)
	if err != nil {
		return nil, err
	}
	dec := json.NewDecoder(bytes.NewReader(canonical))
	dec.UseNumber()
	if err := dec.Decode(dst); err != nil {
		if wrong := (*json.UnmarshalTypeError)(nil); errors.As(err, &wrong) {
			return nil, crm.Invalid(wrong.Field, "wrong_type")
		}
		return nil, crm.Errorf(crm.CodeInvalid, "not_json", "the body cannot be read: %w", err)
	}
	return canonical, nil
}
