package payments

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/access/trail"
	"market40/merchants/platform/bizday"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
	"market40/payments/money"
)

//go:embed days.sql
var daysSQL string

const (
	// maxDays is how many days one list may reach over.
	maxDays = 400
	// usualDays is the default length of a period.
	usualDays = 30
)

// Day is a business day of a stall: in Asia/Ho_Chi_Minh, by the bank's time of the transfer.
type Day struct {
	Day      string       `json:"day" example:"2026-11-22"`
	Count    int          `json:"count" doc:"payments, less those taken back"`
	Amount   money.Amount `json:"amount" doc:"đồng; a reversal is subtracted on the day of its payment"`
	Currency string       `json:"currency"`
	Hours    []Hour       `json:"hours" doc:"the hours with payments, in order; a payment with a date only counts in hour 0"`
}

// DayList is a page of days, and the version up to which they count the stall's payments.
type DayList struct {
	Items   []Day   `json:"items"`
	Next    *string `json:"next" doc:"cursor of the next page, null at the end"`
	Version int64   `json:"version" doc:"the version of the newest payment of the present tenancy that the days count; 0: none. Payments of the stream with a greater version are not in them yet"`
}

// Hour is an hour of a day.
type Hour struct {
	Hour   int          `json:"hour" minimum:"0" maximum:"23"`
	Count  int          `json:"count"`
	Amount money.Amount `json:"amount"`
}

// Period is a span of business days, both ends included; embed it in a huma input.
type Period struct {
	From string `query:"from" doc:"the first day, YYYY-MM-DD; the default is a period of 30 days"`
	To   string `query:"to" doc:"the last day, which is included; the default is today"`
}

// days returns the first and last day of a period, with defaults as of now. It refuses (422)
// malformed days, an end before the beginning, and more than most days.
func (p Period) days(now time.Time, most int) (from, to string, err error) {
	from, to = p.From, p.To
	if to == "" {
		to = bizday.DayOf(now)
	}
	last, err := bizday.Day(to)
	if err != nil {
		return "", "", noDay("to")
	}
	if from == "" {
		from = last.AddDate(0, 0, 1-usualDays).Format(time.DateOnly)
	}
	first, err := bizday.Day(from)
	switch {
	case err != nil:
		return "", "", noDay("from")
	case first.After(last):
		return "", "", problem.Of("from", "period_order", "Ngày đầu nằm sau ngày cuối.",
			"The first day is after the last.")
	case !first.AddDate(0, 0, most).After(last):
		return "", "", problem.Of("from", "period_long", fmt.Sprintf("Nhiều nhất %d ngày.", most),
			fmt.Sprintf("At most %d days.", most))
	}
	return from, to, nil
}

func noDay(field string) error {
	return problem.Of(field, "day_form", "Cần ngày YYYY-MM-DD.", "Expected a day: YYYY-MM-DD.")
}

// Days returns the days of a stall with payments, newest first: of its present tenancy, or for a
// merchant, of the merchant's own tenancies.
func (p *Payments) Days(ctx context.Context, who roles.Principal, stall string, period Period,
	page web.Page,
) (*DayList, error) {
	tenancies, err := p.findTenancies(ctx, who, stall)
	if err != nil {
		return nil, err
	}
	from, to, err := period.days(p.now(), maxDays)
	if err != nil {
		return nil, err
	}
	after, err := page.Mark()
	if err != nil {
		return nil, err
	}
	before := after.Text
	if before == "" {
		last, _ := bizday.Day(to)
		before = last.AddDate(0, 0, 1).Format(time.DateOnly)
	} else if _, err := bizday.Day(before); err != nil {
		return nil, noDay("after")
	}
	rows, err := p.db.Pool.Query(ctx, daysSQL, tenancies, from, before, page.Size()+1)
	if err != nil {
		return nil, fmt.Errorf("list days of stall %s: %w", stall, err)
	}
	list := &DayList{}
	if list.Items, list.Version, err = collectDays(rows); err != nil {
		return nil, fmt.Errorf("list days of stall %s: %w", stall, err)
	}
	list.Items, list.Next = web.Cut(list.Items, page, func(d Day) web.Mark { return web.Mark{Text: d.Day} })
	return list, trail.RecordReading(ctx, trail.ReadingPayments, tenancies)
}

// collectDays reads the rows of daysSQL.
func collectDays(rows pgx.Rows) (days []Day, version int64, err error) {
	defer rows.Close()
	if !rows.Next() {
		return nil, 0, rows.Err()
	}
	if err := rows.Scan(&version, nil, nil, nil, nil, nil); err != nil {
		return nil, 0, err
	}
	days = []Day{}
	for rows.Next() {
		var d Day
		if err := rows.Scan(nil, &d.Day, &d.Count, &d.Amount, &d.Currency, &d.Hours); err != nil {
			return nil, 0, err
		}
		days = append(days, d)
	}
	return days, version, rows.Err()
}

// findTenancies returns the tenancies of a stall that a caller may read the days of; none for a vacant
// stall.
func (p *Payments) findTenancies(ctx context.Context, who roles.Principal, stall string) ([]uuid.UUID, error) {
	id, err := uuid.Parse(stall)
	if err != nil {
		return nil, problem.Missing("stall")
	}
	rows, err := p.db.Pool.Query(ctx, `SELECT t.id FROM stalls s LEFT JOIN tenancies t ON t.stall_id = s.id
			AND CASE WHEN $4::uuid IS NULL THEN upper_inf(t.valid) ELSE t.merchant_id = $4 END
		WHERE s.id = $1 AND s.market_id IN (SELECT scope_markets($2, $3)) AND sees_stall($2, $3, s.id)`, id,
		who.ScopeKind, who.ScopeID, who.MerchantID)
	if err != nil {
		return nil, fmt.Errorf("find stall %s: %w", id, err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[*uuid.UUID])
	if err != nil {
		return nil, fmt.Errorf("find stall %s: %w", id, err)
	}
	if len(found) == 0 {
		return nil, problem.Missing("stall")
	}
	tenancies := make([]uuid.UUID, 0, len(found))
	for _, tenancy := range found {
		if tenancy != nil {
			tenancies = append(tenancies, *tenancy)
		}
	}
	return tenancies, who.Allow(roles.ReadDays)
}

func (p *Payments) listDays(ctx context.Context, in *struct {
	web.Named
	Period
	web.Page
},
) (*web.Body[*DayList], error) {
	who, err := roles.From(ctx)
	if err != nil {
		return nil, err
	}
	return web.Answer(p.Days(ctx, who, in.ID, in.Period, in.Page))
}
