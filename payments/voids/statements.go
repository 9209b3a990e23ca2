package voids

import (
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/payments/banks"
	"market40/payments/notices"
	"market40/payments/unnest"
)

// covers is SQL for whether a connection may report about an account, in any market where the
// account receives.
const covers = `%[1]s.id IN (SELECT connection_id FROM connections_of(%[2]s, NULL))`

var transactionColumns = unnest.Columns[Transaction]{
	unnest.NewColumn("connection", "uuid", func(t Transaction) uuid.UUID { return t.Connection }),
	unnest.NewColumn("id", "text", func(t Transaction) string { return t.ID }),
	unnest.NewColumn("void", "text", func(t Transaction) string { return banks.VoidID(t.ID) }),
	unnest.NewColumn("reference", "text", func(t Transaction) string { return t.Reference }),
	unnest.NewColumn("account", "uuid", func(t Transaction) *uuid.UUID { return t.Account }),
	unnest.NewColumn("amount", "bigint", func(t Transaction) int64 { return t.Amount.Dong() }),
}

// voidsSQL is SQL for the voids v of transactions w. They are the voids of their own connections, and
// those of the same gateway's further connections with the same reference that may report about the
// account. Where one id was used for two transfers, a void belongs to the one with its reference. A
// void that people returned still counts.
var voidsSQL = transactionColumns.FromNumbered("w", "n") + `
	JOIN bank_connections own ON own.id = w.connection JOIN bank_connections b ON b.provider = own.provider
	JOIN notice_keys k ON k.connection_id = b.id AND k.external_id = w.void
	JOIN notices v ON v.id = k.notice_id AND (v.state <> 'ignored' OR v.why IN ('returned', '` + notices.WhyReversed + `'))
		AND (b.id = own.id AND (v.reference = w.reference OR (SELECT count(DISTINCT x.reference) FROM (
				SELECT n.reference FROM notice_keys o JOIN notices n ON n.id = o.notice_id WHERE o.connection_id = own.id AND o.external_id = w.id
				UNION ALL SELECT f.reference FROM notice_keys o JOIN notice_conflicts f ON f.notice_id = o.notice_id
					WHERE o.connection_id = own.id AND o.external_id = w.id) x) < 2)
			OR w.reference <> '' AND v.reference = w.reference AND ` + fmt.Sprintf(covers, "b", "w.account") + `)`

// selectVoided selects the numbers of the transactions that one void reverses as a whole.
var selectVoided = `SELECT DISTINCT w.n FROM ` + voidsSQL + ` WHERE v.amount = w.amount`

// selectVoidSum adds up the parts of one transaction (SumVoids).
var selectVoidSum = `SELECT coalesce(sum(amount), 0) FROM (
	SELECT max(v.amount + (SELECT coalesce(sum(f.amount), 0) FROM notice_conflicts f
		WHERE f.notice_id = v.id AND (f.id = ` + transactionColumns.Further(1) + ` OR EXISTS (SELECT FROM cases x
		WHERE x.conflict_id = f.id AND x.state = 'returned')))) AS amount
	FROM ` + voidsSQL + ` GROUP BY v.amount) part`

// closeVoidCases closes the open cases of the voids of transactions.
var closeVoidCases = `UPDATE cases c SET state = 'dismissed', closed_at = ` + transactionColumns.Further(1) + `,
	detail = c.detail || '; the whole payment was taken back'
	WHERE c.kind IN ('` + notices.OriginalUnknown + `', '` + notices.Conflict + `') AND c.state IN ('open', 'proposed')
	AND c.notice_id IN (SELECT v.id FROM ` + voidsSQL + `)`

// voidLock is the advisory lock of a payment and its void: one of them is posted after the other and
// sees it.
const voidLock = `hashtextextended(current_schema() || '.void.' || id, 0)`

// QueueLocks locks transactions, so that each payment and its void wait for each other.
func QueueLocks(batch *pgx.Batch, ids []string) {
	batch.Queue(`SELECT pg_advisory_xact_lock(key) FROM (SELECT DISTINCT `+voidLock+` AS key
		FROM unnest($1::text[]) AS t (id) ORDER BY key) k`, ids)
}

// QueueVoided calls voided with the number of each transaction that one void reverses as a whole.
func QueueVoided(batch *pgx.Batch, all []Transaction, voided func(i int)) {
	batch.Queue(selectVoided, transactionColumns.Arguments(all)...).Query(func(rows pgx.Rows) error {
		var n int
		_, err := pgx.ForEachRow(rows, []any{&n}, func() error {
			voided(n - 1)
			return nil
		})
		return err
	})
}

// QueueCases closes the cases of the voids of transactions after their payments were reversed.
func QueueCases(batch *pgx.Batch, all []Transaction, now time.Time) {
	batch.Queue(closeVoidCases, transactionColumns.Arguments(all, now)...)
}
