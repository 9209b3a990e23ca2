// Package history writes an invented past of markets: the rows that the posting would have left.
// Only the demo has one.
package history

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/platform/bizday"
	"market40/merchants/platform/seal"
	"market40/payments/banks"
	"market40/payments/ledger"
	"market40/payments/notices"
)

// Notice is a notice of an invented past together with what the register would have said of it.
type Notice struct {
	banks.Notice

	Code     string    // the one code in the memo; empty: it was matched by its account
	Tenancy  uuid.UUID // the merchant's tenancy
	Receiver uuid.UUID // on which account
	Original *Notice   // an earlier one of this past that it takes back; nil: none

	id uuid.UUID // once written
	by *Delivery
}

// Writer writes a market's invented past. It writes the rows that posting would write for notices
// one by one, without the look-ups, locks and transactions of each. Only one writer may use the
// market's books, in order of time.
type Writer struct {
	sealer             *notices.Sealer
	connection, market uuid.UUID
	newID              func(time.Time) uuid.UUID
	accounts           map[ledger.Account]*pastAccount
	opened             []*pastAccount // in the order of their first payment
	days               map[pastDay]*pastSum
	ordered            []pastDay
	lived              map[string]bool // business days on which something was pulled
}

type pastAccount struct {
	ledger.Account
	id                       uuid.UUID
	debits, credits, version int64
	last                     time.Time
}

type pastDay struct {
	tenancy uuid.UUID
	day     int64 // days since 1970 in Asia/Ho_Chi_Minh
}

func (d pastDay) compare(o pastDay) int {
	return cmp.Or(bytes.Compare(d.tenancy[:], o.tenancy[:]), cmp.Compare(d.day, o.day))
}

type pastSum struct {
	payments, amount int64
	bands            [4]int64
	times            []time.Time // of the payments that stand
}

// New begins the past of a market without payments, as a connection reported it. newID makes UUIDv7
// of moments.
func New(keys *seal.Keys, connection, market uuid.UUID, newID func(time.Time) uuid.UUID) *Writer {
	return &Writer{
		sealer: notices.NewSealer(keys), connection: connection, market: market, newID: newID,
		accounts: map[ledger.Account]*pastAccount{}, days: map[pastDay]*pastSum{}, lived: map[string]bool{},
	}
}

// Delivery is what was pulled from a bank at one time.
type Delivery struct {
	At      time.Time
	Notices []*Notice

	id uuid.UUID // once written
}

// Write writes a part of the past, after what was written before. The stored body of a delivery
// says only how many notices it brought: their content is in each of them, sealed.
func (b *Writer) Write(ctx context.Context, tx pgx.Tx, deliveries []Delivery) error {
	var notices []*Notice
	for i := range deliveries {
		d := &deliveries[i]
		d.id = b.newID(d.At)
		b.lived[bizday.DayOf(d.At)] = true
		for _, n := range d.Notices {
			n.id, n.by = b.newID(d.At), d
			notices = append(notices, n)
		}
	}
	err := copyRows(ctx, tx, "deliveries", []string{"id", "connection_id", "received_at", "verdict", "headers", "body"},
		len(deliveries),
		func(w *copyRow, i int) error { return b.delivery(ctx, w, &deliveries[i]) })
	if err != nil {
		return err
	}
	err = copyRows(ctx, tx, "notices", []string{
		"id", "delivery_id", "connection_id", "external_id", "state", "why", "direction", "amount", "currency",
		"occurred_at", "precision", "recorded_at", "reference", "memo_code", "account_last4", "account_id", "market_id",
		"particulars",
	}, len(notices), func(w *copyRow, i int) error { return b.notice(ctx, w, notices[i]) })
	if err != nil {
		return err
	}
	err = copyRows(ctx, tx, "notice_keys", []string{"connection_id", "external_id", "notice_id", "digest"},
		len(notices), func(w *copyRow, i int) error {
			n := notices[i]
			w.id(b.connection)
			w.text(n.ExternalID)
			w.id(n.id)
			w.bytes(b.sealer.Digest(n.Notice))
			return nil
		})
	if err != nil {
		return err
	}
	return copyRows(ctx, tx, "payments", []string{
		"id", "market_id", "debit_account", "credit_account", "amount", "debit_version", "credit_version", "reverses",
		"occurred_at", "recorded_at", "reference", "strong", "memo_code",
	}, len(notices), func(w *copyRow, i int) error {
		b.payment(w, notices[i])
		return nil
	})
}

func (b *Writer) delivery(ctx context.Context, w *copyRow, d *Delivery) error {
	body, err := b.sealer.SealBody(ctx, d.id, fmt.Appendf(nil, `{"demo":true,"notices":%d}`, len(d.Notices)))
	w.id(d.id)
	w.id(b.connection)
	w.time(d.At)
	w.text(notices.VerdictRead)
	w.text("")
	w.bytes(body)
	return err
}

