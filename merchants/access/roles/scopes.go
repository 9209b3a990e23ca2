package roles

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/platform/problem"
	"market40/migrations/database"
)

// ResolveScope returns the caller that a role and the words of a scope describe. A merchant's scope
// names a stall; the caller then reads the tenancies of the stall's present merchant.
func ResolveScope(ctx context.Context, db *database.DB, role, scope string) (p Principal, err error) {
	if p.Role, err = ParseRole(role); err != nil {
		return p, err
	}
	if p.ScopeKind, p.ScopeID, err = FindScope(ctx, db, scope); err != nil {
		return p, err
	}
	p.MerchantID, err = tenantOf(ctx, db, p.Role, p.ScopeKind, p.ScopeID)
	return p, err
}

// ParseRole returns the role with a name, or refuses an unknown one.
func ParseRole(role string) (Role, error) {
	if slices.Contains(Roles(), Role(role)) {
		return Role(role), nil
	}
	words := make([]string, 0, len(Roles()))
	for _, r := range Roles() {
		words = append(words, string(r))
	}
	return "", problem.InFields(problem.UnknownValue("role", role, words...))
}

// FindScope returns the kind and the id of what a scope's words name.
func FindScope(ctx context.Context, db *database.DB, scope string) (ScopeKind, *uuid.UUID, error) {
	if scope == "" || scope == "all" {
		return ScopeAll, nil, nil
	}
	kind, name, _ := strings.Cut(scope, ":")
	query, found := map[string]string{
		"locality": `SELECT v.locality_id FROM locality_versions v, reporting_bases b
			WHERE $1 = CASE WHEN position('/' IN $1) > 0 THEN b.code || '/' || v.code ELSE v.code END
			AND (position('/' IN $1) = 0 OR (v.level = b.level AND v.valid @> coalesce(b.on_date, current_date)))
			ORDER BY upper_inf(v.valid) DESC, upper(v.valid) DESC, v.level LIMIT 1`,
		"market": `SELECT id FROM markets WHERE code = $1 OR id::text = $1`,
		"stall":  `SELECT id FROM stalls WHERE id::text = $1`,
	}[kind]
	if !found {
		return "", nil, problem.Of("scope", "scope_form", "Phạm vi có dạng locality:MÃ, market:MÃ hoặc stall:ID.",
			"A scope is locality:CODE, market:CODE or stall:ID.")
	}
	var id uuid.UUID
	err := db.Pool.QueryRow(ctx, query, name).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil, problem.Of("scope", "scope_unknown", "Không tìm thấy phạm vi "+scope+".", "No such scope: "+
			scope+".")
	}
	return ScopeKind(kind), &id, err
}

// tenantOf returns the present tenant that a merchant's key or sign-in belongs to.
func tenantOf(ctx context.Context, db *database.DB, role Role, kind ScopeKind, stall *uuid.UUID) (*uuid.UUID, error) {
	if role != Merchant {
		return nil, nil
	}
	if kind != ScopeStall {
		return nil, problem.Of("scope", "scope_form", "Khóa của tiểu thương phải nêu sạp: stall:ID.",
			"A merchant's key needs the scope of a stall: stall:ID.")
	}
	var id uuid.UUID
	err := db.Pool.QueryRow(ctx, `SELECT merchant_id FROM tenancies WHERE stall_id = $1 AND upper_inf(valid)`,
		stall).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, problem.Of("scope", "stall_vacant", "Sạp đang trống.", "The stall is vacant.")
	}
	return &id, err
}
