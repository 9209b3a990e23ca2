package signin

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/platform/bizday"
	"market40/merchants/platform/problem"
	"market40/migrations/database"
)

// KeyPrefix starts every API key, so that one is recognised in a log or a leak.
const KeyPrefix = "m40_"

// cachedFor is how long a replica does not look up a key again that it found: a revoked key
// works that much longer at most.
const cachedFor = 2 * time.Second

// APIKeys makes, finds and revokes API keys.
type APIKeys struct {
	db    *database.DB
	now   func() time.Time
	mu    sync.Mutex
	cache map[[sha256.Size]byte]cachedKey
}

type cachedKey struct {
	principal roles.Principal
	until     time.Time
}

// NewAPIKeys stores keys in db and reads the time from now.
func NewAPIKeys(db *database.DB, now func() time.Time) *APIKeys {
	return &APIKeys{db: db, now: now, cache: map[[sha256.Size]byte]cachedKey{}}
}

// Order is what a new key is made of.
type Order struct {
	Name      string     `json:"name" minLength:"1" maxLength:"200" doc:"the name of the person or program that uses the key"`
	Role      string     `json:"role" maxLength:"40"`
	Scope     string     `json:"scope,omitempty" maxLength:"200" doc:"absent: everything; locality:569, locality:districts_2024/568, market:CODE or stall:ID"`
	ExpiresAt *time.Time `json:"expires_at,omitempty" doc:"absent: never"`
	// the user or key that requests it; the person behind it owns the key; nil: made at the server
	Maker *uuid.UUID `json:"-"`
}

// Create makes a key and returns it; only its hash is stored. A merchant's key must name a stall
// and reads the tenancies of that stall's present merchant.
func (k *APIKeys) Create(ctx context.Context, o Order) (string, error) {
	as, err := roles.ResolveScope(ctx, k.db, o.Role, o.Scope)
	if err != nil {
		return "", err
	}
	if o.ExpiresAt != nil && (!o.ExpiresAt.After(k.now()) || !bizday.Within(*o.ExpiresAt)) {
		return "", problem.Of("expires_at", "expired", fmt.Sprintf("Hạn dùng phải ở tương lai, chậm nhất năm %d.",
			bizday.LastYear),
			fmt.Sprintf("The expiry date must be in the future, in %d at the latest.", bizday.LastYear))
	}
	key := KeyPrefix + NewToken()
	hash := sha256.Sum256([]byte(key))
	_, err = k.db.Pool.Exec(ctx, `WITH actor AS (INSERT INTO actors (id, role) VALUES ($1, $3))
		INSERT INTO api_keys (id, name, role, scope_kind, scope_id, merchant_id, prefix, hash, created_at, expires_at,
		owner_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, person($11))`,
		uuid.Must(uuid.NewV7()), o.Name, as.Role, as.ScopeKind, as.ScopeID, as.MerchantID, key[:len(KeyPrefix)+6],
		hash[:], k.now(), o.ExpiresAt, o.Maker)
	if err != nil {
		return "", fmt.Errorf("create key %q: %w", o.Name, err)
	}
	return key, nil
}

// ListedKey is a key as administrators see it.
type ListedKey struct {
	ID         uuid.UUID       `json:"id"`
	Name       string          `json:"name"`
	Role       roles.Role      `json:"role"`
	ScopeKind  roles.ScopeKind `json:"scope_kind"`
	ScopeID    *uuid.UUID      `json:"scope_id"`
	Prefix     string          `json:"prefix" doc:"its first characters, to distinguish it from others"`
	CreatedAt  time.Time       `json:"created_at"`
	LastUsedAt *time.Time      `json:"last_used_at"`
	ExpiresAt  *time.Time      `json:"expires_at"`
	RevokedAt  *time.Time      `json:"revoked_at"`
	OwnerID    *uuid.UUID      `json:"owner_id" doc:"the person who made it, directly or by an API key; null: a command at the server"`
}

// List returns the keys, newest first, after a key.
func (k *APIKeys) List(ctx context.Context, before uuid.UUID, limit int) ([]ListedKey, error) {
	if before == uuid.Nil {
		before = uuid.Max
	}
	rows, err := k.db.Pool.Query(ctx, `SELECT id, name, role, scope_kind, scope_id, prefix, created_at, last_used_at,
		expires_at, revoked_at, owner_id
		FROM api_keys WHERE id < $1 ORDER BY id DESC LIMIT $2`, before, limit)
	if err != nil {
		return nil, fmt.Errorf("list keys: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[ListedKey])
	if err != nil {
		return nil, fmt.Errorf("list keys: %w", err)
	}
	return list, nil
}

// Find returns the caller that a key names. An unknown, expired or revoked key is a stranger's
// (401).
func (k *APIKeys) Find(ctx context.Context, key string) (roles.Principal, error) {
	hash := sha256.Sum256([]byte(key))
	now := k.now()
	k.mu.Lock()
	found, ok := k.cache[hash]
	k.mu.Unlock()
	if ok && now.Before(found.until) {
		return found.principal, nil
	}
	var p roles.Principal
	err := k.db.Pool.QueryRow(ctx, `UPDATE api_keys SET last_used_at = $2
		WHERE hash = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)
		RETURNING id, role, scope_kind, scope_id, merchant_id`, hash[:], now).
		Scan(&p.ActorID, &p.Role, &p.ScopeKind, &p.ScopeID, &p.MerchantID)
	if errors.Is(err, pgx.ErrNoRows) {
		return p, problem.New(problem.Unauthorized, "key_unknown", "Khóa API không đúng hoặc đã hết hạn.",
			"The API key is unknown, expired or revoked.")
	}
	if err != nil {
		return p, fmt.Errorf("find key: %w", err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.cache) > 10_000 {
		clear(k.cache)
	}
	k.cache[hash] = cachedKey{p, now.Add(cachedFor)}
	return p, nil
}

// Revoke ends a key by its id (404: no such). All replicas refuse it at most two seconds later.
func (k *APIKeys) Revoke(ctx context.Context, id uuid.UUID) error {
	var hash []byte
	err := k.db.Pool.QueryRow(ctx, `UPDATE api_keys SET revoked_at = coalesce(revoked_at, $2) WHERE id = $1
		RETURNING hash`, id, k.now()).Scan(&hash)
	if errors.Is(err, pgx.ErrNoRows) {
		return problem.Missing("key")
	}
	if err != nil {
		return fmt.Errorf("revoke key: %w", err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.cache, [sha256.Size]byte(hash))
	return nil
}
