package main

import (
	"bytes"
	"fmt"

	"rapport/server/crm"
)

const digitsHeader = `// Made by scripts/gentypes from server/crm; change it there.

/**
 * How many digits of a currency are behind the separator, where it is not two (ISO
 * 4217). Browsers have a table of their own, in which forints and pesos have none.
 */
export const digitsOf: ReadonlyMap<string, number> = new Map([
`

// minorDigits returns the TypeScript that says what a minor unit is: an amount must
// mean the same to the server, to a file that is brought in and to the screen.
func minorDigits() []byte {
	var out bytes.Buffer
	out.WriteString(digitsHeader)
	for _, code := range crm.Currencies() {
		if digits := crm.MinorDigits(code); digits != 2 {
			fmt.Fprintf(&out, "  ['%s', %d],\n", code, digits)
		}
	}
	out.WriteString("]);\n")
	return out.Bytes()
}
