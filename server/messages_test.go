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
	"rapport/server/synclog"
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

// inTheOffice are the people of the matrix of messages; herself is another screen of
// Vera's.
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
	"herself":  {wVera, access.RoleLead, wNorth},
	"disabled": {fixedID("person", 0)[:25] + "A", access.RoleMember, wNorth},
	"boss":     {fixedID("person", 0)[:25] + "B", access.RoleAdmin, wRoot}, // who takes everybody's access away
}

func newCompany(t *testing.T) *world {
	t.Helper()
	member := slices.IndexFunc(onlookers, func(o onlooker) bool { return o.role == access.RoleMember })
	w := newWorld(t, t.TempDir(), 1, onlookers[member], hidden{words: []int{0}, amounts: []int{1}}, time.Now().UTC())
	t.Cleanup(func() { w.node.stop() })
	w.system(wAna, func(tx *workspace.Tx) error {
		for _, name := range []string{"guest", "member", "lead", "head", "disabled", "boss"} {
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

// leaves takes somebody's access away, as an admin does: his socket ends within two
// seconds, and his session with it, for good.
func (w *world) leaves(t *testing.T, who string, p *tap, cells map[string]string) {
	t.Helper()
	boss, id := w.person(inTheOffice["boss"].id), inTheOffice[who].id
	began := time.Now()
	if a := w.command(boss, "person.disable", map[string]any{"id": id}); a.status != http.StatusOK {
		t.Fatalf("[F7] %s: %d %s", who, a.status, a.body)
	}
	refused := func(when string) {
		if a := p.ask(http.MethodGet, "/api/v1/bootstrap", nil); a.status != http.StatusUnauthorized {
			t.Errorf("[F7] %s gets %d %s", who, a.status, when)
		}
	}
	refused("once the admin has been answered")
	p.awaitOne("a farewell", func(text string) bool {
		m := messageOf(t, text)
		if m.Type == "bye" {
			cells["bye"] = string(m.Reason)
		}
		return m.Type == "bye"
	})
	p.await("the end", func(_ []string, gone bool) bool { return gone })
	if took := time.Since(began); took > 2*time.Second*slowdown {
		t.Errorf("[F7] %s is cut off after %s", who, took)
	}
	w.command(boss, "person.enable", map[string]any{"id": id})
	refused("with the session of before, when he has access again")
}

// Each job of testdata/jobs.csv is done by the rights that whoever
// began it has when it is done.
func TestMatrixOfJobs(t *testing.T) {
	t.Parallel()
	columns, rows := readMatrix(t, "testdata/jobs.csv")
	for i, became := range columns[1:] {
		t.Run(fmt.Sprintf("[D17] [E2] whoever began it is %s", became), func(t *testing.T) {
			w := newCompany(t)
			found := w.jobsWhile(t, func(tx *workspace.Tx) error {
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
			})
			for job, cells := range rows {
				source, got := "", "nothing"
				if e, ok := found[job]; ok {
					source, got = string(e.Actor.Source), "done"
					if at := e.Ops[0].Set.ID(crm.KeyDepartment); job == "import.part" && at != wNorth {
						got = "elsewhere" // where she may bring it in
					}
				}
				if got != cells[i+1] || got != "nothing" && source != cells[0] {
					t.Errorf("%s: %s as %q, want %s as %s", job, got, source, cells[i+1], cells[0])
				}
			}
		})
	}
}

// jobsWhile lets a server stop right after two imports of Vera's were started,
// changes who she is, and returns what the next server commits on its own, by
// command. One import needs a new stage, which leads may make here; the other one
// needs nothing. Her session was used yesterday.
func (w *world) jobsWhile(t *testing.T, change func(*workspace.Tx) error) map[string]synclog.Entry {
	t.Helper()
	vera := w.person(wVera)
	imports := map[crm.ID]bool{}
	for _, stage := range []string{"new", "Brewing"} {
		var v wire.Import
		file := asFile("opportunity_id,account,product,deal_stage\nhers,Acme,Chairs," + stage + "\n")
		decode(t, []byte(vera.ask(http.MethodPost, "/api/v1/imports", file, "X-File-Name", stage+".csv").body), &v)
		imports[crm.ID(v.ID)] = true
	}
	from := w.system(wAna, func(tx *workspace.Tx) error {
		for action, what := range map[string]crm.RecordType{"administer": crm.TypePipeline, "create": crm.TypeBoard} {
			rule := crm.Fields{"who": "role:lead", "effect": "may", "action": action, "what": string(what), "whose": "all", "fieldGroups": "all"}
			if err := tx.Create(crm.TypeRule, w.newID(), rule); err != nil {
				return err
			}
		}
		for id := range imports {
			if err := tx.Edit(id, crm.Fields{"state": string(wire.ImportRunning)}, nil); err != nil {
				return err
			}
		}
		var hers crm.ID
		tx.Each(crm.TypeSession, func(rec crm.Record) bool {
			if rec.Fields.ID("userId") == wVera {
				hers = rec.ID
			}
			return hers == ""
		})
		if err := tx.Edit(hers, crm.Fields{"lastSeenOn": tx.Now().AddDate(0, 0, -1).Format(time.DateOnly)}, nil); err != nil {
			return err
		}
		return change(tx)
	})
	w.restart()
	w.person(wVera).ask(http.MethodGet, "/api/v1/bootstrap", nil)
	found := map[string]synclog.Entry{}
	deadline := time.Now().Add(60 * time.Second)
	for len(imports) > 0 {
		if time.Now().After(deadline) {
			t.Fatal("her imports do not end")
		}
		time.Sleep(5 * time.Millisecond) // nobody tells of imports but to her
		w.look(func(s *workspace.State) {
			for id := range imports {
				if rec, _ := s.Get(id); rec.Fields.String("state") != string(wire.ImportRunning) {
					delete(imports, id)
				}
			}
		})
	}
	w.restart() // ends what goes on beside requests
	w.allSince(t, from, found)
	return found
}

// allSince takes down the entries after an offset by their commands.
func (w *world) allSince(t *testing.T, offset uint64, found map[string]synclog.Entry) {
	t.Helper()
	for ; offset < w.node.ws.Position().Offset; offset++ {
		e, err := w.node.ws.Entry(t.Context(), offset+1)
		if err != nil {
			t.Fatal(err)
		}
		found[e.Command] = e
	}
}
