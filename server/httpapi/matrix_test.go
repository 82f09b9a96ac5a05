package httpapi_test

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"rapport/server/crm"
	"rapport/server/httpapi"
	"rapport/server/wire"
	"rapport/server/workspace"
)

// probe is one meaningful request to a route; for commands it is one that an
// admin may do.
type probe struct {
	path string // "" = that of the route
	body any
	raw  string // instead of body: a file
}

// fresh stands for a new id in each request.
const fresh = crm.ID("fresh")

// probeOf returns the one for a route: none where its path is all that is needed.
func probeOf(o *office, route string) probe {
	if strings.HasPrefix(route, "import") {
		return importProbes(o)[route] // there is something to import first
	}
	found := identityProbes(o)
	maps.Copy(found, recordProbes(o))
	return found[route]
}

func identityProbes(o *office) map[string]probe {
	invitation := o.invitation()
	return map[string]probe{
		"setup": {body: fields{
			"company": "Eve Ltd", "currency": "EUR", "timeZone": "Europe/Berlin", "language": "en",
			"name": "Eve", "email": "eve@example.com", "password": "a good long password",
		}},
		"session.begin":        {body: fields{"email": "ana@example.com", "password": "wrong horse battery"}},
		"devices.end":          {path: "/api/v1/devices/" + string(o.session("guest"))},
		"password.change":      {body: fields{"current": anaPassword, "password": "a good long password"}},
		"invitations.create":   {body: fields{"email": "another@example.com", "name": "", "departmentId": o.north, "role": "member"}},
		"invitations.withdraw": {path: "/api/v1/invitations/" + string(invitation.ID)},
		"invitations.look":     {body: fields{"token": invitation.Token}},
		"invitations.accept":   {body: fields{"token": "no such token", "name": "Eve", "password": "a good long password", "language": "en"}},
		"people.resetLink":     {path: "/api/v1/people/" + string(o.users["guest"]) + "/reset-link", body: fields{}},
		"reset":                {body: fields{"token": "no such token", "password": "a good long password"}},
		"member.set":           {body: fields{"userId": o.users["guest"], "departmentId": o.north, "role": "member"}},
		"department.create":    {body: fields{"id": fresh, "name": "Team", "parentId": o.north}},
		"department.edit":      {body: fields{"id": o.north, "basedOn": 1, "name": "The North", "parentId": o.root}},
		"person.edit":          {body: fields{"id": o.users["guest"], "basedOn": 1, "name": "Gus"}},
		"person.disable":       {body: fields{"id": o.users["head"]}},
		"person.enable":        {body: fields{"id": o.users["guest"]}},
	}
}

func recordProbes(o *office) map[string]probe {
	deal := "/api/v1/records/" + string(o.deal)
	another, trashed := o.another()
	return map[string]probe{
		"board":          {path: "/api/v1/boards/" + string(o.board)},
		"records":        {path: "/api/v1/records?type=deal"},
		"record":         {path: deal},
		"record.history": {path: deal + "/history"},
		"record.why":     {path: deal + "/why"},
		"record.readers": {path: deal + "/readers"},
		"trash":          {path: "/api/v1/trash?type=field"},
		"record.create":  {body: fields{"type": "deal", "id": fresh, "values": fields{"title": "Darjeeling, 2 chests", "departmentId": o.north}}},
		"record.edit":    {body: fields{"id": another, "basedOn": 1, "values": fields{"nextStep": "Call"}}},
		"record.trash":   {body: fields{"id": another}},
		"record.restore": {body: fields{"id": trashed}},
		"record.assign":  {body: fields{"id": another, "basedOn": 1, "ownerId": o.users["lead"]}},
		"record.share":   {body: fields{"id": another, "departmentIds": []crm.ID{o.south}}},
		"comment.add":    {body: fields{"id": fresh, "recordId": another, "text": "They like it strong."}},
		"field.define": {body: fields{
			"id": fresh, "recordType": "deal", "key": "harvest", "kind": "text", "labels": fields{"en": "Harvest"},
		}},
		"field.edit": {body: fields{"id": o.field(), "basedOn": 1, "values": fields{"labels": fields{"en": "Harvested"}}}},
		"undo":       {body: fields{"offset": o.edited(another)}},
		"deal.move":  {body: fields{"id": another, "basedOn": 1, "stageId": o.stages[1]}},
		"pipeline.save": {body: fields{
			"id": fresh, "basedOn": 0, "name": "Renewals", "departmentId": o.north, "lostReasons": []string{},
			"stages": []fields{
				{"id": "a", "name": "Due", "kind": "open", "probability": 50, "idleDays": 0, "requires": []string{}, "why": ""},
				{"id": "b", "name": "Renewed", "kind": "won", "probability": 100, "idleDays": 0, "requires": []string{}, "why": ""},
				{"id": "c", "name": "Ended", "kind": "lost", "probability": 0, "idleDays": 0, "requires": []string{}, "why": ""},
			},
		}},
		"board.create":  {body: fields{"id": fresh, "name": "Ours", "pipelineId": o.pipeline, "departmentId": o.north}},
		"board.share":   {body: fields{"boardId": o.board, "departmentId": o.south, "fields": []string{}, "actions": []string{"see"}}},
		"board.unshare": {body: fields{"boardId": o.board, "departmentId": o.south}},
	}
}

