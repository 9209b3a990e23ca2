package intake

import (
	"cmp"
	"slices"
	"time"

	"github.com/google/uuid"

	"market40/merchants/platform/bizday"
	"market40/merchants/platform/seal"
	"market40/payments/notices"
	"market40/payments/unnest"
)

var deliveryColumns = unnest.Columns[*delivery]{
	unnest.NewColumn("id", "uuid", func(d *delivery) uuid.UUID { return d.id }),
	unnest.NewColumn("connection_id", "uuid", func(d *delivery) uuid.UUID { return d.connection.ID }),
	unnest.NewColumn("received_at", "timestamptz", func(d *delivery) time.Time { return d.receivedAt }),
	unnest.NewColumn("verdict", "text", func(d *delivery) string { return d.verdict }),
	unnest.NewColumn("headers", "text", func(d *delivery) string { return d.headers }),
	unnest.NewColumn("body", "bytea", func(d *delivery) []byte { return d.body }),
}

var insertDeliveries = `INSERT INTO deliveries (` + deliveryColumns.Names() + `) SELECT * FROM ` + deliveryColumns.From(
	"d",
)

// queueDeliveries stores the requests that brought something new.
func (w *posting) queueDeliveries() {
	isNew := map[*delivery]bool{}
	for _, e := range w.entries {
		isNew[e.delivery] = isNew[e.delivery] || !e.retried
	}
	for _, c := range w.conflicts {
		isNew[c.delivery] = true
	}
	var stored []*delivery
	for _, d := range w.deliveries {
		if len(d.faults) > 0 || d.verdict != notices.VerdictRead || isNew[d] {
			stored = append(stored, d)
		}
	}
	if len(stored) > 0 {
		w.batch.Queue(insertDeliveries, deliveryColumns.Arguments(stored)...)
		w.queueConnectionDays()
	}
}

// connectionDay is a day on which a connection delivered.
type connectionDay struct {
	connection uuid.UUID
	day        string
}

var connectionDayColumns = unnest.Columns[connectionDay]{
	unnest.NewColumn("connection_id", "uuid", func(d connectionDay) uuid.UUID { return d.connection }),
	unnest.NewColumn("day", "text[]::date", func(d connectionDay) string { return d.day }),
}

var insertConnectionDays = `INSERT INTO connection_days (` + connectionDayColumns.Names() + `)
	SELECT * FROM ` + connectionDayColumns.From("d") + ` ON CONFLICT DO NOTHING`

// queueConnectionDays records that a connection delivered something readable on a day. Reports count
// its merchants as observed then. A day that is recorded already is not updated, so that no two
// postings wait for each other.
func (w *posting) queueConnectionDays() {
	var days []connectionDay
	for _, d := range w.deliveries {
		// a retried one was delivered on another day
		if d.verdict == notices.VerdictRead && !d.receivedAt.IsZero() && !d.test {
			days = append(days, connectionDay{d.connection.ID, bizday.DayOf(d.receivedAt)})
		}
	}
	slices.SortFunc(days, func(a, b connectionDay) int {
		return cmp.Or(cmp.Compare(a.connection.String(), b.connection.String()), cmp.Compare(a.day, b.day))
	})
	if days = slices.Compact(days); len(days) > 0 {
		w.batch.Queue(insertConnectionDays, connectionDayColumns.Arguments(days)...)
	}
}

// noticeRow is a notice as it is stored.
type noticeRow struct {
	*entry
	account, market *uuid.UUID
}

