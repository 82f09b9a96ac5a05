package testkit

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// A script that failed once is tried again: it fails, passes, or says that it means
// nothing any more.
func TestAFixedScriptIsTried(t *testing.T) {
	path := filepath.Join(t.TempDir(), "nine.fail")
	if err := os.WriteFile(path, []byte("# [rapid] draw n: 0x1\nv0.4.8#1\n0x3f\n0x9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		prop func(*rapid.T)
		want string // part of what is said; "" when nothing is wrong
	}{
		{"what failed then holds now", func(rt *rapid.T) { rapid.Uint64().Draw(rt, "n") }, ""},
		{"it fails again", func(rt *rapid.T) { rapid.Uint64().Draw(rt, "n"); Wrong(rt, "too large", "at %d", 7) }, "too large"},
		{"it holds, and goes on behind where it failed", func(rt *rapid.T) {
			for range 9 {
				rapid.Uint64().Draw(rt, "n")
			}
		}, ""},
		{"something else is drawn", func(rt *rapid.T) { rapid.Bool().Draw(rt, "n") }, "outgrown"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := replay(t, path, tt.prop); !strings.Contains(got, tt.want) || (got == "") != (tt.want == "") {
				t.Errorf("said %q, want %q", got, tt.want)
			}
		})
	}
}
