package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"rapport/server/access"
	"rapport/server/crm"
	"rapport/server/wire"
	"rapport/server/workspace"
)

// readMatrix reads a table whose first row names its columns.
func readMatrix(t *testing.T, name string) (columns []string, rows map[string][]string) {
	t.Helper()
	file, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	rows = map[string][]string{}
	for line := range strings.Lines(string(file)) {
		if strings.HasPrefix(line, "#") || strings.TrimSpace(line) == "" {
			continue
		}
		cells := strings.Split(line, ",")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if columns == nil {
			columns = cells[1:]
			continue
		}
		rows[cells[0]] = cells[1:]
	}
	return columns, rows
}

// sameNames fails for a name without a row, and for a row without a name.
func sameNames(t *testing.T, file string, names []string, rows map[string][]string) {
	t.Helper()
	for _, name := range names {
		if rows[name] == nil {
			t.Errorf("%s has no row in %s", name, file)
		}
	}
	for name := range rows {
		if !slices.Contains(names, name) {
			t.Errorf("%s has a row for %s, which there is not", file, name)
		}
	}
}

// matches returns the first groups of a pattern in the sources of folders.
func matches(t *testing.T, pattern string, folders ...string) []string {
	t.Helper()
	var found []string
	for _, folder := range folders {
		files, err := filepath.Glob(folder + "/*.go")
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v", folder, err)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(text), -1) {
				found = append(found, m[1])
			}
		}
	}
	return found
}

// inTheOffice are the people of the matrix of messages, beside Vera.
var inTheOffice = map[string]struct {
	id         crm.ID
	role       access.Role
	department crm.ID
}{
	"outsider": {wEd, access.RoleMember, wEast},
	"guest":    {fixedID("person", 6), access.RoleGuest, wNorth},
	"member":   {fixedID("person", 7), access.RoleMember, wNorth},
	"owner":    {wOnlooker, access.RoleMember, wNorth},
	"lead":     {fixedID("person", 8), access.RoleLead, wNorth},
	"head":     {fixedID("person", 9), access.RoleHead, wNorth},
	"admin":    {wAna, access.RoleAdmin, wRoot},
	"disabled": {fixedID("person", 0)[:25] + "A", access.RoleMember, wNorth},
}

func newCompany(t *testing.T) *world {
	t.Helper()
	member := slices.IndexFunc(onlookers, func(o onlooker) bool { return o.role == access.RoleMember })
	w := newWorld(t, t.TempDir(), 1, onlookers[member], hidden{words: []int{0}, amounts: []int{1}}, time.Now().UTC())
	t.Cleanup(func() { w.node.stop() })
	w.system(wAna, func(tx *workspace.Tx) error {
		for _, name := range []string{"guest", "member", "lead", "head", "disabled"} {
			p := inTheOffice[name]
			if err := createAll(tx, w.hire(tx, p.id, name, p.role, p.department)...); err != nil {
				return err
			}
		}
		return tx.Edit(inTheOffice["disabled"].id, crm.Fields{"disabledAt": workspace.Timestamp(tx.Now())}, nil)
	})
	return w
}

