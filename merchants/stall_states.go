package merchants

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/tenancies"
)

// step is a change of a stall's state.
type step string

const (
	suspend    step = "suspend"
	reopen     step = "reopen"
	closeStall step = "close" // ends the open tenancy and revokes its codes
)

// from returns the states that allow a step.
func (s step) from() []string {
	switch s {
	case suspend:
		return []string{tenancies.StateVacant, tenancies.StateOperating}
	case reopen:
		return []string{tenancies.StateSuspended, tenancies.StateClosed}
	default:
		return []string{tenancies.StateVacant, tenancies.StateOperating, tenancies.StateSuspended}
	}
}

// changeState suspends, reopens or closes a stall. It refuses a step that the stall's state does
// not allow (409).
func (ss *Stalls) changeState(ctx context.Context, s step, stall uuid.UUID, reason string) error {
	err := ss.writer.Write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		at, err := tenancies.LockStall(ctx, tx, stall)
		if err != nil {
			return err
		}
		if !slices.Contains(s.from(), at.State) {
			return tenancies.StateRefusal(at.State)
		}
		now := ss.now()
		switch {
		case s == suspend:
			return ss.writer.EnterState(ctx, tx, at, tenancies.StateSuspended, reason, now)
		case s == reopen && at.Tenancy != uuid.Nil:
			return ss.writer.EnterState(ctx, tx, at, tenancies.StateOperating, reason, now)
		case s == reopen:
			return ss.writer.EnterState(ctx, tx, at, tenancies.StateVacant, reason, now)
		}
		if err := ss.writer.EndTenancy(ctx, tx, at, now); err != nil {
			return err
		}
		if err := ss.changes.RefuseWaiting(ctx, tx, at); err != nil {
			return err
		}
		return ss.writer.EnterState(ctx, tx, at, tenancies.StateClosed, reason, now)
	})
	if err != nil {
		return fmt.Errorf("%s stall %s: %w", s, stall, err)
	}
	return nil
}
