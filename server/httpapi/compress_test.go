package httpapi_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/gofiber/fiber/v2"
	"github.com/klauspost/compress/gzip"

	"rapport/server/crm"
	"rapport/server/workspace"
)

// packed asks for an answer in one encoding and returns it as it went over the
// wire, and what it says.
func (o *office) packed(role, method, path, encoding string, body any) (wire, plain string, packedAs string) {
	o.t.Helper()
	req := o.requestAs(role, method, path, body)
	req.Header.Set(fiber.HeaderAcceptEncoding, encoding)
	res, wire := send(o.t, o.app, req)
	if res.StatusCode >= 300 {
		o.t.Fatalf("%s %s: %d %s", method, path, res.StatusCode, wire)
	}
	var unpack io.Reader = strings.NewReader(wire)
	switch packedAs = res.Header.Get(fiber.HeaderContentEncoding); packedAs {
	case "br":
		unpack = brotli.NewReader(unpack)
	case "gzip":
		var err error
		if unpack, err = gzip.NewReader(unpack); err != nil {
			o.t.Fatal(err)
		}
	}
	text, err := io.ReadAll(unpack)
	if err != nil {
		o.t.Fatal(err)
	}
	return wire, string(text), packedAs
}

// [D32] Somebody who may write where a guest reads guesses what the guest may not
// see. Packers are used again: had one a memory of the answer before, a right
// guess would make the guest's next answer smaller.
func TestAPackedAnswerTellsNothingOfTheAnswerBefore(t *testing.T) {
	const secret = "They would sign at 4711 a chest, says Marguerite of the harbour office, but not before the auction in Kolkata."
	o := newOffice(t).staffed()
	o.fill(60)
	o.commit(func(tx *workspace.Tx) error {
		if err := tx.Edit(o.deal, crm.Fields{"title": "Assam: " + secret}, nil); err != nil { // the guess, and it is right
			return err
		}
		for range 40 {
			err := tx.Create(crm.TypeComment, tx.NewID(), crm.Fields{"recordId": string(o.deal), "text": secret})
			if err != nil {
				return err
			}
		}
		return nil
	})
	deal := "/api/v1/records/" + string(o.deal)
	for _, encoding := range []string{"br", "gzip"} {
		for _, path := range []string{"/api/v1/boards/" + string(o.board), "/api/v1/records?type=deal", "/api/v1/bootstrap"} {
			t.Run(encoding+" "+path, func(t *testing.T) {
				first, plain, as := o.packed("guest", "GET", path, encoding, nil)
				if as != encoding || strings.Count(plain, "Marguerite") > 1 {
					t.Fatalf("packed as %q, says %.300s", as, plain)
				}
				for range 20 {
					if _, seen, _ := o.packed("head", "GET", deal, encoding, nil); strings.Count(seen, "Marguerite") < 40 {
						t.Fatalf("the head sees %.300s", seen)
					}
					if again, _, _ := o.packed("guest", "GET", path, encoding, nil); !bytes.Equal([]byte(again), []byte(first)) {
						t.Fatalf("%d bytes, after an answer with the secret %d", len(first), len(again))
					}
				}
			})
		}
	}
}

// [D32] What opens a door is never packed together with words that somebody else
// may have chosen.
func TestAnswersWithTokensAreNotPacked(t *testing.T) {
	o := newOffice(t).staffed()
	words := strings.Repeat("token ", 30)
	for name, ask := range map[string]struct {
		path string
		body fields
	}{
		"an invitation": {"/api/v1/invitations", fields{"email": "new@example.com", "name": words, "departmentId": o.north, "role": "member"}},
		"a reset link":  {"/api/v1/people/" + string(o.users["guest"]) + "/reset-link", fields{}},
	} {
		t.Run(name, func(t *testing.T) {
			_, plain, as := o.packed("admin", "POST", ask.path, "br, gzip", ask.body)
			if as != "" || !strings.Contains(plain, `"token":"`) || strings.Contains(plain, words) {
				t.Errorf("packed as %q: %s", as, plain)
			}
		})
	}
}
