package database

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// ErrTransactionPool is returned by CheckSessions. Limits, locks and the marks of the audit trail
// belong to a session.
var ErrTransactionPool = errors.New(
	"the database URL leads through a pool in transaction mode: use a pool in session mode, or the server itself")

const (
	// sessionRounds is how often two connections are compared: a pool may happen to give each the
	// right session.
	sessionRounds = 4
	// sessionCheckTime is how long the comparison may take.
	sessionCheckTime = 10 * time.Second
	// sessionAnswerTime is how long one statement of it may wait for a free session of the pool.
	sessionAnswerTime = 2 * time.Second
)

// CheckSessions returns ErrTransactionPool when connections to url do not keep their sessions to
// themselves. Any other failure is left to Open, which meets it too.
func CheckSessions(ctx context.Context, url string) error {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return fmt.Errorf("reading the database URL: %w", err)
	}
	boundWaits(cfg, statementTimeout)
	// Prepared statements are what such a pool confuses first.
	cfg.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	ctx, cancel := context.WithTimeout(ctx, sessionCheckTime)
	defer cancel()
	var pair [2]*pgx.Conn
	for i := range pair {
		if pair[i], err = pgx.ConnectConfig(ctx, cfg.ConnConfig); err != nil {
			return nil //nolint:nilerr // Open reports it
		}
		defer func() { _ = pair[i].Close(context.WithoutCancel(ctx)) }()
	}
	for range sessionRounds {
		if mixed, err := mixesSessions(ctx, pair[0], pair[1]); err != nil || mixed {
			if mixed {
				return ErrTransactionPool
			}
			return nil
		}
	}
	return nil
}

// mixesSessions reports whether the second connection sees what the first one set in its session,
// or the first one loses it while the second one is inside a transaction.
func mixesSessions(ctx context.Context, first, second *pgx.Conn) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, sessionAnswerTime)
	defer cancel()
	value := rand.Text()
	if _, err := first.Exec(ctx, `SELECT set_config('market40.session', $1, false)`, value); err != nil {
		return false, err
	}
	if _, err := second.Exec(ctx, `BEGIN`); err != nil {
		return false, err
	}
	for _, of := range []struct {
		conn *pgx.Conn
		sees bool
	}{{second, false}, {first, true}} {
		var sees bool
		err := of.conn.QueryRow(ctx, `SELECT coalesce(current_setting('market40.session', true), '') = $1`, value).
			Scan(&sees)
		if err != nil {
			return false, err
		}
		if sees != of.sees {
			return true, nil
		}
	}
	_, err := second.Exec(ctx, `ROLLBACK`)
	return false, err
}
