package duplicates

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/payments/ledger"
	"market40/payments/notices"
	"market40/payments/unnest"
)

// lookUpWindow is how far before and after a transfer other reports of it are read.
const lookUpWindow = 24 * time.Hour

// transferLookUp is the look-up of one text: the time span around its reports in this group.
type transferLookUp struct {
	index    string
	from, to time.Time
	source   Source // zero: several sources reported it
}

var transferColumns = unnest.Columns[*transferLookUp]{
	unnest.NewColumn("transfer", "bytea", func(l *transferLookUp) []byte { return []byte(l.index) }),
	unnest.NewColumn("earliest", "timestamptz", func(l *transferLookUp) time.Time { return l.from }),
	unnest.NewColumn("latest", "timestamptz", func(l *transferLookUp) time.Time { return l.to }),
	unnest.NewColumn("connection", "uuid", func(l *transferLookUp) uuid.UUID { return l.source.Connection }),
	unnest.NewColumn("dialect", "text", func(l *transferLookUp) string { return l.source.Dialect }),
}

// QueueReports locks the transfers, so that transactions about one transfer run one after the other,
// and reads its reports where more than one source reported it. It must come after the locks of
// cases and before those of the ledger.
func QueueReports(batch *pgx.Batch, own []Report) Reports {
	all := Reports{}
	lookUps := map[string]*transferLookUp{}
	for _, r := range own {
		from, to := r.OccurredAt.Add(-lookUpWindow), r.OccurredAt.Add(lookUpWindow)
		l, known := lookUps[string(r.Transfer)]
		if !known {
			lookUps[string(r.Transfer)] = &transferLookUp{string(r.Transfer), from, to, r.Source}
			continue
		}
		if from.Before(l.from) {
			l.from = from
		}
		if to.After(l.to) {
			l.to = to
		}
		if l.source != r.Source {
			l.source = Source{}
		}
	}
	if len(lookUps) == 0 {
		return all
	}
	var texts [][]byte
	rows := make([]*transferLookUp, 0, len(lookUps))
	for text, l := range lookUps {
		texts, rows = append(texts, []byte(text)), append(rows, l)
	}
	batch.Queue(`SELECT pg_advisory_xact_lock(key) FROM (
			SELECT hashtextextended(current_schema() || '.telling.' || encode(t.transfer, 'hex'), 0) AS key
			FROM unnest($1::bytea[]) AS t (transfer) ORDER BY key) k`, texts)
	batch.Queue(selectReports, transferColumns.Arguments(rows, notices.ReportedTwice)...).
		Query(func(rows pgx.Rows) error {
			var r Report
			var reference string
			_, err := pgx.ForEachRow(rows, []any{
				&r.Transfer, &r.ID, &r.Source.Connection, &r.Source.Dialect, &reference,
				&r.OccurredAt, &r.ByReceipt, &r.Precision,
			}, func() error {
				all.Add(r.WithReference(reference))
				return nil
			})
			return err
		})
	return all
}

// selectReports reads the reports within the time span of each text. It reads nothing where only the
// text's own source reported, because a stall may be paid one amount with one memo all day.
var selectReports = `SELECT a.transfer, o.id, o.connection_id, coalesce(o.dialect, ''), o.reference, o.occurred_at,
	o.by_receipt, o.precision
	FROM ` + transferColumns.From("a") + `
	CROSS JOIN LATERAL (SELECT o.id, o.connection_id, o.dialect, o.reference, o.occurred_at,
	o.told_at IS NOT NULL AS by_receipt, o.precision FROM notices o
			WHERE o.telling_index = a.transfer AND o.occurred_at BETWEEN a.earliest AND a.latest
			AND (o.state = 'posted' OR o.market_id IS NOT NULL OR o.why = ` + transferColumns.Further(1) + `)
		UNION ALL
		SELECT f.id, n.connection_id, n.dialect, f.reference, f.occurred_at, f.told_at IS NOT NULL, f.precision
		FROM notice_conflicts f JOIN notices n ON n.id = f.notice_id, LATERAL (` + ledger.SelectCurrentHolder + `) now
			WHERE f.telling_index = a.transfer AND f.occurred_at BETWEEN a.earliest AND a.latest AND now.posted) o
	WHERE EXISTS (SELECT FROM notices o WHERE o.telling_index = a.transfer AND o.occurred_at BETWEEN a.earliest AND
	a.latest
			AND (o.connection_id <> a.connection OR coalesce(o.dialect, '') <> a.dialect))
		OR EXISTS (SELECT FROM notice_conflicts f JOIN notices n ON n.id = f.notice_id WHERE f.telling_index = a.transfer
			AND f.occurred_at BETWEEN a.earliest AND a.latest AND (n.connection_id <> a.connection
			OR coalesce(n.dialect, '') <> a.dialect))`

// ReadReport returns a stored notice as a report of its transfer.
func ReadReport(ctx context.Context, tx pgx.Tx, notice uuid.UUID) (Report, error) {
	r := Report{ID: notice}
	var reference string
	err := tx.QueryRow(ctx, `SELECT telling_index, connection_id, coalesce(dialect, ''), reference, occurred_at,
		told_at IS NOT NULL, precision FROM notices WHERE id = $1`, notice).
		Scan(&r.Transfer, &r.Source.Connection, &r.Source.Dialect, &reference, &r.OccurredAt, &r.ByReceipt, &r.Precision)
	if err != nil {
		return r, fmt.Errorf("read notice %s: %w", notice, err)
	}
	return r.WithReference(reference), nil
}

// FoundElsewhere reports whether another source reported a transfer too, and that one is in the books
// or waits as reported twice. Transactions about one transfer wait for each other.
func (r Report) FoundElsewhere(ctx context.Context, tx pgx.Tx) (bool, error) {
	if r.Transfer == nil {
		return false, nil
	}
	batch := &pgx.Batch{}
	all := QueueReports(batch, []Report{r})
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return false, fmt.Errorf("look for other reports of notice %s: %w", r.ID, err)
	}
	return all.Repeat(r), nil
}
