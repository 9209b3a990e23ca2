package ledger

import (
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/payments/unnest"
)

// Post queues the statements that write the locked transfers: balances and versions, payments, and
// each stall's daily sums. The caller sends the batch in the same transaction. Post leaves out
// transfers that a payment has posted already and returns them as duplicates, by the transfer's id.
// A reversal gets the time of what it reverses. After ErrAlreadyReversed, run the transaction again.
func (l *Locked) Post(
	batch *pgx.Batch, now time.Time,
) (posted []Transfer, duplicates map[uuid.UUID]Duplicate, err error) {
	posted, err = l.settle()
	if err != nil {
		return nil, nil, err
	}
	if len(posted) > 0 {
		l.queuePayments(batch, posted, now)
		queueDays(batch, posted)
	}
	return posted, l.duplicates, nil
}

// paymentRow is a transfer with the ids and versions of its accounts.
type paymentRow struct {
	*Transfer
	debit, credit               uuid.UUID
	debitVersion, creditVersion int64
}

var paymentColumns = unnest.Columns[paymentRow]{
	unnest.NewColumn("id", "uuid", func(p paymentRow) uuid.UUID { return p.ID }),
	unnest.NewColumn("market_id", "uuid", func(p paymentRow) uuid.UUID { return p.Credit.Market }),
	unnest.NewColumn("debit_account", "uuid", func(p paymentRow) uuid.UUID { return p.debit }),
	unnest.NewColumn("credit_account", "uuid", func(p paymentRow) uuid.UUID { return p.credit }),
	unnest.NewColumn("amount", "bigint", func(p paymentRow) int64 { return p.Amount.Dong() }),
	unnest.NewColumn("debit_version", "bigint", func(p paymentRow) int64 { return p.debitVersion }),
	unnest.NewColumn("credit_version", "bigint", func(p paymentRow) int64 { return p.creditVersion }),
	unnest.NewColumn("case_id", "uuid", func(p paymentRow) *uuid.UUID { return p.Case }),
	unnest.NewColumn("reverses", "uuid", func(p paymentRow) *uuid.UUID { return p.Reverses }),
	unnest.NewColumn("occurred_at", "timestamptz", func(p paymentRow) time.Time { return p.OccurredAt }),
	unnest.NewColumn("reference", "text", func(p paymentRow) string { return p.Reference }),
	unnest.NewColumn("strong", "boolean", func(p paymentRow) bool { return p.Strong }),
	unnest.NewOptionalText("memo_code", func(p paymentRow) string { return p.MemoCode }),
}

var insertPayments = `INSERT INTO payments (` + paymentColumns.Names() + `, recorded_at)
	SELECT p.*, ` + paymentColumns.Further(1) + ` FROM ` + paymentColumns.From("p")

func (l *Locked) queuePayments(batch *pgx.Batch, transfers []Transfer, now time.Time) {
	rows := make([]paymentRow, 0, len(transfers))
	var changes []*balanceChange
	byID := map[uuid.UUID]*balanceChange{}
	change := func(id uuid.UUID) *balanceChange {
		if byID[id] == nil {
			byID[id] = &balanceChange{id: id}
			changes = append(changes, byID[id])
		}
		l.versions[id]++
		byID[id].versions++
		return byID[id]
	}
	for i := range transfers {
		row := paymentRow{Transfer: &transfers[i]}
		row.debit, row.credit = row.Debit.ID(), row.Credit.ID()
		change(row.debit).debits += row.Amount.Dong()
		change(row.credit).credits += row.Amount.Dong()
		row.debitVersion, row.creditVersion = l.versions[row.debit], l.versions[row.credit]
		rows = append(rows, row)
	}
	batch.Queue(updateBalances, balanceColumns.Arguments(changes, now)...)
	batch.Queue(insertPayments, paymentColumns.Arguments(rows, now)...)
}
