package tenancies

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"market40/migrations/database"
)

// States of a stall.
const (
	StateVacant    = "vacant"
	StateOperating = "operating"
	StateSuspended = "suspended"
	StateClosed    = "closed"
)

// EnterState writes a stall's state from a time on. If the present state began after that time, the
// new state begins now, because history is not rewritten.
func (w *Writer) EnterState(ctx context.Context, tx pgx.Tx, s LockedStall, state, reason string, at time.Time) error {
	if s.State == state {
		return nil
	}
	err := tx.QueryRow(ctx, `WITH present AS (
			SELECT id, CASE WHEN lower_inf(valid) OR lower(valid) < $2 THEN $2
			ELSE greatest($3, lower(valid) + interval '1 microsecond') END AS cut
			FROM stall_states WHERE stall_id = $1 AND upper_inf(valid))
		UPDATE stall_states t SET valid = tstzrange(lower(t.valid), p.cut) FROM present p WHERE t.id = p.id
		RETURNING p.cut`,
		s.Stall, at, w.now()).Scan(&at)
	if err != nil {
		return fmt.Errorf("end state %s: %w", s.State, err)
	}
	_, err = tx.Exec(ctx, `INSERT INTO stall_states (id, stall_id, state, reason, valid)
		VALUES ($1, $2, $3, $4, tstzrange($5, NULL))`,
		database.NewID(), s.Stall, state, reason, at)
	if err != nil {
		return fmt.Errorf("enter state %s: %w", state, err)
	}
	return nil
}
