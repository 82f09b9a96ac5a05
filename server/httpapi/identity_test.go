package httpapi_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"rapport/server/crm"
	"rapport/server/httpapi"
	"rapport/server/wire"
)

func cookieOf(t *testing.T, res *http.Response) *http.Cookie {
	t.Helper()
	cookies := res.Cookies()
	if len(cookies) != 1 {
		t.Fatalf("%d cookies", len(cookies))
	}
	return cookies[0]
}

func TestTheFirstVisitorBecomesAdmin(t *testing.T) {
	o := newOffice(t)
	if _, body := o.as("anonymous", "GET", "/api/v1/setup", nil); body != `{"needed":true}` {
		t.Fatalf("needed: %s", body)
	}
	res, body := o.as("anonymous", "POST", "/api/v1/setup", fields{
		"company": "Nordwind Tea", "currency": "EUR", "timeZone": "Europe/Berlin", "language": "es",
		"name": "Ana", "email": "ana@example.com", "password": anaPassword,
	})
	if res.StatusCode != 200 {
		t.Fatalf("%d %s", res.StatusCode, body)
	}
	cookie := cookieOf(t, res)
	if !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" || cookie.Domain != "" || cookie.Secure {
		t.Errorf("cookie over http: %s", res.Header.Get("Set-Cookie"))
	}
	o.tokens["admin"] = cookie.Value
	if res, _ := o.as("admin", "GET", "/api/v1/devices", nil); res.StatusCode != 200 {
		t.Errorf("not signed in: %d", res.StatusCode)
	}
	if _, body := o.as("anonymous", "GET", "/api/v1/setup", nil); body != `{"needed":false}` {
		t.Errorf("still needed: %s", body)
	}
}

// [F2]
func TestSignInGivesANewTokenEachTime(t *testing.T) {
	o := newOffice(t).staffed()
	planted := o.tokens["admin"]
	res, body := o.as("admin", "POST", "/api/v1/session", fields{"email": "ana@example.com", "password": anaPassword})
	if res.StatusCode != 200 {
		t.Fatalf("%d %s", res.StatusCode, body)
	}
	if got := cookieOf(t, res).Value; got == planted || len(got) != 43 {
		t.Errorf("token %q", got)
	}
}

