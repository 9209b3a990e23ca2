package merchants

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/platform/problem"
)

// States of a stall.
const (
	stateVacant    = "vacant"
	stateOperating = "operating"
	stateSuspended = "suspended"
	stateClosed    = "closed"
)

// step is a change of a stall's state that a person asks for.
type step string

const (
	suspend    step = "suspend"
	reopen     step = "reopen"
	closeStall step = "close" // ends the open tenancy and revokes its codes
)

// from are the states in which a step may be taken.
func (s step) from() []string {
	switch s {
	case suspend:
		return []string{stateVacant, stateOperating}
	case reopen:
		return []string{stateSuspended, stateClosed}
	default:
		return []string{stateVacant, stateOperating, stateSuspended}
	}
}

// take suspends, reopens or closes a stall. A step that the stall's state does not allow is refused
// (409).
func (r *Registry) take(ctx context.Context, s step, stall uuid.UUID, reason string) error {
	err := r.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		at, err := lockStall(ctx, tx, stall)
		if err != nil {
			return err
		}
		if !slices.Contains(s.from(), at.state) {
			return stateRefusal(at.state)
		}
		now := r.now()
		switch {
		case s == suspend:
			return r.enter(ctx, tx, at, stateSuspended, reason, now)
		case s == reopen && at.tenancy != uuid.Nil:
			return r.enter(ctx, tx, at, stateOperating, reason, now)
		case s == reopen:
			return r.enter(ctx, tx, at, stateVacant, reason, now)
		}
		if err := r.endTenancy(ctx, tx, at, now); err != nil {
			return err
		}
		if err := r.dropChange(ctx, tx, at); err != nil {
			return err
		}
		return r.enter(ctx, tx, at, stateClosed, reason, now)
	})
	if err != nil {
		return fmt.Errorf("%s stall %s: %w", s, stall, err)
	}
	return nil
}

func stateRefusal(state string) error {
	return problem.New(problem.Conflict, "stall_"+state, "Trạng thái hiện tại của sạp không cho phép việc này.",
		"The stall is "+state+": this cannot be done now.")
}

// enter writes a stall's new state from a time on. A time before the present state began would
// rewrite history: the new state then begins now.
func (r *Registry) enter(ctx context.Context, tx pgx.Tx, s standing, state, reason string, at time.Time) error {
	if s.state == state {
		return nil
	}
	err := tx.QueryRow(ctx, `WITH present AS (
			SELECT id, CASE WHEN lower_inf(valid) OR lower(valid) < $2 THEN $2
			ELSE greatest($3, lower(valid) + interval '1 microsecond') END AS cut
			FROM stall_states WHERE stall_id = $1 AND upper_inf(valid))
		UPDATE stall_states t SET valid = tstzrange(lower(t.valid), p.cut) FROM present p WHERE t.id = p.id
		RETURNING p.cut`,
		s.id, at, r.now()).Scan(&at)
	if err != nil {
		return fmt.Errorf("end state %s: %w", s.state, err)
	}
	_, err = tx.Exec(ctx, `INSERT INTO stall_states (id, stall_id, state, reason, valid)
		VALUES ($1, $2, $3, $4, tstzrange($5, NULL))`,
		newID(), s.id, state, reason, at)
	if err != nil {
		return fmt.Errorf("enter state %s: %w", state, err)
	}
	return nil
}
