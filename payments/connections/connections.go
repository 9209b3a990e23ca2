// Package connections manages the bank connections: who may send notices, with which secrets, about
// which accounts, and the health of each connection.
package connections

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/platform/problem"
	"market40/merchants/platform/seal"
	"market40/migrations/database"
	"market40/payments/banks"
)

// Owners of a bank connection: it may report about the accounts of its owner.
const (
	ownerPlatform = "platform"
	ownerMarket   = "market"
	ownerMerchant = "merchant"
)

// activeSecrets is how many secrets of a connection are valid at once, so that one can be rotated.
const activeSecrets = 2

// cachedFor is how long a connection is cached. A change by another replica takes effect here after
// that time and one look-up: within two seconds.
const cachedFor = time.Second

const (
	// lookUpWithin is how long a webhook waits for its connection to be read.
	lookUpWithin = 3 * time.Second
	// staleFor is how long a cached connection is used while the database does not answer.
	staleFor = 10 * time.Minute
)

// Sender is a bank connection with its secrets, for the intake.
type Sender struct {
	ID        uuid.UUID
	Provider  banks.Provider
	Secrets   []banks.Secrets // active, the newest first
	enabled   bool
	ownerKind string
	owner     uuid.UUID
	accounts  map[string][]string // number index → BINs; nil: all in the owner's scope
	readAt    time.Time
	until     time.Time // when it is read again
}

// Covers reports whether the sender may report about an account, by the keyed index of its number and
// its bank.
func (c *Sender) Covers(numberIndex, bin string) bool {
	if c.accounts == nil {
		return true
	}
	for _, named := range c.accounts[numberIndex] {
		if banks.SameBank(named, bin) {
			return true
		}
	}
	return false
}

// Merchant returns the only merchant that it may report about; limited is false without such a limit.
func (c *Sender) Merchant() (id uuid.UUID, limited bool) {
	return c.owner, c.ownerKind == ownerMerchant
}

// Market returns the only market that it may report about; limited is false without such a limit.
func (c *Sender) Market() (id uuid.UUID, limited bool) { return c.owner, c.ownerKind == ownerMarket }

// ReceivesNotices reports whether the connection is switched on and has a secret.
func (c *Sender) ReceivesNotices() bool { return c.enabled && len(c.Secrets) > 0 }

// WebhookPath returns the path that its provider calls.
func (c *Sender) WebhookPath() string { return webhookPath(c.Provider.Name(), c.ID) }

// Connections manages the bank connections and caches them for webhooks.
type Connections struct {
	db     *database.DB // for requests of people
	money  *database.DB // for webhooks, with connections of its own
	keys   *seal.Keys
	now    func() time.Time
	health tallies

	mu     sync.Mutex
	cached map[uuid.UUID]*Sender
}

// New returns the bank connections of a database.
func New(db *database.DB, keys *seal.Keys, now func() time.Time) *Connections {
	return &Connections{db: db, money: db.Money(), keys: keys, now: now, cached: map[uuid.UUID]*Sender{}}
}

// Find returns the connection of a webhook's path, or the refusal (404).
func (cs *Connections) Find(ctx context.Context, provider, id string) (*Sender, error) {
	key, err := uuid.Parse(id)
	if err != nil {
		return nil, problem.Missing("connection")
	}
	cs.mu.Lock()
	found := cs.cached[key]
	stale := found == nil || cs.now().After(found.until)
	if found != nil && stale { // one call reads it again, the others use the cached one
		again := *found
		again.until = cs.now().Add(cachedFor)
		cs.cached[key] = &again
	}
	cs.mu.Unlock()
	if stale {
		again, err := cs.readInTime(ctx, key)
		var refusal *problem.Error
		if err != nil && (found == nil || errors.As(err, &refusal) || cs.now().After(found.readAt.Add(staleFor))) {
			return nil, err
		}
		if err != nil { // the database hangs: the cached secrets verify the signature
			return found.ifProvider(provider)
		}
		found = again
		cs.mu.Lock()
		cs.cached[key] = found
		cs.mu.Unlock()
	}
	return found.ifProvider(provider)
}

// ifProvider returns the connection if it is of a provider and receives notices.
func (c *Sender) ifProvider(provider string) (*Sender, error) {
	if c.Provider.Name() != provider || !c.ReceivesNotices() {
		return nil, problem.Missing("connection")
	}
	return c, nil
}

// readInTime does the same as Read with the time limit of a webhook.
func (cs *Connections) readInTime(ctx context.Context, id uuid.UUID) (*Sender, error) {
	ctx, cancel := context.WithTimeout(ctx, lookUpWithin)
	defer cancel()
	return cs.Read(ctx, id)
}