// [F13]
func TestSignInTellsNobodyWhoExists(t *testing.T) {
	o := newOffice(t).staffed()
	withoutTrace := func(email string) string {
		res, body := o.as("anonymous", "POST", "/api/v1/session", fields{"email": email, "password": "wrong horse battery"})
		p := problemIn(t, body)
		p.TraceID = ""
		raw, err := json.Marshal(struct {
			Status  int
			Problem wire.Problem
		}{res.StatusCode, p})
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	if known, unknown := withoutTrace("ana@example.com"), withoutTrace("eve@example.com"); known != unknown {
		t.Errorf("%s\n%s", known, unknown)
	}
}

func TestSignOutEndsSessionAndCookie(t *testing.T) {
	o := newOffice(t).staffed()
	res, _ := o.as("member", "DELETE", "/api/v1/session", nil)
	if cookie := cookieOf(t, res); res.StatusCode != 204 || cookie.Value != "" || cookie.Expires.Unix() != 1 {
		t.Errorf("%d, cookie %+v", res.StatusCode, cookie)
	}
	if res, _ := o.as("member", "GET", "/api/v1/devices", nil); res.StatusCode != 401 {
		t.Errorf("replayed: %d", res.StatusCode)
	}
}

// [F1] A role that an admin takes away is gone with the next request of a session that was
// begun with it. The session goes on, for the person is the same.
func TestARoleEndsWithinASession(t *testing.T) {
	o := newOffice(t).staffed()
	for _, change := range []struct {
		role   string
		status int
	}{{"lead", 200}, {"guest", 403}, {"lead", 200}, {"", 404}} {
		set := command(fields{"userId": o.users["lead"], "departmentId": o.north, "role": change.role})
		if res, body := o.as("admin", "POST", "/api/v1/commands/member.set", set); res.StatusCode != 200 {
			t.Fatalf("%d %s", res.StatusCode, body)
		}
		comment := command(fields{"id": crm.NewID(time.Now()), "recordId": o.deal, "text": "They like it strong."})
		if res, body := o.as("lead", "POST", "/api/v1/commands/comment.add", comment); res.StatusCode != change.status {
			t.Errorf("as %q: %d, want %d: %s", change.role, res.StatusCode, change.status, body)
		}
		if res, _ := o.as("lead", "GET", "/api/v1/devices", nil); res.StatusCode != 200 {
			t.Errorf("as %q: signed out: %d", change.role, res.StatusCode)
		}
	}
}

// [F4]
func TestTheCookieBehindTLS(t *testing.T) {
	o := newOffice(t).staffed()
	options := testOptions()
	options.Auth, options.Secure = o.people, true
	app := newApp(t, options, httpapi.IdentityRoutes(o.people, options)...)
	req := newRequest(t, "POST", "/api/v1/session", `{"email":"ana@example.com","password":"`+anaPassword+`"}`)
	res, body := send(t, app, req)
	if res.StatusCode != 200 {
		t.Fatalf("%d %s", res.StatusCode, body)
	}
	if c := cookieOf(t, res); c.Name != "__Host-rapport" || !c.Secure || c.Path != "/" || c.Domain != "" {
		t.Errorf("cookie %s", res.Header.Get("Set-Cookie"))
	}
}

func TestAnInvitationByHTTP(t *testing.T) {
	o := newOffice(t).staffed()
	res, body := o.as("head", "POST", "/api/v1/invitations", fields{"email": "new@example.com", "name": "", "departmentId": o.north, "role": "lead"})
	var made struct{ ID, Path, Token string }
	if err := json.Unmarshal([]byte(body), &made); err != nil || res.StatusCode != 201 || made.Path != "/invite#"+made.Token {
		t.Fatalf("%d %s", res.StatusCode, body)
	}
	_, list := o.as("head", "GET", "/api/v1/invitations", nil)
	if !strings.Contains(list, made.ID) || strings.Contains(list, made.Token) {
		t.Errorf("list %s", list)
	}
	res, body = o.as("anonymous", "POST", "/api/v1/invitations/accept", fields{
		"token": made.Token, "name": "New One", "password": "a good long password", "language": "ru",
	})
	if res.StatusCode != 200 {
		t.Fatalf("%d %s", res.StatusCode, body)
	}
	o.tokens["new"] = cookieOf(t, res).Value
	if res, _ := o.as("new", "GET", "/api/v1/devices", nil); res.StatusCode != 200 {
		t.Errorf("not signed in: %d", res.StatusCode)
	}
}

func TestALinkForANewPasswordIsListedAndWithdrawnByHTTP(t *testing.T) {
	o := newOffice(t).staffed()
	res, body := o.as("admin", "POST", "/api/v1/people/"+string(o.users["guest"])+"/reset-link", fields{})
	var made struct{ ID, Token string }
	if err := json.Unmarshal([]byte(body), &made); err != nil || res.StatusCode != 201 {
		t.Fatalf("%d %s", res.StatusCode, body)
	}
	_, list := o.as("admin", "GET", "/api/v1/invitations", nil)
	if !strings.Contains(list, `"id":"`+made.ID+`","kind":"reset","userId":"`+string(o.users["guest"])) || strings.Contains(list, made.Token) {
		t.Errorf("list %s", list)
	}
	if _, list := o.as("head", "GET", "/api/v1/invitations", nil); strings.Contains(list, made.ID) {
		t.Errorf("the head's list %s", list)
	}
	for _, ask := range []struct {
		who    string
		status int
	}{{"head", 404}, {"guest", 404}, {"admin", 204}, {"admin", 404}} {
		if res, body := o.as(ask.who, "DELETE", "/api/v1/invitations/"+made.ID, nil); res.StatusCode != ask.status {
			t.Errorf("%s: %d %s", ask.who, res.StatusCode, body)
		}
	}
	if res, body := o.as("anonymous", "POST", "/api/v1/reset", fields{"token": made.Token, "password": "a good long password"}); res.StatusCode != 404 {
		t.Errorf("the link still works: %d %s", res.StatusCode, body)
	}
}

// [F12] [G7]
func TestNothingMoreThanAskedForIsTaken(t *testing.T) {
	o := newOffice(t).staffed()
	tests := []struct {
		name, path, field string
		body              fields
	}{
		{"an invitation does not choose its e-mail", "/api/v1/invitations/accept", "email", fields{"token": "x", "email": "ana@example.com"}},
		{"an invitation does not choose its role", "/api/v1/invitations/accept", "role", fields{"token": "x", "role": "admin"}},
		{"a person does not change his e-mail", "/api/v1/commands/person.edit", "email", command(fields{"id": o.users["member"], "basedOn": 1, "email": "ana@example.com"})},
		{"a person does not enable himself", "/api/v1/commands/person.edit", "disabledAt", command(fields{"id": o.users["member"], "basedOn": 1, "disabledAt": nil})},
		{"a membership has no owner", "/api/v1/commands/member.set", "ownerId", command(fields{"userId": o.users["member"], "departmentId": o.north, "role": "lead", "ownerId": "x"})},
	}
	for _, key := range []string{"owner", "ownerId", "version", "offset", "workspace", "role", "isAdmin", "createdAt", "department", "departmentId", "actor", "at"} {
		row := tests[0]
		row.name, row.path, row.field = "an edit brings no "+key+" along", "/api/v1/commands/record.edit", key
		row.body = command(fields{"id": o.deal, "basedOn": 1, "values": fields{"nextStep": "Call"}, key: "x"})
		tests = append(tests, row)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			res, body := o.as("member", "POST", tt.path, tt.body)
			if res.StatusCode != 400 || problemIn(t, body).Fields[tt.field] != "unknown_key" {
				t.Errorf("%d %s", res.StatusCode, body)
			}
		})
	}
}

