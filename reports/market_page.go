package reports

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/platform/problem"
	"market40/reports/disclosure"
	"market40/reports/groups"
	"market40/reports/indicators"
)

// MarketPage is the report of one market.
type MarketPage struct {
	Market    Market         `json:"market"`
	AsOf      string         `json:"as_of" format:"date"`
	Figures   Figures        `json:"figures"`
	Coverage  *Share         `json:"coverage"`
	Funnel    *Funnel        `json:"funnel"`
	PartsBy   string         `json:"parts_by" enum:"zone,goods_group" doc:"how the parts of this market are published: along one dimension, or two laid over each other would single people out"`
	Zones     []PartOfMarket `json:"zones" nullable:"false" doc:"by name; those without a merchant aside; empty where parts_by is goods_group"`
	Goods     []PartOfMarket `json:"goods" nullable:"false" doc:"empty where parts_by is zone"`
	Fees      []FeeMonth     `json:"fees" nullable:"false" doc:"the last twelve months that have a summary, newest first"`
	Unchecked *int           `json:"unchecked" doc:"stalls that display a code and were not found in order in 7 days; null in a hidden cell"`
	Dormant   *int           `json:"dormant" doc:"merchants, as I18; null in a hidden cell"`
	Revised   *Revised       `json:"revised,omitempty" doc:"as of a row of the adoption report"`
}

// PartOfMarket is a zone, or the stalls of one goods group.
type PartOfMarket struct {
	Zone       *string `json:"zone,omitempty"`
	GoodsGroup *string `json:"goods_group,omitempty"`
	Merchants  int     `json:"merchants"`
	Figures    Figures `json:"figures" doc:"I01, I03 and I05"`
}

// FeeMonth is what an operator declared for a month.
type FeeMonth struct {
	Month      string    `json:"month" example:"2026-10"`
	Due        *Quantity `json:"due" doc:"đồng; null in a hidden cell"`
	Paid       *Quantity `json:"paid"`
	ByTransfer *Quantity `json:"paid_by_transfer"`
	Suppressed bool      `json:"suppressed"`
}

// Market returns the page of one market in the caller's scope. It refuses other markets (404), and
// a day that Adoption refuses (422).
func (r *Reports) Market(ctx context.Context, id, asOf string) (*MarketPage, error) {
	caller, err := roles.Require(ctx, roles.ReadReports)
	if err != nil {
		return nil, err
	}
	market, err := r.market(ctx, caller, id)
	if err != nil {
		return nil, err
	}
	day, err := r.day(ctx, asOf)
	if err != nil {
		return nil, err
	}
	c, err := r.count(ctx, caller, ask{day: day})
	if err != nil {
		return nil, fmt.Errorf("report of market %s: %w", id, err)
	}
	g := c.view([]Market{market})
	page := &MarketPage{
		Market: market, AsOf: day.Format(time.DateOnly), Figures: g.figures(), Coverage: g.coverage(),
		Funnel: g.funnel(), Revised: g.revised(),
		Zones: []PartOfMarket{}, Goods: []PartOfMarket{},
	}
	c.addHours(page.Figures)
	if n := page.Figures["I18"].Numerator; n != nil {
		dormant := int(n.IntPart())
		page.Dormant = &dormant
	}
	if err := r.addParts(ctx, c, page); err != nil {
		return nil, err
	}
	if page.Fees, err = r.feeMonths(ctx, market.ID, day, g.Hidden[indicators.Fees]); err != nil {
		return nil, err
	}
	if !g.Hidden[indicators.Codes] { // otherwise I19 could be derived from it
		page.Unchecked, err = r.unchecked(ctx, c.own, market.ID, c.moment())
	}
	return page, err
}

// market returns a market in the caller's scope (404).
func (r *Reports) market(ctx context.Context, caller roles.Principal, id string) (m Market, err error) {
	m.ID, err = uuid.Parse(id)
	if err != nil {
		return m, problem.Missing("market")
	}
	err = r.db.Pool.QueryRow(ctx, `SELECT code, name, demo FROM markets WHERE id = $1
		AND id IN (SELECT scope_markets($2, $3))`,
		m.ID, caller.ScopeKind, caller.ScopeID).Scan(&m.Code, &m.Name, &m.Demo)
	if errors.Is(err, pgx.ErrNoRows) {
		return m, problem.Missing("market")
	}
	if err != nil {
		return m, fmt.Errorf("find market %s: %w", id, err)
	}
	return m, nil
}

