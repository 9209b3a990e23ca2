package intake

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/prometheus/client_golang/prometheus"

	"market40/merchants/platform/problem"
)

const (
	// postWithin is the time limit of one group. After it the callers get a 503.
	postWithin = 6 * time.Second
	// groupLockWait is how long a group waits for a lock before it is split, and partLockWait how
	// long its parts wait.
	groupLockWait = time.Second
	partLockWait  = 200 * time.Millisecond
)

// errBusy returns the refusal while the database is unavailable (503): the provider retries.
func errBusy() error { return problem.Outage() }

// workers post deliveries in groups.
type workers struct {
	postings *postings
	lanes    *lanes
	locked   *lockedAccounts
	logs     *logLimits
	groups   prometheus.Observer // sizes of the groups that were posted
	running  sync.WaitGroup
	stopped  chan struct{} // closed when the workers are done
}

func newWorkers(p *postings, logs *logLimits, groups prometheus.Observer) *workers {
	return &workers{
		postings: p, lanes: newLanes(), locked: newLockedAccounts(), logs: logs, groups: groups,
		stopped: make(chan struct{}),
	}
}

func (w *workers) start() {
	for lane := range workerCount {
		w.running.Go(func() { w.run(lane) })
	}
}

func (w *workers) close() { w.lanes.close() }

// submit passes a delivery to a worker and waits until it is committed or refused, or until ctx
// ends. After the end of ctx it may be committed nevertheless; the provider's retry is then a
// repeat.
func (w *workers) submit(ctx context.Context, d *delivery) error {
	d.done = make(chan error, 1)
	if !w.lanes.add(d) {
		return errBusy()
	}
	select {
	case err := <-d.done:
		return err
	case <-w.stopped:
		return errBusy()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// run runs one worker: it posts whatever waits as one group, without a timer.
func (w *workers) run(lane int) {
	for {
		group := w.lanes.next(lane)
		if group == nil {
			return
		}
		w.postGroup(group)
		w.lanes.done(lane)
	}
}

// postGroup posts a group. Deliveries of accounts that another transaction holds locked are posted
// last, on their own.
func (w *workers) postGroup(group []*delivery) {
	ctx, cancel := context.WithTimeout(context.Background(), postWithin)
	defer cancel()
	slices.SortStableFunc(group, func(a, b *delivery) int { return bytes.Compare(a.account(), b.account()) })
	free, locked := w.locked.split(group)
	w.postPart(ctx, free, groupLockWait)
	w.postPart(ctx, locked, partLockWait)
}

// postPart posts deliveries in the order of their accounts. A part that fails is split: a bad
// delivery is left pending and retried, one with a locked account gets a 503, and all others are
// posted.
func (w *workers) postPart(ctx context.Context, group []*delivery, lockWait time.Duration) {
	if len(group) == 0 {
		return
	}
	err := w.postings.post(ctx, group, lockWait)
	locked := hasCode(err, lockNotAvailable)
	switch {
	case err == nil:
		w.groups.Observe(float64(len(group)))
		finishGroup(group, nil)
	case locked && ctx.Err() == nil && !sameAccount(group), isDataError(err) && len(group) > 1:
		half := len(group) / 2
		w.postPart(ctx, group[:half], partLockWait)
		w.postPart(ctx, group[half:], partLockWait)
	case !isDataError(err):
		if locked {
			w.locked.add(group[0].account())
		}
		if skipped, ok := w.logs.failures.allow(); ok {
			slog.Error("posting notices failed", "deliveries", len(group), "error", err, "more", skipped)
		}
		finishGroup(group, errBusy())
	default:
		w.leavePending(ctx, group[0], err)
	}
}

// leavePending leaves one delivery pending. When that fails too, its caller gets a 503.
func (w *workers) leavePending(ctx context.Context, d *delivery, cause error) {
	err := w.postings.leavePending(ctx, d, cause)
	if skipped, ok := w.logs.pending.allow(); ok {
		slog.Error("a notice is left pending", "delivery", d.id, "error", errors.Join(cause, err), "more", skipped)
	}
	if err != nil {
		err = errBusy()
	}
	finishGroup([]*delivery{d}, err)
}

// account returns the index of the account that a delivery's first notice names; nil: none.
func (d *delivery) account() []byte {
	if len(d.entries) == 0 {
		return nil
	}
	return d.entries[0].accountIndex
}

// sameAccount reports whether all deliveries of an ordered group name one account.
func sameAccount(group []*delivery) bool {
	return bytes.Equal(group[0].account(), group[len(group)-1].account())
}

// finishGroup returns the result of a group to its callers.
func finishGroup(group []*delivery, err error) {
	for _, d := range group {
		d.done <- err
	}
}

// lockNotAvailable is the SQLSTATE of a lock that was not available in time.
const lockNotAvailable = "55P03"

func hasCode(err error, code string) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == code
}

// isDataError reports whether an error is about the data, so that it would happen again. Errors
// about the connection, resources or locks are not (PostgreSQL, appendix A: classes 08, 40, 53, 55,
// 57, 58, and 25).
func isDataError(err error) bool {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return false
	}
	for _, class := range []string{"08", "40", "53", "55", "57", "58", "25"} {
		if strings.HasPrefix(pg.Code, class) {
			return false
		}
	}
	return true
}
