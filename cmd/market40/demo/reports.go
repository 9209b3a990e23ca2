package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/cmd/market40/app"
	"market40/merchants/access/roles"
	"market40/merchants/platform/bizday"
	"market40/reports"
	"market40/reports/periodic"
	"market40/reports/programme"
)

// dueReport is a report that a locality of the demo owed, and what became of it.
type dueReport struct {
	kind, period string
	first, next  time.Time // 00:00 of the first day, and of the first day after
	district     string    // empty: the province's own of the whole campaign
	handedIn     int       // days after the period
	returned     bool      // the province handed it back once, and it was corrected
}

// dueReports returns the reports to make, in the order of submission: those of the last four
// quarters and the last eighteen months. Vạn Ninh is always late, Khánh Vĩnh stopped making them
// this half-year, and the province returned one of Cam Ranh.
func (d *inventedProvince) dueReports() []dueReport {
	var owed []dueReport
	from := d.lives[0].from
	add := func(kind, period string, first, next time.Time) {
		if first.Before(from) || next.After(d.today) {
			return
		}
		for i, l := range d.lives {
			r := dueReport{kind: kind, period: period, first: first, next: next, district: l.district, handedIn: 1 +
				(i+int(first.Month()))%4}
			switch {
			case l.code == "KHANHVINH" && first.After(d.today.AddDate(0, -7, 0)):
				continue
			case l.code == "VANGIA":
				r.handedIn = 8 + int(first.Month())%5
			case l.code == "BANGOI":
				r.returned = kind == periodic.Quarter && !next.Before(d.today.AddDate(0, -4, 0))
			}
			owed = append(owed, r)
		}
		if kind == periodic.Quarter {
			owed = append(owed, dueReport{kind: kind, period: period, first: first, next: next, handedIn: 4})
		}
	}
	for n := 4; n >= 0; n-- {
		first := time.Date(d.today.Year(), 3*((d.today.Month()-1)/3)+1-time.Month(3*n), 1, 0, 0, 0, 0, bizday.Vietnam)
		add(periodic.Quarter, fmt.Sprintf("%d-Q%d", first.Year(), (first.Month()+2)/3), first, first.AddDate(0, 3, 0))
	}
	for n := 18; n > 0; n-- { // I24 looks a year back, also from the oldest quarter
		first := time.Date(d.today.Year(), d.today.Month()-time.Month(n), 1, 0, 0, 0, 0, bizday.Vietnam)
		add(periodic.Month, first.Format("2006-01"), first, first.AddDate(0, 1, 0))
	}
	// A report that is handed in says which were before it.
	slices.SortStableFunc(owed, func(a, b dueReport) int { return a.sent().Compare(b.sent()) })
	return owed
}

// sent returns when a report is submitted.
func (r dueReport) sent() time.Time {
	return r.next.AddDate(0, 0, r.handedIn).Add(time.Duration(9*60+17*r.handedIn) * time.Minute)
}

// Report makes the reports of the demo's localities: by the use cases of every other report, as of
// the days on which they would have. Each freezes all figures, so it goes on after the server
// listens; an existing one is left unchanged.
func Report(ctx context.Context, p *app.Program) error {
	d := &inventedProvince{Program: p, reports: reports.New(p.DB, time.Now)}
	var whole bool
	err := p.DB.Pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM api_keys WHERE name LIKE 'demo team since %')
		AND EXISTS (SELECT FROM campaigns WHERE code = $1)`, campaignCode).Scan(&whole)
	if err != nil || !whole {
		return err
	}
	if err := d.actors(ctx); err != nil {
		return err
	}
	for i, m := range inventedMarkets {
		d.lives = append(d.lives, d.live(i, m))
	}
	for _, r := range d.dueReports() {
		if err := d.handIn(ctx, r); err != nil {
			return fmt.Errorf("report %s of %s: %w", r.period, r.district, err)
		}
	}
	return nil
}

// handIn brings a report to the state that it should have today, from any state.
func (d *inventedProvince) handIn(ctx context.Context, r dueReport) error {
	office := roles.Principal{ActorID: d.board, Role: roles.Admin, ScopeKind: roles.ScopeAll}
	province := roles.Principal{ActorID: d.province, Role: roles.ProvinceOfficer, ScopeKind: roles.ScopeAll}
	id, state, versions, err := d.findReport(ctx, r)
	if err != nil {
		return err
	}
	handedIn := r.sent()
	for {
		var after *periodic.Whole
		switch {
		case state == "":
			var made *periodic.Report
			made, err = d.periodicAt(handedIn.AddDate(0, 0, -1)).Make(ctx, office,
				periodic.ReportOrder{Campaign: campaignCode, Locality: r.district, Kind: r.kind, Period: r.period})
			if made != nil {
				after = &periodic.Whole{Report: *made}
			}
		case state == periodic.Draft && handedIn.Before(d.today):
			after, err = d.periodicAt(handedIn).Submit(ctx, office, id, "")
		case state == periodic.Submitted && r.returned && versions == 1:
			after, err = d.periodicAt(handedIn.AddDate(0, 0, 2)).Return(ctx, province, id,
				"Tỷ lệ tự khai cao hơn hẳn số đếm tại chợ, đề nghị rà soát (dữ liệu minh họa)")
		case state == periodic.Returned:
			after, err = d.periodicAt(handedIn.AddDate(0, 0, 6)).Correct(ctx, office, id,
				"Đã rà soát theo ý kiến của tỉnh (dữ liệu minh họa)")
		case state == periodic.Submitted && r.next.Before(d.today.AddDate(0, 0, -40)):
			after, err = d.periodicAt(handedIn.AddDate(0, 0, 9)).Approve(ctx, province, id, "")
		default:
			return nil
		}
		if err != nil {
			return err
		}
		id, state, versions = after.ID.String(), after.State, len(after.Versions)
	}
}

// findReport returns the state of a report; an empty state means that it was not made.
func (d *inventedProvince) findReport(ctx context.Context, r dueReport) (id, state string, versions int, err error) {
	var found uuid.UUID
	err = d.DB.Pool.QueryRow(ctx, `SELECT r.id, r.state, (SELECT count(*) FROM report_versions v
		WHERE v.report_id = r.id)
		FROM periodic_reports r JOIN campaigns c ON c.id = r.campaign_id
		LEFT JOIN locality_versions l ON l.locality_id = r.locality_id AND l.level = 'district'
		AND l.valid @> '2024-05-28'::date
		WHERE c.code = $1 AND r.kind = $2 AND lower(r.period) = $3::text::date AND coalesce(l.code, '') = $4`,
		campaignCode, r.kind, r.first.Format(time.DateOnly), r.district).Scan(&found, &state, &versions)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", "", 0, nil
	}
	return found.String(), state, versions, err
}

// periodicAt returns the reports' use cases as of a moment. All moments share what was read and
// proved of a day: nearly every locality reports the same one. Figures are of the requested day,
// whenever it is.
func (d *inventedProvince) periodicAt(moment time.Time) *periodic.Periodic {
	now := func() time.Time { return moment }
	return periodic.New(periodic.Parts{
		DB: d.DB, Keys: d.Keys, Reports: d.reports, Programme: programme.New(d.DB, now),
		Now: now,
	})
}

// ReportLater does what Report does beside a server that listens already, and logs what fails.
func ReportLater(ctx context.Context, p *app.Program) {
	if err := Report(ctx, p); err != nil && ctx.Err() == nil {
		slog.WarnContext(ctx, "not all reports of the demo are made; the next start continues", "error", err)
	}
}
