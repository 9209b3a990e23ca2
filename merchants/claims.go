package merchants

import (
	"context"
	"encoding/hex"
	"fmt"
	"log/slog"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/platform/seal"
)

// sharedBy is how many merchants must want one account for a warning.
const sharedBy = 3

// claims are the entries of a batch whose merchants want an account that is not theirs yet, as
// columns.
type claims struct {
	indexes   [][]byte
	bins      []string
	parties   [][]byte
	merchants []uuid.UUID
	stalls    []*uuid.UUID
	numbers   []string
	last4     map[string]string // by account
}

func claimKey(index []byte, bin string) string { return hex.EncodeToString(index) + ":" + bin }

// party is how a merchant is known whose phone no row holds: by the phone given, or else by name.
func (b *batch) party(e *entry) []byte {
	if e.person.phoneIndex != nil {
		return e.person.phoneIndex
	}
	if e.person.id != uuid.Nil {
		return e.person.id[:]
	}
	return b.r.keys.Index("name", strings.ToLower(e.person.FullName))
}

func (b *batch) claims() claims {
	c := claims{last4: map[string]string{}}
	for _, e := range b.entries {
		if !e.claims || e.person == nil {
			continue
		}
		var stall *uuid.UUID
		if !e.newStall {
			stall = &e.stall
		}
		c.indexes, c.bins = append(c.indexes, e.account.index), append(c.bins, e.account.BankBIN)
		c.parties, c.merchants = append(c.parties, b.party(e)), append(c.merchants, e.merchant)
		c.stalls, c.numbers = append(c.stalls, stall), append(c.numbers, e.order.Number)
		c.last4[claimKey(e.account.index, e.account.BankBIN)] = seal.Last4(e.account.AccountNumber)
	}
	return c
}

// keepClaims remembers who wanted an account that is another's, after the refusal has undone
// everything else, and warns of an account that many want. The caller is answered whether or not it
// could be remembered.
func (r *Registry) keepClaims(ctx context.Context, b *batch) {
	if b == nil {
		return
	}
	c := b.claims()
	if len(c.indexes) == 0 {
		return
	}
	ctx = context.WithoutCancel(ctx)
	err := r.db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO account_claims (number_index, bank_bin, party, market_id, stall_number,
			stall_id, claimed_at)
			SELECT c.number_index, c.bin, coalesce(m.phone_index, c.party), $7, coalesce(s.number, c.number), s.id, $8
			FROM unnest($1::bytea[], $2::text[], $3::bytea[], $4::uuid[], $5::uuid[], $6::text[]) AS c (number_index,
			bin, party, merchant, stall, number)
			LEFT JOIN merchants m ON m.id = c.merchant LEFT JOIN stalls s ON s.id = c.stall
			ON CONFLICT DO NOTHING`, c.indexes, c.bins, c.parties, c.merchants, c.stalls, c.numbers, b.market, r.now())
		if err != nil {
			return fmt.Errorf("keep claims: %w", err)
		}
		return r.warnOfShared(ctx, tx, b.market, c)
	})
	if err != nil {
		slog.WarnContext(ctx, "claims of accounts were not kept", "market", b.market, "claims", len(c.indexes), "error",
			err)
	}
}

// warnOfShared warns of each account that three merchants or more wanted, its owner among them.
func (r *Registry) warnOfShared(ctx context.Context, tx pgx.Tx, market uuid.UUID, c claims) error {
	rows, err := tx.Query(ctx, `SELECT p.number_index, p.bin, count(DISTINCT p.party) FROM (
			SELECT c.number_index, c.bank_bin AS bin, c.party FROM account_claims c WHERE c.number_index = ANY ($1)
			UNION ALL
			SELECT a.number_index, coalesce(a.bank_bin, ''), coalesce(m.phone_index, uuid_send(m.id))
			FROM accounts a JOIN merchants m ON m.id = a.merchant_id WHERE a.number_index = ANY ($1)) p
		GROUP BY 1, 2 HAVING count(DISTINCT p.party) >= $2`, c.indexes, sharedBy)
	if err != nil {
		return fmt.Errorf("count claims: %w", err)
	}
	var warnings []warning
	var index []byte
	var bin string
	var merchants int
	_, err = pgx.ForEachRow(rows, []any{&index, &bin, &merchants}, func() error {
		account := claimKey(index, bin)
		warnings = append(warnings, warning{
			kind: sharedAccount, key: sharedAccount + ":" + account + ":" + market.String(), market: market,
			detail: fmt.Sprintf("Tài khoản %s được %d tiểu thương khác nhau đăng ký.", seal.Mask(c.last4[account]),
				merchants),
		})
		return nil
	})
	if err != nil {
		return fmt.Errorf("count claims: %w", err)
	}
	return r.warn(ctx, tx, warnings...)
}
