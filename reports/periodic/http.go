package periodic

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"market40/merchants/access/roles"
	"market40/merchants/platform/web"
)

// Routes mounts the monthly and quarterly reports.
func (p *Periodic) Routes(e *web.Edge) {
	h, op := handlers{p}, web.Tagged("periodic reports")
	const all, one = "/api/v1/periodic-reports", "/api/v1/periodic-reports/{id}"
	e.Scope("periodic-reports", `SELECT EXISTS (SELECT FROM periodic_reports WHERE id = $1
		AND sees_unit($2, $3, campaign_id, locality_id, (now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date))`)
	// Read within the scope.
	huma.Register(e.API, op(http.MethodGet, all, "list-reports", "List reports, newest first", 0), h.listReports)
	huma.Register(e.API, op(http.MethodGet, all+"/lateness", "lateness",
		"List reports that were on time, are late or are missing (I24)", 0), h.getLateness)
	huma.Register(e.API, op(http.MethodGet, all+"/reminders", "list-reminders",
		"List reports that are due soon, late or returned", 0), h.getReminders)
	huma.Register(e.API, op(http.MethodGet, one, "get-report",
		"A report with its versions and steps; for a draft, its content as of now", 0), h.getReport)
	huma.Register(e.API, op(http.MethodGet, one+"/versions/{version}", "get-report-version",
		"Read a frozen version with its hash and signature", 0), h.getVersion)
	huma.Register(e.API, op(http.MethodGet, one+"/versions/{version}/difference", "compare-report-versions",
		"What differs between two versions", 0), h.getDifference)

	// A locality makes, submits and corrects its own reports; the province those of any locality.
	huma.Register(e.API, op(http.MethodPost, all, "make-report", "Begin a report as a draft",
		http.StatusCreated), h.postReport)
	huma.Register(e.API, op(http.MethodPost, one+"/submit", "submit-report",
		"Freeze a version and submit it", http.StatusOK), h.postSubmit)
	huma.Register(e.API, op(http.MethodPost, one+"/correct", "correct-report",
		"Freeze a further version and submit it", http.StatusOK), h.postCorrect)

	// The province approves or returns, by a person other than the one who submitted.
	huma.Register(e.API, op(http.MethodPost, one+"/approve", "approve-report", "Approve a report", http.StatusOK),
		h.postApprove)
	huma.Register(e.API, op(http.MethodPost, one+"/return", "return-report", "Return a report with a reason",
		http.StatusOK), h.postReturn)
}

// handlers answer the requests of the monthly and quarterly reports.
type handlers struct{ *Periodic }

func (h handlers) listReports(ctx context.Context, in *struct {
	Query
	web.Page
},
) (*web.Body[*web.List[Report]], error) {
	who, err := roles.Require(ctx, roles.ReadReports)
	if err != nil {
		return nil, err
	}
	return web.Answer(h.list(ctx, who, in.Query, in.Page))
}

func (h handlers) getLateness(ctx context.Context, in *struct {
	Campaign string `query:"campaign" required:"true" maxLength:"36" doc:"id or code"`
	Kind     string `query:"kind" enum:"month,quarter" default:"month"`
	Period   string `query:"period" maxLength:"10" doc:"2026-10 or 2026-Q3; absent: the last month or quarter that has ended"`
},
) (*web.Body[*Lateness], error) {
	who, err := roles.Require(ctx, roles.ReadReports)
	if err != nil {
		return nil, err
	}
	return web.Answer(h.Board(ctx, who, in.Campaign, in.Kind, in.Period))
}

func (h handlers) getReminders(ctx context.Context, _ *struct{}) (*web.Body[web.List[Reminder]], error) {
	who, err := roles.Require(ctx, roles.ReadReports)
	if err != nil {
		return nil, err
	}
	list, err := h.Reminders(ctx, who)
	return web.Answer(web.List[Reminder]{Items: list}, err)
}

func (h handlers) getReport(ctx context.Context, in *web.Named) (*web.Body[*Whole], error) {
	who, err := roles.Require(ctx, roles.ReadReports)
	if err != nil {
		return nil, err
	}
	return web.Answer(h.read(ctx, who, in.ID))
}

// Numbered is a version of a report in a path.
type Numbered struct {
	web.Named

	Version int `path:"version" minimum:"1" maximum:"1000000"`
}

func (h handlers) getVersion(ctx context.Context, in *Numbered) (*web.Body[*Version], error) {
	who, err := roles.Require(ctx, roles.ReadReports)
	if err != nil {
		return nil, err
	}
	return web.Answer(h.ReadVersion(ctx, who, in.ID, in.Version))
}

func (h handlers) getDifference(ctx context.Context, in *struct {
	Numbered

	From int `query:"from" minimum:"1" maximum:"1000000" doc:"absent: the version before"`
},
) (*web.Body[*Difference], error) {
	who, err := roles.Require(ctx, roles.ReadReports)
	if err != nil {
		return nil, err
	}
	return web.Answer(h.difference(ctx, who, in.ID, in.Version, in.From))
}

func (h handlers) postReport(ctx context.Context, in *web.Body[ReportOrder]) (*web.Body[*Report], error) {
	who, err := roles.Require(ctx, roles.MakeReports)
	if err != nil {
		return nil, err
	}
	return web.Answer(h.Make(ctx, who, in.Body))
}

// noted is a step with an optional note. The whole body may be omitted.
type noted struct {
	web.Named

	Body *struct {
		Note string `json:"note,omitempty" maxLength:"1000"`
	}
}

func (n *noted) note() string {
	if n.Body == nil {
		return ""
	}
	return n.Body.Note
}

func (h handlers) postSubmit(ctx context.Context, in *noted) (*web.Body[*Whole], error) {
	who, err := roles.Require(ctx, roles.MakeReports)
	if err != nil {
		return nil, err
	}
	return web.Answer(h.Submit(ctx, who, in.ID, in.note()))
}

func (h handlers) postCorrect(ctx context.Context, in *struct {
	web.Named
	Body struct {
		Reason string `json:"reason" maxLength:"1000" doc:"the reason, at least 3 characters"`
	}
},
) (*web.Body[*Whole], error) {
	who, err := roles.Require(ctx, roles.MakeReports)
	if err != nil {
		return nil, err
	}
	return web.Answer(h.Correct(ctx, who, in.ID, in.Body.Reason))
}

func (h handlers) postApprove(ctx context.Context, in *noted) (*web.Body[*Whole], error) {
	who, err := roles.Require(ctx, roles.JudgeReports)
	if err != nil {
		return nil, err
	}
	return web.Answer(h.Approve(ctx, who, in.ID, in.note()))
}

func (h handlers) postReturn(ctx context.Context, in *struct {
	web.Named
	Body struct {
		Note string `json:"note" maxLength:"1000" doc:"the reason, at least 3 characters"`
	}
},
) (*web.Body[*Whole], error) {
	who, err := roles.Require(ctx, roles.JudgeReports)
	if err != nil {
		return nil, err
	}
	return web.Answer(h.Return(ctx, who, in.ID, in.Body.Note))
}
