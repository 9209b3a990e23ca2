package seal

import (
	"context"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/crypto/chacha20poly1305"
)

// monthsAhead is the number of later months for which a rotation makes keys. For so long, a server
// that started with the old secret can seal everything.
const monthsAhead = 2

// ErrUnfinished reports that some wraps of the previous rotation still exist.
var ErrUnfinished = errors.New("the last rotation is not finished: `market40 secrets finish`")

// wrap is a stored key as it lies in the table.
type wrap struct {
	ID      string
	Current []byte // by SECRET_KEY
	Old     []byte // by the secret before, while servers may still have that one; else nil
}

// aeadOf returns the cipher of a secret or a data key.
func aeadOf(key []byte) cipher.AEAD {
	aead, err := chacha20poly1305.NewX(key)
	if err != nil {
		return nil // only for a length that the types of its callers exclude
	}
	return aead
}

// wrapKey returns a key encrypted by a secret, as it is stored. Its id is authenticated.
func wrapKey(by cipher.AEAD, id string, key []byte) []byte {
	nonce := make([]byte, chacha20poly1305.NonceSizeX)
	_, _ = rand.Read(nonce) // never fails, says its documentation
	return by.Seal(nonce, nonce, key, []byte(id))
}

// unwrapKey opens what wrapped made; ErrWrongKey by another secret, or where there is nothing.
func unwrapKey(by cipher.AEAD, id string, text []byte) ([]byte, error) {
	n := chacha20poly1305.NonceSizeX
	if len(text) < n {
		return nil, fmt.Errorf("key %s: %w", id, ErrWrongKey)
	}
	key, err := by.Open(nil, text[:n], text[n:], []byte(id))
	if err != nil || len(key) != KeySize {
		return nil, fmt.Errorf("key %s: %w", id, ErrWrongKey)
	}
	return key, nil
}

// open unwraps by the secret that holds now or by the one before it.
func (w wrap) open(by cipher.AEAD) ([]byte, error) {
	key, err := unwrapKey(by, w.ID, w.Current)
	if err != nil && w.Old != nil {
		return unwrapKey(by, w.ID, w.Old)
	}
	return key, err
}

// Rotate encrypts every stored key with another secret, in one transaction; no sealed value
// changes. What the old secret encrypted stays until Finish, so servers with either secret run and
// start. The keys of the coming months are made for both. Errors: ErrWrongKey for an old secret
// that is not the present one, ErrUnfinished. Doing the same again changes nothing.
func Rotate(ctx context.Context, pool *pgxpool.Pool, old, next [KeySize]byte, now time.Time) error {
	by, then := aeadOf(old[:]), aeadOf(next[:])
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		keys, err := lockKeys(ctx, tx)
		if err != nil {
			return err
		}
		if _, err := unwrapKey(then, indexName, keys[0].Current); err == nil { // done before: by old, or by a stranger
			_, err := keys[0].open(by)
			return err
		}
		months, err := rewrapKeys(keys, by, then)
		if err != nil {
			return err
		}
		for m := monthOf(now); m <= monthOf(now)+monthsAhead; m++ {
			if id := monthName(m); !months.unwraps(id) {
				key := make([]byte, KeySize)
				_, _ = rand.Read(key) // never fails, says its documentation
				months.add(id, wrapKey(then, id, key), wrapKey(by, id, key))
			}
		}
		_, err = tx.Exec(ctx, `INSERT INTO sealed_keys (id, wrapped, old_wrapped) SELECT *
			FROM unnest($1::text[], $2::bytea[], $3::bytea[])
			ON CONFLICT (id) DO UPDATE SET wrapped = excluded.wrapped, old_wrapped = excluded.old_wrapped`, months.ids,
			months.current, months.old)
		if err != nil {
			return fmt.Errorf("wrapping the keys anew: %w", err)
		}
		return nil
	})
}

// wraps are rows of sealed_keys, as columns.
type wraps struct {
	ids          []string
	current, old [][]byte
}

func (w *wraps) add(id string, current, old []byte) {
	w.ids, w.current, w.old = append(w.ids, id), append(w.current, current), append(w.old, old)
}

func (w *wraps) unwraps(id string) bool {
	for _, known := range w.ids {
		if known == id {
			return true
		}
	}
	return false
}

// rewrapKeys returns every key, encrypted under both secrets.
func rewrapKeys(keys []wrap, by, then cipher.AEAD) (*wraps, error) {
	var all wraps
	for _, w := range keys {
		if w.Old != nil {
			return nil, ErrUnfinished
		}
		key, err := unwrapKey(by, w.ID, w.Current)
		if err != nil {
			return nil, err
		}
		all.add(w.ID, wrapKey(then, w.ID, key), w.Current)
	}
	return &all, nil
}

// Finish deletes what the old secret encrypted: the old secret can then open nothing. The secret
// given must be the present one, else ErrWrongKey. Without a rotation it changes nothing.
func Finish(ctx context.Context, pool *pgxpool.Pool, secret [KeySize]byte) error {
	by := aeadOf(secret[:])
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		keys, err := lockKeys(ctx, tx)
		if err != nil {
			return err
		}
		for _, w := range keys {
			if _, err := unwrapKey(by, w.ID, w.Current); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx,
			`UPDATE sealed_keys SET old_wrapped = NULL WHERE old_wrapped IS NOT NULL`); err != nil {
			return fmt.Errorf("forgetting the old wraps: %w", err)
		}
		return nil
	})
}

// IsPresent reports whether a secret is the one that holds now, and not the one before it or a
// stranger's.
func IsPresent(ctx context.Context, pool *pgxpool.Pool, secret [KeySize]byte) (bool, error) {
	var current []byte
	err := pool.QueryRow(ctx, `SELECT wrapped FROM sealed_keys WHERE id = $1`, indexName).Scan(&current)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("looking at the wrapped keys: %w", err)
	}
	_, err = unwrapKey(aeadOf(secret[:]), indexName, current)
	return err == nil, nil
}

// lockKeys locks and reads every stored key, the index key first. Keys.add locks the index key
// before it makes a month's key, so no key is made under the old secret meanwhile. It returns
// ErrWrongKey if there is no index key: nothing was ever sealed.
func lockKeys(ctx context.Context, tx pgx.Tx) ([]wrap, error) {
	tag, err := tx.Exec(ctx, `SELECT FROM sealed_keys WHERE id = $1 FOR UPDATE`, indexName)
	if err != nil {
		return nil, fmt.Errorf("locking the index key: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return nil, fmt.Errorf("there is no index key: %w", ErrWrongKey)
	}
	rows, _ := tx.Query(ctx, `SELECT id, wrapped AS current, old_wrapped AS old FROM sealed_keys
		ORDER BY id = $1 DESC, id FOR UPDATE`, indexName)
	keys, err := pgx.CollectRows(rows, pgx.RowToStructByPos[wrap])
	if err != nil {
		return nil, fmt.Errorf("reading the wrapped keys: %w", err)
	}
	return keys, nil
}
