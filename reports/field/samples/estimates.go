package samples

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/platform/bizday"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
	"market40/reports/estimate"
	"market40/reports/field/record"
)

// sampledDays is the window of counted half-hours: [as_of − 90, as_of), as in I07 and I08.
const sampledDays = 90

// SampleEstimate is the estimate from a market's counted half-hours.
type SampleEstimate struct {
	MarketID uuid.UUID        `json:"market_id" format:"uuid"`
	AsOf     string           `json:"as_of" format:"date" doc:"the half-hours of the 90 days before it"`
	Sales    EstimatedShare   `json:"sales" doc:"I07: cashless sales of all sales"`
	Turnover EstimatedShare   `json:"turnover" doc:"I08: cashless turnover of all turnover"`
	Strata   []SampledStratum `json:"strata" nullable:"false" doc:"the strata of each plan with counted half-hours"`
}

// EstimatedShare is a combined ratio estimate of stratified random half-hours.
type EstimatedShare struct {
	Value    *string         `json:"value" doc:"4 decimals; null: nothing was counted" example:"0.3714"`
	Interval *SampleInterval `json:"interval" doc:"the interval that contains the true share with 95 %; null: see why"`
	Counted  int             `json:"counted" doc:"half-hours"`
	Why      *string         `json:"why" doc:"why there is no interval: nothing_counted, nothing_sold (in what was counted), one_slot_in: and the stratum, or hidden"`

	Suppressed bool `json:"suppressed" doc:"hidden, because the same share is hidden in the report of that day"`
}

// hide removes the estimated values.
func (s *EstimatedShare) hide() {
	why := "hidden"
	s.Value, s.Interval, s.Why, s.Suppressed = nil, nil, &why, true
}

// SampleInterval is a 95 % interval.
type SampleInterval struct {
	Low  string `json:"low"`
	High string `json:"high"`
}

// SampledStratum is a stratum of a plan with its counts.
type SampledStratum struct {
	PlanID        uuid.UUID `json:"plan_id" format:"uuid"`
	Stratum       string    `json:"stratum"`
	Slots         int       `json:"slots" doc:"half-hours it has"`
	Counted       int       `json:"counted"`
	Sales         *int      `json:"sales" doc:"null in a hidden cell"`
	CashlessSales *int      `json:"cashless_sales"`
}

// sampled is what was counted in one stratum.
type sampled struct {
	SampledStratum

	seen, cashless  int
	sales, turnover []estimate.Pair
}

func (f *Samples) readEstimate(ctx context.Context, in *struct {
	web.Named
	AsOf string `query:"as_of" doc:"a day, tomorrow at the latest; absent: today" example:"2026-11-22"`
},
) (*web.Body[*SampleEstimate], error) {
	here, err := f.facts.FindMarket(ctx, in.ID, roles.ReadSamples)
	if err != nil {
		return nil, err
	}
	asOf := in.AsOf
	if asOf == "" {
		asOf = bizday.DayOf(here.Now)
	}
	day := record.DayOf(asOf)
	switch {
	case day.IsZero():
		return nil, problem.Of("as_of", "date_form", "Ngày có dạng 2026-11-22.", "Expected a day such as 2026-11-22.")
	case day.After(here.Now.AddDate(0, 0, 1)):
		return nil, problem.Of("as_of", "as_of_in_future", "Ngày chốt muộn nhất là ngày mai.",
			"The as-of day is tomorrow at the latest.")
	}
	strata, err := f.sampled(ctx, here.Market, day)
	if err != nil {
		return nil, fmt.Errorf("estimate for market %s: %w", here.Market, err)
	}
	answer := &SampleEstimate{MarketID: here.Market, AsOf: asOf, Strata: []SampledStratum{}}
	hidden, err := f.facts.HiddenSums(ctx, here, day)
	if err != nil {
		return nil, err
	}
	for _, s := range strata {
		if !hidden.Sales {
			s.Sales, s.CashlessSales = &s.seen, &s.cashless
		}
		answer.Strata = append(answer.Strata, s.SampledStratum)
	}
	answer.Sales = shareOf(strata, func(s *sampled) []estimate.Pair { return s.sales })
	answer.Turnover = shareOf(strata, func(s *sampled) []estimate.Pair { return s.turnover })
	if hidden.Sales && answer.Sales.Counted > 0 {
		answer.Sales.hide()
	}
	if hidden.Turnover && answer.Turnover.Counted > 0 {
		answer.Turnover.hide()
	}
	return web.Answer(answer, nil)
}

// sampled reads what was counted in the window, including strata without counts.
func (f *Samples) sampled(ctx context.Context, market uuid.UUID, day time.Time) ([]*sampled, error) {
	rows, err := f.db.Pool.Query(ctx, `SELECT s.plan_id, s.stratum, s.slots, c.sales, c.cashless_sales,
		c.turnover::float8, c.cashless_turnover::float8
		FROM sample_plans p JOIN sample_strata s ON s.plan_id = p.id
		LEFT JOIN sample_slots c ON c.plan_id = s.plan_id AND c.stratum = s.stratum AND c.sales IS NOT NULL
		AND c.starts_at >= $2 AND c.starts_at < $3
		WHERE p.market_id = $1 AND EXISTS (SELECT FROM sample_slots o WHERE o.plan_id = p.id AND o.sales IS NOT NULL
		AND o.starts_at >= $2 AND o.starts_at < $3)
		ORDER BY s.plan_id, s.stratum, c.starts_at`, market, day.AddDate(0, 0, -sampledDays), day)
	if err != nil {
		return nil, err
	}
	var all []*sampled
	var row SampledStratum
	var sales, cashless *int                // nil: not counted
	var turnover, cashlessTurnover *float64 // only for statistics
	_, err = pgx.ForEachRow(rows, []any{
		&row.PlanID, &row.Stratum, &row.Slots, &sales, &cashless, &turnover,
		&cashlessTurnover,
	}, func() error {
		if n := len(all); n == 0 || all[n-1].PlanID != row.PlanID || all[n-1].Stratum != row.Stratum {
			all = append(all, &sampled{SampledStratum: row})
		}
		if sales == nil {
			return nil
		}
		s := all[len(all)-1]
		s.Counted, s.seen, s.cashless = s.Counted+1, s.seen+*sales, s.cashless+*cashless
		s.sales = append(s.sales, estimate.Pair{Y: float64(*cashless), X: float64(*sales)})
		if turnover != nil {
			s.turnover = append(s.turnover, estimate.Pair{Y: *cashlessTurnover, X: *turnover})
		}
		return nil
	})
	return all, err
}

// shareOf estimates one share, or gives the reason why it cannot.
func shareOf(strata []*sampled, of func(*sampled) []estimate.Pair) (share EstimatedShare) {
	given, lone := make([]estimate.Stratum, len(strata)), ""
	for i, s := range strata {
		given[i] = estimate.Stratum{Size: s.Slots, Drawn: of(s)}
		share.Counted += len(of(s))
		if len(of(s)) == 1 && lone == "" {
			lone = s.Stratum
		}
	}
	found, seen := estimate.Strata(given)
	why := ""
	switch {
	case !seen && share.Counted > 0:
		why = "nothing_sold"
	case !seen:
		why = "nothing_counted"
	case !found.Sure:
		why = "one_slot_in: " + lone
	default:
		share.Interval = &SampleInterval{decimals(found.Low), decimals(found.High)}
	}
	if why != "" {
		share.Why = &why
	}
	if seen {
		value := decimals(found.Ratio)
		share.Value = &value
	}
	return share
}

func decimals(share float64) string { return strconv.FormatFloat(share, 'f', 4, 64) }
