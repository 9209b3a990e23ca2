package signin

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"market40/merchants/access/roles"
	"market40/migrations/database"
)

// stillValidSQL finds the callers with a key or session that is still valid for the role and scope
// they had at the request.
const stillValidSQL = `WITH c AS (SELECT * FROM unnest($1::int[], $2::uuid[], $3::uuid[], $4::text[], $5::text[],
	$6::uuid[], $7::uuid[], $8::timestamptz[], $9::timestamptz[])
		AS c (n, actor, session, role, kind, scope, merchant, seen, created))
	SELECT c.n FROM c JOIN api_keys k ON k.id = c.actor
	WHERE c.session IS NULL AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > $10)
	AND k.role = c.role AND k.scope_kind = c.kind AND k.scope_id IS NOT DISTINCT FROM c.scope
	AND k.merchant_id IS NOT DISTINCT FROM c.merchant
	UNION ALL
	SELECT c.n FROM c JOIN sessions s ON s.id = c.session JOIN users u ON u.id = s.user_id
	WHERE s.ended_at IS NULL AND s.seen_at > c.seen AND s.created_at > c.created AND u.disabled_at IS NULL
	AND u.role = c.role AND u.scope_kind = c.kind AND u.scope_id IS NOT DISTINCT FROM c.scope
	AND u.merchant_id IS NOT DISTINCT FROM c.merchant
	AND (u.role <> 'staff' OR shift_span(s.id) @> $10::timestamptz)`

// StillValid reports, for each caller of a long request, whether its key or session is still valid. A
// key or session is not valid after its end, if the user is disabled, the shift is over, or the
// role or scope changed. One query checks all callers.
func StillValid(ctx context.Context, db *database.DB, now time.Time, callers []roles.Principal) ([]bool, error) {
	var numbers []int
	var actors []uuid.UUID
	var sessions, scopes, merchants []*uuid.UUID
	var roles, kinds []string
	var seen, created []time.Time
	for i, p := range callers {
		idle, absolute := LimitsOf(p.Role)
		numbers, actors, sessions = append(numbers, i), append(actors, p.ActorID), append(sessions, p.SessionID)
		roles, kinds = append(roles, string(p.Role)), append(kinds, string(p.ScopeKind))
		scopes, merchants = append(scopes, p.ScopeID), append(merchants, p.MerchantID)
		seen, created = append(seen, now.Add(-idle)), append(created, now.Add(-absolute))
	}
	lasts := make([]bool, len(callers))
	if len(callers) == 0 {
		return lasts, nil
	}
	rows, err := db.Pool.Query(ctx, stillValidSQL, numbers, actors, sessions, roles, kinds, scopes, merchants, seen,
		created, now)
	if err != nil {
		return nil, fmt.Errorf("look for callers' keys and sessions: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var n int
		if err := rows.Scan(&n); err != nil {
			return nil, fmt.Errorf("look for callers' keys and sessions: %w", err)
		}
		lasts[n] = true
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("look for callers' keys and sessions: %w", err)
	}
	return lasts, nil
}
