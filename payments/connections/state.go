package connections

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
	"market40/payments/banks"
)

// shownSecrets is how many generations of a connection's secrets are shown, the newest first.
const shownSecrets = 20

// ConnectionSecret is one generation of a connection's secrets, without its values.
type ConnectionSecret struct {
	ID              uuid.UUID `json:"id"`
	CreatedAt       time.Time `json:"created_at"`
	Active          bool      `json:"active" doc:"calls signed with it are accepted"`
	PendingApproval bool      `json:"pending_approval" doc:"it signs nothing and waits for a second person"`
	Unsigned        bool      `json:"unsigned" doc:"it accepts calls by their address alone"`
	Weak            bool      `json:"weak" doc:"it is easy to guess: rotate it"`
}

// ConnectionDetail is a connection with its state.
type ConnectionDetail struct {
	Connection
	Health  ConnectionHealth   `json:"health"`
	Secrets []ConnectionSecret `json:"secrets" doc:"the newest first, never a value"`
}

// selectConnections begins a query of connections; $1 is the start of AheadWindow.
const selectConnections = `SELECT c.id, c.provider, c.name, c.owner_kind, coalesce(c.owner_id::text, ''), c.created_at,
	c.enabled,
		(SELECT coalesce(json_agg(json_build_object('bank_bin', a.bank_bin, 'account_number', '••••' || a.last4)), '[]')
		FROM connection_accounts a WHERE a.connection_id = c.id),
		` + selectClockAhead + `
	FROM bank_connections c`

func scanConnection(row pgx.CollectableRow) (c Connection, err error) {
	err = row.Scan(&c.ID, &c.Provider, &c.Name, &c.Owner.Kind, &c.Owner.ID, &c.CreatedAt, &c.Enabled, &c.Accounts,
		&c.ClockAhead)
	c.WebhookPath = webhookPath(string(c.Provider), c.ID)
	return c, err
}

// List returns all connections in the order they were made, without secrets and with accounts
// masked.
func (cs *Connections) List(ctx context.Context, page web.Page) (*web.List[Connection], error) {
	after, err := page.Mark()
	if err != nil {
		return nil, err
	}
	rows, err := cs.db.Pool.Query(ctx, selectConnections+` WHERE c.id > $2 ORDER BY c.id LIMIT $3`,
		cs.now().Add(-AheadWindow), after.ID, page.Size()+1)
	if err != nil {
		return nil, fmt.Errorf("list connections: %w", err)
	}
	items, err := pgx.CollectRows(rows, scanConnection)
	if err != nil {
		return nil, fmt.Errorf("list connections: %w", err)
	}
	items, next := web.Cut(items, page, func(c Connection) web.Mark { return web.Mark{ID: c.ID} })
	for i := range items {
		if _, err := cs.describeSecrets(ctx, &items[i]); err != nil {
			return nil, err
		}
	}
	return &web.List[Connection]{Items: items, Next: next}, nil
}

// Describe returns one connection with its health and its secrets' ids.
func (cs *Connections) Describe(ctx context.Context, id uuid.UUID) (*ConnectionDetail, error) {
	rows, err := cs.db.Pool.Query(ctx, selectConnections+` WHERE c.id = $2`, cs.now().Add(-AheadWindow), id)
	if err != nil {
		return nil, fmt.Errorf("read connection %s: %w", id, err)
	}
	c, err := pgx.CollectExactlyOneRow(rows, scanConnection)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, problem.Missing("connection")
	}
	if err != nil {
		return nil, fmt.Errorf("read connection %s: %w", id, err)
	}
	detail := &ConnectionDetail{Connection: c}
	if detail.Secrets, err = cs.describeSecrets(ctx, &detail.Connection); err != nil {
		return nil, err
	}
	detail.Health, err = cs.connectionHealth(ctx, id)
	return detail, err
}

