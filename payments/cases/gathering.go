package cases

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/platform/problem"
)

// separate makes a case that gathers notices the case of one notice: of content, or by default of the
// first one. The other notices wait in a new case.
func (c *caseWork) separate(ctx context.Context, content *uuid.UUID) error {
	if c.gathering == nil {
		return nil
	}
	chosen := *c.notice
	if content != nil {
		chosen = *content
	}
	var waits bool
	var next *uuid.UUID
	err := c.tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM notices WHERE id = $2 AND gathering = $1 AND id >= $3
		AND state = 'unmatched'),
		(SELECT id FROM notices WHERE gathering = $1 AND id <> $2 AND id >= $3 AND state = 'unmatched' ORDER BY id
		LIMIT 1)`,
		c.gathering, chosen, c.notice).Scan(&waits, &next)
	if err != nil {
		return fmt.Errorf("find the notices of case %s: %w", c.id, err)
	}
	if !waits {
		return unknownContent()
	}
	batch := &pgx.Batch{}
	batch.Queue(`UPDATE cases SET gathering = NULL WHERE id = $1`, c.id)
	if next != nil {
		batch.Queue(`INSERT INTO cases (id, kind, state, connection_id, notice_id, delivery_id, opened_at, gathering,
			notices)
			SELECT $2, o.kind, 'open', o.connection_id, n.id, n.delivery_id, o.opened_at, n.gathering, o.notices - 1
			FROM cases o, notices n WHERE o.id = $1 AND n.id = $3`, c.id, c.intake.NewID(), next)
	}
	batch.Queue(`UPDATE cases c SET notices = 1, notice_id = n.id, delivery_id = n.delivery_id FROM notices n
		WHERE c.id = $1 AND n.id = $2`, c.id, chosen)
	batch.Queue(`UPDATE notices SET gathering = NULL WHERE id = $1`, chosen)
	if err := c.tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("separate a notice of case %s: %w", c.id, err)
	}
	c.notice, c.gathering = &chosen, nil
	return nil
}

// refuseSecondGathering refuses to reopen a case while another one gathers the notices of the same
// account.
func (c *caseWork) refuseSecondGathering(ctx context.Context) error {
	var another bool
	err := c.tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM cases WHERE gathering = $1 AND state = 'open' AND id <> $2)`,
		c.gathering, c.id).Scan(&another)
	if err != nil {
		return fmt.Errorf("find another case of the account of case %s: %w", c.id, err)
	}
	if another {
		return problem.New(problem.Conflict, "account_has_case",
			"Tài khoản này đang có hồ sơ khác chưa xử lý: hãy xử lý hồ sơ đó trước.",
			"Another case of this account is open: decide that case first.")
	}
	return nil
}
