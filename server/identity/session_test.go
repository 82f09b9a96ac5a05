package identity_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"rapport/server/crm"
	"rapport/server/identity"
	"rapport/server/workspace"
)

func TestSignIn(t *testing.T) {
	o := newOffice(t)
	tests := []struct {
		name, email, password string
		in                    bool
	}{
		{"e-mail and password", anaEmail, anaPassword, true},
		{"the e-mail in another case", "ANA@Example.com", anaPassword, true},
		{"a wrong password", anaEmail, "wrong horse battery", false},
		{"the password in another case", anaEmail, strings.ToUpper(anaPassword), false},
		{"the password with a space behind it", anaEmail, anaPassword + " ", false},
		{"an unknown e-mail", "eve@example.com", anaPassword, false},
		{"nothing", "", "", false},
		{"a megabyte as password", anaEmail, strings.Repeat("a", 1<<20), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			grant, err := o.people.SignIn(t.Context(), tt.email, tt.password, browser)
			if tt.in {
				wantCode(t, err, "", "")
				if got := o.actor(grant); got.UserID != o.ana.UserID || got.SessionID == o.ana.SessionID {
					t.Errorf("signed in as %+v", got)
				}
				return
			}
			wantCode(t, err, crm.CodeUnauthenticated, "wrong_credentials")
		})
	}
}

// [F14]
func TestAPasswordIsKeptExactly(t *testing.T) {
	// The same word composed and decomposed: two passwords.
	const composed, decomposed = "caf\u00e9 au lait", "cafe\u0301 au lait"
	o := newOffice(t)
	if err := o.people.ChangePassword(t.Context(), o.ana, anaPassword, "  "+composed+"  "); err != nil {
		t.Fatal(err)
	}
	for password, in := range map[string]bool{
		"  " + composed + "  ": true, composed: false, "  " + decomposed + "  ": false,
	} {
		if _, err := o.people.SignIn(t.Context(), anaEmail, password, browser); (err == nil) != in {
			t.Errorf("%q: %v", password, err)
		}
	}
}

// [F14] Nothing of a long password is cut off, nor of one with a byte that ends texts
// elsewhere: it is taken whole, or refused.
func TestAPasswordIsNeverCut(t *testing.T) {
	o := newOffice(t)
	long := strings.Repeat("tea and ", 30)
	current := anaPassword
	for _, tt := range []struct {
		name, password, refused string
		almost                  []string // others that must not do
	}{
		{"64 characters", long[:64], "", []string{long[:63], long[:65]}},
		{"65 characters", long[:65], "", []string{long[:64], long[:64] + "x"}},
		{"73 characters", long[:73], "", []string{long[:72], long[:72] + "x"}},
		{"200 characters", long[:199] + "y", "", []string{long[:199], long[:199] + "x", long[:128]}},
		{"200 characters of four bytes", strings.Repeat("🍵🫖", 100), "", []string{strings.Repeat("🍵🫖", 99) + "🍵"}},
		{"a zero byte within", "before the\x00byte and behind", "", []string{"before the", "before the\x00", "before the\x00byte and before"}},
		{"a zero byte at the end", "and nothing behind\x00", "", []string{"and nothing behind"}},
		{"zero bytes only", strings.Repeat("\x00", 20), "password_too_common", []string{"", "\x00"}},
		{"201 characters", long[:201], "password_too_long", []string{long[:200]}},
		{"more than 1,000 bytes", strings.Repeat("e\u0301\u0323", 201), "password_too_long", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o.clock.advance(time.Hour) // guessing is slowed
			err := o.people.ChangePassword(t.Context(), o.ana, current, tt.password)
			if tt.refused != "" {
				wantCode(t, err, crm.CodeInvalid, tt.refused)
				tt.almost = append(tt.almost, tt.password)
			} else {
				wantCode(t, err, "", "")
				current = tt.password
			}
			for _, other := range tt.almost {
				_, err := o.people.SignIn(t.Context(), anaEmail, other, browser)
				wantCode(t, err, crm.CodeUnauthenticated, "wrong_credentials")
			}
			if _, err := o.people.SignIn(t.Context(), anaEmail, current, browser); err != nil {
				t.Errorf("the whole one: %v", err)
			}
		})
	}
}