func (b *Writer) notice(ctx context.Context, w *copyRow, n *Notice) error {
	sealed, err := b.sealer.Seal(ctx, n.id, n.Notice)
	why, receiver := notices.WhyAccount, n.Receiver
	switch {
	case n.Original != nil:
		why, receiver = notices.WhyReversed, uuid.Nil
	case n.Code != "":
		why = notices.WhyCode
	}
	w.id(n.id)
	w.id(n.by.id)
	w.id(b.connection)
	for _, text := range []string{n.ExternalID, string(notices.Posted), why, string(n.Direction)} {
		w.text(text)
	}
	w.numeric(n.Amount.Dong())
	w.text(n.Currency)
	w.time(n.OccurredAt)
	w.text(string(n.Precision))
	w.time(n.by.At)
	w.text(n.Reference)
	w.textOrNull(n.Code)
	w.text(seal.Last4(n.Account))
	w.idOrNull(receiver)
	w.id(b.market)
	w.bytes(sealed)
	return err
}

// occurredAt returns when the notice's payment occurred. A reversal has the date and time of the
// payment that it reverses.
func (n *Notice) occurredAt() time.Time {
	if n.Original != nil {
		return n.Original.OccurredAt
	}
	return n.OccurredAt
}

// payment returns the notice's payment. It changes the two accounts and the stall's day.
func (b *Writer) payment(w *copyRow, n *Notice) {
	dong := n.Amount.Dong()
	debit := b.account(ledger.BankAccount(b.market, n.Receiver))
	credit := b.account(ledger.StallAccount(b.market, n.Tenancy))
	sign, reverses := int64(1), uuid.Nil
	if n.Original != nil {
		debit, credit, sign, reverses = credit, debit, -1, n.Original.id
	}
	debit.debits, credit.credits = debit.debits+dong, credit.credits+dong
	for _, a := range []*pastAccount{debit, credit} {
		a.version++
		a.last = n.by.At
	}
	b.count(n, sign)
	w.id(n.id)
	w.id(b.market)
	w.id(debit.id)
	w.id(credit.id)
	w.numeric(dong)
	w.int64(debit.version)
	w.int64(credit.version)
	w.idOrNull(reverses)
	w.time(n.occurredAt())
	w.time(n.by.At)
	w.text(n.Reference)
	w.bool(n.StrongReference)
	w.textOrNull(n.Code)
}

// count adds to the day of the stall on which it was paid.
func (b *Writer) count(n *Notice, sign int64) {
	at := n.occurredAt()
	_, offset := at.Zone()
	key := pastDay{n.Tenancy, (at.Unix() + int64(offset)) / 86400}
	day := b.days[key]
	if day == nil {
		day = &pastSum{}
		b.days[key] = day
		b.ordered = append(b.ordered, key)
	}
	day.payments, day.amount = day.payments+sign, day.amount+sign*n.Amount.Dong()
	day.bands[ledger.SizeBand(n.Amount.Dong())] += sign
	if sign > 0 {
		day.times = append(day.times, at)
		return
	}
	if i := slices.Index(day.times, at); i >= 0 {
		day.times = slices.Delete(day.times, i, i+1)
	}
}

func (b *Writer) account(a ledger.Account) *pastAccount {
	found := b.accounts[a]
	if found == nil {
		found = &pastAccount{Account: a, id: a.ID()}
		b.accounts[a] = found
		b.opened = append(b.opened, found)
	}
	return found
}

// Close writes the accounts and the rollup of all that was written. Without it the books do not
// agree.
func (b *Writer) Close(ctx context.Context, tx pgx.Tx) error {
	err := copyRows(ctx, tx, "ledger_accounts", []string{
		"id", "kind", "market_id", "account_id", "tenancy_id",
		"debits", "credits", "version", "last_at",
	},
		len(b.opened), func(w *copyRow, i int) error {
			a := b.opened[i]
			account, tenancy := a.Owner, uuid.Nil
			if a.Kind == ledger.Stall {
				account, tenancy = tenancy, account
			}
			w.id(a.id)
			w.text(string(a.Kind))
			w.id(a.Market)
			w.idOrNull(account)
			w.idOrNull(tenancy)
			w.numeric(a.debits)
			w.numeric(a.credits)
			w.int64(a.version)
			w.time(a.last)
			return nil
		})
	if err != nil {
		return err
	}
	// One announcement covers all days.
	if _, err := tx.Exec(ctx, `SELECT fact_changed('-infinity')`); err != nil {
		return fmt.Errorf("announce the past to reports: %w", err)
	}
	slices.SortFunc(b.ordered, pastDay.compare) // as the primary key: its index grows at its end
	columns := []string{
		"tenancy_id", "day", "market_id", "payments", "amount", "le_50k", "le_200k", "le_1m", "over_1m",
		"last_at",
	}
	err = copyRows(ctx, tx, "stall_days", columns, len(b.ordered), func(w *copyRow, i int) error {
		k := b.ordered[i]
		sum := b.days[k]
		w.id(k.tenancy)
		w.int32(k.day - epoch.Unix()/86400)
		w.id(b.market)
		w.int32(sum.payments)
		w.numeric(sum.amount)
		for _, n := range sum.bands {
			w.int32(n)
		}
		if len(sum.times) == 0 {
			w.null()
			return nil
		}
		w.time(slices.MaxFunc(sum.times, time.Time.Compare))
		return nil
	})
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO connection_days (connection_id, day) SELECT $1, unnest($2::text[]::date[])
		ON CONFLICT DO NOTHING`,
		b.connection, slices.Sorted(maps.Keys(b.lived)))
	if err != nil {
		return fmt.Errorf("write on which days the connection lived: %w", err)
	}
	return nil
}
