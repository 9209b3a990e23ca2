package merchants

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/platform/seal"
	"market40/merchants/vietqr"
)

// renamed is a stall whose number, or whose merchant's name, is being changed.
type renamed struct {
	stall, market uuid.UUID
	number        string
	bank, last4   *string // of the account that its first code pays; nil: nobody receives there now
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

// pays says where the codes that were issued still pay.
func (s *renamed) pays() string {
	if s.last4 == nil {
		return "."
	}
	return ", mã đã phát vẫn trả vào tài khoản " + *s.bank + " " + seal.Mask(*s.last4) + "."
}

// renumber warns the board of a stall that has or had a code and gets another number: people pay by
// what is printed. It refuses a program.
func (r *Registry) renumber(ctx context.Context, tx pgx.Tx, who roles.Principal, stall uuid.UUID, number string) error {
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
	return r.warn(ctx, tx, warning{
		kind: stallRenamed, key: stallRenamed + ":" + newID().String(), market: s.market, stall: &s.stall,
		detail: "Sạp " + s.number + ": đổi số thành " + number + s.pays(),
	})
}

// warnOfName warns each board where a merchant receives that the merchant has another name: the
// codes pay whom they paid.
func (r *Registry) warnOfName(ctx context.Context, tx pgx.Tx, merchant uuid.UUID) error {
	found, err := findRenamed(ctx, tx, `WHERE t.merchant_id = $1 AND a.last4 IS NOT NULL ORDER BY s.id`, merchant)
	if err != nil {
		return err
	}
	var warnings []warning
	for i := range found {
		s := &found[i]
		warnings = append(warnings, warning{
			kind: merchantRenamed, key: fmt.Sprintf("%s:%s:%s", merchantRenamed, merchant, s.stall), market: s.market,
			stall:  &s.stall,
			detail: "Sạp " + s.number + ": người bán đổi tên" + s.pays(),
		})
	}
	return r.warn(ctx, tx, warnings...)
}

// sameName reports whether two names differ by marks, case and blanks at most.
func sameName(a, b string) bool {
	return strings.EqualFold(vietqr.ASCII(a, len(a)), vietqr.ASCII(b, len(b)))
}
