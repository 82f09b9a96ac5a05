package httpapi_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"rapport/server/crm"
	"rapport/server/httpapi"
	"rapport/server/wire"
	"rapport/server/workspace"
)

// byAnybody are the routes that ask for no session, but for something that is known
// to one: what succeeds there succeeds for whoever brings it, so that no row of
// the matrix can show it beside what is refused.
var byAnybody = map[string]func(o *office) fields{
	"setup": func(*office) fields {
		return fields{
			"company": "Nordwind Tea", "currency": "EUR", "timeZone": "Europe/Berlin", "language": "en",
			"name": "Ana", "email": "ana@example.com", "password": anaPassword,
		}
	},
	"session.begin": func(o *office) fields {
		o.staffed()
		return fields{"email": "ana@example.com", "password": anaPassword}
	},
	"invitations.accept": func(o *office) fields {
		o.staffed()
		return fields{"token": o.invitation().Token, "name": "Eve", "password": "a good long password", "language": "en"}
	},
	"reset": func(o *office) fields {
		o.staffed()
		link, err := o.people.CreateResetLink(o.t.Context(), crm.Actor{UserID: o.users["admin"], Source: crm.SourceApp}, o.users["guest"])
		if err != nil {
			o.t.Fatal(err)
		}
		return fields{"token": link.Token, "password": "a good long password"}
	},
}

// [D3] Whoever brings what such a route asks for gets in, as the document of the API
// says, and is who he should be.
func TestWhatAnybodyMayDoWhoKnowsHow(t *testing.T) {
	for name, with := range byAnybody {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t)
			body := with(o)
			api := documented(t, o)
			route := o.routes[slices.IndexFunc(o.routes, func(r httpapi.Route) bool { return r.Name == name })]
			res, text := o.as("anonymous", route.Method, route.Path, body)
			if res.StatusCode != http.StatusOK {
				t.Fatalf("%d %s", res.StatusCode, text)
			}
			api.answer(t, route, res, text)
			o.tokens["new"] = cookieOf(t, res).Value
			if _, devices := o.as("new", "GET", "/api/v1/devices", nil); !strings.Contains(devices, `"current":true`) {
				t.Errorf("not signed in: %s", devices)
			}
			if name == "session.begin" {
				return // as often as one likes
			}
			if res, text := o.as("anonymous", route.Method, route.Path, body); res.StatusCode < 400 {
				t.Errorf("it works twice: %d %s", res.StatusCode, text)
			}
		})
	}
}

// importOf returns an import of the lead's that is in a state.
func (o *office) importOf(state wire.ImportState) crm.ID {
	o.t.Helper()
	by := crm.Actor{UserID: o.users["lead"], SessionID: o.session("lead"), Source: crm.SourceApp}
	file := "opportunity_id,product,account,deal_stage,close_value\nB-" + string(state) + ",GTX,Acme,Won,100\n"
	job, err := o.imports.Upload(o.t.Context(), by, string(state)+".csv", strings.NewReader(file))
	if err != nil {
		o.t.Fatal(err)
	}
	if state != wire.ImportDone {
		o.commit(func(tx *workspace.Tx) error { return tx.Edit(crm.ID(job.ID), crm.Fields{"state": string(state)}, nil) })
		return crm.ID(job.ID)
	}
	if res, body := o.as("lead", "POST", "/api/v1/commands/import.start", command(fields{"id": job.ID, "settings": job.Settings})); res.StatusCode != http.StatusOK {
		o.t.Fatalf("%d %s", res.StatusCode, body)
	}
	for deadline := time.Now().Add(20 * time.Second); job.State != state; {
		if time.Now().After(deadline) {
			o.t.Fatalf("the import is %s", job.State)
		}
		if job, err = o.imports.Get(o.t.Context(), by, crm.ID(job.ID)); err != nil {
			o.t.Fatal(err)
		}
	}
	return crm.ID(job.ID)
}

// [D1] [D14] Where the matrix has 404, what is there and hidden is answered as what never
// was, word for word: on every route that reads something by its id.
func TestWhatIsHiddenLooksAbsent(t *testing.T) {
	header, rows := readMatrix(t)
	o := newOffice(t).staffed()
	o.hireOwnerAndLeaver()
	ids := []crm.ID{
		o.deal, o.board, o.trashed, o.invitation().ID, o.importOf(wire.ImportUploaded), o.importOf(wire.ImportDone),
		crm.NewID(time.Now()), "nonsense",
	}
	tried := 0
	for _, route := range o.routes {
		if route.Method != http.MethodGet || !strings.Contains(route.Path, ":id") {
			continue
		}
		for i, role := range header {
			if rows[route.Name][i] != "404" {
				continue
			}
			tried++
			t.Run(route.Name+" by the "+role, func(t *testing.T) {
				answers := map[string][]crm.ID{}
				for _, id := range ids {
					res, body := o.as(role, http.MethodGet, strings.ReplaceAll(route.Path, ":id", string(id)), nil)
					p := problemIn(t, body)
					p.TraceID = ""
					answer := fmt.Sprintf("%d %+v", res.StatusCode, p)
					answers[answer] = append(answers[answer], id)
				}
				if len(answers) != 1 {
					t.Errorf("answers differ: %v", answers)
				}
			})
		}
	}
	if tried < 8 {
		t.Errorf("only %d routes and roles tried", tried)
	}
}
