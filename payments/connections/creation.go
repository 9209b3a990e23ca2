package connections

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/platform/problem"
	"market40/merchants/platform/seal"
	"market40/merchants/vietqr"
	"market40/payments/banks"
)

// ConnectionOrder is a request for a new bank connection.
type ConnectionOrder struct {
	Provider ProviderName     `json:"provider" doc:"the word in /webhooks/{provider}/…" example:"sepay"`
	Name     string           `json:"name" minLength:"1" maxLength:"200" doc:"for people"`
	Owner    *ConnectionOwner `json:"owner,omitempty" doc:"the connection may report about this owner's accounts; absent: platform"`
	Secrets  SecretFields     `json:"secrets" doc:"the provider's own fields; never shown again"`
	Accounts []AccountName    `json:"accounts,omitempty" maxItems:"1000" doc:"absent: all accounts in the owner's scope"`
}

// ConnectionOwner is a market or a merchant, or the platform itself.
type ConnectionOwner struct {
	Kind string `json:"kind" enum:"platform,market,merchant"`
	ID   string `json:"id,omitempty" doc:"of the market or merchant"`
}

// AccountName names a bank account, or with an empty BIN a wallet's merchant or store id.
type AccountName struct {
	BankBIN       string `json:"bank_bin,omitempty" doc:"absent: a wallet"`
	AccountNumber string `json:"account_number" minLength:"1" maxLength:"64" doc:"or the wallet's merchant or store id"`
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
			number := vietqr.NormalAccount(a.AccountNumber)
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
