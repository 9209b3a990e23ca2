package tenancies

import (
	"context"
	"encoding/hex"
	"fmt"
	"log/slog"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/alerts"
	"market40/merchants/platform/seal"
)

// sharedBy is how many merchants claim one account before an alert is opened.
const sharedBy = 3

// claims are the entries of a batch that claim an account of another merchant, as columns.
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

// party returns the key of a merchant without a registered phone: the phone of the order, else the
// id, else the name.
func (b *Batch) party(e *Entry) []byte {
	if e.person.phoneIndex != nil {
		return e.person.phoneIndex
	}
	if e.person.id != uuid.Nil {
		return e.person.id[:]
	}
	return b.w.keys.Index("name", strings.ToLower(e.person.FullName))
}

func (b *Batch) claims() claims {
	c := claims{last4: map[string]string{}}
	for _, e := range b.Entries {
		if !e.Claims || e.person == nil {
			continue
		}
		var stall *uuid.UUID
		if !e.newStall {
			stall = &e.Stall
		}
		c.indexes, c.bins = append(c.indexes, e.Account.index), append(c.bins, e.Account.BankBIN)
		c.parties, c.merchants = append(c.parties, b.party(e)), append(c.merchants, e.merchant)
		c.stalls, c.numbers = append(c.stalls, stall), append(c.numbers, e.order.Number)
		c.last4[claimKey(e.Account.index, e.Account.BankBIN)] = seal.Last4(e.Account.AccountNumber)
	}
	return c
}

// StoreClaims records who claimed an account of another merchant, after the refusal rolled
// everything else back. It opens an alert about an account that many claim. A failure is logged and
// does not change the answer.
func (w *Writer) StoreClaims(ctx context.Context, b *Batch) {
	if b == nil {
		return
	}
	c := b.claims()
	if len(c.indexes) == 0 {
		return
	}
	ctx = context.WithoutCancel(ctx)
	err := w.db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO account_claims (number_index, bank_bin, party, market_id, stall_number,
			stall_id, claimed_at)
			SELECT c.number_index, c.bin, coalesce(m.phone_index, c.party), $7, coalesce(s.number, c.number), s.id, $8
			FROM unnest($1::bytea[], $2::text[], $3::bytea[], $4::uuid[], $5::uuid[], $6::text[]) AS c (number_index,
			bin, party, merchant, stall, number)
			LEFT JOIN merchants m ON m.id = c.merchant LEFT JOIN stalls s ON s.id = c.stall
			ON CONFLICT DO NOTHING`, c.indexes, c.bins, c.parties, c.merchants, c.stalls, c.numbers, b.Market, w.now())
		if err != nil {
			return fmt.Errorf("store claims: %w", err)
		}
		return w.warnOfShared(ctx, tx, b.Market, c)
	})
	if err != nil {
		slog.WarnContext(
			ctx,
			"claims of accounts were not stored",
			"market",
			b.Market,
			"claims",
			len(c.indexes),
			"error",
			err,
		)
	}
}

// warnOfShared opens an alert for each account that three merchants or more claim, including its
// owner.
func (w *Writer) warnOfShared(ctx context.Context, tx pgx.Tx, market uuid.UUID, c claims) error {
	rows, err := tx.Query(ctx, `SELECT p.number_index, p.bin, count(DISTINCT p.party) FROM (
			SELECT c.number_index, c.bank_bin AS bin, c.party FROM account_claims c WHERE c.number_index = ANY ($1)
			UNION ALL
			SELECT a.number_index, coalesce(a.bank_bin, ''), coalesce(m.phone_index, uuid_send(m.id))
			FROM accounts a JOIN merchants m ON m.id = a.merchant_id WHERE a.number_index = ANY ($1)) p
		GROUP BY 1, 2 HAVING count(DISTINCT p.party) >= $2`, c.indexes, sharedBy)
	if err != nil {
		return fmt.Errorf("count claims: %w", err)
	}
	var warnings []alerts.Warning
	var index []byte
	var bin string
	var merchants int
	_, err = pgx.ForEachRow(rows, []any{&index, &bin, &merchants}, func() error {
		account := claimKey(index, bin)
		warnings = append(warnings, alerts.Warning{
			Kind:   alerts.SharedAccount,
			Key:    alerts.SharedAccount + ":" + account + ":" + market.String(),
			Market: market,
			Detail: fmt.Sprintf("Tài khoản %s được %d tiểu thương khác nhau đăng ký.", seal.Mask(c.last4[account]),
				merchants),
		})
		return nil
	})
	if err != nil {
		return fmt.Errorf("count claims: %w", err)
	}
	return alerts.Open(ctx, tx, w.now(), warnings...)
}
