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
	"market40/reports/figures"
	"market40/reports/indicators"
	"market40/reports/scope"
)

// MarketPage is the report of one market.
type MarketPage struct {
	Market    scope.Market     `json:"market"`
	AsOf      string           `json:"as_of" format:"date"`
	Figures   figures.Figures  `json:"figures"`
	Coverage  *figures.Share   `json:"coverage" nullable:"false"`
	Funnel    *figures.Funnel  `json:"funnel" nullable:"false"`
	PartsBy   string           `json:"parts_by" enum:"zone,goods_group" doc:"the one dimension by which the parts of this market are published; two together could reveal single people"`
	Zones     []PartOfMarket   `json:"zones" nullable:"false" doc:"by name, without those that have no merchant; empty if parts_by is goods_group"`
	Goods     []PartOfMarket   `json:"goods" nullable:"false" doc:"empty if parts_by is zone"`
	Fees      []FeeMonth       `json:"fees" nullable:"false" doc:"the last twelve months that have a summary, newest first"`
	Unchecked *int             `json:"unchecked" doc:"stalls that display a code and were not found in order in 7 days; null in a hidden cell"`
	Dormant   *int             `json:"dormant" doc:"merchants, as I18; null in a hidden cell"`
	Revised   *figures.Revised `json:"revised,omitempty" doc:"like revised in a row of the adoption report"`
}

// PartOfMarket is a zone, or the stalls of one goods group.
type PartOfMarket struct {
	Zone       *string         `json:"zone,omitempty"`
	GoodsGroup *string         `json:"goods_group,omitempty"`
	Merchants  int             `json:"merchants"`
	Figures    figures.Figures `json:"figures" doc:"I01, I03 and I05"`
}

// FeeMonth is what an operator declared for a month.
type FeeMonth struct {
	Month      string            `json:"month" example:"2026-10"`
	Due        *figures.Quantity `json:"due" doc:"đồng; null in a hidden cell"`
	Paid       *figures.Quantity `json:"paid"`
	ByTransfer *figures.Quantity `json:"paid_by_transfer"`
	Suppressed bool              `json:"suppressed"`
}

// Market returns the page of one market in the caller's scope. Another market is refused (404), and
// so is a day as in Adoption (422).
func (r *Reports) Market(ctx context.Context, id, asOf string) (*MarketPage, error) {
	caller, err := roles.Require(ctx, roles.ReadReports)
	if err != nil {
		return nil, err
	}
	market, err := r.findMarket(ctx, caller, id)
	if err != nil {
		return nil, err
	}
	day, err := r.day(ctx, asOf)
	if err != nil {
		return nil, err
	}
	c, err := r.count(ctx, caller, order{day: day})
	if err != nil {
		return nil, fmt.Errorf("report of market %s: %w", id, err)
	}
	v := c.View(market.ID)
	page := &MarketPage{
		Market: market, AsOf: day.Format(time.DateOnly), Figures: v.Figures(), Coverage: v.Coverage(),
		Funnel: v.Funnel(), Revised: v.Revised(),
		Zones: []PartOfMarket{}, Goods: []PartOfMarket{},
	}
	c.AddHours(page.Figures)
	if n := page.Figures["I18"].Numerator; n != nil {
		dormant := int(n.IntPart())
		page.Dormant = &dormant
	}
	if err := r.addParts(ctx, c, page); err != nil {
		return nil, err
	}
	if page.Fees, err = r.feeMonths(ctx, market.ID, day, v.Hidden[indicators.Fees]); err != nil {
		return nil, err
	}
	if !v.Hidden[indicators.Codes] { // I19 could be derived from it
		page.Unchecked, err = r.unchecked(ctx, &c.Day, market.ID)
	}
	return page, err
}

// findMarket returns a market in the caller's scope. Another one is refused (404).
func (r *Reports) findMarket(ctx context.Context, caller roles.Principal, id string) (m scope.Market, err error) {
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

// addParts adds the parts of a market to its page.
func (r *Reports) addParts(ctx context.Context, c *counted, page *MarketPage) error {
	dimensions, err := r.partitions(ctx, []scope.Market{page.Market})
	if err != nil {
		return err
	}
	page.PartsBy = dimensions[page.Market.ID]
	for _, p := range c.Day.Parts(page.Market.ID, page.PartsBy) {
		part := PartOfMarket{Merchants: p.Tally.Merchants, Figures: figures.Figures{}}
		for _, code := range []string{"I01", "I03", "I05"} {
			part.Figures[code] = c.PartFigure(p, code)
		}
		switch p.Dimension {
		case "zone":
			part.Zone = &p.Name
			page.Zones = append(page.Zones, part)
		case "goods_group":
			part.GoodsGroup = &p.Name
			page.Goods = append(page.Goods, part)
		}
	}
	return nil
}

// partitions returns the dimension in which the parts of each market are published.
func (r *Reports) partitions(ctx context.Context, markets []scope.Market) (map[uuid.UUID]string, error) {
	rows, _ := r.db.Pool.Query(ctx, `SELECT id, coalesce(parts_by, 'zone') FROM markets WHERE id = ANY ($1)`,
		scope.IDs(markets))
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

// feeMonths returns the last twelve months of fees before a day, newest first.
func (r *Reports) feeMonths(ctx context.Context, market uuid.UUID, day time.Time, hidden bool) ([]FeeMonth, error) {
	rows, _ := r.db.Pool.Query(ctx, `SELECT DISTINCT ON (month) to_char(month, 'YYYY-MM'), due::bigint, paid::bigint,
		paid_by_transfer::bigint FROM fee_summaries
		WHERE market_id = $1 AND month + interval '1 month' <= $2::date ORDER BY month DESC, version DESC LIMIT 12`,
		market, day)
	months, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (m FeeMonth, err error) {
		var due, paid, byTransfer int64
		err = row.Scan(&m.Month, &due, &paid, &byTransfer)
		if m.Suppressed = hidden; !hidden {
			m.Due, m.Paid, m.ByTransfer = figures.Amount(due), figures.Amount(paid), figures.Amount(byTransfer)
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

// unchecked counts the stalls of a market that display a code and were not found in order in 7 days.
// It returns nil where a reader may not see the count because it is small.
func (r *Reports) unchecked(ctx context.Context, day *figures.Day, market uuid.UUID) (*int, error) {
	var n int
	if err := r.db.Pool.QueryRow(ctx, uncheckedSQL, market, day.Moment()).Scan(&n); err != nil {
		return nil, fmt.Errorf("unchecked stalls of market %s: %w", market, err)
	}
	if disclosure.IsFew(n) && !day.Unbound {
		return nil, nil //nolint:nilnil // a hidden cell
	}
	return &n, nil
}
