package tenancies

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"market40/merchants/platform/problem"
	"market40/merchants/platform/seal"
	"market40/migrations/database"
)

// Writer writes the register: stalls with their merchants, tenancies, accounts and codes. It is
// safe for concurrent use.
type Writer struct {
	db   *database.DB
	keys *seal.Keys
	now  func() time.Time
}

// NewWriter returns a writer that seals phones, tax codes and account numbers with keys.
func NewWriter(db *database.DB, keys *seal.Keys, now func() time.Time) *Writer {
	return &Writer{db: db, keys: keys, now: now}
}

// Write runs a change of the register in a transaction. If another change writes the same number,
// phone, account or code at the same moment, a unique index refuses this one. It then runs again
// and reads what the other wrote.
func (w *Writer) Write(ctx context.Context, do func(ctx context.Context, tx pgx.Tx) error) error {
	const attempts = 3
	var err error
	for range attempts {
		err = w.db.InTx(ctx, do)
		if database.ViolatedUnique(err) == "" {
			return err
		}
	}
	if database.ViolatedUnique(err) == "stall_number_key_unique" {
		return problem.New(problem.Conflict, "number_in_use", "Số sạp này đã có trong chợ, viết cách khác.",
			"This stall number is in use in the market, in another spelling.")
	}
	if database.ViolatedUnique(err) == "tenancy_accounts_virtual" {
		return problem.New(problem.Conflict, "virtual_account_in_use",
			"Tài khoản ảo này đã gắn với sạp khác.", "This virtual account already names another stall.")
	}
	return err
}
