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
	const all, one = "/api/v1/periodic-reports", "/api/v1/periodic-reports/{id}"
	e.Scope("periodic-reports", `SELECT EXISTS (SELECT FROM periodic_reports WHERE id = $1
		AND sees_unit($2, $3, campaign_id, locality_id, (now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date))`)
	// Read within the scope.
	huma.Register(e.API, op(http.MethodGet, all, "list-reports", "Báo cáo kỳ: reports, newest first", 0), p.listReports)
	huma.Register(e.API, op(http.MethodGet, all+"/lateness", "lateness",
		"Tiến độ nộp: reports that were on time, are late or are missing (I24)", 0), p.getLateness)
	huma.Register(e.API, op(http.MethodGet, all+"/reminders", "list-reminders",
		"Nhắc việc: reports of months and quarters that are due soon, late or returned", 0), p.getReminders)
	huma.Register(e.API, op(http.MethodGet, one, "get-report",
		"A report with its versions and steps; for a draft, its content as of now", 0), p.getReport)
	huma.Register(e.API, op(http.MethodGet, one+"/versions/{version}", "get-report-version",
		"Số liệu đã chốt: a frozen version with its hash and signature", 0), p.getVersion)
	huma.Register(e.API, op(http.MethodGet, one+"/versions/{version}/difference", "compare-report-versions",
		"What differs between two versions", 0), p.getDifference)

	// A locality makes, submits and corrects its own reports; the province those of any locality.
	huma.Register(e.API, op(http.MethodPost, all, "make-report", "Lập báo cáo: begin a report as a draft",
		http.StatusCreated), p.postReport)
	huma.Register(e.API, op(http.MethodPost, one+"/submit", "submit-report",
		"Chốt số liệu và gửi: freeze a version and submit it", http.StatusOK), p.postSubmit)
	huma.Register(e.API, op(http.MethodPost, one+"/correct", "correct-report",
		"Đính chính: freeze a further version and submit it", http.StatusOK), p.postCorrect)

	// The province approves or returns, by a person other than the one who submitted.
	huma.Register(e.API, op(http.MethodPost, one+"/approve", "approve-report", "Duyệt báo cáo", http.StatusOK),
		p.postApprove)
	huma.Register(e.API, op(http.MethodPost, one+"/return", "return-report", "Trả lại báo cáo: return it with a reason",
		http.StatusOK), p.postReturn)
}

func op(method, path, id, summary string, status int) huma.Operation {
	return huma.Operation{
		OperationID: id, Method: method, Path: path, Summary: summary, DefaultStatus: status,
		Tags: []string{"periodic reports"},
	}
}

func (p *Periodic) listReports(ctx context.Context, in *struct {
	Query
	web.Page
},
) (*web.Body[*web.List[Report]], error) {
	who, err := roles.Require(ctx, roles.ReadReports)
	if err != nil {
		return nil, err
	}
	return web.Answer(p.list(ctx, who, in.Query, in.Page))
}

func (p *Periodic) getLateness(ctx context.Context, in *struct {
	Campaign string `query:"campaign" required:"true" maxLength:"36" doc:"id or code"`
	Kind     string `query:"kind" enum:"month,quarter" default:"month"`
	Period   string `query:"period" maxLength:"10" doc:"2026-10 or 2026-Q3; absent: the last month or quarter that has ended"`
},
) (*web.Body[*Lateness], error) {
	who, err := roles.Require(ctx, roles.ReadReports)
	if err != nil {
		return nil, err
	}
	return web.Answer(p.Board(ctx, who, in.Campaign, in.Kind, in.Period))
}

func (p *Periodic) getReminders(ctx context.Context, _ *struct{}) (*web.Body[web.List[Reminder]], error) {
	who, err := roles.Require(ctx, roles.ReadReports)
	if err != nil {
		return nil, err
	}
	list, err := p.Reminders(ctx, who)
	return web.Answer(web.List[Reminder]{Items: list}, err)
}

func (p *Periodic) getReport(ctx context.Context, in *web.Named) (*web.Body[*Whole], error) {
	who, err := roles.Require(ctx, roles.ReadReports)
	if err != nil {
		return nil, err
	}
	return web.Answer(p.read(ctx, who, in.ID))
}

// Numbered is a version of a report in a path.
type Numbered struct {
	web.Named

	Version int `path:"version" minimum:"1" maximum:"1000000"`
}

func (p *Periodic) getVersion(ctx context.Context, in *Numbered) (*web.Body[*Version], error) {
	who, err := roles.Require(ctx, roles.ReadReports)
	if err != nil {
		return nil, err
	}
	return web.Answer(p.ReadVersion(ctx, who, in.ID, in.Version))
}

func (p *Periodic) getDifference(ctx context.Context, in *struct {
	Numbered

	From int `query:"from" minimum:"1" maximum:"1000000" doc:"absent: the version before"`
},
) (*web.Body[*Difference], error) {
	who, err := roles.Require(ctx, roles.ReadReports)
	if err != nil {
		return nil, err
	}
	return web.Answer(p.difference(ctx, who, in.ID, in.Version, in.From))
}

func (p *Periodic) postReport(ctx context.Context, in *web.Body[ReportOrder]) (*web.Body[*Report], error) {
	who, err := roles.Require(ctx, roles.MakeReports)
	if err != nil {
		return nil, err
	}
	return web.Answer(p.Make(ctx, who, in.Body))
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

func (p *Periodic) postSubmit(ctx context.Context, in *noted) (*web.Body[*Whole], error) {
	who, err := roles.Require(ctx, roles.MakeReports)
	if err != nil {
		return nil, err
	}
	return web.Answer(p.Submit(ctx, who, in.ID, in.note()))
}

func (p *Periodic) postCorrect(ctx context.Context, in *struct {
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
	return web.Answer(p.Correct(ctx, who, in.ID, in.Body.Reason))
}

func (p *Periodic) postApprove(ctx context.Context, in *noted) (*web.Body[*Whole], error) {
	who, err := roles.Require(ctx, roles.JudgeReports)
	if err != nil {
		return nil, err
	}
	return web.Answer(p.Approve(ctx, who, in.ID, in.note()))
}

func (p *Periodic) postReturn(ctx context.Context, in *struct {
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
	return web.Answer(p.Return(ctx, who, in.ID, in.Body.Note))
}
