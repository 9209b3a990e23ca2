// Package connections manages the bank connections: who may send notices, with which secrets, about
// which accounts, and the health of each connection.
package connections

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/seal"
	"market40/merchants/vietqr"
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

// readInTime is Read with the time limit of a webhook.
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

// ConnectionOrder is a request for a new bank connection.
type ConnectionOrder struct {
	Provider ProviderName     `json:"provider" doc:"the word in /webhooks/{provider}/…" example:"sepay"`
	Name     string           `json:"name" minLength:"1" maxLength:"200"`
	Owner    *ConnectionOwner `json:"owner,omitempty" doc:"it may report about this owner's accounts; absent: platform"`
	Secrets  SecretFields     `json:"secrets" doc:"the provider's own fields; never shown again"`
	Accounts []AccountName    `json:"accounts,omitempty" maxItems:"1000" doc:"absent: all accounts in the owner's scope"`
}

// ConnectionOwner is a market or a merchant, or the platform itself.
type ConnectionOwner struct {
	Kind string `json:"kind" enum:"platform,market,merchant"`
	ID   string `json:"id,omitempty"`
}

// AccountName names a bank account, or with an empty BIN a wallet's merchant or store id.
type AccountName struct {
	BankBIN       string `json:"bank_bin,omitempty"`
	AccountNumber string `json:"account_number" minLength:"1" maxLength:"64"`
}

// Connection is a bank connection without its secrets.
type Connection struct {
	ID          uuid.UUID       `json:"id"`
	Provider    ProviderName    `json:"provider"`
	Name        string          `json:"name"`
	Owner       ConnectionOwner `json:"owner"`
	WebhookPath string          `json:"webhook_path"`
	Accounts    []shownAccount  `json:"accounts" doc:"masked; empty: all in the owner's scope"`
	CreatedAt   time.Time       `json:"created_at"`
	ClockAhead  *ClockAhead     `json:"clock_ahead" doc:"the feed dates its notices hours ahead; null: it does not"`

	Enabled         bool `json:"enabled" doc:"false: its webhooks answer 404, because it was switched off or has no active secret"`
	PendingApproval bool `json:"pending_approval" doc:"a secret without signatures waits for a second person"`
	Unsigned        bool `json:"unsigned" doc:"one of its secrets, active or waiting, accepts calls by their address alone"`
	WeakSecret      bool `json:"weak_secret" doc:"an old active secret is easy to guess"`
}

type shownAccount struct {
	BankBIN       string `json:"bank_bin"`
	AccountNumber string `json:"account_number"`
}

func webhookPath(provider string, id uuid.UUID) string {
	return "/webhooks/" + provider + "/" + id.String()
}

// check finds everything wrong with an order at once.
func (o *ConnectionOrder) check() (banks.Secrets, error) {
	var fields []problem.Field
	provider, known := banks.FindProvider(string(o.Provider))
	if !known {
		return nil, problem.InFields(problem.UnknownValue("provider", string(o.Provider), banks.ProviderNames()...))
	}
	secrets, wrong := checkSecrets(provider, o.Secrets.RawMessage)
	if wrong != nil {
		fields = append(fields, *wrong)
	}
	for i, a := range o.Accounts {
		if _, ok := vietqr.BankByBIN(a.BankBIN); !ok && a.BankBIN != "" {
			fields = append(fields, problem.Field{
				Name: fmt.Sprintf("accounts[%d].bank_bin", i), Code: "unknown_bank",
				Vi: "Mã BIN ngân hàng không có trong danh sách.", En: "No bank has this BIN.",
			})
		}
	}
	if len(fields) > 0 {
		return nil, problem.InFields(fields...)
	}
	return secrets, nil
}

