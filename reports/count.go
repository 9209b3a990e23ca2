package reports

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/platform/bizday"
	"market40/reports/facts"
	"market40/reports/groups"
	"market40/reports/indicators"
)

//go:embed units.sql
var unitsSQL string

// ask is what to count.
type ask struct {
	day      time.Time
	campaign string   // code or id; empty: all markets
	queries  []string // nil: all
	units    *seen    // the units, if already read; nil: not read yet
	calm     bool     // no user is waiting, so one processor is enough
}

// counted are the units that a caller sees, with the counts in them from one snapshot.
type counted struct {
	day       time.Time
	units     []unit
	scope     []Market // the caller's
	groups    *groups.Groups
	programme *programme
	version   map[string]int
	whole     bool // the caller sees every unit
	// the caller manages this market and sees its small counts; the rules bind every other role,
	// even admins
	own bool
}

// seen are the units of every basis with the markets in a caller's scope, and the units over which
// figures are hidden. For a market's own manager the latter is that market, for every other caller
// the whole province.
type seen struct {
	own, all     []unit
	scope, every []Market // including markets that no unit contains
}

func (c *counted) moment() time.Time {
	return bizday.StartOf(c.day)
}

// pilotsAsked returns the markets to count, or nil for all.
func (c *counted) pilotsAsked() map[uuid.UUID]bool {
	if c.programme.campaign == nil {
		return nil
	}
	return c.programme.pilots[c.programme.campaign.ID]
}

// view returns the figures of some markets: those of a unit, of a basis, or a single one.
func (c *counted) view(markets []Market) view {
	g := c.groups.Of(idsOf(markets)...)
	return view{Group: g, day: c.day, version: c.version, paid: c.groups.PaidAt(g, c.own)}
}

// count reads the units of every basis, because a figure in one basis may reveal what another
// hides. It counts each distinct group of their markets on one snapshot. An unknown campaign is
// refused (404).
func (r *Reports) count(ctx context.Context, caller roles.Principal, a ask) (*counted, error) {
	list, err := indicators.Definitions()
	if err != nil {
		return nil, err
	}
	select {
	case r.seats <- struct{}{}:
		defer func() { <-r.seats }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	c := &counted{
		day: a.day, version: map[string]int{}, whole: caller.ScopeKind == roles.ScopeAll,
		own: managesMarket(caller),
	}
	for _, d := range list {
		c.version[d.Code] = d.Version
	}
	err = pgx.BeginTxFunc(ctx, r.db.Pool, facts.Snapshot, func(tx pgx.Tx) error {
		if err := facts.PlanOnce(ctx, tx); err != nil {
			return err
		}
		if a.units == nil {
			if a.units, err = readSeen(ctx, tx, caller, r.today()); err != nil {
				return err
			}
		}
		c.units, c.scope = a.units.own, a.units.scope
		if c.programme, err = readProgramme(ctx, tx, a); err != nil {
			return err
		}
		return c.count(ctx, tx, r, a)
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// readSeen reads the units that a caller sees. Hiding is decided over all markets, so it is the
// same for every caller. Only a market's own manager needs no other market.
func readSeen(ctx context.Context, tx pgx.Tx, caller roles.Principal, today time.Time) (*seen, error) {
	own, err := readUnits(ctx, tx, caller, today)
	if err != nil {
		return nil, err
	}
	scope, err := readScope(ctx, tx, caller)
	if err != nil || caller.ScopeKind == roles.ScopeAll || managesMarket(caller) {
		return &seen{own, own, scope, scope}, err
	}
	province := roles.Principal{ScopeKind: roles.ScopeAll}
	all, err := readUnits(ctx, tx, province, today)
	if err != nil {
		return nil, err
	}
	every, err := readScope(ctx, tx, province)
	return &seen{own, all, scope, every}, err
}

// managesMarket reports whether a caller is one market's own manager, who sees its small counts.
func managesMarket(caller roles.Principal) bool {
	return caller.Role == roles.Manager && caller.ScopeKind == roles.ScopeMarket
}

func readUnits(ctx context.Context, tx pgx.Tx, caller roles.Principal, today time.Time) ([]unit, error) {
	rows, _ := tx.Query(ctx, unitsSQL, caller.ScopeKind, caller.ScopeID, today)
	units, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (unit, error) {
		var u unit
		err := row.Scan(&u.basis, &u.locality.ID, &u.locality.Level, &u.locality.Code, &u.locality.Name, &u.markets)
		return u, err
	})
	if err != nil {
		return nil, fmt.Errorf("read units: %w", err)
	}
	return units, nil
}

// count reads the facts and fills the groups.
func (c *counted) count(ctx context.Context, tx pgx.Tx, r *Reports, a ask) (err error) {
	c.groups = groups.New(localUnits(a.units.all), c.programme.pilotSets(), idsOf(a.units.every))
	of := facts.Question{Day: a.day, Markets: c.groups.Markets, Queries: a.queries, OneConnection: a.calm}
	if of.Queries == nil {
		// All queries are read, so that every page of a day can use the same facts.
		of.Queries, of.Parts = indicators.MarketQueries(), true
	}
	if c.programme.campaign != nil {
		of.Campaign = &c.programme.campaign.ID
	}
	known, err := r.facts.Read(ctx, tx, of)
	if err != nil {
		return err
	}
	c.groups = facts.Remember(known, c.groups.Key(!c.own), func() *groups.Groups {
		c.groups.Count(known)
		if !c.own {
			c.groups.Suppress()
		}
		return c.groups
	})
	return nil
}

// counted returns the markets of a unit. If pilots is given, it returns only those.
func (u unit) counted(pilots map[uuid.UUID]bool) []Market {
	if pilots == nil {
		return u.markets
	}
	markets := []Market{}
	for _, m := range u.markets {
		if pilots[m.ID] {
			markets = append(markets, m)
		}
	}
	return markets
}

// idsOf returns the ids of markets.
func idsOf(markets []Market) []uuid.UUID {
	ids := make([]uuid.UUID, len(markets))
	for i, m := range markets {
		ids[i] = m.ID
	}
	return ids
}

// localUnits converts units to those of package groups.
func localUnits(units []unit) []groups.Unit {
	list := make([]groups.Unit, len(units))
	for i, u := range units {
		list[i] = groups.Unit{Basis: u.basis, Markets: idsOf(u.markets)}
	}
	return list
}