// importProbes are about files that the lead has uploaded.
func importProbes(o *office) map[string]probe {
	const file = "opportunity_id,product,account,deal_stage,close_value\nA1,GTX,Acme,Won,100\n"
	o.t.Helper()
	by := crm.Actor{UserID: o.users["lead"], Source: crm.SourceApp}
	job, err := o.imports.Upload(o.t.Context(), by, "deals.csv", strings.NewReader(file))
	if err != nil {
		o.t.Fatal(err)
	}
	path, ended, running := "/api/v1/imports/"+job.ID, "/api/v1/imports/"+string(o.importOf(wire.ImportDone)), o.importOf(wire.ImportRunning)
	return map[string]probe{
		"imports.upload":  {raw: file},
		"imports.get":     {path: path},
		"imports.preview": {path: path + "/preview", body: fields{"settings": job.Settings}},
		"imports.rows":    {path: ended + "/rows"},
		"imports.result":  {path: ended + "/result"},
		"import.start":    {body: fields{"id": job.ID, "settings": job.Settings}},
		"import.cancel":   {body: fields{"id": running}},
	}
}

// send asks as a role.
func (p probe) send(o *office, role string, route httpapi.Route) (*http.Response, string) {
	path := p.path
	if path == "" {
		path = route.Path
	}
	if p.raw != "" {
		req := o.requestAs(role, route.Method, path, nil)
		req.Body, req.ContentLength = io.NopCloser(strings.NewReader(p.raw)), int64(len(p.raw))
		req.Header.Set("Content-Type", "text/csv")
		return send(o.t, o.app, req)
	}
	args, ok := p.body.(fields)
	if !ok {
		return o.as(role, route.Method, path, p.body)
	}
	return o.as(role, route.Method, path, args.filled(route))
}

// filled puts a new id and a commandId in where they belong.
func (f fields) filled(route httpapi.Route) fields {
	f = maps.Clone(f)
	if f["id"] == fresh {
		f["id"] = crm.NewID(time.Now())
	}
	if strings.HasPrefix(route.Path, httpapi.CommandPath) {
		f = command(f)
	}
	return f
}

// [D3] TestMatrix holds every route against testdata/matrix.csv: one row a route,
// one column a role, the expected status in each cell. What is sent and answered
// must be as the document of the API says. What is used up is made anew for each
// role, so that what one has done is not in the way of the next. Roles are tried in
// the order of the columns, so that a change made by a mighty one hides nothing.
func TestMatrix(t *testing.T) {
	header, rows := readMatrix(t)
	listed := newOffice(t)
	api := documented(t, listed)
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
			o.hireOwnerAndLeaver()
			p := probeOf(o, route.Name)
			if sent, ok := p.body.(fields); ok {
				text, err := json.Marshal(sent.filled(route))
				if err != nil {
					t.Fatal(err)
				}
				api.request(t, route, string(text))
			}
			for i, role := range header {
				if i > 0 && slices.Contains(usedUp, route.Name) {
					p = probeOf(o, route.Name)
				}
				res, text := p.send(o, role, route)
				api.answer(t, route, res, text)
				if want := cells[i]; strconv.Itoa(res.StatusCode) != want {
					t.Errorf("%s: %d, want %s: %s", role, res.StatusCode, want, text)
				}
			}
		})
	}
	for name, cells := range rows {
		if !known[name] {
			t.Errorf("testdata/matrix.csv has a row for %s, which is no route", name)
		}
		succeeds := slices.ContainsFunc(cells, func(status string) bool { return strings.HasPrefix(status, "2") })
		if succeeds == (byAnybody[name] != nil) {
			t.Errorf("%s is never tried so that it succeeds, or in two places", name)
		}
	}
}

// usedUp are the routes after which what was asked about is not as it was, so that
// it is made anew for the next one who asks.
var usedUp = []string{"record.edit", "record.trash", "record.restore", "record.assign", "record.share", "deal.move", "undo", "invitations.withdraw"}

// hireOwnerAndLeaver adds a member of North who owns the deals, one whose access was
// taken away while he was signed in, and a head of the department beside, who
// decides there and nowhere else.
func (o *office) hireOwnerAndLeaver() {
	o.t.Helper()
	o.commit(func(tx *workspace.Tx) error {
		for _, name := range []string{"owner", "disabled"} {
			if err := o.hire(tx, name, o.north, "member"); err != nil {
				return err
			}
		}
		if err := o.hire(tx, "head beside", o.south, "head"); err != nil {
			return err
		}
		if err := tx.Edit(o.users["disabled"], crm.Fields{"disabledAt": workspace.Timestamp(tx.Now())}, nil); err != nil {
			return err
		}
		return tx.Edit(o.deal, crm.Fields{crm.KeyOwner: string(o.users["owner"])}, nil)
	})
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
