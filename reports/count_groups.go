package reports

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/reports/campaigns"
	"market40/reports/facts"
	"market40/reports/figures"
	"market40/reports/groups"
	"market40/reports/indicators"
	"market40/reports/scope"
)

// order is what is to be counted.
type order struct {
	day        time.Time
	campaign   string       // code or id; empty: all markets
	queries    []string     // nil: all
	scope      *scope.Scope // of the caller, if it was read before
	background bool         // no reader waits: one connection is enough
}

// counted is what was counted on one snapshot, with the units and markets that the caller sees.
type counted struct {
	figures.Day

	units         []scope.Unit
	markets       []scope.Market
	programme     *campaigns.Programme
	wholeProvince bool // the caller sees every unit
}

// viewOf returns the view of some markets.
func (c *counted) viewOf(markets []scope.Market) figures.View { return c.View(scope.IDs(markets)...) }

// count counts each distinct group of markets, on one snapshot. It reads the units of every basis,
// because a figure in one basis may reveal what another hides. A campaign that does not exist is
// refused (404).
func (r *Reports) count(ctx context.Context, caller roles.Principal, o order) (*counted, error) {
	list, err := indicators.Definitions()
	if err != nil {
		return nil, err
	}
	select {
	case r.slots <- struct{}{}:
		defer func() { <-r.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	c := &counted{
		Day: figures.Day{
			Date: o.day, Versions: map[string]int{}, Unbound: scope.SeesSmallCounts(caller),
		},
		wholeProvince: caller.ScopeKind == roles.ScopeAll,
	}
	for _, d := range list {
		c.Versions[d.Code] = d.Version
	}
	err = pgx.BeginTxFunc(ctx, r.db.Pool, facts.Snapshot, func(tx pgx.Tx) error {
		if err := facts.PlanOnce(ctx, tx); err != nil {
			return err
		}
		if o.scope == nil {
			if o.scope, err = scope.Read(ctx, tx, caller, r.today()); err != nil {
				return err
			}
		}
		c.units, c.markets = o.scope.Units, o.scope.Markets
		// Without I13 and I24 no punctuality is needed.
		query := campaigns.Query{Day: o.day, Campaign: o.campaign, PilotsOnly: o.queries != nil}
		if c.programme, err = campaigns.Read(ctx, tx, query); err != nil {
			return err
		}
		return c.fill(ctx, tx, r.facts, o)
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// fill reads the facts and counts the groups.
func (c *counted) fill(ctx context.Context, tx pgx.Tx, store *facts.Store, o order) error {
	c.Groups = groups.New(groupUnits(o.scope.AllUnits), c.programme.PilotSets(), scope.IDs(o.scope.AllMarkets))
	q := facts.Question{Day: o.day, Markets: c.Groups.Markets, Queries: o.queries, OneConnection: o.background}
	if q.Queries == nil {
		// One read then serves every page of the day.
		q.Queries, q.Parts = indicators.MarketQueries(), true
	}
	q.Campaign = c.programme.SelectedID()
	known, err := store.Read(ctx, tx, q)
	if err != nil {
		return err
	}
	c.Groups = facts.CachedValue(known, c.Groups.Key(!c.Unbound), func() *groups.Groups {
		c.Groups.Count(known)
		if !c.Unbound {
			c.Groups.Suppress()
		}
		return c.Groups
	})
	return nil
}

// groupUnits returns units with their markets, as groups are made of them.
func groupUnits(units []scope.Unit) []groups.Unit {
	list := make([]groups.Unit, len(units))
	for i, u := range units {
		list[i] = groups.Unit{Basis: u.Basis, Markets: scope.IDs(u.Markets)}
	}
	return list
}

// unitsIn returns the units of a basis.
func (c *counted) unitsIn(basis string) (units []scope.Unit) {
	for _, u := range c.units {
		if u.Basis == basis {
			units = append(units, u)
		}
	}
	return units
}

// allMarkets returns the markets of some units; with a campaign, its pilots among them.
func (c *counted) allMarkets(units []scope.Unit) []scope.Market {
	markets, seen := []scope.Market{}, map[uuid.UUID]bool{}
	for _, u := range units {
		for _, m := range u.Counted(c.programme.Pilots()) {
			if !seen[m.ID] {
				seen[m.ID] = true
				markets = append(markets, m)
			}
		}
	}
	return markets
}

// summedMarkets returns the markets of some units that are counted together.
func (c *counted) summedMarkets(units []scope.Unit) []scope.Market {
	markets, _ := c.splitSmall(c.allMarkets(units))
	return markets
}