// checkSecrets reads one generation of secrets and refuses what is malformed, too open or too weak.
func checkSecrets(provider banks.Provider, raw json.RawMessage) (banks.Secrets, *problem.Field) {
	secrets, err := banks.ParseSecrets(raw)
	if err == nil {
		err = banks.CheckSecrets(provider, secrets)
	}
	if errors.Is(err, banks.ErrTooWide) {
		return nil, &problem.Field{
			Name: "secrets.allow_ips", Code: "network_too_wide",
			Vi: "Mỗi dải địa chỉ hẹp từ /24 trở xuống (IPv6: /56), nhiều nhất 32 dải.",
			En: "Each network is /24 or narrower (IPv6: /56), at most 32 of them.",
		}
	}
	if err != nil {
		return nil, &problem.Field{
			Name: "secrets", Code: "secrets_form", Vi: "Khóa bí mật chưa đúng: " + err.Error() + ".",
			En: "The secrets are wrong: " + err.Error() + ".",
		}
	}
	if weak := secrets.Weak(); weak != "" {
		return nil, &problem.Field{
			Name: "secrets." + weak, Code: "weak_secret",
			Vi: "Khóa bí mật quá yếu: cần ít nhất 8 ký tự, trong đó 5 ký tự khác nhau.",
			En: "The secret is too weak: it needs at least 8 characters, 5 of them different.",
		}
	}
	return secrets, nil
}

// Create stores a connection with its first secret. With a secret that signs nothing it receives no
// notices until a second person approves it.
func (cs *Connections) Create(ctx context.Context, o ConnectionOrder) (*Connection, error) {
	secrets, err := o.check()
	if err != nil {
		return nil, err
	}
	unsigned := secrets.Unsigned()
	c := &Connection{
		ID: uuid.Must(uuid.NewV7()), Provider: o.Provider, Name: o.Name, Owner: ConnectionOwner{Kind: ownerPlatform},
		Accounts: []shownAccount{}, CreatedAt: cs.now(), Enabled: !unsigned, PendingApproval: unsigned,
		Unsigned: unsigned,
	}
	c.WebhookPath = webhookPath(string(c.Provider), c.ID)
	if o.Owner != nil {
		c.Owner = *o.Owner
	}
	owner, err := cs.findOwner(ctx, c.Owner)
	if err != nil {
		return nil, err
	}
	err = cs.db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO bank_connections (id, provider, name, owner_kind, owner_id, created_at)
			VALUES ($1, $2, $3, $4, $5, $6)`,
			c.ID, c.Provider, c.Name, c.Owner.Kind, owner, c.CreatedAt)
		if err != nil {
			return err
		}
		for _, a := range o.Accounts {
			number := merchants.NormalAccount(a.AccountNumber)
			_, err := tx.Exec(ctx, `INSERT INTO connection_accounts (connection_id, bank_bin, number_index, last4)
				VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
				c.ID, a.BankBIN, cs.keys.Index("account", number), seal.Last4(number))
			if err != nil {
				return err
			}
		}
		return cs.addSecret(ctx, tx, c.ID, o.Secrets.RawMessage, unsigned)
	})
	if err != nil {
		return nil, fmt.Errorf("create connection %s: %w", c.Name, err)
	}
	for _, a := range o.Accounts {
		c.Accounts = append(c.Accounts, shownAccount{a.BankBIN, seal.Mask(seal.Last4(a.AccountNumber))})
	}
	return c, nil
}

// findOwner returns the id of an owner that exists; nil for the platform.
func (cs *Connections) findOwner(ctx context.Context, o ConnectionOwner) (*uuid.UUID, error) {
	if o.Kind == ownerPlatform {
		return nil, nil
	}
	id, err := uuid.Parse(o.ID)
	if err == nil {
		var found bool
		err = cs.db.Pool.QueryRow(ctx, map[string]string{
			ownerMarket:   `SELECT true FROM markets WHERE id = $1`,
			ownerMerchant: `SELECT true FROM merchants WHERE id = $1`,
		}[o.Kind], id).Scan(&found)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return nil, fmt.Errorf("find owner: %w", err)
		}
	}
	if err != nil {
		return nil, problem.Of("owner.id", "owner_unknown", "Không tìm thấy chủ kết nối.", "No such owner.")
	}
	return &id, nil
}
