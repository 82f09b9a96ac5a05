package httpapi_test

import (
	"encoding/csv"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"rapport/server/crm"
)

// probe is one meaningful request to a route; for commands it is one that an
// admin may do.
type probe struct {
	path string // "" = that of the route
	body any
}

// probes has one for each route that needs a path or a body.
func probes(o *office) map[string]probe {
	invitation := o.invitation()
	return map[string]probe{
		"setup": {body: fields{
			"company": "Eve Ltd", "currency": "EUR", "timeZone": "Europe/Berlin", "language": "en",
			"name": "Eve", "email": "eve@example.com", "password": "a good long password",
		}},
		"session.begin":        {body: fields{"email": "ana@example.com", "password": "wrong horse battery"}},
		"devices.end":          {path: "/api/v1/devices/" + string(o.session("guest"))},
		"password.change":      {body: fields{"current": "wrong horse battery", "password": "a good long password"}},
		"invitations.create":   {body: fields{"email": "another@example.com", "name": "", "departmentId": o.north, "role": "member"}},
		"invitations.withdraw": {path: "/api/v1/invitations/" + string(invitation.ID)},
		"invitations.look":     {body: fields{"token": invitation.Token}},
		"invitations.accept":   {body: fields{"token": "no such token", "name": "Eve", "password": "a good long password", "language": "en"}},
		"people.resetLink":     {path: "/api/v1/people/" + string(o.users["guest"]) + "/reset-link", body: fields{}},
		"reset":                {body: fields{"token": "no such token", "password": "a good long password"}},
		"member.set":           {body: fields{"userId": o.users["guest"], "departmentId": o.north, "role": "member"}},
		"department.create":    {body: fields{"id": crm.NewID(time.Now()), "name": "Team", "parentId": o.north}},
		"department.edit":      {body: fields{"id": o.north, "basedOn": 1, "name": "The North", "parentId": o.root}},
		"person.edit":          {body: fields{"id": o.users["guest"], "basedOn": 1, "name": "Gus"}},
		"person.disable":       {body: fields{"id": o.users["head"]}},
		"person.enable":        {body: fields{"id": o.users["guest"]}},
		"board":                {path: "/api/v1/boards/" + string(o.board)},
		"records":              {path: "/api/v1/records?type=deal"},
		"record":               {path: "/api/v1/records/" + string(o.deal)},
		"record.history":       {path: "/api/v1/records/" + string(o.deal) + "/history"},
		"record.why":           {path: "/api/v1/records/" + string(o.deal) + "/why"},
	}
}

// TestMatrix holds every route against testdata/matrix.csv: one row a route,
// one column a role, the expected status in each cell. Roles are tried in the
// order of the columns, so that a change made by a mighty one hides nothing.
func TestMatrix(t *testing.T) {
	header, rows := readMatrix(t)
	listed := newOffice(t)
	known := map[string]bool{}
	for _, route := range listed.routes {
		if known[route.Name] {
			t.Errorf("two routes are named %s", route.Name)
		}
		known[route.Name] = true
		cells, ok := rows[route.Name]
		if !ok {
			t.Errorf("route %s (%s %s) has no row in testdata/matrix.csv", route.Name, route.Method, route.Path)
			continue
		}
		t.Run(route.Name, func(t *testing.T) {
			o := newOffice(t).staffed()
			p := probes(o)[route.Name]
			if p.path == "" {
				p.path = route.Path
			}
			for i, role := range header {
				body := p.body
				if args, ok := body.(fields); ok && strings.HasPrefix(route.Path, "/api/v1/commands/") {
					body = command(args)
				}
				res, text := o.as(role, route.Method, p.path, body)
				if want := cells[i]; strconv.Itoa(res.StatusCode) != want {
					t.Errorf("%s: %d, want %s: %s", role, res.StatusCode, want, text)
				}
			}
		})
	}
	for name := range rows {
		if !known[name] {
			t.Errorf("testdata/matrix.csv has a row for %s, which is no route", name)
		}
	}
}

// readMatrix returns the roles and, per route, the cells.
func readMatrix(t *testing.T) (header []string, rows map[string][]string) {
	t.Helper()
	file, err := os.Open("testdata/matrix.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r := csv.NewReader(file)
	r.TrimLeadingSpace, r.Comment = true, '#'
	lines, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	rows = map[string][]string{}
	for _, line := range lines[1:] {
		cells := line[1:]
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		rows[strings.TrimSpace(line[0])] = cells
	}
	for _, name := range lines[0][1:] {
		header = append(header, strings.TrimSpace(name))
	}
	return header, rows
}

func TestWhatIsHiddenLooksAbsent(t *testing.T) {
	o := newOffice(t).staffed()
	for _, path := range []string{"/api/v1/records/%s", "/api/v1/records/%s/history", "/api/v1/records/%s/why", "/api/v1/boards/%s"} {
		t.Run(path, func(t *testing.T) {
			answers := map[string]bool{}
			for _, id := range []string{string(o.deal), string(o.board), string(crm.NewID(time.Now())), "nonsense"} {
				res, body := o.as("outsider", "GET", strings.ReplaceAll(path, "%s", id), nil)
				p := problemIn(t, body)
				p.TraceID = ""
				answers[fmt.Sprintf("%d %+v", res.StatusCode, p)] = true
			}
			if len(answers) != 1 {
				t.Errorf("answers differ: %v", answers)
			}
		})
	}
}
