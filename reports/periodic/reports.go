package periodic

import (
	"context"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/platform/bizday"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
	"market40/migrations/database"
	"market40/reports/scope"
)

// The states of a report.
const (
	Draft     = "draft"
	Submitted = "submitted"
	Approved  = "approved"
	Returned  = "returned"
)

// Report is a report with its state.
type Report struct {
	ID          uuid.UUID       `json:"id"`
	Campaign    CampaignHead    `json:"campaign"`
	Locality    *scope.Locality `json:"locality" doc:"null: the whole campaign, by the province"`
	Kind        string          `json:"kind" enum:"month,quarter"`
	Period      string          `json:"period" example:"2026-10"`
	From        string          `json:"from" format:"date"`
	To          string          `json:"to" format:"date" doc:"the period's last day"`
	DueOn       string          `json:"due_on" format:"date" doc:"the last day on which it is on time"`
	State       string          `json:"state" enum:"draft,submitted,approved,returned"`
	SubmittedAt *time.Time      `json:"submitted_at" doc:"when it was submitted first"`
	Version     *int            `json:"version" doc:"the newest that was frozen; null: none"`
	CreatedBy   uuid.UUID       `json:"created_by"`
	CreatedAt   time.Time       `json:"created_at"`

	about about
}

// Whole is a report with its versions and steps. A draft also has the content that it would have
// now.
type Whole struct {
	Report

	Versions []VersionHead `json:"versions" nullable:"false"`
	Steps    []Step        `json:"steps" nullable:"false" doc:"in order of time"`
	Own      bool          `json:"own" doc:"whether the caller submitted the newest version, and so cannot approve it"`
	Preview  *Content      `json:"preview" doc:"for a draft: its content as of the period's end or, before that, of today; else null"`
}

// VersionHead is a frozen version without its content.
type VersionHead struct {
	Version  int       `json:"version"`
	SHA256   string    `json:"sha256"`
	Reason   string    `json:"reason" doc:"why it was frozen again; empty for the first"`
	FrozenBy uuid.UUID `json:"frozen_by"`
	FrozenAt time.Time `json:"frozen_at"`
}

// Step is an action on a report.
type Step struct {
	Step    string    `json:"step" enum:"submitted,approved,returned,reopened"`
	Version int       `json:"version"`
	Note    string    `json:"note"`
	ActorID uuid.UUID `json:"actor_id"`
	By      string    `json:"by" doc:"the name of the user or of the API key"`
	At      time.Time `json:"at"`
}

// ReportOrder is a report to be made.
type ReportOrder struct {
	Campaign string `json:"campaign" maxLength:"36" doc:"id or code"`
	Locality string `json:"locality,omitempty" maxLength:"36" doc:"id, or code within the campaign's basis; absent: the whole campaign"`
	Kind     string `json:"kind" doc:"month or quarter"`
	Period   string `json:"period" doc:"2026-10 or 2026-Q3"`
}

// Make creates a report as a draft. Each campaign, locality and period has at most one report
// (409).
func (p *Periodic) Make(ctx context.Context, who roles.Principal, o ReportOrder) (*Report, error) {
	a, err := p.about(ctx, who, o)
	if err != nil {
		return nil, err
	}
	if err := p.requireDue(ctx, a); err != nil {
		return nil, err
	}
	id := uuid.Must(uuid.NewV7())
	var unit *uuid.UUID
	if a.locality != nil {
		unit = &a.locality.ID
	}
	_, err = p.db.Pool.Exec(ctx, `INSERT INTO periodic_reports (id, campaign_id, locality_id, kind, period, due_on,
		state, created_by, created_at)
		VALUES ($1, $2, $3, $4, daterange($5, $6), $7, 'draft', $8, $9)`,
		id, a.campaign.ID, unit, a.period.Kind, a.period.First, a.period.Next, a.period.Due(a.campaign.DueDay),
		who.ActorID, p.now())
	if database.ViolatedConstraint(err) == "report_once" {
		return nil, problem.New(problem.Conflict, "report_exists", "Báo cáo "+a.period.vi()+" này đã có.",
			"This report of "+a.period.en()+" already exists.")
	}
	if err != nil {
		return nil, fmt.Errorf("make the report of %s in campaign %s: %w", a.period, a.campaign.Code, err)
	}
	return p.find(ctx, who, id.String())
}

