package periodic

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/reports/programme"
	"market40/reports/scope"
)

//go:embed lateness.sql
var latenessSQL string

// Lateness is the lateness board of a period: which localities were on time, late, or still owe a
// report.
type Lateness struct {
	Campaign CampaignHead `json:"campaign"`
	Kind     string       `json:"kind" enum:"month,quarter"`
	Period   string       `json:"period"`
	DueOn    string       `json:"due_on" format:"date"`
	Owing    []Owing      `json:"items" nullable:"false" doc:"the localities in your scope that are not exempt, by code"`
	Next     *string      `json:"next" doc:"always null: the list is complete"`
	Due      int          `json:"due" doc:"how many of these were due by now, or came before (I24's denominator)"`
	OnTime   int          `json:"on_time" doc:"how many of those were on time"`
}

// Owing is what a locality owes for a period.
type Owing struct {
	Locality    scope.Locality `json:"locality"`
	ReportID    *uuid.UUID     `json:"report_id" doc:"null: not made"`
	State       string         `json:"state" enum:"not_made,draft,submitted,approved,returned"`
	DueOn       string         `json:"due_on" format:"date"`
	SubmittedAt *time.Time     `json:"submitted_at" doc:"when it was submitted first"`
	OnTime      *bool          `json:"on_time" doc:"null: not submitted, and not due yet"`
	HoursLate   int            `json:"hours_late" doc:"hours until it was submitted, or until now; started hours count"`
}

// Board returns the lateness board of a period in the caller's scope. With period "", it is the
// last period of its kind that has ended.
func (p *Periodic) Board(ctx context.Context, who roles.Principal, campaign, kind, period string) (*Lateness, error) {
	c, err := p.programme.Campaign(ctx, campaign)
	if err != nil {
		return nil, err
	}
	if kind == "" {
		kind = Month
	}
	of := lastMonth(p.today())
	if kind == Quarter {
		of = lastQuarter(p.today())
	}
	if period != "" || kind != Month && kind != Quarter {
		if of, err = ParsePeriod(kind, period); err != nil {
			return nil, err
		}
	}
	if err := p.requireDue(ctx, about{campaign: c, period: of}); err != nil {
		return nil, err
	}
	list, err := p.owing(ctx, who, kind, campaignPeriods{[]*programme.Campaign{c}, []Period{of}})
	if err != nil {
		return nil, err
	}
	board := &Lateness{
		Campaign: CampaignHead{c.ID, c.Code, c.Name, c.LegalRef}, Kind: kind, Period: of.String(),
		DueOn: of.Due(c.DueDay).Format(time.DateOnly), Owing: append([]Owing{}, list[0]...),
	}
	for _, o := range board.Owing {
		if o.OnTime != nil {
			board.Due++
			if *o.OnTime {
				board.OnTime++
			}
		}
	}
	return board, nil
}

// campaignPeriods is a list of campaigns and periods, in pairs.
type campaignPeriods struct {
	campaigns []*programme.Campaign
	periods   []Period
}

func (a *campaignPeriods) add(c *programme.Campaign, of Period) {
	a.campaigns, a.periods = append(a.campaigns, c), append(a.periods, of)
}

// owing returns what localities in scope owe for each pair.
func (p *Periodic) owing(ctx context.Context, who roles.Principal, kind string, a campaignPeriods) ([][]Owing, error) {
	var campaigns []uuid.UUID
	var firsts, nexts, dues []time.Time
	for i, c := range a.campaigns {
		of := a.periods[i]
		campaigns, firsts, nexts, dues = append(campaigns, c.ID), append(firsts, of.First), append(nexts, of.Next),
			append(dues, of.Due(c.DueDay))
	}
	list := make([][]Owing, len(campaigns))
	rows, _ := p.db.Pool.Query(ctx, latenessSQL, campaigns, firsts, nexts, dues, kind, who.ScopeKind, who.ScopeID,
		p.today(), p.now())
	var place int
	var due time.Time
	var o Owing
	_, err := pgx.ForEachRow(rows, []any{
		&place, &o.Locality.ID, &o.Locality.Level, &o.Locality.Code, &o.Locality.Name, &o.ReportID, &o.State, &due,
		&o.SubmittedAt, &o.OnTime, &o.HoursLate,
	}, func() error {
		o.DueOn = due.Format(time.DateOnly)
		list[place] = append(list[place], o)
		o = Owing{}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("find the missing reports: %w", err)
	}
	return list, nil
}