// Invalidate removes a connection from the cache.
func (cs *Connections) Invalidate(id uuid.UUID) {
	cs.mu.Lock()
	delete(cs.cached, id)
	cs.mu.Unlock()
}

// Read returns a connection, or the refusal where there is none (404).
func (cs *Connections) Read(ctx context.Context, id uuid.UUID) (*Sender, error) {
	found := &Sender{ID: id, readAt: cs.now(), until: cs.now().Add(cachedFor)}
	var provider string
	var owner *uuid.UUID
	err := cs.money.Pool.QueryRow(ctx, `SELECT provider, owner_kind, owner_id, enabled FROM bank_connections
		WHERE id = $1`, id).
		Scan(&provider, &found.ownerKind, &owner, &found.enabled)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, problem.Missing("connection")
	}
	if err != nil {
		return nil, fmt.Errorf("read connection %s: %w", id, err)
	}
	if owner != nil {
		found.owner = *owner
	}
	var known bool
	if found.Provider, known = banks.FindProvider(provider); !known {
		return nil, problem.Missing("connection")
	}
	if found.Secrets, err = cs.Secrets(ctx, id); err != nil {
		return nil, err
	}
	rows, err := cs.money.Pool.Query(ctx, `SELECT bank_bin, number_index FROM connection_accounts
		WHERE connection_id = $1`, id)
	if err != nil {
		return nil, fmt.Errorf("read accounts of connection %s: %w", id, err)
	}
	var bin string
	var index []byte
	_, err = pgx.ForEachRow(rows, []any{&bin, &index}, func() error {
		if found.accounts == nil {
			found.accounts = map[string][]string{}
		}
		found.accounts[string(index)] = append(found.accounts[string(index)], bin)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read accounts of connection %s: %w", id, err)
	}
	return found, nil
}

// Secrets returns a connection's active secrets, the newest first. The intake and `simulate` use
// them.
func (cs *Connections) Secrets(ctx context.Context, id uuid.UUID) ([]banks.Secrets, error) {
	rows, err := cs.money.Pool.Query(ctx, `SELECT id, secrets FROM connection_secrets WHERE connection_id = $1
		AND retired_at IS NULL AND NOT awaits_approval ORDER BY id DESC`, id)
	if err != nil {
		return nil, fmt.Errorf("read secrets of connection %s: %w", id, err)
	}
	var secrets []banks.Secrets
	var row uuid.UUID
	var sealed []byte
	_, err = pgx.ForEachRow(rows, []any{&row, &sealed}, func() error {
		plain, err := cs.keys.Open(ctx, secretsPlace(row), sealed)
		if err != nil {
			return err
		}
		s, err := banks.ParseSecrets(plain)
		secrets = append(secrets, s)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read secrets of connection %s: %w", id, err)
	}
	return secrets, nil
}

func secretsPlace(row uuid.UUID) seal.Place {
	return seal.Place{Table: "connection_secrets", Column: "secrets", ID: row}
}

// Connection is a bank connection without its secrets.
type Connection struct {
	ID          uuid.UUID       `json:"id"`
	Provider    ProviderName    `json:"provider" doc:"the bank or service that calls"`
	Name        string          `json:"name" doc:"for people"`
	Owner       ConnectionOwner `json:"owner" doc:"whose accounts it may report about"`
	WebhookPath string          `json:"webhook_path" doc:"what the provider calls, after the address of this server"`
	Accounts    []shownAccount  `json:"accounts" doc:"masked; empty: all in the owner's scope"`
	CreatedAt   time.Time       `json:"created_at"`
	ClockAhead  *ClockAhead     `json:"clock_ahead" doc:"the feed dates its notices hours ahead; null: it does not"`

	Enabled         bool `json:"enabled" doc:"false: its webhooks answer 404, because it was switched off or has no active secret"`
	PendingApproval bool `json:"pending_approval" doc:"a secret without signatures waits for a second person"`
	Unsigned        bool `json:"unsigned" doc:"one of its secrets, active or waiting, accepts calls by their address alone"`
	WeakSecret      bool `json:"weak_secret" doc:"an old active secret is easy to guess"`
}

type shownAccount struct {
	BankBIN       string `json:"bank_bin" doc:"empty: a wallet"`
	AccountNumber string `json:"account_number" doc:"masked"`
}

func webhookPath(provider string, id uuid.UUID) string {
	return "/webhooks/" + provider + "/" + id.String()
}