// about reads the subject of a report. A locality that the caller does not act for is not found.
// The whole campaign is not found by a caller without everything in scope.
func (p *Periodic) about(ctx context.Context, who roles.Principal, o ReportOrder) (a about, err error) {
	if a.campaign, err = p.programme.Campaign(ctx, o.Campaign); err != nil {
		return a, err
	}
	if a.period, err = ParsePeriod(o.Kind, o.Period); err != nil {
		return a, err
	}
	if o.Locality != "" {
		unit, err := p.programme.Unit(ctx, who, a.campaign, o.Locality)
		a.locality = &unit
		return a, err
	}
	if who.ScopeKind != roles.ScopeAll || !who.Role.May(roles.JudgeReports) {
		return a, problem.New(problem.Forbidden, "not_allowed",
			"Báo cáo của cả chiến dịch do cấp tỉnh lập; hãy nêu địa phương.",
			"Only the province makes the report of the whole campaign: name a locality.")
	}
	return a, nil
}

// requireDue refuses a report of a period that has not begun or is outside the campaign, and a report of
// an exempt locality.
func (p *Periodic) requireDue(ctx context.Context, a about) error {
	c := a.campaign
	switch {
	case a.period.First.After(p.today()):
		return problem.Of("period", "period_in_future", "Kỳ báo cáo chưa bắt đầu.", "The period has not begun.")
	case !a.period.Next.After(c.Starts):
		return problem.Of("period", "before_campaign", "Chiến dịch bắt đầu ngày "+bizday.ShowDay(c.Starts)+".",
			"The campaign began on "+bizday.ShowDay(c.Starts)+".")
	case c.Over(a.period.First):
		return problem.New(
			problem.Conflict,
			"campaign_ended",
			"Chiến dịch đã kết thúc ngày "+bizday.ShowDay(*c.Ends)+".",
			"The campaign ended on "+bizday.ShowDay(*c.Ends)+".",
		)
	case a.locality == nil:
		return nil
	}
	standing, err := p.programme.Standing(ctx, c, a.locality, a.period.Last())
	if err != nil {
		return err
	}
	if len(standing) == 1 && standing[0].ExemptReason != nil {
		return problem.New(problem.Conflict, "exempt", "Địa phương được miễn, không phải báo cáo.",
			"The locality is exempt and does not report.")
	}
	return nil
}

// Query limits a list of reports.
type Query struct {
	Campaign string `query:"campaign" maxLength:"36" doc:"id or code"`
	Locality string `query:"locality" maxLength:"36" doc:"id, or code within the campaign's basis"`
	Kind     string `query:"kind" enum:"month,quarter"`
	Period   string `query:"period" maxLength:"10" doc:"2026-10 or 2026-Q3"`
	State    string `query:"state" enum:"draft,submitted,approved,returned"`
}

// check resolves the names in the query to ids, as far as they are needed.
func (p *Periodic) check(ctx context.Context, q *Query) (period *Period, err error) {
	if q.Campaign != "" {
		c, err := p.programme.Campaign(ctx, q.Campaign)
		if err != nil {
			return nil, err
		}
		q.Campaign = c.ID.String()
	}
	if q.Period == "" {
		return nil, nil
	}
	for _, kind := range []string{Month, Quarter} {
		if found, err := ParsePeriod(kind, q.Period); err == nil {
			return &found, nil
		}
	}
	return nil, problem.Of("period", "period_form", "Kỳ có dạng 2026-10 hoặc 2026-Q3.",
		"Expected a period such as 2026-10 or 2026-Q3.")
}

