package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"rapport/server/wire"
)

// secrets are what a server was given and must not write down.
type secrets struct {
	t     *testing.T
	words map[string]string // by what they are
}

func (s secrets) keep(what, secret string) string {
	s.t.Helper()
	if secret == "" {
		s.t.Fatalf("no %s", what)
	}
	s.words[what] = secret
	return secret
}

// searched fails when a text holds one of the secrets, as it is or as some part
// of the program might have written it.
func (s secrets) searched(where, text string) {
	s.t.Helper()
	for what, secret := range s.words {
		quoted, err := json.Marshal(secret)
		if err != nil {
			s.t.Fatal(err)
		}
		for _, spelling := range []string{
			secret, url.QueryEscape(secret), url.PathEscape(secret), string(quoted[1 : len(quoted)-1]),
			base64.StdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret)),
		} {
			if strings.Contains(text, spelling) {
				s.t.Errorf("[K7] %s holds the %s", where, what)
			}
		}
	}
}

// [D27] [K7] A server at its most talkative goes through all that has to do with secrets,
// in ways that succeed and in ways that fail.
func TestNoSecretIsWrittenDown(t *testing.T) {
	metrics := freeAddress(t)
	s := start(t, environment("RAPPORT_DATA", t.TempDir(), "RAPPORT_LOG_LEVEL", "debug", "RAPPORT_METRICS_LISTEN", metrics))
	kept := secrets{t, map[string]string{}}
	password := kept.keep("first password", "Pässword of \"Ana\" <1>")
	form := setupForm()
	form["password"] = password
	ana := s.signedIn(kept, "cookie of the setup", "/api/v1/setup", form)

	wrong := kept.keep("wrong password", "a wrong guess: 'hunter2'")
	s.do("POST", "/api/v1/session", "", map[string]any{"email": "ana@example.com", "password": wrong})
	s.do("POST", "/api/v1/session", "", map[string]any{"email": "ana@example.com", "password": 5, "Password": wrong})
	s.do("POST", "/api/v1/session?password="+url.QueryEscape(wrong), "", map[string]any{"email": wrong, "password": wrong})
	s.signedIn(kept, "cookie of a sign-in", "/api/v1/session", map[string]any{"email": "ana@example.com", "password": password})
	s.do("GET", "/api/v1/bootstrap", "rapport="+kept.keep("forged cookie", strings.Repeat("forged-", 6)+"!"), nil)

	var boot wire.Bootstrap
	s.json(ana, "GET", "/api/v1/bootstrap", nil, &boot)
	department := ""
	for _, rec := range boot.Records {
		if rec.Type == "department" {
			department = rec.ID
		}
	}
	var invited, reset wire.Link
	s.json(ana, "POST", "/api/v1/invitations", map[string]any{"email": "bo@example.com", "name": "Bo", "departmentId": department, "role": "member"}, &invited)
	kept.keep("token of an invitation", invited.Token)
	s.do("GET", "/invite?token="+invited.Token, "", nil)
	s.do("GET", "/api/v1/invitations/"+invited.Token, ana, nil)
	s.do("POST", "/api/v1/invitations/look", "", map[string]any{"token": invited.Token})
	s.do("POST", "/api/v1/invitations/accept", "", map[string]any{"token": invited.Token, "name": "Bo", "password": kept.keep("short password", "ß!7¡x9")})
	bos := kept.keep("second password", "Bo thinks of a long one")
	bo := s.signedIn(kept, "cookie of who was invited", "/api/v1/invitations/accept", map[string]any{"token": invited.Token, "name": "Bo", "password": bos, "language": "en"})

	s.json(ana, "POST", "/api/v1/people/"+boot.UserID+"/reset-link", map[string]any{}, &reset)
	kept.keep("token of a reset", reset.Token)
	s.do("POST", "/api/v1/reset", "", map[string]any{"token": reset.Token + "x", "password": kept.keep("password that was not taken", "never to be taken at all")})
	s.signedIn(kept, "cookie of a reset", "/api/v1/reset", map[string]any{"token": reset.Token, "password": kept.keep("password after the reset", "another one after the reset")})
	s.do("POST", "/api/v1/password", bo, map[string]any{"current": wrong, "password": kept.keep("refused password", "Bo would like another")})
	if res, body := s.do("POST", "/api/v1/password", bo, map[string]any{"current": bos, "password": kept.keep("changed password", "Bo has now another one")}); res.StatusCode != http.StatusNoContent {
		t.Fatalf("%d %s", res.StatusCode, body)
	}

	socket := s.dial(bo)
	for _, message := range []any{
		firstHello(),
		map[string]any{"type": "hello", kept.keep("key of a message", "sent-by-mistake-1"): kept.keep("value of a message", "sent-by-mistake-2")},
	} {
		if err := socket.WriteJSON(message); err != nil {
			t.Fatal(err)
		}
	}
	for { // until it is closed for the second message
		if _, _, err := socket.ReadMessage(); err != nil {
			break
		}
	}
	_ = socket.Close()
	res, err := http.Get("http://" + metrics + "/metrics") //nolint:noctx // a test against loopback
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	figures, err := io.ReadAll(res.Body)
	if err != nil || !bytes.Contains(figures, []byte("rapport_")) {
		t.Fatalf("no figures: %v %s", err, figures)
	}
	s.finish()
	log := s.log.String()
	if !strings.Contains(log, `"route":"reset"`) || !strings.Contains(log, "socket message refused") {
		t.Fatalf("the log tells too little to prove anything: %s", log)
	}
	kept.searched("the log", log)
	kept.searched("/metrics", string(figures))
}

