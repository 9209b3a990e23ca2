// Package reports measures the progress of cashless payment, in figures that an officer can defend.
// It reads the register and the daily rollups by SQL, never single payments. The definitions are in
// README.md.
package reports

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/platform/bizday"
	"market40/merchants/platform/problem"
	"market40/migrations/database"
	"market40/reports/facts"
)

// Reports counts and returns reports.
type Reports struct {
	db     *database.DB
	now    func() time.Time
	facts  *facts.Store
	proofs proofs
	seats  chan struct{}
}

// countsAtOnce is the number of counts at the same time: one for each processor, because a count
// uses a whole one.
var countsAtOnce = runtime.GOMAXPROCS(0)

// New returns Reports that read from db. now is the clock.
func New(db *database.DB, now func() time.Time) *Reports {
	return &Reports{db: db, now: now, facts: facts.New(db), seats: make(chan struct{}, countsAtOnce)}
}

// Question is a request for a report.
type Question struct {
	Basis    string // code of a reporting basis
	AsOf     string // a day, "2026-11-22"; empty: today in Asia/Ho_Chi_Minh
	Campaign string // code of a campaign; empty: all markets
}

// Adoption returns every indicator of each unit of a basis, for the markets in the caller's scope.
// It refuses a caller who may not read reports (403), an unknown campaign (404), and a basis or a
// day without reports (422).
func (r *Reports) Adoption(ctx context.Context, q Question) (*Adoption, error) {
	caller, err := roles.Require(ctx, roles.ReadReports)
	if err != nil {
		return nil, err
	}
	if err := r.checkBasis(ctx, q.Basis); err != nil {
		return nil, err
	}
	day, err := r.day(ctx, q.AsOf)
	if err != nil {
		return nil, err
	}
	c, err := r.count(ctx, caller, ask{day: day, campaign: q.Campaign})
	if err != nil {
		return nil, fmt.Errorf("adoption as of %s: %w", day.Format(time.DateOnly), err)
	}
	return c.adoption(q.Basis), nil
}

// adoption returns the report in a basis.
func (c *counted) adoption(basis string) *Adoption {
	report := &Adoption{Basis: basis, AsOf: c.day.Format(time.DateOnly), Rows: []Row{}}
	if c.programme.campaign != nil {
		report.Campaign = &c.programme.campaign.Code
	}
	var units []unit
	for _, u := range c.units {
		if u.basis == basis {
			report.Rows, units = append(report.Rows, c.row(u)), append(units, u)
		}
	}
	if c.whole { // a rank among only some of the units means nothing
		rank(report.Rows)
	}
	g := c.view(c.marketsOf(units))
	report.Total, report.Coverage, report.Funnel = g.figures(), g.coverage(), g.funnel()
	report.Revised = g.revised()
	c.programme.add(report.Total, c.units, c.version)
	c.addHours(report.Total)
	outside := c.outside(basis)
	report.Outside = &outside
	return report
}

func (r *Reports) checkBasis(ctx context.Context, basis string) error {
	rows, _ := r.db.Pool.Query(ctx, `SELECT code FROM reporting_bases ORDER BY on_date, code`)
	known, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("reporting bases: %w", err)
	}
	if !slices.Contains(known, basis) {
		return problem.InFields(problem.UnknownValue("basis", basis, known...))
	}
	return nil
}

// day parses the as-of day. It must be tomorrow at the latest, and not before the first day with
// known units. It is returned as 00:00 UTC: a date, not a moment.
func (r *Reports) day(ctx context.Context, asOf string) (time.Time, error) {
	today := r.today()
	if asOf == "" {
		return today, nil
	}
	day, err := time.Parse(time.DateOnly, asOf) // the limits are checked below
	if err != nil {
		return day, problem.Of("as_of", "date_form", "Ngày có dạng 2026-11-22.", "A day is written 2026-11-22.")
	}
	if day.After(today.AddDate(0, 0, 1)) {
		return day, problem.Of("as_of", "as_of_in_future", "Ngày chốt muộn nhất là ngày mai.",
			"The as-of day is tomorrow at the latest.")
	}
	first, err := r.firstDay(ctx)
	if err != nil {
		return day, err
	}
	if day.Before(first) {
		return day, beforeData("as_of", first)
	}
	return day, nil
}

func beforeData(field string, first time.Time) error {
	return problem.Of(field, "before_data", "Số liệu bắt đầu từ ngày "+bizday.ShowDay(first)+".",
		"The data begin on "+first.Format(time.DateOnly)+".")
}

// firstDay returns the first day with known units in any basis. There are no reports of days before
// it.
func (r *Reports) firstDay(ctx context.Context) (first time.Time, err error) {
	if err := r.db.Pool.QueryRow(ctx, `SELECT coalesce(min(on_date), '2000-01-01') FROM reporting_bases`).Scan(
		&first); err != nil {
		return first, fmt.Errorf("first day of the data: %w", err)
	}
	return first, nil
}

// today returns the date in Asia/Ho_Chi_Minh.
func (r *Reports) today() time.Time {
	return bizday.DateOf(r.now())
}
