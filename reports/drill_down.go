package reports

import (
	"context"
	"fmt"
	"slices"
	"time"

	"market40/merchants/access/roles"
	"market40/merchants/platform/problem"
	"market40/reports/figures"
	"market40/reports/indicators"
	"market40/reports/scope"
)

// Inquiry selects a drill-down or a trend.
type Inquiry struct {
	Indicator, Basis, AsOf string
	Locality               string // id or code in the basis; empty: all
	Market                 string // id; for a trend, instead of a locality
	Campaign               string
	By                     string // market, zone, goods_group, kind
}

// DrillDown is the figure of an indicator with its parts.
type DrillDown struct {
	Indicator string           `json:"indicator"`
	Basis     string           `json:"basis"`
	AsOf      string           `json:"as_of" format:"date"`
	By        string           `json:"by" enum:"market,zone,goods_group,kind"`
	Figure    figures.Figure   `json:"figure" doc:"the figure of all parts together"`
	Parts     []DrillPart      `json:"parts" nullable:"false"`
	Revised   *figures.Revised `json:"revised,omitempty" doc:"like revised in a row of the adoption report"`
	Outside   *Outside         `json:"outside,omitempty" doc:"the markets that are left out: for all localities together always, for one locality only if there are any"`
	Withheld  []Withheld       `json:"withheld" nullable:"false" doc:"markets with parts that are published by another dimension, and so not by this one"`
}

// Withheld reports that the parts of a market are not published along the requested dimension.
type Withheld struct {
	Market  scope.Market `json:"market"`
	PartsBy string       `json:"parts_by" enum:"zone,goods_group" doc:"the dimension by which they are published"`
	Vi      string       `json:"reason_vi"`
	En      string       `json:"reason_en"`
}

// DrillPart is one part of a figure: a market, or a part of one.
type DrillPart struct {
	Market scope.Market   `json:"market"`
	Part   string         `json:"part" doc:"the zone, goods group or kind of stall; empty: the market"`
	Figure figures.Figure `json:"figure"`
}

// DrillDown divides the figure of an indicator. It refuses an unknown indicator, basis or dimension,
// a dimension that the indicator does not have, and a day as Adoption does (422). It refuses an
// unknown locality or campaign (404).
func (r *Reports) DrillDown(ctx context.Context, q Inquiry) (*DrillDown, error) {
	caller, err := roles.Require(ctx, roles.ReadReports)
	if err != nil {
		return nil, err
	}
	if err := r.checkInquiry(ctx, q); err != nil {
		return nil, err
	}
	if row, _ := indicators.Find(q.Indicator); q.By != "market" && !row.Divisible {
		return nil, problem.Of("by", "not_divisible", "Chỉ số này chỉ xem được theo chợ.",
			"This indicator can be divided by market only.")
	}
	day, err := r.day(ctx, q.AsOf)
	if err != nil {
		return nil, err
	}
	c, err := r.count(ctx, caller, order{day: day, campaign: q.Campaign})
	if err != nil {
		return nil, fmt.Errorf("drill down %s: %w", q.Indicator, err)
	}
	units, err := c.findUnits(q.Basis, q.Locality)
	if err != nil {
		return nil, err
	}
	markets := c.summedMarkets(units)
	answer := &DrillDown{
		Indicator: q.Indicator, Basis: q.Basis, AsOf: day.Format(time.DateOnly), By: q.By,
		Figure: c.figure(units, q), Parts: []DrillPart{}, Withheld: []Withheld{}, Revised: c.viewOf(markets).Revised(),
	}
	answer.Outside = c.outsideOf(units)
	if q.Locality == "" {
		left := c.outside(q.Basis)
		answer.Outside = &left
	}
	dimensions, err := r.partitions(ctx, markets)
	if err != nil {
		return nil, err
	}
	for _, market := range markets {
		if q.By == "market" {
			answer.Parts = append(answer.Parts, DrillPart{
				Market: market,
				Figure: c.View(market.ID).Figures()[q.Indicator],
			})
			continue
		}
		if !c.Unbound && dimensions[market.ID] != q.By {
			answer.Withheld = append(answer.Withheld, withheldParts(market, dimensions[market.ID]))
			continue
		}
		for _, p := range c.Day.Parts(market.ID, q.By) {
			if p.Dimension == q.By {
				answer.Parts = append(answer.Parts, DrillPart{market, p.Name, c.PartFigure(p, q.Indicator)})
			}
		}
	}
	return answer, nil
}

// withheldParts returns why the parts of a market are not published along another dimension than by.
func withheldParts(m scope.Market, by string) Withheld {
	vi, en := "khu", "zone"
	if by == "goods_group" {
		vi, en = "ngành hàng", "goods group"
	}
	return Withheld{
		m,
		by,
		m.Name + " chỉ công bố phân tổ theo " + vi + ": phân tổ thêm cách khác có thể làm lộ số liệu của từng người.",
		"The parts of " + m.Name + " are published by " + en + " only: a second division could reveal data of single people.",
	}
}

func (r *Reports) checkInquiry(ctx context.Context, q Inquiry) error {
	if _, known := indicators.Find(q.Indicator); !known {
		var codes []string
		for _, row := range indicators.Rows {
			codes = append(codes, row.Code)
		}
		return problem.InFields(problem.UnknownValue("indicator", q.Indicator, codes...))
	}
	if known := []string{"market", "zone", "goods_group", "kind"}; q.By != "" && !slices.Contains(known, q.By) {
		return problem.InFields(problem.UnknownValue("by", q.By, known...))
	}
	return r.checkBasis(ctx, q.Basis)
}

// findUnits returns the units of a basis, or only the one with an id or code. One that the caller
// does not see is refused (404).
func (c *counted) findUnits(basis, named string) ([]scope.Unit, error) {
	var units []scope.Unit
	for _, u := range c.unitsIn(basis) {
		if named == "" || named == u.Locality.Code || named == u.Locality.ID.String() {
			units = append(units, u)
		}
	}
	if named != "" && len(units) == 0 {
		return nil, problem.Missing("locality")
	}
	return units, nil
}

// figure returns an indicator of a unit, or of all units of a basis.
func (c *counted) figure(units []scope.Unit, q Inquiry) figures.Figure {
	f := c.viewOf(c.summedMarkets(units)).Figures()
	if q.Locality == "" {
		c.programme.AddFigures(f, c.units, c.Versions)
	} else {
		c.programme.AddFigures(f, units, c.Versions)
	}
	c.AddHours(f)
	return f[q.Indicator]
}
