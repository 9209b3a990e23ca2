// Package scope reads which administrative units and markets a caller may see, and the larger set
// over which disclosure is decided.
package scope

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
)

//go:embed units.sql
var unitsSQL string

// Locality is an administrative unit with the name it had on the day of the basis.
type Locality struct {
	ID    uuid.UUID `json:"id" format:"uuid"`
	Level string    `json:"level" enum:"province,district,commune"`
	Code  string    `json:"code" doc:"official, reused over time: never a key" example:"568"`
	Name  string    `json:"name"`
}

// Market is a market of a unit.
type Market struct {
	ID   uuid.UUID `json:"id" format:"uuid"`
	Code string    `json:"code"`
	Name string    `json:"name"`
	Demo bool      `json:"demo" doc:"invented: show it as dữ liệu minh họa"`
}

// Unit is a unit of a basis with those of its markets that are in scope.
type Unit struct {
	Basis    string
	Locality Locality
	Markets  []Market
}

// Counted returns the markets of a unit that are also in pilots. Where pilots is nil it returns all
// of them.
func (u Unit) Counted(pilots map[uuid.UUID]bool) []Market {
	if pilots == nil {
		return u.Markets
	}
	markets := []Market{}
	for _, m := range u.Markets {
		if pilots[m.ID] {
			markets = append(markets, m)
		}
	}
	return markets
}

// IDs returns the ids of markets.
func IDs(markets []Market) []uuid.UUID {
	ids := make([]uuid.UUID, len(markets))
	for i, m := range markets {
		ids[i] = m.ID
	}
	return ids
}

// SeesSmallCounts reports whether disclosure rules do not bind a caller. Only the manager of one
// market is exempt, for that market. Every other role is bound, administrators too.
func SeesSmallCounts(caller roles.Principal) bool {
	return caller.Role == roles.Manager && caller.ScopeKind == roles.ScopeMarket
}

// Scope is what a caller sees, beside what disclosure is decided over: the whole province for every
// caller, and one market for its own manager.
type Scope struct {
	Units, AllUnits     []Unit   // of every basis
	Markets, AllMarkets []Market // also those that no unit contains
}

// Read reads the scope of a caller. Today decides the units of the current basis.
func Read(ctx context.Context, tx pgx.Tx, caller roles.Principal, today time.Time) (*Scope, error) {
	units, err := readUnits(ctx, tx, caller, today)
	if err != nil {
		return nil, err
	}
	markets, err := readMarkets(ctx, tx, caller)
	if err != nil || caller.ScopeKind == roles.ScopeAll || SeesSmallCounts(caller) {
		return &Scope{units, units, markets, markets}, err
	}
	province := roles.Principal{ScopeKind: roles.ScopeAll}
	allUnits, err := readUnits(ctx, tx, province, today)
	if err != nil {
		return nil, err
	}
	allMarkets, err := readMarkets(ctx, tx, province)
	return &Scope{units, allUnits, markets, allMarkets}, err
}

func readUnits(ctx context.Context, tx pgx.Tx, caller roles.Principal, today time.Time) ([]Unit, error) {
	rows, _ := tx.Query(ctx, unitsSQL, caller.ScopeKind, caller.ScopeID, today)
	units, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Unit, error) {
		var u Unit
		err := row.Scan(&u.Basis, &u.Locality.ID, &u.Locality.Level, &u.Locality.Code, &u.Locality.Name, &u.Markets)
		return u, err
	})
	if err != nil {
		return nil, fmt.Errorf("read units: %w", err)
	}
	return units, nil
}

// readMarkets reads the markets in a caller's scope, by code.
func readMarkets(ctx context.Context, tx pgx.Tx, caller roles.Principal) ([]Market, error) {
	rows, _ := tx.Query(ctx, `SELECT id, code, name, demo FROM markets WHERE id IN (SELECT scope_markets($1, $2))
		ORDER BY code`, caller.ScopeKind, caller.ScopeID)
	markets, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Market])
	if err != nil {
		return nil, fmt.Errorf("read the markets in scope: %w", err)
	}
	return markets, nil
}