// describeSecrets returns a connection's secrets without their values, and sets the fields of c that
// follow from them.
func (cs *Connections) describeSecrets(ctx context.Context, c *Connection) ([]ConnectionSecret, error) {
	rows, err := cs.db.Pool.Query(ctx, `SELECT id, created_at, retired_at IS NULL, awaits_approval, secrets
		FROM connection_secrets
		WHERE connection_id = $1 ORDER BY id DESC LIMIT $2`, c.ID, shownSecrets)
	if err != nil {
		return nil, fmt.Errorf("read secrets of connection %s: %w", c.ID, err)
	}
	active := false
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (s ConnectionSecret, err error) {
		var current, awaits bool
		var sealed []byte
		if err = row.Scan(&s.ID, &s.CreatedAt, &current, &awaits, &sealed); err != nil || !current {
			return s, err
		}
		plain, err := cs.keys.Open(ctx, secretsPlace(s.ID), sealed)
		if err != nil {
			return s, err
		}
		secrets, err := banks.ParseSecrets(plain)
		s.Active, s.PendingApproval = !awaits, awaits
		s.Unsigned, s.Weak = secrets.Unsigned(), secrets.Weak() != ""
		active = active || s.Active
		c.PendingApproval, c.Unsigned = c.PendingApproval || awaits, c.Unsigned || s.Unsigned
		c.WeakSecret = c.WeakSecret || s.Active && s.Weak
		return s, err
	})
	if err != nil {
		return nil, fmt.Errorf("read secrets of connection %s: %w", c.ID, err)
	}
	c.Enabled = c.Enabled && active
	return list, nil
}

// ConnectionChange is what may be changed of a connection.
type ConnectionChange struct {
	Name    *string `json:"name,omitempty" minLength:"1" maxLength:"200"`
	Enabled *bool   `json:"enabled,omitempty" doc:"false: its webhooks answer 404, on every server within two seconds"`
}

// Change renames a connection or switches it on or off.
func (cs *Connections) Change(ctx context.Context, id uuid.UUID, change ConnectionChange) (*ConnectionDetail, error) {
	err := cs.inConnection(ctx, id, func(ctx context.Context, tx pgx.Tx, _ bool) error {
		if change.Enabled != nil && *change.Enabled {
			active, err := countActive(ctx, tx, id, uuid.Nil)
			if err != nil {
				return err
			}
			if active == 0 {
				return problem.New(problem.Conflict, "no_active_secret", "Kết nối chưa có khóa đang dùng được.",
					"The connection has no active secret.")
			}
		}
		_, err := tx.Exec(ctx, `UPDATE bank_connections SET name = coalesce($2, name), enabled = coalesce($3, enabled)
			WHERE id = $1`, id, change.Name, change.Enabled)
		return err
	})
	if err != nil {
		return nil, err
	}
	return cs.Describe(ctx, id)
}

// inConnection changes a connection under its row lock and removes it from the cache.
func (cs *Connections) inConnection(ctx context.Context, id uuid.UUID, do func(ctx context.Context, tx pgx.Tx,
	enabled bool) error,
) error {
	defer cs.Invalidate(id)
	err := cs.db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var enabled bool
		err := tx.QueryRow(ctx, `SELECT enabled FROM bank_connections WHERE id = $1 FOR UPDATE`, id).Scan(&enabled)
		if errors.Is(err, pgx.ErrNoRows) {
			return problem.Missing("connection")
		}
		if err != nil {
			return err
		}
		return do(ctx, tx, enabled)
	})
	if err != nil {
		return fmt.Errorf("change connection %s: %w", id, err)
	}
	return nil
}

// countActive counts a connection's active secrets, without the secret except.
func countActive(ctx context.Context, tx pgx.Tx, connection, except uuid.UUID) (n int, err error) {
	err = tx.QueryRow(ctx, `SELECT count(*) FROM connection_secrets WHERE connection_id = $1 AND id <> $2
		AND retired_at IS NULL AND NOT awaits_approval`,
		connection, except).Scan(&n)
	return n, err
}

// RotateSecret adds a secret to a connection; the previous one stays active. A secret that signs
// nothing waits for a second person.
func (cs *Connections) RotateSecret(ctx context.Context, id uuid.UUID, raw json.RawMessage) error {
	found, err := cs.Read(ctx, id)
	if err != nil {
		return err
	}
	secrets, wrong := checkSecrets(found.Provider, raw)
	if wrong != nil {
		return problem.InFields(*wrong)
	}
	return cs.inConnection(ctx, id, func(ctx context.Context, tx pgx.Tx, _ bool) error {
		return cs.addSecret(ctx, tx, id, raw, secrets.Unsigned())
	})
}

