package main

import (
	"bytes"
	"fmt"

	"rapport/server/crm"
	"rapport/server/schema"
)

const keysHeader = `// Made by scripts/gentypes from server/schema; change it there.

/** The keys of the fields that records have, by record type; custom fields begin with "fields." */
export interface RecordKeys {
`

// recordKeys returns the TypeScript that names the fields of each record type,
// so that the app cannot read a key that no record has. Types whose fields never
// leave the server have nothing but stamps, and are left out.
func recordKeys(s *schema.Schema) []byte {
	var out bytes.Buffer
	out.WriteString(keysHeader)
	stamps := len(s.Fields(crm.TypeSession))
	for _, t := range s.Types() {
		fields := s.Fields(t)
		if len(fields) == stamps {
			continue
		}
		fmt.Fprintf(&out, "  %s:", t)
		for _, field := range fields {
			fmt.Fprintf(&out, "\n    | '%s'", field.Key)
		}
		out.WriteString(";\n")
	}
	out.WriteString("}\n")
	return out.Bytes()
}
