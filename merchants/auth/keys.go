package auth

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/problem"
	"market40/migrations/database"
)

// KeyPrefix starts every API key, so that one is recognised in a log or a leak.
const KeyPrefix = "m40_"

// keptFor is how long a key that was found is not looked up again, in every replica: a revoked key works
// that much longer at most.
const keptFor = 2 * time.Second

// APIKeys makes, finds and revokes API keys.
type APIKeys struct {
	db   *database.DB
	now  func() time.Time
	mu   sync.Mutex
	kept map[[sha256.Size]byte]keptKey
}

type keptKey struct {
	principal Principal
	until     time.Time
}

// NewAPIKeys keeps keys in db and tells the time by now.
func NewAPIKeys(db *database.DB, now func() time.Time) *APIKeys {
	return &APIKeys{db: db, now: now, kept: map[[sha256.Size]byte]keptKey{}}
}

// Order is what a new key is made of.
type Order struct {
	Name  string
	Role  string
	Scope string // "", "locality:569", "locality:districts_2024/568", "market:CODE" or "stall:ID"
}

// Create makes a key and returns it; only its hash is kept. A merchant's key must name a stall and reads
// the tenancies of that stall's present merchant.
func (k *APIKeys) Create(ctx context.Context, o Order) (string, error) {
	as, err := standing(ctx, k.db, o.Role, o.Scope)
	if err != nil {
		return "", err
	}
	key := KeyPrefix + newToken()
	hash := sha256.Sum256([]byte(key))
	_, err = k.db.Pool.Exec(ctx, `WITH actor AS (INSERT INTO actors (id, role) VALUES ($1, $3))
		INSERT INTO api_keys (id, name, role, scope_kind, scope_id, merchant_id, prefix, hash, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		uuid.Must(uuid.NewV7()), o.Name, as.Role, as.ScopeKind, as.ScopeID, as.MerchantID, key[:len(KeyPrefix)+6], hash[:], k.now())
	if err != nil {
		return "", fmt.Errorf("create key %q: %w", o.Name, err)
	}
	return key, nil
}

// Find is the caller that a key names. An unknown, expired or revoked key is a stranger's (401).
func (k *APIKeys) Find(ctx context.Context, key string) (Principal, error) {
	hash := sha256.Sum256([]byte(key))
	now := k.now()
	k.mu.Lock()
	found, ok := k.kept[hash]
	k.mu.Unlock()
	if ok && now.Before(found.until) {
		return found.principal, nil
	}
	var p Principal
	err := k.db.Pool.QueryRow(ctx, `UPDATE api_keys SET last_used_at = $2
		WHERE hash = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)
		RETURNING id, role, scope_kind, scope_id, merchant_id`, hash[:], now).
		Scan(&p.ActorID, &p.Role, &p.ScopeKind, &p.ScopeID, &p.MerchantID)
	if errors.Is(err, pgx.ErrNoRows) {
		return p, problem.New(problem.Unauthorized, "key_unknown", "Khóa API không đúng hoặc đã hết hạn.", "The API key is unknown, expired or revoked.")
	}
	if err != nil {
		return p, fmt.Errorf("find key: %w", err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.kept) > 10_000 {
		clear(k.kept)
	}
	k.kept[hash] = keptKey{p, now.Add(keptFor)}
	return p, nil
}

// Revoke ends a key; it is refused everywhere two seconds later at most.
func (k *APIKeys) Revoke(ctx context.Context, key string) error {
	hash := sha256.Sum256([]byte(key))
	k.mu.Lock()
	delete(k.kept, hash)
	k.mu.Unlock()
	_, err := k.db.Pool.Exec(ctx, `UPDATE api_keys SET revoked_at = $2 WHERE hash = $1 AND revoked_at IS NULL`, hash[:], k.now())
	if err != nil {
		return fmt.Errorf("revoke key: %w", err)
	}
	return nil
}
