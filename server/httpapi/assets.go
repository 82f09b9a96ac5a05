package httpapi

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"io/fs"
	"mime"
	"net/url"
	"path"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"
)

// noncePlaceholder stands in index.html where the nonce of the answer goes.
const noncePlaceholder = "__CSP_NONCE__"

// languagePlaceholder is what becomes <html lang> of the reader's language.
const languagePlaceholder = `<html lang="en"`

// assets answers with the built front end, held in memory. The build has put
// beside each file that is worth it name.br and name.gz.
type assets struct {
	files     map[string]asset // by path without leading slash
	index     []byte           // index.html with the placeholders; nil when the front end is not built
	languages []string         // as in Options
}

type asset struct {
	kind            string // media type
	plain, br, gzip []byte // br and gzip are nil where the build made none
	immutable       bool   // its name holds the hash of its content
}

func newAssets(o Options) (*assets, error) {
	a := &assets{files: map[string]asset{}, languages: o.Languages}
	if o.Assets == nil {
		return a, nil
	}
	packed := map[string][]byte{}
	err := fs.WalkDir(o.Assets, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(path.Base(name), ".") {
			return err
		}
		raw, err := fs.ReadFile(o.Assets, name)
		if err != nil {
			return err
		}
		switch {
		case name == "index.html":
			a.index = withNoncePlaceholder(raw)
		case path.Ext(name) == ".br", path.Ext(name) == ".gz":
			packed[name] = raw
		default:
			a.files[name] = newAsset(name, raw)
		}
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		err = nil // not built
	}
	for name, file := range a.files {
		file.br, file.gzip = packed[name+".br"], packed[name+".gz"]
		a.files[name] = file
	}
	return a, err
}

// withNoncePlaceholder makes sure that the app finds the nonce: it reads it
// from a meta element when it creates style elements.
func withNoncePlaceholder(page []byte) []byte {
	if bytes.Contains(page, []byte(noncePlaceholder)) {
		return page
	}
	meta := `<meta property="csp-nonce" nonce="` + noncePlaceholder + `">`
	return bytes.Replace(page, []byte("</head>"), []byte(meta+"</head>"), 1)
}

func newAsset(name string, raw []byte) asset {
	kind := mime.TypeByExtension(path.Ext(name))
	if kind == "" {
		kind = fiber.MIMEOctetStream
	}
	return asset{kind: kind, plain: raw, immutable: strings.HasPrefix(name, "assets/")} // Vite puts hashed names there
}

// serve answers a file of the front end, and the page itself for every other
// path without a dot: those are addresses inside the app.
func (a *assets) serve(c *fiber.Ctx) error {
	name := strings.TrimPrefix(c.Path(), "/")
	if file, ok := a.files[name]; ok {
		return file.send(c)
	}
	if name != "index.html" && !insideApp(name) {
		return fiber.ErrNotFound
	}
	return a.sendPage(c)
}

// afterSemicolon is what some servers take for parameters of a part of a path.
var afterSemicolon = regexp.MustCompile(`;[^/]*`)

// insideApp reports whether a path may be an address of the app, in whichever way
// it is read: as it stands, or decoded and cleaned, as a proxy in front may do it.
// A mistyped path of the API is none, for a page would look like success, nor is
// one that nobody can read.
func insideApp(name string) bool {
	read, ok := decodedPath(name)
	if !ok || strings.Contains(read, ".") {
		return false
	}
	plain := afterSemicolon.ReplaceAllString(strings.ReplaceAll(read, `\`, "/"), "")
	first, _, _ := strings.Cut(strings.TrimLeft(plain, "/"), "/")
	return !strings.EqualFold(first, "api")
}

// decodedPath takes off percent-encoding, as often as somebody put it on; false for
// what is no text then.
func decodedPath(name string) (string, bool) {
	for range 4 {
		next, err := url.PathUnescape(name)
		if err != nil {
			return "", false
		}
		if next == name {
			return name, utf8.ValidString(name) && !strings.ContainsFunc(name, unicode.IsControl)
		}
		name = next
	}
	return "", false
}

func (f asset) send(c *fiber.Ctx) error {
	c.Set(fiber.HeaderContentType, f.kind)
	c.Set(fiber.HeaderVary, fiber.HeaderAcceptEncoding)
	c.Set(fiber.HeaderCacheControl, "no-cache")
	if f.immutable {
		c.Set(fiber.HeaderCacheControl, "public, max-age=31536000, immutable")
	}
	if f.br != nil && accepts(c, "br") != "" {
		c.Set(fiber.HeaderContentEncoding, "br")
		return c.Send(f.br)
	}
	if f.gzip != nil && accepts(c, "gzip") != "" {
		c.Set(fiber.HeaderContentEncoding, "gzip")
		return c.Send(f.gzip)
	}
	return c.Send(f.plain)
}

const notBuilt = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Rapport</title>
<h1>The front end is not built</h1>
<p>The server runs, but it was built without its pages. Run <code>npm run build</code> and then <code>npm start</code>.</p></html>
`

func (a *assets) sendPage(c *fiber.Ctx) error {
	c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	if a.index == nil {
		return c.Status(fiber.StatusServiceUnavailable).SendString(notBuilt)
	}
	var raw [16]byte
	_, _ = rand.Read(raw[:]) // crypto/rand does not fail on supported systems
	nonce := base64.RawStdEncoding.EncodeToString(raw[:])
	c.Set(fiber.HeaderContentSecurityPolicy, pagePolicy(nonce))
	page := bytes.ReplaceAll(a.index, []byte(noncePlaceholder), []byte(nonce))
	if tag := bestLanguage(c.Get(fiber.HeaderAcceptLanguage), a.languages); tag != "" {
		page = bytes.Replace(page, []byte(languagePlaceholder), []byte(`<html lang="`+tag+`"`), 1)
	}
	return c.Send(page)
}
