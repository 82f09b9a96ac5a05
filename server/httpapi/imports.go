package httpapi

import (
	"fmt"
	"io"
	"mime"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"rapport/server/crm"
	"rapport/server/importer"
	"rapport/server/wire"
	"rapport/server/workspace"
)

// uploadTimeout lets a file of the largest size arrive over a slow line.
const uploadTimeout = 3 * time.Minute

// ImportRoutes returns the import of files. An import exists for the person who
// uploaded it and for nobody else.
func ImportRoutes(ws *workspace.Workspace, imports *importer.Service) []Route {
	h := importHandlers{imports}
	return []Route{
		{
			Method: fiber.MethodPost, Path: "/api/v1/imports", Name: "imports.upload", Access: ByCommand,
			BodyLimit: importer.MaxFileBytes, Timeout: uploadTimeout, Handle: h.upload,
			Doc: Doc{
				Says:  "Uploads a file and tells what is in it. Nothing is imported yet.",
				Takes: uploads, Headers: []Param{fileName}, Answers: wire.Import{}, Status: fiber.StatusCreated,
			},
		},
		{
			Method: fiber.MethodGet, Path: "/api/v1/imports", Name: "imports", Access: SignedIn, Handle: h.list,
			Doc: Doc{Says: "Lists your imports, newest first.", Answers: wire.ImportList{}},
		},
		{
			Method: fiber.MethodGet, Path: "/api/v1/imports/:id", Name: "imports.get", Access: SignedIn, Handle: h.get,
			Doc: Doc{Says: "Returns one of your imports.", Answers: wire.Import{}},
		},
		{
			Method: fiber.MethodPost, Path: "/api/v1/imports/:id/preview", Name: "imports.preview", Access: SignedIn, Handle: h.preview,
			Doc: Doc{
				Says:  "Tells what an import would do with these settings, and changes nothing.",
				Takes: wire.ImportPreviewRequest{}, Answers: wire.Import{}, Errors: []crm.Code{crm.CodeConflict},
			},
		},
		{
			Method: fiber.MethodGet, Path: "/api/v1/imports/:id/rows", Name: "imports.rows", Access: SignedIn, Handle: h.rows,
			Doc: Doc{
				Says:    "Returns a page of what became of the rows, in the order of the file.",
				Answers: wire.ImportRows{}, Query: []Param{fateAsked, rowAsked, limitAsked},
			},
		},
		{
			Method: fiber.MethodGet, Path: "/api/v1/imports/:id/result", Name: "imports.result", Access: SignedIn, Handle: h.result,
			Doc: Doc{Says: "Returns what became of the rows, as a file.", Answers: Files{"text/csv"}},
		},
		commandRoute(ws, "import.start", imports.Start),
		commandRoute(ws, "import.cancel", imports.Cancel),
	}
}

// uploads are the media types a file may have.
var uploads = Files{"text/csv", fiber.MIMEOctetStream}

type importHandlers struct{ imports *importer.Service }

// upload handles POST /api/v1/imports: the body is the file, its type text/csv
// or application/octet-stream, X-File-Name its name, percent-encoded.
//
//	201     wire.Import with its analysis
//	errors  forbidden 403, too_large 413, unsupported 415, invalid 400 with the
//	        reason, and the row in params
func (h importHandlers) upload(c *fiber.Ctx) error {
	// Neither type can be sent by a page of another site without asking first.
	media, _, err := mime.ParseMediaType(c.Get(fiber.HeaderContentType))
	if err != nil || !slices.Contains(uploads, media) {
		return crm.Errorf(crm.CodeUnsupported, "content_type", "the body must be text/csv or application/octet-stream")
	}
	if c.Get(fiber.HeaderContentEncoding) != "" {
		return crm.Errorf(crm.CodeUnsupported, "content_encoding", "the body must not be compressed")
	}
	if int64(c.Request().Header.ContentLength()) > bodyLimit(c) {
		return tooLarge()
	}
	name, err := url.PathUnescape(c.Get("X-File-Name"))
	if err != nil {
		return crm.Invalid("X-File-Name", "bad_characters")
	}
	v, err := h.imports.Upload(c.UserContext(), actor(c), name, uploadReader{body(c)})
	if err != nil {
		return err
	}
	return c.Status(fiber.StatusCreated).JSON(v)
}