// list returns a page of the reports in the caller's scope, newest first.
func (p *Periodic) list(ctx context.Context, who roles.Principal, q Query, page web.Page) (*web.List[Report], error) {
	after, err := page.Mark()
	if err != nil {
		return nil, err
	}
	period, err := p.check(ctx, &q)
	if err != nil {
		return nil, err
	}
	var first, next *time.Time
	if period != nil {
		first, next = &period.First, &period.Next
	}
	rows, _ := p.db.Pool.Query(ctx, reportsSQL+` AND ($4 = '' OR r.campaign_id::text = $4)
		AND $5 IN ('', r.locality_id::text, v.code) AND $6 IN ('', r.kind) AND $7 IN ('', r.state)
		AND ($8::date IS NULL OR r.period = daterange($8, $9)) AND ($10::uuid = $11::uuid OR r.id < $10)
		ORDER BY r.id DESC LIMIT $12`,
		who.ScopeKind, who.ScopeID, p.today(), q.Campaign, q.Locality, q.Kind, q.State, first, next, after.ID, uuid.Nil,
		page.Size()+1)
	found, err := pgx.CollectRows(rows, reportOf)
	if err != nil {
		return nil, fmt.Errorf("list reports: %w", err)
	}
	items, nextPage := web.Cut(found, page, func(r Report) web.Mark { return web.Mark{ID: r.ID} })
	return &web.List[Report]{Items: items, Next: nextPage}, nil
}

// findReport returns the report with a subject, or nil if none exists.
func (p *Periodic) findReport(ctx context.Context, who roles.Principal, a about) (*Report, error) {
	var unit *uuid.UUID
	if a.locality != nil {
		unit = &a.locality.ID
	}
	rows, _ := p.db.Pool.Query(ctx, reportsSQL+` AND r.campaign_id = $4 AND r.locality_id IS NOT DISTINCT FROM $5
		AND r.kind = $6 AND r.period = daterange($7, $8)`,
		who.ScopeKind, who.ScopeID, p.today(), a.campaign.ID, unit, a.period.Kind, a.period.First, a.period.Next)
	found, err := pgx.CollectRows(rows, reportOf)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

// find returns a report in the caller's scope (else 404).
func (p *Periodic) find(ctx context.Context, who roles.Principal, id string) (*Report, error) {
	rows, _ := p.db.Pool.Query(ctx, reportsSQL+` AND r.id::text = $4`, who.ScopeKind, who.ScopeID, p.today(), id)
	found, err := pgx.CollectRows(rows, reportOf)
	if err != nil {
		return nil, fmt.Errorf("find report: %w", err)
	}
	if len(found) == 0 {
		return nil, problem.Missing("report")
	}
	return &found[0], nil
}

// read returns a report with its versions and steps.
func (p *Periodic) read(ctx context.Context, who roles.Principal, id string) (*Whole, error) {
	r, err := p.find(ctx, who, id)
	if err != nil {
		return nil, err
	}
	w := &Whole{Report: *r}
	rows, _ := p.db.Pool.Query(ctx, `SELECT version, sha256, reason, frozen_by, frozen_at FROM report_versions
		WHERE report_id = $1 ORDER BY version`, r.ID)
	w.Versions, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (v VersionHead, err error) {
		var digest []byte
		err = row.Scan(&v.Version, &digest, &v.Reason, &v.FrozenBy, &v.FrozenAt)
		v.SHA256 = hex.EncodeToString(digest)
		return v, err
	})
	if err != nil {
		return nil, fmt.Errorf("versions of report %s: %w", r.ID, err)
	}
	rows, _ = p.db.Pool.Query(ctx, `SELECT s.step, s.version, s.note, s.actor_id, coalesce(u.full_name, k.name, ''),
		s.at
		FROM report_steps s LEFT JOIN users u ON u.id = s.actor_id LEFT JOIN api_keys k ON k.id = s.actor_id
		WHERE s.report_id = $1 ORDER BY s.id`, r.ID)
	if w.Steps, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Step]); err != nil {
		return nil, fmt.Errorf("steps of report %s: %w", r.ID, err)
	}
	if _, w.Own, err = readSubmitter(p.db.Pool.QueryRow(ctx, submittedLast, r.ID, who.ActorID)); err != nil {
		return nil, fmt.Errorf("find who submitted report %s: %w", r.ID, err)
	}
	if r.State == Draft {
		asOf := r.about.period.Next
		if today := p.today(); today.Before(asOf) {
			asOf = today
		}
		w.Preview, err = p.content(ctx, who, r.about, asOf)
	}
	return w, err
}