// [F7] [D21] [D19] Each message of the socket, in both directions, has a row in
// testdata/messages.csv, and each cell is tried on a running server.
func TestMatrixOfMessages(t *testing.T) {
	t.Parallel()
	columns, rows := readMatrix(t, "testdata/messages.csv")
	sameNames(t, "messages.csv", matches(t, `//wire:(?:server|client)\ntype \w+ struct \{\n\s+Type\s+string\s+.json:"type". // "(\w+)"`, "wire"), rows)
	w := newCompany(t)
	said := map[string]map[string]string{}
	taps := map[string]*tap{}
	for _, who := range columns {
		said[who] = map[string]string{}
		for message := range rows {
			said[who][message] = "-"
		}
		p := newTap(t, w.node.url, "", nil)
		if who != "anonymous" {
			p = w.person(inTheOffice[who].id)
		}
		if !p.listen(wire.Hello{Type: "hello", Protocol: wire.ProtocolVersion, Screen: string(w.newID())}) {
			said[who]["hello"] = fmt.Sprint(p.ask(http.MethodGet, "/api/v1/bootstrap", nil).status)
			continue
		}
		taps[who] = p
		p.awaitOne("a welcome", func(text string) bool {
			m := messageOf(t, text)
			if m.Type == "welcome" {
				said[who]["hello"], said[who]["welcome"] = m.Type, string(m.Mode)
			}
			return m.Type == "welcome"
		})
		p.say(wire.Watch{Type: "watch", BoardID: string(wBoard)})
	}
	veraWorks(t, w, taps, said)
	for who, p := range taps {
		w.leaves(t, who, p, said[who])
	}
	for message, cells := range rows {
		for i, who := range columns {
			if got := said[who][message]; got != cells[i] {
				t.Errorf("%s, %s: %s, want %s", message, who, got, cells[i])
			}
		}
	}
}

// veraWorks lets her do what the matrix tells of, and notes what the others hear.
func veraWorks(t *testing.T, w *world, taps map[string]*tap, said map[string]map[string]string) {
	t.Helper()
	vera := w.person(wVera)
	vera.listen(wire.Hello{Type: "hello", Protocol: wire.ProtocolVersion, Screen: string(w.newID())})
	vera.say(wire.Watch{Type: "watch", BoardID: string(wBoard)})
	const there = 6 // all but the outsider
	vera.awaitOne("all who are there", func(text string) bool {
		for who := range taps {
			said[who]["watch"] = map[bool]string{true: "shown", false: "hidden"}[strings.Contains(text, string(inTheOffice[who].id))]
		}
		return strings.Count(text, `"screen"`) >= there
	})
	var v wire.Import
	decode(t, []byte(vera.ask(http.MethodPost, "/api/v1/imports", asFile("opportunity_id,account,product,deal_stage\nA1,Acme,Chairs,new\n"), "X-File-Name", "veras.csv").body), &v)
	v.Settings.PipelineID, v.Settings.DepartmentID = string(wPipeline), string(wNorth)
	w.command(vera, "import.start", map[string]any{"id": v.ID, "settings": v.Settings})
	w.endOfImport(vera, v.ID)
	edit := w.command(vera, "record.edit", map[string]any{"id": theDeal, "basedOn": 1, "values": map[string]any{
		"title": "canary standard", "amount": map[string]any{"amount": 777_000, "currency": "EUR"}, "notes": "canary notes",
	}})
	var done wire.CommandResult
	decode(t, []byte(edit.body), &done)
	for who, p := range taps {
		cells := said[who]
		cells["entries"], cells["presence"], cells["progress"] = "nothing", "hidden", "nothing"
		if cells["watch"] == "shown" { // who is on the board sees who is there, at most four times a second
			p.awaitOne("Vera on the board", func(text string) bool {
				return messageOf(t, text).Type == "presence" && strings.Contains(text, string(wVera))
			})
		}
		p.await("the heartbeat behind all that", func(heard []string, gone bool) bool {
			return slices.ContainsFunc(heard, func(text string) bool {
				var beat wire.Heartbeat
				decode(t, []byte(text), &beat)
				return beat.Type == "heartbeat" && beat.Offset >= done.Offset
			})
		})
		for _, text := range p.take() {
			switch m := messageOf(t, text); m.Type {
			case "heartbeat":
				cells["heartbeat"] = "yes"
			case "progress":
				cells["progress"] = "told"
			case "presence":
				if strings.Contains(text, string(wVera)) {
					cells["presence"] = "shown"
				}
			case "entries":
				var groups []string
				for word, group := range map[string]string{"canary standard": "standard", "777000": "money", "canary notes": "notes"} {
					if strings.Contains(text, word) {
						groups = append(groups, group)
					}
				}
				slices.SortFunc(groups, func(a, b string) int { return slices.Index(crm.GroupNames, a) - slices.Index(crm.GroupNames, b) })
				if len(groups) > 0 {
					cells["entries"] = strings.Join(groups, "+")
				}
			}
		}
	}
}

