package identity

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	_ "embed"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"rapport/server/crm"
)

// Limits of a password. Bytes are checked before anything is computed.
const (
	minPassword      = 10    // characters
	maxPassword      = 200   // characters
	maxPasswordBytes = 1_000 // bytes
)

// The cost of argon2id, the first choice of the OWASP Password Storage Cheat
// Sheet for servers: 19 MiB, two passes, one lane.
const (
	argonMemory  = 19 << 10 // KiB
	argonTime    = 2
	argonLanes   = 1
	argonKey     = 32 // bytes
	argonSalt    = 16 // bytes
	maxWaitHash  = 64 // more sign-ins at once are sent away
	hashEncoding = "$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s"
)

//go:embed common_passwords.txt
var commonList string

var commonPasswords = func() map[string]bool {
	set := map[string]bool{}
	for line := range strings.Lines(commonList) {
		set[strings.TrimSpace(line)] = true
	}
	return set
}()

// checkPassword holds a new password against the rules. It is kept exactly as
// typed: no trimming, no change of Unicode form.
func checkPassword(password, email string) error {
	n := utf8.RuneCountInString(password)
	folded := strings.ToLower(password)
	_, first := utf8.DecodeRuneInString(folded)
	switch {
	case len(password) > maxPasswordBytes || n > maxPassword:
		return crm.Invalid("password", "password_too_long")
	case n < minPassword:
		return crm.Invalid("password", "password_too_short")
	case commonPasswords[folded], folded == strings.ToLower(email), strings.Trim(folded, folded[:first]) == "":
		return crm.Invalid("password", "password_too_common")
	}
	return nil
}

// derive computes the key of a password: argon2.IDKey, unless a test counts what is
// computed.
type derive func(password, salt []byte, passes, memory uint32, lanes uint8, length uint32) []byte

// hasher computes password hashes, at most as many at once as there are
// processors: each takes 19 MiB and tens of milliseconds.
type hasher struct {
	derive  derive
	slots   chan struct{}
	waiting chan struct{}
	decoy   string // compared against when there is no such account, so that both answers take the same time
}

func newHasher(parallel int) hasher {
	return hasher{
		derive:  argon2.IDKey,
		slots:   make(chan struct{}, parallel),
		waiting: make(chan struct{}, maxWaitHash),
		decoy:   HashPassword("no account has this password"),
	}
}

// HashPassword returns the argon2id hash of a password as a PHC string. It
// costs 19 MiB for the time it takes; requests go through Service, which bounds
// how many run at once.
func HashPassword(password string) string { return hashWith(argon2.IDKey, password) }

func hashWith(derive derive, password string) string {
	salt := make([]byte, argonSalt)
	_, _ = rand.Read(salt) // crypto/rand does not fail on supported systems
	key := derive([]byte(password), salt, argonTime, argonMemory, argonLanes, argonKey)
	return fmt.Sprintf(hashEncoding, argon2.Version, argonMemory, argonTime, argonLanes,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key))
}

// make hashes a password that has passed checkPassword.
// Errors: CodeLimited.
func (h hasher) make(ctx context.Context, password string) (hash string, err error) {
	err = h.do(ctx, func() { hash = hashWith(h.derive, password) })
	return hash, err
}

// matches compares a password with a stored hash; with none ("") it compares
// with a decoy and says no.
// Errors: CodeLimited.
func (h hasher) matches(ctx context.Context, password, stored string) (ok bool, err error) {
	if len(password) > maxPasswordBytes {
		return false, nil // no stored password is that long
	}
	compare := stored
	if compare == "" {
		compare = h.decoy
	}
	err = h.do(ctx, func() { ok = verify(h.derive, password, compare) })
	return ok && stored != "", err
}

func (h hasher) do(ctx context.Context, work func()) error {
	busy := crm.Errorf(crm.CodeLimited, "busy", "too many sign-ins at this moment")
	select {
	case h.waiting <- struct{}{}:
		defer func() { <-h.waiting }()
	default:
		return busy
	}
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	case <-ctx.Done():
		return busy
	}
	work()
	return nil
}

// verify reads the cost out of the stored hash, so that hashes made with an
// earlier cost stay valid.
func verify(derive derive, password, phc string) bool {
	var version int
	var memory, passes uint32
	var lanes uint8
	parts := strings.Split(phc, "$") // "", argon2id, v=…, m=…,t=…,p=…, salt, key
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false
	}
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return false
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &passes, &lanes); err != nil {
		return false
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false
	}
	key, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil || len(key) == 0 || len(key) > 64 {
		return false
	}

	got := derive([]byte(password), salt, passes, memory, lanes, uint32(len(key)))
	return subtle.ConstantTimeCompare(got, key) == 1
}
