package app

import (
	"context"
	"log/slog"

	"market40/migrations"
)

// WarnOfOwner warns, in the log and at /readyz, of a serving process that has the owner's rights: who takes it over
// can change the append-only books. Call it before Routes.
func (p *Program) WarnOfOwner(ctx context.Context) error {
	owns, err := migrations.OwnsBooks(ctx, p.DB.Pool)
	if err != nil {
		return err
	}
	if owns {
		p.warnings = append(
			p.warnings,
			"DATABASE_URL's role owns the tables, so this process could change the append-only ledger: "+
				"serve as "+migrations.ServingRole,
		)
	}
	if p.Settings.MigrateURL != p.Settings.DatabaseURL {
		p.warnings = append(p.warnings, "MIGRATE_DATABASE_URL, the owner's, is set in the environment of serve, which "+
			"never needs it: leave it to migrate, seed, backup and restore")
	}
	for _, warning := range p.warnings {
		slog.WarnContext(ctx, warning)
	}
	return nil
}
