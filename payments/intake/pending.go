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
)

const (
	// retryEvery is how often pending notices are looked for whose turn has come, and retryGroup
	// how many take one turn.
	retryEvery = 5 * time.Second
	retryGroup = 100
	// retryFirst is the pause after the first failure. It doubles up to retryLongest.
	retryFirst   = 2 * time.Second
	retryLongest = time.Minute
	// retriesUntilCase is how many failures open a case. From then on the pause is retrySlow.
	retriesUntilCase = 10
	retrySlow        = 15 * time.Minute
)

// leavePending keeps a delivery whose notices could not be processed: they are not lost, and tried
// again.
func (in *Intake) leavePending(ctx context.Context, d *delivery, cause error) error {
	why := "failed"
	var pg *pgconn.PgError
	if errors.As(cause, &pg) {
		why = "failed:" + pg.Code
	}
	return in.money.InBatches(ctx, func(ctx context.Context, tx *database.Batches) (*pgx.Batch, error) {
		w := &posting{
			intake: in, tx: tx, now: in.clock.Time(), deliveries: []*delivery{d}, lockWait: groupLockWait,
			written: map[*delivery]bool{},
		}
		if err := w.takeKeys(ctx); err != nil {
			return nil, err
		}
		for _, e := range w.entries {
			e.decision = decision{State: Pending, Why: why}
		}
		w.queueDeliveries()
		w.queueNotices()
		w.queueRetries()
		return &w.batch, nil
	})
}

// queueRetries gives the notices that are left pending their first turn.
func (w *posting) queueRetries() {
	var ids []uuid.UUID
	for _, e := range w.entries {
		ids = append(ids, e.id)
	}
	w.batch.Queue(`INSERT INTO notice_retries (notice_id, attempts, next_at, since) SELECT id, 0, $2, $3
		FROM unnest($1::uuid[]) AS n (id)`,
		ids, w.now.Add(retryFirst), w.now)
}

// queueRetried ends the turns of a notice that was tried again with success, and its case.
func (w *posting) queueRetried(e *entry) {
	w.batch.Queue(`DELETE FROM notice_retries WHERE notice_id = $1`, e.id)
	w.batch.Queue(`UPDATE cases SET state = 'dismissed', closed_at = $2,
		detail = detail || '; a later attempt succeeded'
		WHERE id = $1 AND state IN ('open', 'proposed')`, caseID(retryFailed, e.id, nil), w.now)
}

const selectPending = `SELECT n.id, n.delivery_id, n.connection_id, n.external_id, n.direction, n.amount::text,
	n.currency, n.occurred_at, n.precision, n.reference, n.particulars, n.told_at, coalesce(n.dialect, '')
	FROM notice_retries r JOIN notices n ON n.id = r.notice_id `

// retryPending tries the pending notices whose turn has come, one by one. One that fails goes to
// the end of the line.
func (in *Intake) retryPending(ctx context.Context) error {
	waiting, err := findPending(ctx, in.money.Pool, selectPending+`WHERE r.next_at <= $1 ORDER BY r.next_at LIMIT $2`,
		in.clock.Time(), retryGroup)
	if err != nil {
		return err
	}
	var first error
	failed := 0
	for _, s := range waiting {
		err := in.retryOnce(ctx, s)
		if err == nil {
			continue
		}
		if unreachableNow(err) || ctx.Err() != nil {
			return err // it is not the notice's fault
		}
		if failed++; first == nil {
			first = fmt.Errorf("notice %s: %w", s.id, err)
		}
	}
	if skipped, ok := in.pendingLog.allow(); failed > 0 && ok {
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
			&s.OccurredAt, &s.Precision, &s.Reference, &s.sealed, &s.toldAt, &s.Identity)
		return s, err
	})
	if err != nil {
		return nil, fmt.Errorf("read pending notices: %w", err)
	}
	return waiting, nil
}

// retryOnce tries a notice again, and notes a failure that is its own.
func (in *Intake) retryOnce(ctx context.Context, s storedNotice) error {
	err := in.retry(ctx, s)
	if err == nil || ctx.Err() != nil || unreachableNow(err) {
		return err
	}
	return errors.Join(err, in.noteFailure(ctx, s, err))
}

// noteFailure gives a notice its next turn. After retriesUntilCase failures a case tells the
// operator.
func (in *Intake) noteFailure(ctx context.Context, s storedNotice, cause error) error {
	return in.money.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		now := in.clock.Time()
		var attempts int
		err := tx.QueryRow(ctx, `UPDATE notice_retries SET attempts = attempts + 1 WHERE notice_id = $1
			RETURNING attempts`, s.id).Scan(&attempts)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil // a person decided about it meanwhile
		}
		if err != nil {
			return fmt.Errorf("note failure of notice %s: %w", s.id, err)
		}
		if _, err := tx.Exec(ctx, `UPDATE notice_retries SET next_at = $2 WHERE notice_id = $1`, s.id,
			now.Add(retryPause(attempts))); err != nil {
			return fmt.Errorf("note failure of notice %s: %w", s.id, err)
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
			VALUES ($1, $2, 'open', $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING`, caseID(retryFailed, s.id, nil),
			retryFailed, s.connection, s.id, s.delivery, detail, now)
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

// unreachableNow reports whether an error is about reaching the database or its resources, not
// about a notice.
func unreachableNow(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return slices.Contains([]string{"08", "53", "57", "58"}, pg.Code[:min(2, len(pg.Code))])
	}
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, database.ErrSilent) || errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, context.Canceled)
}

// What Retry returns where no such notice waits to be tried again, and where it failed again.
var (
	ErrNotPending   = errors.New("the notice is not pending")
	ErrStillPending = errors.New("the notice stays pending")
)

// Retry tries a pending notice again at once. It stays as it is when that fails.
func (in *Intake) Retry(ctx context.Context, notice *uuid.UUID) error {
	waiting, err := findPending(ctx, in.money.Pool, selectPending+`WHERE n.id = $1`, notice)
	if err != nil {
		return err
	}
	if len(waiting) == 0 {
		return ErrNotPending
	}
	if err := in.retryOnce(ctx, waiting[0]); err != nil {
		return fmt.Errorf("%w: %w", ErrStillPending, err)
	}
	return nil
}

// storedNotice is a notice as its row tells it.
type storedNotice struct {
	banks.Notice
	id, delivery, connection uuid.UUID
	sealed                   []byte
	toldAt                   *time.Time
}

func (in *Intake) retry(ctx context.Context, s storedNotice) error {
	c, err := in.connections.Read(ctx, s.connection)
	if err != nil {
		return err
	}
	n := s.Notice
	if err := in.sealer.Open(ctx, s.id, s.sealed, &n); err != nil {
		return err
	}
	e, err := in.newEntry(ctx, s.id, c, n, in.now())
	if err != nil {
		return err
	}
	e.retried, e.toldAt = true, s.toldAt
	e.delivery = &delivery{id: s.delivery, connection: c, verdict: VerdictRead, entries: []*entry{e}}
	return in.keep(ctx, []*delivery{e.delivery}, partLockWait)
}
