package signin

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/platform/problem"
)

// CodeWrong returns the refusal of a code by phone that signs no one in.
func CodeWrong() error {
	return problem.New(problem.Unauthorized, "code_wrong", "Mã không đúng hoặc đã hết hạn. Hãy xin mã mới.",
		"The code is wrong or has expired. Request a new one.")
}

// MerchantUser returns the user of a merchant, and makes it at the first sign-in. It sees every
// stall the merchant has or had. A closed user is refused as a wrong code is.
func (p *People) MerchantUser(ctx context.Context, tx pgx.Tx, merchant uuid.UUID) (id uuid.UUID, err error) {
	var name string
	if err := tx.QueryRow(ctx, `SELECT full_name FROM merchants WHERE id = $1 FOR NO KEY UPDATE`, merchant).Scan(
		&name); err != nil {
		return id, fmt.Errorf("find merchant %s: %w", merchant, err)
	}
	var closed bool
	err = tx.QueryRow(ctx, `SELECT id, disabled_at IS NOT NULL FROM users WHERE merchant_id = $1 AND role = 'merchant'
		AND scope_kind = 'merchant'`, merchant).Scan(&id, &closed)
	switch {
	case err == nil && closed:
		return id, CodeWrong()
	case err == nil || !errors.Is(err, pgx.ErrNoRows):
		return id, err
	}
	id = uuid.Must(uuid.NewV7())
	batch := &pgx.Batch{}
	batch.Queue(`INSERT INTO actors (id, role) VALUES ($1, $2)`, id, roles.Merchant)
	batch.Queue(`INSERT INTO users (id, login, full_name, role, scope_kind, scope_id, merchant_id, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $6, $7)`,
		id, ShortLogin("m", id), name, roles.Merchant, roles.ScopeMerchant, merchant, p.now())
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return id, fmt.Errorf("make user of merchant %s: %w", merchant, err)
	}
	return id, nil
}

// ShortLogin names a user who never types a login: by 48 random bits of its id.
func ShortLogin(kind string, id uuid.UUID) string { return kind + "-" + id.String()[24:] }