// signedIn posts a form that opens a session, and returns its cookie.
func (s *server) signedIn(kept secrets, what, path string, form any) string {
	s.t.Helper()
	res, body := s.do("POST", path, "", form)
	if res.StatusCode != http.StatusOK {
		s.t.Fatalf("%s: %d %s", path, res.StatusCode, body)
	}
	cookie, _, _ := strings.Cut(res.Header.Get("Set-Cookie"), ";")
	_, token, _ := strings.Cut(cookie, "=")
	kept.keep(what, token)
	return cookie
}

func (s *server) json(cookie, method, path string, body, into any) {
	s.t.Helper()
	res, text := s.do(method, path, cookie, body)
	if res.StatusCode >= http.StatusBadRequest {
		s.t.Fatalf("%s: %d %s", path, res.StatusCode, text)
	}
	if err := json.Unmarshal([]byte(text), into); err != nil {
		s.t.Fatal(err)
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // asks for a free port
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// The password of the database stands in its address.
func TestThePasswordOfTheDatabaseIsNotWrittenDown(t *testing.T) {
	dead := freeAddress(t)
	for _, tt := range []struct{ name, uri string }{
		{"a database that is not there", "mongodb://rapport:S3cret%20%C3%A9!@" + dead + "/?replicaSet=rs0&serverSelectionTimeoutMS=200"},
		{"an address with a mistake behind the password", "mongodb://rapport:S3cret%20%C3%A9!@" + dead + "/?replicaSet=rs0&tls=perhaps"},
		{"an address with a mistake in the password", "mongodb://rapport:S3cret%20%C3%A9!%zz@" + dead + "/"},
		{"an address of another kind", "postgres://rapport:S3cret%20%C3%A9!@" + dead + "/"},
		{"two at signs", "mongodb://rapport:S3cret%20%C3%A9!@@" + dead + "/"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out, log lockedBuffer
			ctx, stop := context.WithTimeout(t.Context(), 2*time.Second)
			defer stop()
			getenv := environment("MONGODB_URI", tt.uri, "RAPPORT_LOG_LEVEL", "debug", "RAPPORT_SHUTDOWN_TIMEOUT", "1s")
			said := ""
			for _, args := range [][]string{{"check-config"}, nil} {
				if err := run(ctx, args, getenv, &out, &log); err != nil {
					said += err.Error()
				}
			}
			kept := secrets{t, map[string]string{}}
			kept.keep("password", "S3cret é!")
			kept.keep("password, as it stands in the address", "S3cret%20%C3%A9!")
			kept.keep("beginning of the password", "S3cret")
			text := said + out.String() + log.String()
			if text == "" {
				t.Fatal("nothing was said at all")
			}
			kept.searched("what is said", text)
		})
	}
}
