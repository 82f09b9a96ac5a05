// Package frontend carries the built pages of the app inside the server binary.
package frontend

import (
	"embed"
	"io/fs"
)

// dist holds what Vite builds, and a .keep so that the server also compiles
// before the first build.
//
//go:embed all:dist
var dist embed.FS

// Dist returns the built front end with index.html at its top, or nothing but
// .keep when it is not built.
func Dist() fs.FS {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // only for a malformed path
	}
	return sub
}
