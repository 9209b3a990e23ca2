// Package reports shows how far cashless payment has come, in figures that an officer can defend. It
// reads the register and daily rollups by SQL, never single payments. README.md has the rules.
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
	"market40/reports/proof"
)

// Reports counts and returns reports.
type Reports struct {
	db     *database.DB
	now    func() time.Time
	facts  *facts.Store
	proofs proof.Cache
	slots  chan struct{} // one for each count that runs
}

// maxCounts is how many counts run at the same time: one count uses one processor fully.
var maxCounts = runtime.GOMAXPROCS(0)

// New returns reports that read from db, and the present day from now.
func New(db *database.DB, now func() time.Time) *Reports {
	return &Reports{db: db, now: now, facts: facts.New(db), slots: make(chan struct{}, maxCounts)}
}

// Question selects an adoption report.
type Question struct {
	Basis    string // code of a reporting basis
	AsOf     string // a day, "2026-11-22"; empty: today in Asia/Ho_Chi_Minh
	Campaign string // code of a campaign; empty: all markets
}

// Adoption returns every indicator of each unit of a basis, for the markets in the caller's scope. It
// refuses a caller who may not read reports (403), an unknown campaign (404), and an unknown basis or
// a day without data (422).
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
	c, err := r.count(ctx, caller, order{day: day, campaign: q.Campaign})
	if err != nil {
		return nil, fmt.Errorf("adoption as of %s: %w", day.Format(time.DateOnly), err)
	}
	return c.adoption(q.Basis), nil
}

// adoption returns the report in a basis.
func (c *counted) adoption(basis string) *Adoption {
	report := &Adoption{
		Basis: basis, AsOf: c.Date.Format(time.DateOnly), Campaign: c.programme.SelectedCode(), Rows: []Row{},
	}
	units := c.unitsIn(basis)
	for _, u := range units {
		report.Rows = append(report.Rows, c.row(u))
	}
	if c.wholeProvince { // a rank among a part of the units would mislead
		rankRows(report.Rows)
	}
	v := c.viewOf(c.summedMarkets(units))
	report.Total, report.Coverage, report.Funnel = v.Figures(), v.Coverage(), v.Funnel()
	report.Revised = v.Revised()
	c.programme.AddFigures(report.Total, c.units, c.Versions)
	c.AddHours(report.Total)
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

// day parses the as-of day: tomorrow at the latest, and not before the first day with known units.
// It returns 00:00 UTC: a date, not a moment.
func (r *Reports) day(ctx context.Context, asOf string) (time.Time, error) {
	today := r.today()
	if asOf == "" {
		return today, nil
	}
	day, err := time.Parse(time.DateOnly, asOf) // its bounds are checked below
	if err != nil {
		return day, problem.Of("as_of", "date_form", "Ngày có dạng 2026-11-22.", "Expected a day such as 2026-11-22.")
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

// firstDay returns the first day on which any basis knows the units. No report is made before it.
func (r *Reports) firstDay(ctx context.Context) (first time.Time, err error) {
	if err := r.db.Pool.QueryRow(ctx, `SELECT coalesce(min(on_date), '2000-01-01') FROM reporting_bases`).Scan(
		&first); err != nil {
		return first, fmt.Errorf("first day of the data: %w", err)
	}
	return first, nil
}

// today returns the date in Asia/Ho_Chi_Minh, as 00:00 UTC.
func (r *Reports) today() time.Time {
	return bizday.DateOf(r.now())
}
