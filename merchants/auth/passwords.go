package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"market40/merchants/problem"
)

// Cost of argon2id: the second recommended option of RFC 9106, section 4.
const (
	argonTime    = 3
	argonMemory  = 64 << 10 // KiB
	argonThreads = 4
	argonSalt    = 16 // bytes
	argonKey     = 32 // bytes
)

// MinPassword is the least length of a password, in characters, of an account with a second factor, as all have.
const (
	MinPassword = 8
	maxPassword = 1000
)

// hashing bounds how many hashes are computed at once, 64 MiB each.
var hashing = make(chan struct{}, 2)

// derive computes argon2id, or gives up with ctx, or busy, while others are before it.
func derive(ctx context.Context, password string, salt []byte, passes, memory uint32, threads uint8) ([]byte, error) {
	late := time.NewTimer(hashWithin)
	defer late.Stop()
	select {
	case hashing <- struct{}{}:
		defer func() { <-hashing }()
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-late.C:
		return nil, busy()
	}
	return argon2.IDKey([]byte(password), salt, passes, memory, threads, argonKey), nil
}

// hashPassword is a password as it is kept, in PHC form.
func hashPassword(ctx context.Context, password string) (string, error) {
	if n := utf8.RuneCountInString(password); n < MinPassword || n > maxPassword {
		return "", problem.Of("password", "password_length", "Mật khẩu phải có từ 8 ký tự.", "A password has 8 characters or more.")
	}
	salt := make([]byte, argonSalt)
	_, _ = rand.Read(salt) // never fails, says its documentation
	key, err := derive(ctx, password, salt, argonTime, argonMemory, argonThreads)
	if err != nil {
		return "", err
	}
	text := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads, text(salt), text(key)), nil
}

// nobody is a hash that no password has: whoever does not exist costs as much time as whoever does.
const nobody = "$argon2id$v=19$m=65536,t=3,p=4$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// samePassword compares in constant time.
func samePassword(ctx context.Context, kept, password string) (bool, error) {
	var version int
	var memory, passes uint32
	var threads uint8
	var rest string
	if _, err := fmt.Sscanf(kept, "$argon2id$v=%d$m=%d,t=%d,p=%d$%s", &version, &memory, &passes, &threads, &rest); err != nil || len(rest) != 66 || rest[22] != '$' {
		return false, fmt.Errorf("a kept password is not in PHC form: %w", err)
	}
	salt, err := base64.RawStdEncoding.DecodeString(rest[:22])
	if err != nil {
		return false, fmt.Errorf("salt of a kept password: %w", err)
	}
	want, err := base64.RawStdEncoding.DecodeString(rest[23:])
	if err != nil {
		return false, fmt.Errorf("key of a kept password: %w", err)
	}
	key, err := derive(ctx, password, salt, passes, memory, threads)
	return err == nil && subtle.ConstantTimeCompare(key, want) == 1, err
}