func TestCommands(t *testing.T) {
	o := newOffice(t).staffed()
	edit := command(fields{"id": o.users["member"], "basedOn": 1, "name": "Mem Ber"})
	var first, again wire.CommandResult
	res, body := o.as("member", "POST", "/api/v1/commands/person.edit", edit)
	if err := json.Unmarshal([]byte(body), &first); err != nil || res.StatusCode != 200 {
		t.Fatalf("%d %s", res.StatusCode, body)
	}
	t.Run("the answer carries the record and the position", func(t *testing.T) {
		if len(first.Records) != 1 || first.Records[0].Fields["name"] != "Mem Ber" || first.Records[0].Version != 2 {
			t.Errorf("records %+v", first.Records)
		}
		want := first.Position.Epoch + ":"
		if got := res.Header.Get("Rapport-Position"); !strings.HasPrefix(got, want) || first.Position.Offset != first.Offset {
			t.Errorf("position %q, result %+v", got, first)
		}
	})
	t.Run("repeated it gives the first result", func(t *testing.T) {
		_, body := o.as("member", "POST", "/api/v1/commands/person.edit", edit)
		if err := json.Unmarshal([]byte(body), &again); err != nil || !again.Repeated || again.Offset != first.Offset {
			t.Errorf("%s", body)
		}
	})
	t.Run("its id cannot carry another command", func(t *testing.T) {
		edit["name"] = "Somebody Else"
		if res, body := o.as("member", "POST", "/api/v1/commands/person.edit", edit); res.StatusCode != 400 || problemIn(t, body).Reason != "command_id_reused" {
			t.Errorf("%d %s", res.StatusCode, body)
		}
	})
	t.Run("an id is needed", func(t *testing.T) {
		res, body := o.as("member", "POST", "/api/v1/commands/person.edit", fields{"id": o.users["member"]})
		if res.StatusCode != 400 || problemIn(t, body).Fields["commandId"] != "not_an_id" {
			t.Errorf("%d %s", res.StatusCode, body)
		}
	})
	t.Run("a conflict shows the present record", func(t *testing.T) {
		res, body := o.as("admin", "POST", "/api/v1/commands/person.edit", command(fields{"id": o.users["member"], "basedOn": 1, "name": "Other"}))
		p := problemIn(t, body)
		if res.StatusCode != 409 || p.Code != string(crm.CodeConflict) || p.Current == nil || p.Current.Fields["name"] != "Mem Ber" {
			t.Errorf("%d %s", res.StatusCode, body)
		}
	})
	t.Run("hidden and absent records get the same answer", func(t *testing.T) {
		answers := map[string]bool{}
		for _, id := range []string{string(crm.NewID(time.Now())), string(o.session("admin")), "nonsense"} {
			res, body := o.as("member", "POST", "/api/v1/commands/person.disable", command(fields{"id": id}))
			p := problemIn(t, body)
			p.TraceID = ""
			raw, _ := json.Marshal(p)
			answers[res.Status+string(raw)] = true
		}
		if len(answers) != 1 {
			t.Errorf("%v", answers)
		}
	})
}
