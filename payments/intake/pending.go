package intake

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"market40/migrations/database"
	"market40/payments/banks"
	"market40/payments/notices"
)

const (
	// retryEvery is how often pending notices that are due are read, and retryGroup how many at once.
	retryEvery = 5 * time.Second
	retryGroup = 100
	// retryFirst is the pause after the first failure. It doubles up to retryLongest.
	retryFirst   = 2 * time.Second
	retryLongest = time.Minute
	// retriesUntilCase is how many failures open a case. From then on the pause is retrySlow.
	retriesUntilCase = 10
	retrySlow        = 15 * time.Minute
)

// leavePending stores a delivery with notices that could not be processed. They are retried later.
func (p *postings) leavePending(ctx context.Context, d *delivery, cause error) error {
	why := "failed"
	var pg *pgconn.PgError
	if errors.As(cause, &pg) {
		why = "failed:" + pg.Code
	}
	return p.db.InBatches(ctx, func(ctx context.Context, tx *database.Batches) (*pgx.Batch, error) {
		w := &posting{
			postings: p, tx: tx, time: p.clock.Time(), deliveries: []*delivery{d}, lockWait: groupLockWait,
		}
		if err := w.storeKeys(ctx); err != nil {
			return nil, err
		}
		for _, e := range w.entries {
			e.decision = decision{State: notices.Pending, Why: why}
		}
		w.queueDeliveries()
		w.queueNotices()
		w.queueRetries()
		return &w.batch, nil
	})
}

// queueRetries schedules the first retry of the notices that are left pending.
func (w *posting) queueRetries() {
	var ids []uuid.UUID
	for _, e := range w.entries {
		ids = append(ids, e.id)
	}
	w.batch.Queue(`INSERT INTO notice_retries (notice_id, attempts, next_at, since) SELECT id, 0, $2, $3
		FROM unnest($1::uuid[]) AS n (id)`,
		ids, w.time.Add(retryFirst), w.time)
}

// queueRetried ends the retries of a notice after a successful one, and closes its case.
func (w *posting) queueRetried(e *entry) {
	w.batch.Queue(`DELETE FROM notice_retries WHERE notice_id = $1`, e.id)
	w.batch.Queue(`UPDATE cases SET state = 'dismissed', closed_at = $2,
		detail = detail || '; a later attempt succeeded'
		WHERE id = $1 AND state IN ('open', 'proposed')`, caseID(notices.RetryFailed, e.id, nil), w.time)
}

// retries retries pending notices.
type retries struct {
	entries  *entries
	postings *postings
	log      *logLimit
}

const selectPending = `SELECT n.id, n.delivery_id, n.connection_id, n.external_id, n.direction, n.amount::text,
	n.currency, n.occurred_at, n.precision, n.reference, n.particulars, n.told_at, coalesce(n.dialect, '')
	FROM notice_retries r JOIN notices n ON n.id = r.notice_id `

// run retries the pending notices that are due, one by one. A notice that fails is scheduled again.
func (rs *retries) run(ctx context.Context) error {
	waiting, err := findPending(ctx, rs.postings.db.Pool,
		selectPending+`WHERE r.next_at <= $1 ORDER BY r.next_at LIMIT $2`, rs.postings.clock.Time(), retryGroup)
	if err != nil {
		return err
	}
	var first error
	failed := 0
	for _, s := range waiting {
		err := rs.retry(ctx, s)
		if err == nil {
			continue
		}
		if isUnavailable(err) || ctx.Err() != nil {
			return err // the notice is not the cause
		}
		if failed++; first == nil {
			first = fmt.Errorf("notice %s: %w", s.id, err)
		}
	}
	if skipped, ok := rs.log.allow(); failed > 0 && ok {
		slog.WarnContext(ctx, "notices stay pending", "count", failed, "first", first, "more", skipped)
	}
	return nil
}

func findPending(ctx context.Context, pool *pgxpool.Pool, query string, args ...any) ([]storedNotice, error) {
	rows, err := pool.Query(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read pending notices: %w", err)
	}
	waiting, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (s storedNotice, err error) {
		err = row.Scan(&s.id, &s.delivery, &s.connection, &s.ExternalID, &s.Direction, &s.Amount, &s.Currency,
			&s.OccurredAt, &s.Precision, &s.Reference, &s.sealed, &s.bankTime, &s.Identity)
		return s, err
	})
	if err != nil {
		return nil, fmt.Errorf("read pending notices: %w", err)
	}
	return waiting, nil
}

