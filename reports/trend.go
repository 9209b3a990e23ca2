package reports

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"market40/merchants/access/roles"
	"market40/merchants/platform/bizday"
	"market40/merchants/platform/problem"
	"market40/reports/campaigns"
	"market40/reports/facts"
	"market40/reports/figures"
	"market40/reports/indicators"
	"market40/reports/scope"
)

// A trend covers a year by default, five at most.
const (
	defaultMonths = 12
	maxMonths     = 60
)

// Trend is an indicator at the ends of months.
type Trend struct {
	Indicator string            `json:"indicator"`
	Points    []TrendPoint      `json:"points" nullable:"false" doc:"oldest first"`
	Target    *campaigns.Target `json:"target" doc:"with a campaign: the present target; null: none"`
	Outside   *Outside          `json:"outside,omitempty" doc:"the markets that are left out, as of the last point: for all localities together always, for one locality only if there are any; absent for one market"`
}

// TrendPoint is the indicator at the end of one month.
type TrendPoint struct {
	AsOf   string         `json:"as_of" format:"date" doc:"the day after the month's last, at most today: the state at 00:00 of it"`
	Figure figures.Figure `json:"figure"`

	Revised *figures.Revised `json:"revised,omitempty" doc:"like revised in a row of the adoption report"`
	// With a campaign. A market that is not its pilot has no target.
	Target *campaigns.Target `json:"target,omitempty" doc:"with a campaign: the target on that day, which is the next due one, else the last"`
}

// Span selects the months of a trend, each "2026-10" or empty. By default it ends with this month and
// has twelve months.
type Span struct {
	From, To string
	// Months is how many, instead of From. Months before the data begin are left out, while a From
	// before that is refused.
	Months int
}

// Trend returns an indicator at the end of each month of a span. It refuses months that are invalid,
// out of order, more than five years, or before the data (422), and what Adoption and DrillDown
// refuse.
func (r *Reports) Trend(ctx context.Context, q Inquiry, span Span) (*Trend, error) {
	caller, err := roles.Require(ctx, roles.ReadReports)
	if err != nil {
		return nil, err
	}
	if err := r.checkInquiry(ctx, q); err != nil {
		return nil, err
	}
	if q.Locality != "" && q.Market != "" {
		return nil, problem.Of("market", "one_place", "Chọn địa phương hoặc chợ, không cả hai.",
			"Choose a locality or a market, not both.")
	}
	days, err := r.monthEnds(ctx, span)
	if err != nil {
		return nil, err
	}
	var market *scope.Market
	if q.Market != "" {
		m, err := r.findMarket(ctx, caller, q.Market)
		if err != nil {
			return nil, err
		}
		market = &m
	}
	counts, err := r.countDays(ctx, caller, order{
		campaign: q.Campaign, queries: indicators.TrendQueries(q.Indicator),
	}, days)
	if err != nil {
		return nil, fmt.Errorf("trend of %s: %w", q.Indicator, err)
	}
	trend := &Trend{Indicator: q.Indicator, Points: []TrendPoint{}}
	for _, c := range counts {
		point := TrendPoint{AsOf: c.Date.Format(time.DateOnly)}
		var locality *uuid.UUID
		required := true
		if market != nil {
			v := c.View(market.ID)
			point.Figure, point.Revised = v.Figures()[q.Indicator], v.Revised()
			locality, required = c.programme.LocalityOf(market.ID)
		} else {
			units, err := c.findUnits(q.Basis, q.Locality)
			if err != nil {
				return nil, err
			}
			if q.Locality != "" {
				locality, required = c.programme.DesignatedIn(units[0])
			}
			point.Figure, point.Revised = c.figure(units, q), c.viewOf(c.summedMarkets(units)).Revised()
			trend.Outside = c.outsideOf(units)
			if q.Locality == "" {
				left := c.outside(q.Basis)
				trend.Outside = &left
			}
		}
		if required {
			point.Target = c.programme.Target(q.Indicator, locality, c.Date)
		}
		trend.Points = append(trend.Points, point)
		if trend.Target = nil; required {
			trend.Target = c.programme.Target(q.Indicator, locality, r.today())
		}
	}
	return trend, nil
}

// parallelDays is how many days of a trend are counted at the same time. Each uses one connection and
// waits for no other.
const parallelDays = 2

// countDays counts the same for several days. The units do not depend on the day, so they are read
// once.
func (r *Reports) countDays(
	ctx context.Context, caller roles.Principal, o order, days []time.Time,
) ([]*counted, error) {
	counts := make([]*counted, len(days))
	err := pgx.BeginTxFunc(ctx, r.db.Pool, facts.Snapshot, func(tx pgx.Tx) (err error) {
		o.scope, err = scope.Read(ctx, tx, caller, r.today())
		return err
	})
	if err != nil {
		return nil, err
	}
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(parallelDays)
	for i, day := range days {
		one := o
		one.day = day
		work.Go(func() (err error) {
			if counts[i], err = r.count(ctx, caller, one); err != nil {
				return fmt.Errorf("as of %s: %w", day.Format(time.DateOnly), err)
			}
			return nil
		})
	}
	return counts, work.Wait()
}

// monthEnds returns the day after each month of a span; for the present month it is today.
func (r *Reports) monthEnds(ctx context.Context, span Span) ([]time.Time, error) {
	today := r.today()
	last, err := parseMonth("to", span.To, today)
	if err != nil {
		return nil, err
	}
	months := defaultMonths
	if span.Months != 0 {
		months = span.Months
	}
	first, err := parseMonth("from", span.From, last.AddDate(0, 1-months, 0))
	if err != nil {
		return nil, err
	}
	began, err := r.firstDay(ctx)
	if err != nil {
		return nil, err
	}
	switch {
	case first.After(last):
		return nil, problem.Of("from", "period_order", "Tháng đầu nằm sau tháng cuối.",
			"The first month is after the last.")
	case !first.AddDate(0, maxMonths, 0).After(last):
		return nil, problem.Of("from", "period_long", "Nhiều nhất 60 tháng (5 năm).", "At most 60 months (5 years).")
	case last.After(today):
		return nil, problem.Of("to", "as_of_in_future", "Tháng cuối muộn nhất là tháng này.",
			"The last month cannot be after this month.")
	case span.From != "" && span.Months != 0:
		return nil, problem.Of("months", "one_start", "Cho tháng đầu hoặc số tháng, không cả hai.",
			"Give the first month or the number of months, not both.")
	case span.From != "" && !first.AddDate(0, 1, 0).After(began):
		return nil, beforeData("from", began)
	}
	var days []time.Time
	for month := first; !month.After(last); month = month.AddDate(0, 1, 0) {
		end := month.AddDate(0, 1, 0)
		if end.After(today) {
			end = today
		}
		if !end.Before(began) {
			days = append(days, end)
		}
	}
	return days, nil
}

// parseMonth returns the first day of a month like "2026-10"; for an empty text, of the month of
// fallback.
func parseMonth(field, text string, fallback time.Time) (time.Time, error) {
	if text == "" {
		return time.Date(fallback.Year(), fallback.Month(), 1, 0, 0, 0, 0, time.UTC), nil
	}
	month, err := bizday.Month(text)
	if err != nil {
		return month, problem.Of(field, "month_form", "Tháng có dạng 2026-10.", "Expected a month such as 2026-10.")
	}
	return month, nil
}
