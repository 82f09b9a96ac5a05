// Command gentypes turns the messages of server/wire, the field keys of
// server/schema and the minor units of server/crm into TypeScript, so that the two
// sides of the border cannot drift apart. Run it from the module root:
//
//	go run ./scripts/gentypes
package main

import (
	"fmt"
	"os"

	"rapport/server/schema"
)

// Where the messages are declared and where the TypeScript goes, from the module root.
const (
	wireDir    = "server/wire"
	outFile    = "frontend/src/api/wire.ts"
	keysFile   = "frontend/src/api/recordKeys.ts"
	digitsFile = "frontend/src/lib/minorDigits.ts"
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
	if err := os.WriteFile(outFile, text, 0o644); err != nil {
		return err
	}
	if err := os.WriteFile(keysFile, recordKeys(schema.New(nil)), 0o644); err != nil {
		return err
	}
	return os.WriteFile(digitsFile, minorDigits(), 0o644)
}
