package merchants

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/alerts"
	"market40/merchants/platform/seal"
	"market40/merchants/vietqr"
	"market40/migrations/database"
)

// renamed is a stall that gets another number, or that has a merchant who gets another name.
type renamed struct {
	stall, market uuid.UUID
	number        string
	bank, last4   *string // of the first account; nil: no account receives at the stall now
}

// selectRenamed is SQL for the columns of renamed, of stall s with its open tenancy t.
const selectRenamed = `SELECT s.id, s.market_id, s.number, a.bank, a.last4
	FROM stalls s LEFT JOIN tenancies t ON t.stall_id = s.id AND upper_inf(t.valid)
	LEFT JOIN LATERAL (SELECT coalesce(b.short_name, 'ví điện tử') AS bank, a.last4 FROM tenancy_accounts ta
	JOIN accounts a ON a.id = ta.account_id
		LEFT JOIN banks b ON b.bin = a.bank_bin WHERE ta.tenancy_id = t.id AND ta.replaced_at IS NULL
		ORDER BY coalesce(ta.place, ta.since), ta.account_id LIMIT 1) a ON true `

func findRenamed(ctx context.Context, tx pgx.Tx, where string, args ...any) ([]renamed, error) {
	rows, err := tx.Query(ctx, selectRenamed+where, args...)
	if err != nil {
		return nil, fmt.Errorf("find stalls that are renamed: %w", err)
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (s renamed, err error) {
		err = row.Scan(&s.stall, &s.market, &s.number, &s.bank, &s.last4)
		return s, err
	})
	if err != nil {
		return nil, fmt.Errorf("find stalls that are renamed: %w", err)
	}
	return found, nil
}

// pays returns the half sentence about the account that the issued codes still pay.
func (s *renamed) pays() string {
	if s.last4 == nil {
		return "."
	}
	return ", mã đã phát vẫn trả vào tài khoản " + *s.bank + " " + seal.Mask(*s.last4) + "."
}

// renumber alerts the board to a stall with codes that gets another number, because people pay by
// what is printed. It refuses a program (409).
func (ss *Stalls) renumber(ctx context.Context, tx pgx.Tx, who roles.Principal, stall uuid.UUID, number string) error {
	found, err := findRenamed(ctx, tx, `WHERE s.id = $1 AND s.number_key <> stall_number_key($2)
		AND EXISTS (SELECT FROM codes WHERE codes.stall_id = s.id) FOR UPDATE OF s`,
		stall, number)
	if err != nil || len(found) == 0 {
		return err
	}
	if who.IsProgram() {
		return personRenumbers()
	}
	s := found[0]
	return alerts.Open(ctx, tx, ss.now(), alerts.Warning{
		Kind:   alerts.StallRenamed,
		Key:    alerts.StallRenamed + ":" + database.NewID().String(),
		Market: s.market,
		Stall:  &s.stall,
		Detail: "Sạp " + s.number + ": đổi số thành " + number + s.pays(),
	})
}

// warnOfName alerts the board of each market where a merchant has accounts that the merchant has
// another name. The codes still pay the same accounts.
func (ss *Stalls) warnOfName(ctx context.Context, tx pgx.Tx, merchant uuid.UUID) error {
	found, err := findRenamed(ctx, tx, `WHERE t.merchant_id = $1 AND a.last4 IS NOT NULL ORDER BY s.id`, merchant)
	if err != nil {
		return err
	}
	var warnings []alerts.Warning
	for i := range found {
		s := &found[i]
		warnings = append(warnings, alerts.Warning{
			Kind:   alerts.MerchantRenamed,
			Key:    fmt.Sprintf("%s:%s:%s", alerts.MerchantRenamed, merchant, s.stall),
			Market: s.market,
			Stall:  &s.stall,
			Detail: "Sạp " + s.number + ": người bán đổi tên" + s.pays(),
		})
	}
	return alerts.Open(ctx, tx, ss.now(), warnings...)
}

// sameName reports whether two names differ only by diacritics and case.
func sameName(a, b string) bool {
	return strings.EqualFold(vietqr.ASCII(a, len(a)), vietqr.ASCII(b, len(b)))
}
