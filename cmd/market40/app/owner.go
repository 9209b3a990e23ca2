package app

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/jackc/pgx/v5/pgxpool"
)

// WarnOfOwner warns when a serving process could change or delete payments: because it serves as the
// owner of the tables, or has the owner's URL in its environment. A private server has no owner that others
// could become.
func (s *Settings) WarnOfOwner(ctx context.Context, pool *pgxpool.Pool) error {
	if s.DatabaseURL == "" {
		return nil
	}
	const advice = "serve as market40_app, and give the owner's URL to migrate, seed, backup and restore only"
	var owns bool
	err := pool.QueryRow(ctx, `SELECT pg_has_role(relowner, 'USAGE') FROM pg_class
		WHERE oid = 'ledger_accounts'::regclass`).Scan(&owns)
	if err != nil {
		return fmt.Errorf("find out what the serving role owns: %w", err)
	}
	if owns {
		slog.WarnContext(ctx, "this server's database role owns the tables: "+advice, "setting", "DATABASE_URL")
	} else if s.MigrateURL != s.DatabaseURL {
		slog.WarnContext(ctx, "this server has the owner's URL: "+advice, "setting", "MIGRATE_DATABASE_URL")
	}
	return nil
}