func TestTokensThatOpenNothing(t *testing.T) {
	o := newOffice(t)
	for name, token := range map[string]string{
		"none": "", "a short one": "abc", "an invented one": strings.Repeat("A", 43), "a huge one": strings.Repeat("A", 1<<20),
	} {
		t.Run(name, func(t *testing.T) {
			if o.letsIn(token) {
				t.Error("let in")
			}
		})
	}
}

func TestSecretsAreNotInTheLog(t *testing.T) {
	o := newOffice(t)
	grant := o.join("ben@example.com", o.root, "member")
	for offset := uint64(1); offset <= o.ws.Position().Offset; offset++ {
		entry, err := o.ws.Entry(t.Context(), offset)
		if err != nil {
			t.Fatal(err)
		}
		text := fmt.Sprintf("%+v", entry)
		for _, secret := range []string{grant.Token, anaPassword, passwordOf("ben@example.com")} {
			if strings.Contains(text, secret) {
				t.Errorf("entry %d holds a secret", offset)
			}
		}
	}
}

// [F1]
func TestWhatEndsASession(t *testing.T) {
	tests := []struct {
		name string
		do   func(o *office, ben crm.Actor) error
	}{
		{"signing out", func(o *office, ben crm.Actor) error { return o.people.SignOut(o.t.Context(), ben) }},
		{"ending the device", func(o *office, ben crm.Actor) error {
			return o.people.EndDevice(o.t.Context(), ben, ben.SessionID)
		}},
		{"being disabled", func(o *office, ben crm.Actor) error {
			_, err := o.people.Disable(o.t.Context(), command(o.ana), identity.PersonID{ID: ben.UserID})
			return err
		}},
		{"a reset by link", func(o *office, ben crm.Actor) error {
			link, err := o.people.CreateResetLink(o.t.Context(), o.ana, ben.UserID)
			if err == nil {
				_, err = o.people.Reset(o.t.Context(), link.Token, "a brand new password", browser)
			}
			return err
		}},
		{"15 days without use", func(o *office, _ crm.Actor) error {
			o.clock.advance(15 * 24 * time.Hour)
			return nil
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := newOffice(t)
			grant := o.join("ben@example.com", o.root, "member")
			if !o.letsIn(grant.Token) {
				t.Fatal("not let in before")
			}
			if err := tt.do(o, o.actor(grant)); err != nil {
				t.Fatal(err)
			}
			if o.letsIn(grant.Token) {
				t.Error("still let in")
			}
		})
	}
}

// [F9]
func TestASessionInUseStays(t *testing.T) {
	o := newOffice(t)
	grant := o.join("ben@example.com", o.root, "member")
	for day := range 29 {
		o.clock.advance(24 * time.Hour)
		if !o.letsIn(grant.Token) {
			t.Fatalf("out after %d days", day+1)
		}
		o.people.Close() // waits until the day of use is written
	}
	devices, err := o.people.Devices(t.Context(), o.actor(grant))
	if err != nil || len(devices) != 1 || devices[0].LastSeenOn != "2026-12-23" {
		t.Errorf("%+v %v", devices, err)
	}
	o.clock.advance(24 * time.Hour)
	if o.letsIn(grant.Token) {
		t.Error("no absolute limit")
	}
}

// [F9] A socket that is open, and pinged, asks whether its session still counts. That is no
// use of it: who has left a screen on is signed out as he would be without one.
func TestAnOpenSocketIsNoUseOfASession(t *testing.T) {
	o := newOffice(t)
	grant := o.join("ben@example.com", o.root, "member")
	began := o.clock.now()
	for {
		end, ok := o.people.ActiveUntil(grant.SessionID)
		o.people.Close() // waits for what may be written
		if !ok {
			break
		}
		if limit := began.Add(15 * 24 * time.Hour); !o.clock.now().Before(limit) || end.After(limit) {
			t.Fatalf("still signed in at %s, until %s", o.clock.now(), end)
		}
		o.clock.advance(time.Hour)
	}
	if idle := o.clock.now().Sub(began); idle < 14*24*time.Hour {
		t.Errorf("signed out after %s", idle)
	}
	if o.letsIn(grant.Token) {
		t.Error("the socket is closed, and the session goes on")
	}
}

