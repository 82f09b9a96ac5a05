package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rapport/server/schema"
)

// moduleRoot is where the module begins, seen from this package.
const moduleRoot = "../.."

func TestGeneratedTypesAreCurrent(t *testing.T) {
	want, err := generate(filepath.Join(moduleRoot, wireDir))
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(moduleRoot, outFile))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is stale: run go run ./scripts/gentypes", outFile)
	}
	for file, want := range map[string][]byte{keysFile: recordKeys(schema.New(nil)), digitsFile: minorDigits()} {
		got, err := os.ReadFile(filepath.Join(moduleRoot, file))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is stale: run go run ./scripts/gentypes", file)
		}
	}
}

func TestGenerate(t *testing.T) {
	tests := []struct{ name, source, want string }{
		{"a struct becomes an interface with its keys from the tags",
			"// Stage is a step.\ntype Stage struct {\n\tID string `json:\"id\"` // a ULID\n\tDays int `json:\"days,omitempty\"`\n}",
			"/** Stage is a step. */\nexport interface Stage {\n  id: string; // a ULID\n  days?: number;\n}\n"},
		{"a pointer may be null, an optional one is just absent",
			"type A struct {\n\tB *Stage `json:\"b\"`\n\tC *Stage `json:\"c,omitempty\"`\n}",
			"export interface A {\n  b: Stage | null;\n  c?: Stage;\n}\n"},
		{"the comment behind Type tells the members of a union apart",
			"//wire:server\ntype Ping struct {\n\tType string `json:\"type\"` // \"ping\"\n}",
			"export interface Ping {\n  type: 'ping';\n}\n\n/** What the server sends over the socket. */\nexport type ServerMessage =\n  | Ping;\n"},
		{"a named text with constants is a closed set",
			"type Mode string\nconst (\n\tModeA Mode = \"a\" // first\n\tModeB Mode = \"b\"\n)",
			"export type Mode =\n  | 'a' // first\n  | 'b';\n"},
		{"Record would hide TypeScript's own",
			"type Record struct {\n\tFields map[string]any `json:\"f\"`\n\tRows [][]any `json:\"rows\"`\n}",
			"export interface WireRecord {\n  f: { [key: string]: unknown };\n  rows: unknown[][];\n}\n"},
		{"an untyped constant is a constant",
			"const ProtocolVersion = 1",
			"export const protocolVersion = 1;\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "wire.go"), []byte("package wire\n\n"+tt.source+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := generate(dir)
			if err != nil {
				t.Fatal(err)
			}
			if body := strings.TrimPrefix(string(got), header+"\n"); body != tt.want {
				t.Errorf("got\n%s\nwant\n%s", body, tt.want)
			}
		})
	}
}

func TestGenerateRefusesWhatItCannotExpress(t *testing.T) {
	dir := t.TempDir()
	source := "package wire\n\ntype A struct {\n\tC chan int `json:\"c\"`\n}\n"
	if err := os.WriteFile(filepath.Join(dir, "wire.go"), []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := generate(dir); err == nil {
		t.Error("a channel became TypeScript")
	}
}
