package signin

import (
	"crypto/rand"
	"encoding/base64"
)

// NewToken returns 256 random bits as URL-safe text.
func NewToken() string {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails, says its documentation
	return base64.RawURLEncoding.EncodeToString(secret)
}
