package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// accepted is the table of what two worlds may tell differently. Nothing is set
// aside that has no row in it.
type accepted struct {
	rows []difference
	mu   sync.Mutex // guards used
	used map[string]bool
}

// difference is one that is accepted, for a reason. One without a pattern is set
// aside by the code, which names its row.
type difference struct {
	id            string
	step, pattern *regexp.Regexp
	instead       string
}

const acceptedTable = "testdata/accepted_differences.csv"

func readAccepted(t *testing.T) *accepted {
	t.Helper()
	list := &accepted{used: map[string]bool{}}
	for _, row := range readRows(t, acceptedTable) {
		d := difference{id: row[0], step: regexp.MustCompile(row[1]), instead: row[3]}
		if row[2] != "" {
			d.pattern = regexp.MustCompile(row[2])
		}
		list.rows = append(list.rows, d)
	}
	return list
}

// aside notes that the code sets something aside; it is a mistake of the test when
// no row says why.
func (a *accepted) aside(id string) {
	if !slices.ContainsFunc(a.rows, func(d difference) bool { return d.id == id && d.pattern == nil }) {
		panic(fmt.Sprintf("%q is set aside, and %s does not say why", id, acceptedTable))
	}
	a.note(id)
}

func (a *accepted) note(id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.used[id] = true
}

// smooth takes out of what a step told what may differ there.
func (a *accepted) smooth(step, text string) string {
	for _, d := range a.rows {
		if d.pattern == nil || !d.step.MatchString(step) || !d.pattern.MatchString(text) {
			continue
		}
		a.note(d.id)
		text = d.pattern.ReplaceAllString(text, d.instead)
	}
	return text
}

// checkUsed fails for a pattern by which nothing was set aside in a whole run. What
// the code sets aside may not have come up: it depends on moments.
func (a *accepted) checkUsed(t *testing.T) {
	t.Helper()
	for _, d := range a.rows {
		if d.pattern != nil && !a.used[d.id] {
			t.Errorf("%s: nothing is set aside by %q", acceptedTable, d.id)
		}
	}
}

// Each row has a name, a reason and a place where it is used, so that nobody has to
// look for what is set aside in more than this one table.
func TestTheTableOfAcceptedDifferences(t *testing.T) {
	files, err := filepath.Glob("worlds*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range regexp.MustCompile(`\.aside\("([^"]+)"\)`).FindAllStringSubmatch(string(text), -1) {
			named[found[1]] = true
		}
	}
	seen := map[string]bool{}
	for _, row := range readRows(t, acceptedTable) {
		id := row[0]
		if id == "" || seen[id] {
			t.Errorf("the name %q is missing or there twice", id)
		}
		seen[id] = true
		if len(row[4]) < 40 {
			t.Errorf("no reason for accepting %q", id)
		}
		if row[2] == "" && !named[id] {
			t.Errorf("%q has no pattern, and no code sets it aside", id)
		}
		delete(named, id)
	}
	if left := slices.Sorted(maps.Keys(named)); len(left) > 0 {
		t.Errorf("set aside by the code without a row: %s", strings.Join(left, ", "))
	}
}

// plainer gives what is random in each run one spelling: ids that servers make,
// and audiences, by their order of appearance.
type plainer struct {
	accepted *accepted
	names    map[string]string
}

func newPlainer(a *accepted) *plainer { return &plainer{a, map[string]string{}} }

var (
	someID   = regexp.MustCompile(`\b[0-7][0-9A-HJKMNP-TV-Z]{25}\b`)
	audience = regexp.MustCompile(`("audience":")([A-Za-z0-9_-]{22})`)
)

func (p *plainer) plain(x told) string {
	text := someID.ReplaceAllStringFunc(x.text, func(id string) string {
		if strings.HasPrefix(id, "00") {
			return id // of the script, or of a world: then it must not be here
		}
		p.accepted.aside("ids of the server")
		return p.name("id", id)
	})
	text = audience.ReplaceAllStringFunc(text, func(found string) string {
		p.accepted.aside("audience")
		return `"audience":"` + p.name("audience", found)
	})
	return p.accepted.smooth(x.step, text)
}

func (p *plainer) name(kind, text string) string {
	name, known := p.names[text]
	if !known {
		name = fmt.Sprintf("«%s %d»", kind, len(p.names)+1)
		p.names[text] = name
	}
	return name
}