// uploadReader gives the errors of a broken upload their code.
type uploadReader struct{ r io.Reader }

func (u uploadReader) Read(p []byte) (int, error) {
	n, err := u.r.Read(p)
	if err != nil && err != io.EOF { //nolint:errorlint // readers return io.EOF itself
		err = readProblem(err)
	}
	return n, err
}

// list handles GET /api/v1/imports: 200 wire.ImportList, the person's own.
func (h importHandlers) list(c *fiber.Ctx) error {
	list, err := h.imports.List(c.UserContext(), actor(c))
	if err != nil {
		return err
	}
	return c.JSON(list)
}

// get handles GET /api/v1/imports/:id: 200 wire.Import; not_found 404.
func (h importHandlers) get(c *fiber.Ctx) error {
	v, err := h.imports.Get(c.UserContext(), actor(c), crm.ID(c.Params("id")))
	if err != nil {
		return err
	}
	return c.JSON(v)
}

// preview handles POST /api/v1/imports/:id/preview.
//
//	request wire.ImportPreviewRequest
//	200     wire.Import as it would be with these settings
//	errors  not_found 404, invalid 400 (fields "settings.…"), conflict 409 (started)
func (h importHandlers) preview(c *fiber.Ctx) error {
	var req wire.ImportPreviewRequest
	if err := decode(c, &req); err != nil {
		return err
	}
	v, err := h.imports.Preview(c.UserContext(), actor(c), crm.ID(c.Params("id")), req.Settings)
	if err != nil {
		return err
	}
	return c.JSON(v)
}

// rows handles GET /api/v1/imports/:id/rows?fate=&after=&limit=: what became of
// the rows, in the order of the file.
//
//	200     wire.ImportRows
//	errors  not_found 404 (also: the import has not ended), invalid 400
func (h importHandlers) rows(c *fiber.Ctx) error {
	limit, err := limitOf(c)
	if err != nil {
		return err
	}
	after, err := placeOf(query(c, "after"), importer.MaxRows)
	if err != nil {
		return err
	}
	page, err := h.imports.Rows(c.UserContext(), actor(c), crm.ID(c.Params("id")), importer.RowsArgs{Fate: query(c, "fate"), After: after, Limit: limit})
	if err != nil {
		return err
	}
	return c.JSON(page)
}

// result handles GET /api/v1/imports/:id/result: 200 text/csv as a download;
// not_found 404.
func (h importHandlers) result(c *fiber.Ctx) error {
	name, file, err := h.imports.Result(c.UserContext(), actor(c), crm.ID(c.Params("id")))
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "text/csv; charset=utf-8")
	c.Set(fiber.HeaderContentDisposition, attachment(name))
	return c.Send(file)
}

// attachment names a download as RFC 6266 has it: in ASCII for old browsers,
// and as it is.
func attachment(name string) string {
	ascii := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || strings.ContainsRune(`"\/%;`, r) {
			return '_'
		}
		return r
	}, name)
	return `attachment; filename="` + ascii + `"; filename*=UTF-8''` + extValue(name)
}

// extValue writes a text as RFC 8187 has it, section 3.2.1: what is no attr-char
// is percent-encoded, also what url.PathEscape leaves alone.
func extValue(text string) string {
	var out strings.Builder
	for _, b := range []byte(text) {
		if b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z' || strings.IndexByte("!#$&+-.^_`|~", b) >= 0 {
			out.WriteByte(b)
		} else {
			fmt.Fprintf(&out, "%%%02X", b)
		}
	}
	return out.String()
}