// [A15] A clock that jumps back ends nobody's session and makes none live longer
// than its limits.
func TestASessionOutlivesNoClock(t *testing.T) {
	o := newOffice(t)
	grant := o.join("ben@example.com", o.root, "member")
	for _, jump := range []time.Duration{-time.Hour, -25 * time.Hour, time.Second, 27 * time.Hour} {
		o.clock.advance(jump)
		if !o.letsIn(grant.Token) {
			t.Errorf("[A15] out after a jump of %v", jump)
		}
		o.people.Close() // waits until the day of use is written
	}
	devices, err := o.people.Devices(t.Context(), o.actor(grant))
	if err != nil || len(devices) != 1 || !devices[0].EndsAt.After(o.clock.now()) {
		t.Errorf("[A15] %+v, %v", devices, err)
	}
	o.clock.advance(10 * 365 * 24 * time.Hour)
	if o.letsIn(grant.Token) {
		t.Error("[A15] in after ten years")
	}
	ahead := o.join("cora@example.com", o.root, "member")
	o.clock.advance(-10 * 365 * 24 * time.Hour)
	if o.letsIn(ahead.Token) {
		t.Error("[A15] a session that was opened in ten years is open for ten years")
	}
}

// [F8]
func TestDevices(t *testing.T) {
	o := newOffice(t)
	phone := identity.Client{Address: "192.0.2.9", Agent: "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile/15E148 Safari/604.1"}
	o.clock.advance(time.Minute)
	grant, err := o.people.SignIn(t.Context(), anaEmail, anaPassword, phone)
	if err != nil {
		t.Fatal(err)
	}
	devices, err := o.people.Devices(t.Context(), o.ana)
	if err != nil || len(devices) != 2 {
		t.Fatalf("%+v %v", devices, err)
	}
	if devices[0].Name != "Safari on iPhone" || devices[1].Name != "Firefox on Linux" {
		t.Errorf("names %q and %q", devices[0].Name, devices[1].Name)
	}
	if devices[0].Current || !devices[1].Current {
		t.Error("the current device is not marked")
	}
	t.Run("somebody else's device cannot be ended", func(t *testing.T) {
		ben := o.actor(o.join("ben@example.com", o.root, "admin"))
		wantCode(t, o.people.EndDevice(t.Context(), ben, o.ana.SessionID), crm.CodeNotFound, "not_found")
	})
	t.Run("all others end, the current one stays", func(t *testing.T) {
		if err := o.people.EndOtherDevices(t.Context(), o.ana); err != nil {
			t.Fatal(err)
		}
		if o.letsIn(grant.Token) {
			t.Error("the phone is still let in")
		}
		if devices, _ := o.people.Devices(t.Context(), o.ana); len(devices) != 1 || !devices[0].Current {
			t.Errorf("left: %+v", devices)
		}
	})
}

