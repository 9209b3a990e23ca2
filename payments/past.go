package payments

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/seal"
	"market40/payments/banks"
	"market40/payments/ledger"
)

// PastNotice is a notice of an invented past together with what the register would have said of it.
type PastNotice struct {
	banks.Notice

	Code     string      // the one code in the memo; empty: it was matched by its account
	Tenancy  uuid.UUID   // whose payment it is
	Receiver uuid.UUID   // on which account
	Takes    *PastNotice // an earlier one of this past that it takes back; nil: none

	id uuid.UUID // once written
}

// Past writes a market's invented past: the rows that keep would have left, had the notices come one by one, without the
// look-ups, locks and transactions of each. Whoever uses it is alone with the market's books, and writes in order of time.
type Past struct {
	p                  *Payments
	connection, market uuid.UUID
	newID              func(time.Time) uuid.UUID
	accounts           map[ledger.Account]*pastAccount
	opened             []*pastAccount // in the order of their first payment
	days               map[pastDay]*pastSum
	ordered            []pastDay
}

type pastAccount struct {
	ledger.Account
	id                       uuid.UUID
	debits, credits, version int64
	last                     time.Time
}

type pastDay struct {
	tenancy uuid.UUID
	day     int // days since 1970 in Asia/Ho_Chi_Minh
}

type pastSum struct{ payments, amount int64 }

// NewPast begins the past of a market without payments, as told by a connection. newID makes UUIDv7 of moments.
func (p *Payments) NewPast(connection, market uuid.UUID, newID func(time.Time) uuid.UUID) *Past {
	return &Past{p: p, connection: connection, market: market, newID: newID, accounts: map[ledger.Account]*pastAccount{}, days: map[pastDay]*pastSum{}}
}

// pastRows are the rows of a stretch of time.
type pastRows struct{ deliveries, notices, keys, payments [][]any }

// PastDelivery is what was pulled from a bank at one time.
type PastDelivery struct {
	At      time.Time
	Notices []*PastNotice
}

// Write writes a stretch of the past, after what was written before. The body that a delivery keeps says only how many
// notices it brought: what they said stands, sealed, in each of them.
func (b *Past) Write(ctx context.Context, tx pgx.Tx, deliveries []PastDelivery) error {
	rows := &pastRows{}
	for _, d := range deliveries {
		if err := b.addDelivery(ctx, rows, d); err != nil {
			return err
		}
	}
	for _, c := range []struct {
		table   string
		columns []string
		rows    [][]any
	}{
		{"deliveries", []string{"id", "connection_id", "received_at", "verdict", "headers", "body"}, rows.deliveries},
		{"notices", []string{
			"id", "delivery_id", "connection_id", "external_id", "state", "why", "direction", "amount", "currency",
			"occurred_at", "precision", "recorded_at", "reference", "memo_code", "account_last4", "account_id", "market_id", "particulars",
		}, rows.notices},
		{"notice_keys", []string{"connection_id", "external_id", "notice_id", "digest"}, rows.keys},
		{"payments", []string{
			"id", "market_id", "debit_account", "credit_account", "amount", "debit_version", "credit_version", "reverses",
			"occurred_at", "recorded_at", "reference", "strong", "memo_code",
		}, rows.payments},
	} {
		if _, err := tx.CopyFrom(ctx, pgx.Identifier{c.table}, c.columns, pgx.CopyFromRows(c.rows)); err != nil {
			return fmt.Errorf("write past %s: %w", c.table, err)
		}
	}
	return nil
}

