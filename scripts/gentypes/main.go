// Command gentypes turns the messages of server/wire into TypeScript, so that
// the two sides of the border cannot drift apart. Run it from the module root:
//
//	go run ./scripts/gentypes
package main

import (
	"fmt"
	"os"
)

// Where the messages are declared and where their TypeScript goes, from the module root.
const (
	wireDir = "server/wire"
	outFile = "frontend/src/api/wire.ts"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "gentypes:", err)
		os.Exit(1)
	}
}

func run() error {
	text, err := generate(wireDir)
	if err != nil {
		return err
	}
	return os.WriteFile(outFile, text, 0o644)
}
