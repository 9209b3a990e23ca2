// Package passwords checks, hashes and compares passwords and PINs: argon2id, few at a time, so
// that a flood of sign-ins costs neither memory nor rows.
package passwords

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	_ "embed"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"market40/merchants/platform/problem"
)

// Cost of argon2id: the second recommended option of RFC 9106, section 4.
const (
	argonTime    = 3
	argonMemory  = 64 << 10 // KiB
	argonThreads = 4
	argonSalt    = 16 // bytes
	argonKey     = 32 // bytes
)

// Lengths of a password, in characters.
const (
	leastWithSecondFactor = 8
	leastAlone            = 14
	shortestOwn           = 4 // from where on a login in its password gives it away
	maxPassword           = 1000
)

// commonest are the passwords and words that guessers try first, of 8 characters or more: all
// 30,000 passwords, and the 10,000 first words and names of each other list, in
// lib/frequency_lists.js of zxcvbn 4.4.2 (Dropbox, MIT licence). They are in lower case and sorted.
//
//go:embed common_passwords.txt
var commonest string

// localGuesses are words that are guessed here first, with whatever digits and signs surround them.
var localGuesses = []string{
	"matkhau", "matkhaumoi", "market", "cho", "tieuthuong", "khanhhoa", "nhatrang", "vietnam", "admin",
	"password", "anhyeuem", "emyeuanh",
}

// isGuessable reports whether a password is among those that are tried first.
func isGuessable(password, login string) bool {
	p := strings.ToLower(password)
	lines := strings.Split(commonest, "\n")
	if _, found := slices.BinarySearch(lines, p); found {
		return true
	}
	core := strings.TrimFunc(p, func(r rune) bool { return !unicode.IsLetter(r) })
	return core == "" && utf8.RuneCountInString(p) < leastAlone || slices.Contains(localGuesses, core) ||
		len(login) >= shortestOwn && strings.Contains(p, login)
}

// Check refuses a password that is too short, too long or easily guessed.
func Check(password, login string, secondFactor bool) error {
	least := leastWithSecondFactor
	if !secondFactor {
		least = leastAlone
	}
	if n := utf8.RuneCountInString(password); n < least || n > maxPassword {
		return problem.Of("password", "password_length", fmt.Sprintf("Mật khẩu phải có từ %d ký tự.", least),
			fmt.Sprintf("A password needs at least %d characters.", least))
	}
	if isGuessable(password, login) {
		return problem.Of("password", "password_common", "Mật khẩu này dễ đoán: hãy chọn mật khẩu khác.",
			"This password is easy to guess: choose another.")
	}
	return nil
}

// sameLetters normalises a password so that every keyboard gives the same bytes: NFKC, as NIST SP
// 800-63B section 5.1.1.2 says.
func sameLetters(password string) []byte { return norm.NFKC.Bytes([]byte(password)) }

// hashing bounds how many hashes are computed at once, 64 MiB each.
var hashing = make(chan struct{}, 2)

// deriveKey computes argon2id. It gives up when ctx ends, or refuses as busy when too many wait.
func deriveKey(
	ctx context.Context,
	password string,
	salt []byte,
	passes, memory uint32,
	threads uint8,
) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	late := time.NewTimer(hashWithin)
	defer late.Stop()
	select {
	case hashing <- struct{}{}:
		defer func() { <-hashing }()
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-late.C:
		return nil, refuseBusy()
	}
	return argon2.IDKey(sameLetters(password), salt, passes, memory, threads, argonKey), nil
}

// Hash returns the hash of a checked password as it is stored, in PHC form.
func Hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, argonSalt)
	_, _ = rand.Read(salt) // never fails, says its documentation
	key, err := deriveKey(ctx, password, salt, argonTime, argonMemory, argonThreads)
	if err != nil {
		return "", err
	}
	text := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads,
		text(salt), text(key)), nil
}

// Unknown is a hash that no password has, so that an unknown login costs as much time as a
// known one.
const Unknown = "$argon2id$v=19$m=65536,t=3,p=4$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// Same reports in constant time whether a password has the stored hash.
func Same(ctx context.Context, stored, password string) (bool, error) {
	var version int
	var memory, passes uint32
	var threads uint8
	var rest string
	if _, err := fmt.Sscanf(stored, "$argon2id$v=%d$m=%d,t=%d,p=%d$%s", &version, &memory, &passes, &threads,
		&rest); err != nil || len(rest) != 66 || rest[22] != '$' {
		return false, fmt.Errorf("a stored password is not in PHC form: %w", err)
	}
	salt, err := base64.RawStdEncoding.DecodeString(rest[:22])
	if err != nil {
		return false, fmt.Errorf("salt of a stored password: %w", err)
	}
	want, err := base64.RawStdEncoding.DecodeString(rest[23:])
	if err != nil {
		return false, fmt.Errorf("key of a stored password: %w", err)
	}
	key, err := deriveKey(ctx, password, salt, passes, memory, threads)
	return err == nil && subtle.ConstantTimeCompare(key, want) == 1, err
}
