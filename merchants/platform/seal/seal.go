// Package seal encrypts secrets at rest: account numbers, phones, tax codes, memos, raw bodies.
// SECRET_KEY only encrypts stored keys: one data key a month (XChaCha20-Poly1305) and one
// index key (HMAC-SHA-256). With the index key an account or a phone is found without being read.
package seal

import (
	"context"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/crypto/chacha20poly1305"
)

// KeySize is the length of SECRET_KEY and of every stored key, in bytes.
const KeySize = chacha20poly1305.KeySize

// indexName is the id of the index key; every other stored key is a month's: 2026-11.
const indexName = "index"

// header of a sealed value: format version, then the month of its data key (years since 2000 × 12 +
// month).
const (
	version    = 1
	headerSize = 3
)

// ErrWrongKey says that SECRET_KEY does not open the keys that are stored in this database.
var ErrWrongKey = errors.New("SECRET_KEY does not open the keys of this database")

// ErrUnreadable says that a sealed value was changed, moved to another row, or its month's key
// destroyed.
var ErrUnreadable = errors.New("sealed value cannot be opened")

// Keys seals and opens values. It is safe for concurrent use.
type Keys struct {
	pool  *pgxpool.Pool
	index []byte
	now   func() time.Time

	mu     sync.RWMutex
	wrap   cipher.AEAD
	months map[uint16]cipher.AEAD
	reread func() ([KeySize]byte, error) // nil: the secret is what it is
}

// Place is the row and column of a sealed value. It is authenticated: a value moved to another row
// does not open.
type Place struct {
	Table, Column string
	ID            uuid.UUID
}

func (p Place) data() []byte {
	b := make([]byte, 0, 64)
	b = append(b, p.Table...)
	b = append(b, 0)
	b = append(b, p.Column...)
	b = append(b, 0)
	return append(b, p.ID[:]...)
}

// Open unwraps the stored keys with the secret, making the index key and this month's on first use.
// It returns ErrWrongKey when the secret is another than those that wrapped them (two, until a
// rotation is finished).
func Open(ctx context.Context, pool *pgxpool.Pool, secret [KeySize]byte, now func() time.Time) (*Keys, error) {
	k := &Keys{pool: pool, wrap: aeadOf(secret[:]), now: now, months: map[uint16]cipher.AEAD{}}
	var err error
	if k.index, err = k.stored(ctx, indexName, true); err != nil {
		return nil, err
	}
	if _, err = k.month(ctx, monthOf(now()), true); err != nil {
		return nil, err
	}
	return k, k.unwrapMonths(ctx)
}

// Reread sets where the secret is read again when it no longer opens a stored key. After a
// rotation, a server that reads its secret from a file runs on; any other runs until the first
// month without a key under its secret.
func (k *Keys) Reread(secret func() ([KeySize]byte, error)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.reread = secret
}