// addSecret stores the newest secret. One that waits for approval replaces another waiting one.
func (cs *Connections) addSecret(ctx context.Context, tx pgx.Tx, connection uuid.UUID, secrets []byte,
	awaits bool,
) error {
	row := uuid.Must(uuid.NewV7())
	sealed, err := cs.keys.Seal(ctx, secretsPlace(row), secrets)
	if err != nil {
		return err
	}
	var by *uuid.UUID
	if who, err := roles.From(ctx); err == nil {
		by = &who.ActorID
	}
	if awaits {
		if _, err = tx.Exec(ctx, `UPDATE connection_secrets SET retired_at = $2 WHERE connection_id = $1
			AND retired_at IS NULL AND awaits_approval`, connection, cs.now()); err != nil {
			return fmt.Errorf("retire secrets: %w", err)
		}
	}
	if _, err = tx.Exec(ctx, `INSERT INTO connection_secrets (id, connection_id, secrets, created_at, created_by,
		awaits_approval) VALUES ($1, $2, $3, $4, $5, $6)`,
		row, connection, sealed, cs.now(), by, awaits); err != nil {
		return fmt.Errorf("store secret: %w", err)
	}
	return cs.retireOldest(ctx, tx, connection)
}

// retireOldest retires all but the newest active secrets.
func (cs *Connections) retireOldest(ctx context.Context, tx pgx.Tx, connection uuid.UUID) error {
	_, err := tx.Exec(ctx, `UPDATE connection_secrets SET retired_at = $2 WHERE connection_id = $1
		AND retired_at IS NULL AND NOT awaits_approval AND id NOT IN
		(SELECT id FROM connection_secrets WHERE connection_id = $1 AND retired_at IS NULL AND NOT awaits_approval
		ORDER BY id DESC LIMIT $3)`,
		connection, cs.now(), activeSecrets)
	if err != nil {
		return fmt.Errorf("retire secrets: %w", err)
	}
	return nil
}

// RetireSecret ends a secret at once. It refuses the last active secret of an enabled connection.
func (cs *Connections) RetireSecret(ctx context.Context, id, secret uuid.UUID) error {
	return cs.inConnection(ctx, id, func(ctx context.Context, tx pgx.Tx, enabled bool) error {
		var active bool
		err := tx.QueryRow(ctx, `SELECT retired_at IS NULL AND NOT awaits_approval FROM connection_secrets WHERE id = $1
			AND connection_id = $2`, secret, id).Scan(&active)
		if errors.Is(err, pgx.ErrNoRows) {
			return problem.Missing("secret")
		}
		if err != nil {
			return err
		}
		others, err := countActive(ctx, tx, id, secret)
		if err != nil {
			return err
		}
		if active && enabled && others == 0 {
			return problem.New(problem.Conflict, "last_secret", "Đây là khóa cuối cùng: hãy tắt kết nối trước.",
				"This is the last secret: switch the connection off first.")
		}
		_, err = tx.Exec(ctx, `UPDATE connection_secrets SET retired_at = $2 WHERE id = $1 AND retired_at IS NULL`,
			secret, cs.now())
		return err
	})
}

// Approve activates a secret that signs nothing. The caller must be another person than the one who
// created it.
func (cs *Connections) Approve(ctx context.Context, who roles.Principal, id uuid.UUID) (*ConnectionDetail, error) {
	err := cs.inConnection(ctx, id, func(ctx context.Context, tx pgx.Tx, _ bool) error {
		var secret uuid.UUID
		var another bool
		err := tx.QueryRow(ctx, `SELECT id, person(created_by) IS DISTINCT FROM person($2) FROM connection_secrets
			WHERE connection_id = $1 AND retired_at IS NULL AND awaits_approval`, id, who.ActorID).Scan(&secret,
			&another)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return problem.New(problem.Conflict, "nothing_to_approve", "Không có gì chờ duyệt.",
				"Nothing waits for approval.")
		case err != nil:
			return err
		case !another:
			return problem.New(problem.Conflict, "second_person_needed", "Cần người thứ hai duyệt.",
				"A second person has to approve this.")
		}
		if _, err = tx.Exec(ctx,
			`UPDATE connection_secrets SET awaits_approval = false, approved_by = $2 WHERE id = $1`, secret,
			who.ActorID); err != nil {
			return err
		}
		return cs.retireOldest(ctx, tx, id)
	})
	if err != nil {
		return nil, err
	}
	return cs.Describe(ctx, id)
}