func (b *Past) addDelivery(ctx context.Context, rows *pastRows, d PastDelivery) error {
	id := b.newID(d.At)
	body, err := b.p.keys.Seal(ctx, bodyPlace(id), fmt.Appendf(nil, `{"demo":true,"notices":%d}`, len(d.Notices)))
	if err != nil {
		return err
	}
	rows.deliveries = append(rows.deliveries, []any{id, b.connection, d.At, verdictRead, "", body})
	for _, n := range d.Notices {
		n.id = b.newID(d.At)
		plain, err := json.Marshal(particulars{n.BankBIN, n.Notice.Account, n.VirtualAccount, n.Memo, n.OrderRef, n.Reverses, n.StrongReference})
		if err != nil {
			return fmt.Errorf("write particulars: %w", err)
		}
		sealed, err := b.p.keys.Seal(ctx, particularsPlace(n.id), plain)
		if err != nil {
			return err
		}
		why, account := byAccount, &n.Receiver
		switch {
		case n.Takes != nil:
			why, account = takenBack, nil
		case n.Code != "":
			why = byCode
		}
		rows.notices = append(rows.notices, []any{
			n.id, id, b.connection, n.ExternalID, string(Posted), why, string(n.Direction), n.Amount.Dong(), n.Currency,
			n.OccurredAt, string(n.Precision), d.At, n.Reference, orNull(n.Code), seal.Last4(n.Notice.Account), account, b.market, sealed,
		})
		rows.keys = append(rows.keys, []any{b.connection, n.ExternalID, n.id, b.p.keys.Index("notice", digestText(n.Notice))})
		rows.payments = append(rows.payments, b.post(n, d.At))
	}
	return nil
}

// post is the payment's row; it moves the two accounts and the stall's day.
func (b *Past) post(n *PastNotice, at time.Time) []any {
	dong := n.Amount.Dong()
	debit, credit := b.account(ledger.OfBank(b.market, n.Receiver)), b.account(ledger.OfTenancy(b.market, n.Tenancy))
	sign, reverses := int64(1), (*uuid.UUID)(nil)
	if n.Takes != nil {
		debit, credit, sign, reverses = credit, debit, -1, &n.Takes.id
	}
	debit.debits, credit.credits = debit.debits+dong, credit.credits+dong
	for _, a := range []*pastAccount{debit, credit} {
		a.version++
		a.last = at
	}
	_, offset := n.OccurredAt.Zone()
	key := pastDay{n.Tenancy, int((n.OccurredAt.Unix() + int64(offset)) / 86400)}
	day := b.days[key]
	if day == nil {
		day = &pastSum{}
		b.days[key] = day
		b.ordered = append(b.ordered, key)
	}
	day.payments, day.amount = day.payments+sign, day.amount+sign*dong
	return []any{
		n.id, b.market, debit.id, credit.id, dong, debit.version, credit.version, reverses,
		n.OccurredAt, at, n.Reference, n.StrongReference, orNull(n.Code),
	}
}

func (b *Past) account(a ledger.Account) *pastAccount {
	found := b.accounts[a]
	if found == nil {
		found = &pastAccount{Account: a, id: a.ID()}
		b.accounts[a] = found
		b.opened = append(b.opened, found)
	}
	return found
}

// Close writes the accounts and the rollup of all that was written. Without it the books do not agree.
func (b *Past) Close(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"ledger_accounts"}, []string{"id", "kind", "market_id", "account_id", "tenancy_id", "debits", "credits", "version", "last_at"},
		pgx.CopyFromSlice(len(b.opened), func(i int) ([]any, error) {
			a := b.opened[i]
			var account, tenancy *uuid.UUID
			if a.Kind == ledger.Stall {
				tenancy = &a.Owner
			} else {
				account = &a.Owner
			}
			return []any{a.id, string(a.Kind), a.Market, account, tenancy, a.debits, a.credits, a.version, a.last}, nil
		}))
	if err != nil {
		return fmt.Errorf("write past ledger accounts: %w", err)
	}
	_, err = tx.CopyFrom(ctx, pgx.Identifier{"stall_days"}, []string{"tenancy_id", "day", "market_id", "payments", "amount"},
		pgx.CopyFromSlice(len(b.ordered), func(i int) ([]any, error) {
			k := b.ordered[i]
			sum := b.days[k]
			return []any{k.tenancy, time.Unix(int64(k.day)*86400, 0).UTC(), b.market, sum.payments, sum.amount}, nil
		}))
	if err != nil {
		return fmt.Errorf("write past days: %w", err)
	}
	return nil
}
