package intake

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"market40/merchants/platform/problem"
)

const (
	// keepWithin is how long one group may take before its callers are told to come again.
	keepWithin = 6 * time.Second
	// groupLockWait is how long a group waits for a lock before it is split, and partLockWait how
	// long its parts wait.
	groupLockWait = time.Second
	partLockWait  = 200 * time.Millisecond
)

// busy is the refusal when the database cannot be reached: the provider comes again (503).
func busy() error { return problem.Away() }

// submit hands a delivery to a worker and waits until it is committed or refused, or until ctx
// ends: it may be kept then nevertheless, and the provider's next try is a repeat.
func (in *Intake) submit(ctx context.Context, d *delivery) error {
	d.done = make(chan error, 1)
	if !in.lanes.add(d) {
		return busy()
	}
	select {
	case err := <-d.done:
		return err
	case <-in.stopped:
		return busy()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// post runs one worker: it takes whatever waits, without a timer, and keeps it in one transaction.
func (in *Intake) post(lane int) {
	for {
		group := in.lanes.take(lane)
		if group == nil {
			return
		}
		in.keepGroup(group)
		in.lanes.done(lane)
	}
}

// keepGroup keeps a group. What waits for a lock that another transaction holds for long comes
// last, on its own.
func (in *Intake) keepGroup(group []*delivery) {
	ctx, cancel := context.WithTimeout(context.Background(), keepWithin)
	defer cancel()
	slices.SortStableFunc(group, func(a, b *delivery) int { return bytes.Compare(a.account(), b.account()) })
	free, stuck := in.stuck.split(group)
	in.keepPart(ctx, free, groupLockWait)
	in.keepPart(ctx, stuck, partLockWait)
}

// keepPart keeps deliveries in the order of their accounts. Where some of them fail they are split:
// a bad delivery is left pending and tried again, one whose account is locked is told to come
// again, and all others are posted.
func (in *Intake) keepPart(ctx context.Context, group []*delivery, lockWait time.Duration) {
	if len(group) == 0 {
		return
	}
	err := in.keep(ctx, group, lockWait)
	locked := hasCode(err, lockNotAvailable)
	switch {
	case err == nil:
		tell(group, nil)
	case locked && ctx.Err() == nil && !sameAccount(group), ofData(err) && len(group) > 1:
		half := len(group) / 2
		in.keepPart(ctx, group[:half], partLockWait)
		in.keepPart(ctx, group[half:], partLockWait)
	case !ofData(err):
		if locked {
			in.stuck.add(group[0].account())
		}
		if skipped, ok := in.failures.allow(); ok {
			slog.Error("keeping notices failed", "deliveries", len(group), "error", err, "more", skipped)
		}
		tell(group, busy())
	default:
		in.keepPending(ctx, group[0], err)
	}
}

// keepPending leaves one delivery pending, or tells its caller to come again when that fails too.
func (in *Intake) keepPending(ctx context.Context, d *delivery, cause error) {
	err := in.leavePending(ctx, d, cause)
	if skipped, ok := in.pendingLog.allow(); ok {
		slog.Error("a notice is left pending", "delivery", d.id, "error", errors.Join(cause, err), "more", skipped)
	}
	if err != nil {
		err = busy()
	}
	tell([]*delivery{d}, err)
}

// account is the account that a delivery's first notice names; nil: it has none.
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

func tell(group []*delivery, err error) {
	for _, d := range group {
		d.done <- err
	}
}

// lockNotAvailable is the SQLSTATE of a wait for a lock that took too long.
const lockNotAvailable = "55P03"

func hasCode(err error, code string) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == code
}

// ofData says whether an error is about what was written (it would fail again) rather than about
// reaching the database, its resources or its locks (PostgreSQL, appendix A: classes 08, 40, 53,
// 55, 57, 58).
func ofData(err error) bool {
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
