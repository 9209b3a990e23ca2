package periodic

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"market40/reports/scope"
)

// issuer returns the commune that acts today for a district that had ended before the end of the
// period (reports/programme/README.md). It is the commune that the unit's pilot is in. It returns
// nil if the unit itself acts, or if the unit has no pilot and only the province knows.
func (p *Periodic) issuer(ctx context.Context, a about) (*scope.Locality, error) {
	if a.locality == nil || a.locality.Level != "district" {
		return nil, nil
	}
	var commune scope.Locality
	err := p.db.Pool.QueryRow(ctx, `
		SELECT v.locality_id, v.level, v.code, v.name
		FROM pilots p
		JOIN locality_versions v ON v.locality_id = market_unit(p.market_id, 'commune', $3) AND v.valid @> $3::date
		WHERE p.campaign_id = $1 AND p.locality_id = $2 AND p.valid @> $3::date
		AND NOT EXISTS (SELECT FROM locality_versions d WHERE d.locality_id = $2 AND d.valid @> $4::date)`,
		a.campaign.ID, a.locality.ID, p.today(), a.period.Last()).Scan(&commune.ID, &commune.Level, &commune.Code,
		&commune.Name)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find who acts for locality %s: %w", a.locality.ID, err)
	}
	return &commune, nil
}
