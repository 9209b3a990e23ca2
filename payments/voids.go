package payments

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/payments/banks"
)

// voidedNotices finds which of some notices a void takes back that names them by their ids and amount. A void that
// people returned still counts.
const voidedNotices = `SELECT w.n FROM unnest($1::uuid[], $2::text[], $3::bigint[]) WITH ORDINALITY AS w (connection, void, amount, n)
	WHERE EXISTS (SELECT FROM notice_keys k JOIN notices v ON v.id = k.notice_id
		WHERE k.connection_id = w.connection AND k.external_id = w.void AND k.part = ''
		AND v.amount = w.amount AND (v.state <> 'ignored' OR v.why = 'returned'))`

// findVoids marks the credits whose void came before them, in the tables or in this group: no provider promises an
// order. A payment and its void wait for each other, so that one of them sees the other.
func (w *posting) findVoids(ctx context.Context) error {
	type key struct {
		connection uuid.UUID
		id         string
		amount     int64
	}
	voids := map[key]bool{}
	var credits []*entry
	var ids, externals []string
	var connections []uuid.UUID
	var amounts []int64
	for _, e := range w.entries {
		n := &e.notice
		if !banks.TellsVoids(e.connection.provider) || n.Ignore != "" || n.Direction != banks.In {
			continue
		}
		id := n.ExternalID
		if n.Reverses != "" {
			id = n.Reverses
			voids[key{e.connection.ID, id, n.Amount.Dong()}] = true
		} else {
			credits, connections = append(credits, e), append(connections, e.connection.ID)
			externals, amounts = append(externals, banks.VoidID(id)), append(amounts, n.Amount.Dong())
		}
		ids = append(ids, e.connection.ID.String()+id)
	}
	if len(ids) == 0 {
		return nil
	}
	batch := &pgx.Batch{}
	batch.Queue(`SELECT pg_advisory_xact_lock(key) FROM (
			SELECT DISTINCT hashtextextended(current_schema() || '.void.' || id, 0) AS key FROM unnest($1::text[]) AS t (id) ORDER BY key) k`, ids)
	batch.Queue(voidedNotices, connections, externals, amounts).Query(func(rows pgx.Rows) error {
		var n int
		_, err := pgx.ForEachRow(rows, []any{&n}, func() error {
			credits[n-1].voided = true
			return nil
		})
		return err
	})
	if err := w.tx.Send(ctx, batch); err != nil {
		return fmt.Errorf("look for voids: %w", err)
	}
	for _, e := range credits {
		e.voided = e.voided || voids[key{e.connection.ID, e.notice.ExternalID, e.notice.Amount.Dong()}]
	}
	return nil
}

// voided reports whether the bank took back what the case decides on before it was in the books.
func (c *caseWork) voided(ctx context.Context, h *held) (bool, error) {
	var connectionID uuid.UUID
	var external string
	err := c.tx.QueryRow(ctx, `SELECT connection_id, external_id FROM notices WHERE id = $1`, c.notice).Scan(&connectionID, &external)
	if err != nil {
		return false, fmt.Errorf("read notice of case %s: %w", c.id, err)
	}
	connection, err := c.p.connections.read(ctx, connectionID)
	if err != nil || !banks.TellsVoids(connection.provider) {
		return false, err
	}
	var free bool // a posting holds this lock before those of cases, so nothing may wait for it here
	err = c.tx.QueryRow(ctx, `SELECT pg_try_advisory_xact_lock(hashtextextended(current_schema() || '.void.' || $1, 0))`, connectionID.String()+external).Scan(&free)
	if err != nil {
		return false, fmt.Errorf("lock the void of case %s: %w", c.id, err)
	}
	if !free {
		return false, busy()
	}
	rows, err := c.tx.Query(ctx, voidedNotices, []uuid.UUID{connectionID}, []string{banks.VoidID(external)}, []int64{h.amount.Dong()})
	if err != nil {
		return false, fmt.Errorf("look for the void of case %s: %w", c.id, err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[int])
	return len(found) > 0, err
}
