package identity

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
)

// tokenLength is the length of a token as text: 256 random bits in base64url.
const tokenLength = 43

// newToken makes a secret and what is kept of it. The secret is shown once; a
// plain hash suffices because nobody can guess 256 bits.
func newToken() (token, hash string) {
	var raw [32]byte
	_, _ = rand.Read(raw[:]) // crypto/rand does not fail on supported systems
	token = base64.RawURLEncoding.EncodeToString(raw[:])
	return token, hashToken(token)
}

func hashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
