package banks

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/hex"
	"strconv"
	"time"
)

// sameToken compares a static token by its digest, so that the time needed reveals nothing. An empty
// secret never matches.
func sameToken(given, want string) bool {
	a, b := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(want))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1 && want != ""
}

// checkToken returns ErrSignature unless both tokens are equal.
func checkToken(given, want string) error {
	if !sameToken(given, want) {
		return ErrSignature
	}
	return nil
}

func hmac256(key string, parts ...string) []byte {
	mac := hmac.New(sha256.New, []byte(key))
	for _, p := range parts {
		mac.Write([]byte(p))
	}
	return mac.Sum(nil)
}

func hmac512(key string, parts ...string) []byte {
	mac := hmac.New(sha512.New, []byte(key))
	for _, p := range parts {
		mac.Write([]byte(p))
	}
	return mac.Sum(nil)
}

// checkHex compares a signature in hexadecimal with the one computed under key. An empty key never
// verifies.
func checkHex(given, key string, want []byte) error {
	got, err := hex.DecodeString(given)
	if err != nil || key == "" || !hmac.Equal(got, want) {
		return ErrSignature
	}
	return nil
}

// checkStamp refuses a signed stamp that is further than Tolerance from now. It counts in units
// since 1970, and calls r.Stamped for every stamp.
func checkStamp(r Request, stamp string, unit time.Duration) error {
	n, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return ErrSignature
	}
	at := time.Unix(n, 0)
	if unit == time.Millisecond {
		at = time.UnixMilli(n)
	}
	if r.Stamped != nil {
		r.Stamped(at)
	}
	if d := r.Now.Sub(at); d > tolerance || d < -tolerance {
		return ErrStale
	}
	return nil
}