var noticeColumns = unnest.Columns[noticeRow]{
	unnest.NewColumn("id", "uuid", func(n noticeRow) uuid.UUID { return n.id }),
	unnest.NewColumn("delivery_id", "uuid", func(n noticeRow) uuid.UUID { return n.delivery.id }),
	unnest.NewColumn("connection_id", "uuid", func(n noticeRow) uuid.UUID { return n.connection.ID }),
	unnest.NewColumn("external_id", "text", func(n noticeRow) string { return n.notice.ExternalID }),
	unnest.NewColumn("state", "text", func(n noticeRow) string { return string(n.decision.State) }),
	unnest.NewColumn("why", "text", func(n noticeRow) string { return n.decision.Why }),
	unnest.NewColumn("direction", "text", func(n noticeRow) string { return string(n.notice.Direction) }),
	unnest.NewColumn("amount", "bigint", func(n noticeRow) int64 { return n.notice.Amount.Dong() }),
	unnest.NewColumn("currency", "text", func(n noticeRow) string { return n.notice.Currency }),
	unnest.NewColumn("occurred_at", "timestamptz", func(n noticeRow) time.Time { return n.notice.OccurredAt }),
	unnest.NewColumn("precision", "text", func(n noticeRow) string { return string(n.notice.Precision) }),
	unnest.NewColumn("reference", "text", func(n noticeRow) string { return n.notice.Reference }),
	unnest.NewOptionalText("memo_code", func(n noticeRow) string { return n.code() }),
	unnest.NewColumn("account_last4", "text", func(n noticeRow) string { return seal.Last4(n.notice.Account) }),
	unnest.NewColumn("account_id", "uuid", func(n noticeRow) *uuid.UUID { return n.account }),
	unnest.NewColumn("market_id", "uuid", func(n noticeRow) *uuid.UUID { return n.market }),
	unnest.NewColumn("particulars", "bytea", func(n noticeRow) []byte { return n.particulars }),
	unnest.NewColumn("repeat_index", "bytea", func(n noticeRow) []byte { return n.repeatIndex }),
	unnest.NewColumn("told_at", "timestamptz", func(n noticeRow) *time.Time { return n.bankTime }),
	unnest.NewColumn("gathering", "uuid", func(n noticeRow) *uuid.UUID { return n.gathering }),
	unnest.NewColumn("telling_index", "bytea", func(n noticeRow) []byte { return n.transferIndex }),
	unnest.NewOptionalText("dialect", func(n noticeRow) string { return n.notice.Dialect() }),
}

var insertNotices = `INSERT INTO notices (` + noticeColumns.Names() + `, recorded_at)
	SELECT n.*, ` + noticeColumns.Further(1) + ` FROM ` + noticeColumns.From("n")

// queueNotices stores the new notices in their final state, and updates retried ones to theirs.
func (w *posting) queueNotices() {
	var fresh []noticeRow
	for _, e := range w.entries {
		account, market := e.decision.accountAndMarket()
		if !e.retried {
			fresh = append(fresh, noticeRow{e, account, market})
			continue
		}
		w.batch.Queue(`UPDATE notices SET state = $2, why = $3, account_id = $4, market_id = $5, gathering = $6
			WHERE id = $1 AND state = 'pending'`,
			e.id, e.decision.State, e.decision.Why, account, market, e.gathering)
		w.queueRetried(e)
	}
	if len(fresh) > 0 {
		w.batch.Queue(insertNotices, noticeColumns.Arguments(fresh, w.time)...)
	}
}

// accountAndMarket returns the known account and the market of a decision; nil: unknown.
func (d *decision) accountAndMarket() (account, market *uuid.UUID) {
	if d.Receiver != nil {
		account = &d.Receiver.Account
	}
	if debit, _, moves := d.sides(); moves {
		market = &debit.Market
	}
	return account, market
}

// queueConflicts stores notices with other content than the first one of their key. The first one
// remains valid.
func (w *posting) queueConflicts() {
	for _, c := range w.conflicts {
		w.batch.Queue(`INSERT INTO notice_conflicts (id, notice_id, delivery_id, digest, amount, occurred_at, reference,
			particulars, recorded_at, told_at, currency,
				precision, telling_index)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT (notice_id, digest) DO NOTHING`,
			c.id, c.first, c.delivery.id, c.digest, c.notice.Amount.Dong(), c.notice.OccurredAt, c.notice.Reference,
			c.particulars, w.time, c.bankTime, c.notice.Currency,
			c.notice.Precision, c.transferIndex)
		opened := &openCase{
			ID: caseID(notices.Conflict, c.first, c.digest), Kind: notices.Conflict, Connection: c.connection.ID,
			Notice: &c.first, Delivery: &c.delivery.id,
			Detail: "the same id came with other content", Conflict: &c.id,
		}
		if w.register != nil && c.market != nil {
			d := w.register.decide(c.entry)
			// the boards of other markets must not see the first notice
			if _, market := d.accountAndMarket(); market != nil && *market == *c.market {
				opened.Market = market
			}
		}
		w.cases = append(w.cases, opened)
	}
}
