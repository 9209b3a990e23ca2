package ledger

import (
	"bytes"
	"cmp"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/platform/bizday"
	"market40/payments/unnest"
)

// dayKey identifies a business day of one tenancy.
type dayKey struct {
	tenancy, market uuid.UUID
	day             string
}

// daySum is what a group of transfers adds to one day.
type daySum struct {
	dayKey
	payments, amount int64
	bands            [4]int64
	last             *time.Time // of the payments credited
}

var dayColumns = unnest.Columns[*daySum]{
	unnest.NewColumn("tenancy_id", "uuid", func(s *daySum) uuid.UUID { return s.tenancy }),
	unnest.NewColumn("market_id", "uuid", func(s *daySum) uuid.UUID { return s.market }),
	unnest.NewColumn("day", "text[]::date", func(s *daySum) string { return s.day }),
	unnest.NewColumn("payments", "bigint", func(s *daySum) int64 { return s.payments }),
	unnest.NewColumn("amount", "bigint", func(s *daySum) int64 { return s.amount }),
	unnest.NewColumn("le_50k", "bigint", func(s *daySum) int64 { return s.bands[0] }),
	unnest.NewColumn("le_200k", "bigint", func(s *daySum) int64 { return s.bands[1] }),
	unnest.NewColumn("le_1m", "bigint", func(s *daySum) int64 { return s.bands[2] }),
	unnest.NewColumn("over_1m", "bigint", func(s *daySum) int64 { return s.bands[3] }),
	unnest.NewColumn("last_at", "timestamptz", func(s *daySum) *time.Time { return s.last }),
}

var upsertDays = `INSERT INTO stall_days AS s (` + dayColumns.Names() + `) SELECT * FROM ` + dayColumns.From("d") + `
	ON CONFLICT (tenancy_id, day) DO UPDATE SET payments = s.payments + excluded.payments,
		amount = s.amount + excluded.amount,
		le_50k = s.le_50k + excluded.le_50k, le_200k = s.le_200k + excluded.le_200k,
		le_1m = s.le_1m + excluded.le_1m, over_1m = s.over_1m + excluded.over_1m,
		last_at = greatest(s.last_at, excluded.last_at)`

// queueDays adds the transfers to the daily sums of stalls. A credit counts on the day of
// occurred_at. A debit is subtracted on the same day, because settle gives a reversal the time of
// what it reverses. The last payment of such a day is then found again.
func queueDays(batch *pgx.Batch, transfers []Transfer) {
	days := map[dayKey]*daySum{}
	var debited []debitedDay
	add := func(a Account, t *Transfer, sign int64) {
		if a.Kind != Stall {
			return
		}
		k := dayKey{a.Owner, a.Market, bizday.DayOf(t.OccurredAt)}
		if days[k] == nil {
			days[k] = &daySum{dayKey: k}
		}
		s := days[k]
		s.payments += sign
		s.amount += sign * t.Amount.Dong()
		s.bands[SizeBand(t.Amount.Dong())] += sign
		switch {
		case sign < 0:
			debited = append(debited, debitedDay{a, k.day})
		case s.last == nil || t.OccurredAt.After(*s.last):
			s.last = &t.OccurredAt
		}
	}
	for i := range transfers {
		add(transfers[i].Credit, &transfers[i], 1)
		add(transfers[i].Debit, &transfers[i], -1)
	}
	if len(days) == 0 {
		return
	}
	sums := make([]*daySum, 0, len(days))
	for _, s := range days {
		sums = append(sums, s)
	}
	slices.SortFunc(sums, func(a, b *daySum) int { // one order of locks
		return cmp.Or(bytes.Compare(a.tenancy[:], b.tenancy[:]), cmp.Compare(a.day, b.day))
	})
	batch.Queue(upsertDays, dayColumns.Arguments(sums)...)
	if len(debited) > 0 {
		batch.Queue(updateLastPayments, debitedColumns.Arguments(debited)...)
	}
}

// debitedDay is a day of a stall that lost a payment.
type debitedDay struct {
	Account
	day string
}

var debitedColumns = unnest.Columns[debitedDay]{
	unnest.NewColumn("account", "uuid", func(d debitedDay) uuid.UUID { return d.ID() }),
	unnest.NewColumn("tenancy_id", "uuid", func(d debitedDay) uuid.UUID { return d.Owner }),
	unnest.NewColumn("day", "text[]::date", func(d debitedDay) string { return d.day }),
}

// updateLastPayments finds the last payment of stalls' days again, without the reversed ones.
var updateLastPayments = `UPDATE stall_days s SET last_at = (
		SELECT max(p.occurred_at) FROM payments p WHERE p.credit_account = d.account
		AND p.occurred_at >= d.day::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh'
		AND p.occurred_at < (d.day + 1)::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh'
		AND NOT EXISTS (SELECT FROM payments r WHERE r.reverses = p.id))
	FROM ` + debitedColumns.From("d") + ` WHERE s.tenancy_id = d.tenancy_id AND s.day = d.day`