// [F10]
func TestTheOldestOfTooManyDevicesMakesRoom(t *testing.T) {
	o := newOffice(t)
	// 50 sessions without 50 password hashes: through the log, as another node would.
	_, err := o.ws.Commit(t.Context(), workspace.Command{Name: "test", Actor: crm.System, Plan: func(tx *workspace.Tx) error {
		for i := range 60 {
			err := tx.Create(crm.TypeSession, crm.NewID(o.clock.now().Add(time.Duration(i+1)*time.Second)), crm.Fields{
				"userId": string(o.ana.UserID), "tokenHash": fmt.Sprint("hash", i),
				"expiresAt": "2026-12-20T00:00:00.000Z", "lastSeenOn": "2026-11-24",
			})
			if err != nil {
				return err
			}
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	o.clock.advance(time.Hour)
	grant, err := o.people.SignIn(t.Context(), anaEmail, anaPassword, browser)
	if err != nil {
		t.Fatal(err)
	}
	devices, err := o.people.Devices(t.Context(), o.actor(grant))
	if err != nil || len(devices) != 50 || !devices[0].Current {
		t.Errorf("%d devices, %v", len(devices), err)
	}
}

func TestChangePassword(t *testing.T) {
	tests := []struct {
		name, current, next, reason string
	}{
		{"with the current one it changes", anaPassword, "another long password", ""},
		{"the current one must be right", "not my password", "another long password", "wrong_password"},
		{"the new one must be good", anaPassword, "short", "password_too_short"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := newOffice(t)
			other, err := o.people.SignIn(t.Context(), anaEmail, anaPassword, browser)
			if err != nil {
				t.Fatal(err)
			}
			err = o.people.ChangePassword(t.Context(), o.ana, tt.current, tt.next)
			if tt.reason != "" {
				wantCode(t, err, crm.CodeInvalid, tt.reason)
				if !o.letsIn(other.Token) {
					t.Error("a refused change ended a session")
				}
				return
			}
			wantCode(t, err, "", "")
			if o.letsIn(other.Token) {
				t.Error("the other session goes on")
			}
			if _, err := o.people.Devices(t.Context(), o.ana); err != nil {
				t.Error("the own session ended")
			}
			_, err = o.people.SignIn(t.Context(), anaEmail, anaPassword, browser)
			wantCode(t, err, crm.CodeUnauthenticated, "wrong_credentials")
		})
	}
}

// [F11] [L12]
func TestGuessingIsSlowedAndNobodyIsLockedOutForGood(t *testing.T) {
	o := newOffice(t)
	attacker := identity.Client{Address: "198.51.100.7"}
	for range 10 {
		_, err := o.people.SignIn(t.Context(), anaEmail, "wrong horse battery", attacker)
		wantCode(t, err, crm.CodeUnauthenticated, "wrong_credentials")
	}
	_, err := o.people.SignIn(t.Context(), anaEmail, anaPassword, attacker)
	wantCode(t, err, crm.CodeLimited, "too_many_attempts")
	if asError(t, err).Params["seconds"] == "" {
		t.Error("nobody says how long to wait")
	}
	_, err = o.people.SignIn(t.Context(), "eve@example.com", "wrong horse battery", attacker)
	wantCode(t, err, crm.CodeUnauthenticated, "wrong_credentials")
	_, err = o.people.SignIn(t.Context(), anaEmail, anaPassword, browser)
	wantCode(t, err, "", "") // the owner comes from elsewhere
	o.clock.advance(20 * time.Minute)
	_, err = o.people.SignIn(t.Context(), anaEmail, anaPassword, attacker)
	wantCode(t, err, "", "")
}

// [F7]
func TestADisabledPersonLooksUnknown(t *testing.T) {
	o := newOffice(t)
	grant := o.join("ben@example.com", o.root, "member")
	ben := o.actor(grant)
	link, err := o.people.CreateResetLink(t.Context(), o.ana, ben.UserID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.people.Disable(t.Context(), command(o.ana), identity.PersonID{ID: ben.UserID}); err != nil {
		t.Fatal(err)
	}
	_, disabled := o.people.SignIn(t.Context(), "ben@example.com", passwordOf("ben@example.com"), browser)
	_, unknown := o.people.SignIn(t.Context(), "nobody@example.com", passwordOf("ben@example.com"), browser)
	if disabled == nil || disabled.Error() != unknown.Error() {
		t.Errorf("%v\n%v", disabled, unknown)
	}
	if _, err := o.people.Enable(t.Context(), command(o.ana), identity.PersonID{ID: ben.UserID}); err != nil {
		t.Fatal(err)
	}
	if _, err := o.people.SignIn(t.Context(), "ben@example.com", passwordOf("ben@example.com"), browser); err != nil {
		t.Errorf("enabled again: %v", err)
	}
	if o.letsIn(grant.Token) {
		t.Error("enabled again, the session of before goes on")
	}
	_, err = o.people.Reset(t.Context(), link.Token, "a good long password", browser)
	wantCode(t, err, crm.CodeNotFound, "link_dead")
}
