package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// groupsOfFaults says how many rows each group of the catalogue has.
var groupsOfFaults = map[string]int{"A": 16, "B": 24, "C": 15, "D": 33, "E": 13, "F": 14, "G": 18, "H": 13, "L": 12, "M": 15}

// TestCatalogue keeps testdata/catalogue.csv true: it has every row; each test that
// a row names carries the id, in its name or in the words above it; a row without
// a test says why; and no test carries the id of a row that knows nothing of it.
func TestCatalogue(t *testing.T) {
	missing := map[string]bool{}
	for group, rows := range groupsOfFaults {
		for n := range rows {
			missing[fmt.Sprint(group, n+1)] = true
		}
	}
	untested := map[string]bool{}
	for _, row := range readRows(t, "testdata/catalogue.csv") {
		id, where, note := row[0], strings.Fields(row[1]), row[2]
		if !missing[id] {
			t.Errorf("%s is no row of the catalogue, or is there twice", id)
		}
		delete(missing, id)
		if len(where) == 0 {
			untested[id] = true
			if len(note) < 20 {
				t.Errorf("%s has neither a test nor a reason", id)
			}
		}
		for _, place := range where {
			if err := carries(place, "["+id+"]"); err != nil {
				t.Errorf("%s: %v", id, err)
			}
		}
	}
	for id := range missing {
		t.Errorf("%s has no row", id)
	}
	for id, file := range idsInTests(t) {
		if untested[id] {
			t.Errorf("%s is tested in %s, and the catalogue says that it is not", id, file)
		}
	}
}

// carries looks for an id in "file" or in "file:function", seen from the root of
// the repository.
func carries(place, id string) error {
	file, function, _ := strings.Cut(place, ":")
	text, err := os.ReadFile(filepath.Join("..", file))
	if err != nil {
		return err
	}
	part := string(text)
	if function != "" {
		begin := strings.Index(part, "\nfunc "+function+"(")
		if begin < 0 {
			return fmt.Errorf("%s has no %s", file, function)
		}
		end := begin + strings.Index(part[begin:], "\n}\n")
		above := part[:begin+1]
		for {
			line := above[strings.LastIndex(strings.TrimSuffix(above, "\n"), "\n")+1:]
			if !strings.HasPrefix(line, "//") {
				break
			}
			above = strings.TrimSuffix(above, line)
		}
		part = part[len(above):end]
	}
	if !strings.Contains(part, id) {
		return fmt.Errorf("%s does not carry %s", place, id)
	}
	return nil
}

// idsInTests returns the ids that the tests of the tree carry, each with one file.
func idsInTests(t *testing.T) map[string]string {
	t.Helper()
	ids := map[string]string{}
	pattern := regexp.MustCompile(`\[([A-HLM]\d{1,2})\]`)
	for _, folder := range []string{".", "../frontend/src", "../frontend/e2e"} {
		err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
			isTest := slices.ContainsFunc([]string{"_test.go", ".test.ts", ".test.tsx", ".e2e.mjs"}, func(end string) bool { return strings.HasSuffix(path, end) })
			if err != nil || entry.IsDir() || !isTest {
				return err
			}
			text, err := os.ReadFile(path)
			for _, m := range pattern.FindAllStringSubmatch(string(text), -1) {
				ids[m[1]] = path
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return ids
}