// unwrapMonths takes every month's key into memory, so that a rotation takes none away from a server that
// is running. A key that does not open is reported when it is needed.
func (k *Keys) unwrapMonths(ctx context.Context) error {
	rows, _ := k.pool.Query(ctx, `SELECT id, wrapped, old_wrapped FROM sealed_keys WHERE id <> $1`, indexName)
	stored, err := pgx.CollectRows(rows, pgx.RowToStructByPos[wrap])
	if err != nil {
		return fmt.Errorf("reading the data keys: %w", err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, w := range stored {
		month, err := time.Parse("2006-01", w.ID)
		if err != nil {
			continue // no month of ours
		}
		if key, err := w.open(k.wrap); err == nil {
			k.months[monthOf(month)] = aeadOf(key)
		}
	}
	return nil
}

func monthOf(t time.Time) uint16 {
	t = t.UTC()
	return uint16((t.Year()-2000)*12 + int(t.Month()) - 1)
}

func monthName(m uint16) string { return fmt.Sprintf("%04d-%02d", 2000+int(m)/12, int(m)%12+1) }

// month returns the data key of a month; with make it creates a missing one.
func (k *Keys) month(ctx context.Context, m uint16, make bool) (cipher.AEAD, error) {
	k.mu.RLock()
	aead := k.months[m]
	k.mu.RUnlock()
	if aead != nil {
		return aead, nil
	}
	key, err := k.stored(ctx, monthName(m), make)
	if err != nil {
		return nil, err
	}
	aead = aeadOf(key)
	k.mu.Lock()
	k.months[m] = aead
	k.mu.Unlock()
	return aead, nil
}

// stored reads and unwraps one stored key, with the secret as it is now where the one in memory was
// rotated away.
func (k *Keys) stored(ctx context.Context, id string, create bool) ([]byte, error) {
	k.mu.RLock()
	by, reread := k.wrap, k.reread
	k.mu.RUnlock()
	key, err := k.storedBy(ctx, by, id, create)
	if reread == nil || !errors.Is(err, ErrWrongKey) {
		return key, err
	}
	secret, err := reread()
	if err != nil {
		return nil, fmt.Errorf("key %s: reading the secret again: %w", id, err)
	}
	by = aeadOf(secret[:])
	if key, err = k.storedBy(ctx, by, id, create); err == nil {
		k.mu.Lock()
		k.wrap = by
		k.mu.Unlock()
	}
	return key, err
}

// storedBy reads and unwraps one stored key. Two processes that make the same key agree on the
// first.
func (k *Keys) storedBy(ctx context.Context, by cipher.AEAD, id string, create bool) ([]byte, error) {
	w := wrap{ID: id}
	read := func() error {
		return k.pool.QueryRow(ctx, `SELECT wrapped, old_wrapped FROM sealed_keys WHERE id = $1`, id).Scan(&w.Current,
			&w.Old)
	}
	err := read()
	if errors.Is(err, pgx.ErrNoRows) && create {
		if err := k.add(ctx, by, id); err != nil {
			return nil, err
		}
		err = read()
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fmt.Errorf("key %s: %w", id, ErrUnreadable)
	}
	if err != nil {
		return nil, fmt.Errorf("read key %s: %w", id, err)
	}
	return w.open(by)
}

// add makes a key unless it exists. Only a process with the present secret makes a month's key: a
// key under an old secret could not be opened by others. The lock on the index key excludes a
// rotation meanwhile.
func (k *Keys) add(ctx context.Context, by cipher.AEAD, id string) error {
	key := make([]byte, KeySize)
	_, _ = rand.Read(key) // never fails, says its documentation
	err := pgx.BeginFunc(ctx, k.pool, func(tx pgx.Tx) error {
		if id != indexName {
			var index []byte
			if err := tx.QueryRow(ctx, `SELECT wrapped FROM sealed_keys WHERE id = $1 FOR SHARE`, indexName).Scan(
				&index); err != nil {
				return err
			}
			if _, err := unwrapKey(by, indexName, index); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, `INSERT INTO sealed_keys (id, wrapped) VALUES ($1, $2) ON CONFLICT DO NOTHING`, id,
			wrapKey(by, id, key))
		return err
	})
	if err != nil {
		return fmt.Errorf("make key %s: %w", id, err)
	}
	return nil
}

// Seal encrypts a value for its place with this month's data key.
func (k *Keys) Seal(ctx context.Context, at Place, plain []byte) ([]byte, error) {
	m := monthOf(k.now())
	aead, err := k.month(ctx, m, true)
	if err != nil {
		return nil, err
	}
	out := make([]byte, headerSize+chacha20poly1305.NonceSizeX, headerSize+chacha20poly1305.NonceSizeX+len(plain)+
		chacha20poly1305.Overhead)
	out[0] = version
	binary.BigEndian.PutUint16(out[1:], m)
	rand.Read(out[headerSize:])
	return aead.Seal(out, out[headerSize:], plain, at.data()), nil
}

// Open decrypts a value that Seal made for the same place. Errors: ErrUnreadable.
func (k *Keys) Open(ctx context.Context, at Place, sealed []byte) ([]byte, error) {
	if len(sealed) < headerSize+chacha20poly1305.NonceSizeX || sealed[0] != version {
		return nil, fmt.Errorf("%s.%s %s: %w", at.Table, at.Column, at.ID, ErrUnreadable)
	}
	aead, err := k.month(ctx, binary.BigEndian.Uint16(sealed[1:]), false)
	if err != nil {
		return nil, fmt.Errorf("%s.%s %s: %w", at.Table, at.Column, at.ID, err)
	}
	body := sealed[headerSize:]
	plain, err := aead.Open(nil, body[:chacha20poly1305.NonceSizeX], body[chacha20poly1305.NonceSizeX:], at.data())
	if err != nil {
		return nil, fmt.Errorf("%s.%s %s: %w", at.Table, at.Column, at.ID, ErrUnreadable)
	}
	return plain, nil
}

// Index returns the keyed index of a value (HMAC-SHA-256, 32 bytes). Equal values of one kind have
// equal indexes, and without the key numbers cannot be tried against it.
func (k *Keys) Index(kind, value string) []byte {
	h := hmac.New(sha256.New, k.index)
	h.Write([]byte(kind))
	h.Write([]byte{0})
	h.Write([]byte(value))
	return h.Sum(nil)
}

// Last4 returns the part of a number that may be shown: its last four characters, or half of a
// shorter one.
func Last4(number string) string {
	r := []rune(number)
	if len(r) <= 4 {
		return string(r[len(r)-len(r)/2:])
	}
	return string(r[len(r)-4:])
}

// Mask shows only the last characters of a number: "••••3456".
func Mask(last string) string {
	if last == "" {
		return ""
	}
	return strings.Repeat("•", 4) + last
}