func (r *Reports) addParts(ctx context.Context, c *counted, page *MarketPage) error {
	by, err := r.partitions(ctx, []Market{page.Market})
	if err != nil {
		return err
	}
	page.PartsBy = by[page.Market.ID]
	for _, p := range c.partsOf(page.Market, page.PartsBy) {
		told := PartOfMarket{Merchants: p.Tally.Merchants, Figures: Figures{}}
		for _, code := range []string{"I01", "I03", "I05"} {
			told.Figures[code] = c.partFigure(p, code)
		}
		switch p.Dimension {
		case "zone":
			told.Zone = &p.Name
			page.Zones = append(page.Zones, told)
		case "goods_group":
			told.GoodsGroup = &p.Name
			page.Goods = append(page.Goods, told)
		}
	}
	return nil
}

// partitions returns the dimension in which the parts of each market are published.
func (r *Reports) partitions(ctx context.Context, markets []Market) (map[uuid.UUID]string, error) {
	rows, _ := r.db.Pool.Query(ctx, `SELECT id, coalesce(parts_by, 'zone') FROM markets WHERE id = ANY ($1)`,
		idsOf(markets))
	by := map[uuid.UUID]string{}
	var id uuid.UUID
	var dimension string
	_, err := pgx.ForEachRow(rows, []any{&id, &dimension}, func() error {
		by[id] = dimension
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("dimensions of markets' parts: %w", err)
	}
	return by, nil
}

// partsOf returns the parts of a market that a caller may see, with what is hidden of them. They
// are of one dimension, because two partitions combined would identify people. A market's own
// manager sees all.
func (c *counted) partsOf(market Market, by string) []*groups.Part {
	if c.own {
		return c.groups.AllParts(market.ID)
	}
	return c.groups.Parts(market.ID, by)
}

// partFigure returns an indicator of a part with only its numerator, denominator and value.
func (c *counted) partFigure(p *groups.Part, code string) Figure {
	g := view{Group: p.Group(), day: c.day, version: c.version}
	f := g.figures()[code]
	f.Evidence, f.Parts, f.Coverage, f.FreshAt = nil, nil, nil, nil
	return f
}

func (r *Reports) feeMonths(ctx context.Context, market uuid.UUID, day time.Time, hidden bool) ([]FeeMonth, error) {
	rows, _ := r.db.Pool.Query(ctx, `SELECT DISTINCT ON (month) to_char(month, 'YYYY-MM'), due::bigint, paid::bigint,
		paid_by_transfer::bigint FROM fee_summaries
		WHERE market_id = $1 AND month + interval '1 month' <= $2::date ORDER BY month DESC, version DESC LIMIT 12`,
		market, day)
	months, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (m FeeMonth, err error) {
		var due, paid, byTransfer int64
		err = row.Scan(&m.Month, &due, &paid, &byTransfer)
		if m.Suppressed = hidden; !hidden {
			m.Due, m.Paid, m.ByTransfer = dong(due), dong(paid), dong(byTransfer)
		}
		return m, err
	})
	if err != nil {
		return nil, fmt.Errorf("fees of market %s: %w", market, err)
	}
	return months, nil
}

//go:embed unchecked.sql
var uncheckedSQL string

// unchecked counts stalls that display a code and were not found in order in 7 days. It returns nil
// if that would reveal few people.
func (r *Reports) unchecked(ctx context.Context, own bool, market uuid.UUID, moment time.Time) (*int, error) {
	var n int
	if err := r.db.Pool.QueryRow(ctx, uncheckedSQL, market, moment).Scan(&n); err != nil {
		return nil, fmt.Errorf("unchecked stalls of market %s: %w", market, err)
	}
	if disclosure.Few(n) && !own {
		return nil, nil //nolint:nilnil // a hidden cell
	}
	return &n, nil
}
