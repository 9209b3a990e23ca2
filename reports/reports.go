// Package reports tells how far cashless payment has come, in figures that an officer can defend.
// It reads the register and the day's rollups by SQL, never single payments; definitions stand in README.md.
package reports

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"market40/merchants/auth"
	"market40/merchants/problem"
	"market40/migrations/database"
)

// vietnam is Asia/Ho_Chi_Minh, which has kept +07:00 without summer time since 1975.
var vietnam = time.FixedZone("+07", 7*60*60)

// Reports answers reports.
type Reports struct {
	db  *database.DB
	now func() time.Time
}

// New reads from db and tells today by now.
func New(db *database.DB, now func() time.Time) *Reports {
	return &Reports{db: db, now: now}
}

// Question is what a report is asked for.
type Question struct {
	Basis    string // code of a reporting basis
	AsOf     string // a day, "2026-11-22"; empty: today in Asia/Ho_Chi_Minh
	Campaign string // code of a campaign; empty: all markets
}

// Adoption is I01, I03 and I05 of each unit of a basis, for the markets in the caller's scope. It refuses who may
// not read reports (403), a campaign that is not there (404), and a basis or a day that no report is told in (422).
func (r *Reports) Adoption(ctx context.Context, q Question) (*Adoption, error) {
	caller, err := auth.Require(ctx, auth.ReadReports)
	if err != nil {
		return nil, err
	}
	if q.Campaign != "" {
		return nil, problem.Missing("campaign")
	}
	if err := r.checkBasis(ctx, q.Basis); err != nil {
		return nil, err
	}
	day, err := r.day(q.AsOf)
	if err != nil {
		return nil, err
	}
	units, groups, err := r.count(ctx, caller, day)
	if err != nil {
		return nil, fmt.Errorf("adoption as of %s: %w", day.Format(time.DateOnly), err)
	}
	// Only a market's own manager sees its small counts; every other role, admins too, is bound.
	if caller.Role != auth.Manager || caller.ScopeKind != auth.ScopeMarket {
		groups.suppress()
	}
	report := &Adoption{Basis: q.Basis, AsOf: day.Format(time.DateOnly), Rows: []Row{}, Total: groups.total(q.Basis)}
	for _, u := range units {
		if u.basis == q.Basis {
			report.Rows = append(report.Rows, Row{Locality: u.locality, Markets: u.markets, Indicators: groups.of(u)})
		}
	}
	return report, nil
}

func (r *Reports) checkBasis(ctx context.Context, basis string) error {
	rows, _ := r.db.Pool.Query(ctx, `SELECT code FROM reporting_bases ORDER BY on_date`)
	known, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("reporting bases: %w", err)
	}
	if !slices.Contains(known, basis) {
		return problem.InFields(problem.UnknownValue("basis", basis, known...))
	}
	return nil
}

// day reads the as-of day, tomorrow at the latest. It is returned as 00:00 UTC: a date, not a moment.
func (r *Reports) day(asOf string) (time.Time, error) {
	today := r.today()
	if asOf == "" {
		return today, nil
	}
	day, err := time.Parse(time.DateOnly, asOf)
	if err != nil {
		return day, problem.Of("as_of", "date_form", "Ngày có dạng 2026-11-22.", "A day is written 2026-11-22.")
	}
	if day.After(today.AddDate(0, 0, 1)) {
		return day, problem.Of("as_of", "as_of_in_future", "Ngày chốt muộn nhất là ngày mai.", "The as-of day is tomorrow at the latest.")
	}
	return day, nil
}

// today is the date in Asia/Ho_Chi_Minh.
func (r *Reports) today() time.Time {
	y, m, d := r.now().In(vietnam).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}
