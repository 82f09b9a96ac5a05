// Command genapi writes the OpenAPI document of the HTTP API: from the routes of
// server/httpapi, the Go types that they name, and the comments on those. Run it
// from the module root:
//
//	go run ./scripts/genapi
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"

	"rapport/server/httpapi"
)

// outFile is where the document goes, from the module root.
const outFile = "server/httpapi/openapi.json"

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "genapi:", err)
		os.Exit(1)
	}
}

func run() error {
	text, err := generate(".")
	if err != nil {
		return err
	}
	return os.WriteFile(outFile, text, 0o644)
}

// generate returns the document of all routes. root is the module root as seen
// from here. The services are not called, so they need not be there.
func generate(root string) ([]byte, error) {
	source := newSource(root)
	doc, err := document(source, httpapi.Table(httpapi.Services{}, httpapi.Options{}))
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	err = enc.Encode(doc)
	return out.Bytes(), err
}