// retry posts a pending notice, and records a failure that the notice causes.
func (rs *retries) retry(ctx context.Context, s storedNotice) error {
	err := rs.post(ctx, s)
	if err == nil || ctx.Err() != nil || isUnavailable(err) {
		return err
	}
	return errors.Join(err, rs.recordFailure(ctx, s, err))
}

// recordFailure schedules the next retry of a notice. After retriesUntilCase failures it opens a
// case for the operator.
func (rs *retries) recordFailure(ctx context.Context, s storedNotice, cause error) error {
	return rs.postings.db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		now := rs.postings.clock.Time()
		var attempts int
		err := tx.QueryRow(ctx, `UPDATE notice_retries SET attempts = attempts + 1 WHERE notice_id = $1
			RETURNING attempts`, s.id).Scan(&attempts)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil // a person decided about it meanwhile
		}
		if err != nil {
			return fmt.Errorf("record failure of notice %s: %w", s.id, err)
		}
		if _, err := tx.Exec(ctx, `UPDATE notice_retries SET next_at = $2 WHERE notice_id = $1`, s.id,
			now.Add(retryPause(attempts))); err != nil {
			return fmt.Errorf("record failure of notice %s: %w", s.id, err)
		}
		if attempts < retriesUntilCase {
			return nil
		}
		detail := "not processed after " + fmt.Sprint(attempts) + " attempts"
		if pg := (*pgconn.PgError)(nil); errors.As(cause, &pg) {
			detail += ": SQLSTATE " + pg.Code + " " + pg.ConstraintName
		}
		_, err = tx.Exec(ctx, `INSERT INTO cases (id, kind, state, connection_id, notice_id, delivery_id, detail,
			opened_at)
			VALUES ($1, $2, 'open', $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING`, caseID(notices.RetryFailed, s.id, nil),
			notices.RetryFailed, s.connection, s.id, s.delivery, detail, now)
		if err != nil {
			return fmt.Errorf("open case of notice %s: %w", s.id, err)
		}
		return nil
	})
}

// retryPause returns the pause after a number of failures.
func retryPause(attempts int) time.Duration {
	if attempts >= retriesUntilCase {
		return retrySlow
	}
	return min(retryFirst<<min(attempts, retriesUntilCase), retryLongest)
}

// isUnavailable reports whether an error is about the connection to the database or its resources,
// not about a notice.
func isUnavailable(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return slices.Contains([]string{"08", "53", "57", "58"}, pg.Code[:min(2, len(pg.Code))])
	}
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, database.ErrSilent) || errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, context.Canceled)
}

// ErrNotPending is the error of Retry for a notice that does not wait for a retry, ErrStillPending
// for one that failed again.
var (
	ErrNotPending   = errors.New("the notice is not pending")
	ErrStillPending = errors.New("the notice stays pending")
)

// Retry retries a pending notice at once. After another failure the notice stays pending.
func (in *Intake) Retry(ctx context.Context, notice *uuid.UUID) error {
	waiting, err := findPending(ctx, in.money.Pool, selectPending+`WHERE n.id = $1`, notice)
	if err != nil {
		return err
	}
	if len(waiting) == 0 {
		return ErrNotPending
	}
	if err := in.retries.retry(ctx, waiting[0]); err != nil {
		return fmt.Errorf("%w: %w", ErrStillPending, err)
	}
	return nil
}

// storedNotice is a notice as it is stored.
type storedNotice struct {
	banks.Notice
	id, delivery, connection uuid.UUID
	sealed                   []byte
	bankTime                 *time.Time
}

// post posts a stored notice like a delivery of its own.
func (rs *retries) post(ctx context.Context, s storedNotice) error {
	c, err := rs.entries.connections.Read(ctx, s.connection)
	if err != nil {
		return err
	}
	n := s.Notice
	if err := rs.entries.sealer.Open(ctx, s.id, s.sealed, &n); err != nil {
		return err
	}
	e, err := rs.entries.prepare(ctx, c, receivedNotice{n, s.id, rs.entries.now()})
	if err != nil {
		return err
	}
	e.retried, e.bankTime = true, s.bankTime
	e.delivery = &delivery{id: s.delivery, connection: c, verdict: notices.VerdictRead, entries: []*entry{e}}
	return rs.postings.post(ctx, []*delivery{e.delivery}, partLockWait)
}