// leaves takes somebody's access away. Another admin does it, so that one stays.
func (w *world) leaves(t *testing.T, who string, p *tap, cells map[string]string) {
	t.Helper()
	w.system(wAna, func(tx *workspace.Tx) error {
		return tx.Edit(inTheOffice[who].id, crm.Fields{"disabledAt": workspace.Timestamp(tx.Now())}, nil)
	})
	p.awaitOne("a farewell", func(text string) bool {
		m := messageOf(t, text)
		if m.Type == "bye" {
			cells["bye"] = string(m.Reason)
		}
		return m.Type == "bye"
	})
	p.await("the end", func(_ []string, gone bool) bool { return gone })
	if a := p.ask(http.MethodGet, "/api/v1/bootstrap", nil); a.status != http.StatusUnauthorized {
		t.Errorf("[F7] %s is gone and gets %d", who, a.status)
	}
}

// Each job has a row in testdata/jobs.csv: it is done by the rights that whoever
// began it has when it is done.
func TestMatrixOfJobs(t *testing.T) {
	t.Parallel()
	columns, rows := readMatrix(t, "testdata/jobs.csv")
	jobs := append(matches(t, `\br\.commit\(ctx, "([\w.]+)"`, "importer"),
		matches(t, `ommit\([^\n]*"([\w.]+)", ?(?:Actor: )?crm\.System`, "importer", "identity", "records", "pipeline", "stream", "wsapi", "httpapi")...)
	sameNames(t, "jobs.csv", jobs, rows)
	for i, became := range columns[1:] {
		t.Run(fmt.Sprintf("[D17] [E2] an import whose importer is %s", became), func(t *testing.T) {
			w := newCompany(t)
			w.importWhile(t, became, func(tx *workspace.Tx) error {
				member := fixedID("member", int(wVera[25]))
				switch became {
				case "only a guest":
					return tx.Edit(member, crm.Fields{"role": "guest"}, nil)
				case "of another department":
					return tx.Edit(member, crm.Fields{crm.KeyDepartment: string(wEast)}, nil)
				case "disabled":
					return tx.Edit(wVera, crm.Fields{"disabledAt": workspace.Timestamp(tx.Now())}, nil)
				}
				return nil
			}, rows["import.part"][i+1] == "created")
		})
	}
}

// importWhile lets a server stop right after Vera's import was started, changes
// who she is, and looks at what the next server makes of it.
func (w *world) importWhile(t *testing.T, what string, change func(*workspace.Tx) error, created bool) {
	t.Helper()
	var v wire.Import
	decode(t, []byte(w.person(wVera).ask(http.MethodPost, "/api/v1/imports", asFile("opportunity_id,account,product,deal_stage\nhers,Acme,Chairs,new\n"), "X-File-Name", "x.csv").body), &v)
	w.system(wAna, func(tx *workspace.Tx) error {
		if err := tx.Edit(crm.ID(v.ID), crm.Fields{"state": string(wire.ImportRunning)}, nil); err != nil {
			return err
		}
		return change(tx)
	})
	w.restart()
	deadline := time.Now().Add(60 * time.Second)
	for state := ""; state == "" || state == string(wire.ImportRunning); {
		if time.Now().After(deadline) {
			t.Fatal("her import does not end")
		}
		time.Sleep(5 * time.Millisecond) // nobody tells of imports but to her
		w.look(func(s *workspace.State) {
			rec, _ := s.Get(crm.ID(v.ID))
			state = rec.Fields.String("state")
		})
	}
	made := false
	w.look(func(s *workspace.State) {
		s.Each(crm.TypeDeal, func(rec crm.Record) bool {
			// Elsewhere she may bring it in, if she may do so there.
			made = made || rec.Fields.String("externalId") == "hers" && rec.Fields.ID(crm.KeyDepartment) == wNorth
			return true
		})
	})
	if made != created {
		t.Errorf("%s: a deal was made: %v, want %v", what, made, created)
	}
}
