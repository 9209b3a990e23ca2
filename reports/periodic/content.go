package periodic

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"market40/merchants/access/roles"
	"market40/reports"
	"market40/reports/programme"
	"market40/reports/scope"
)

// Content is the frozen content of a report: the figures with everything that is needed to read
// them years later.
type Content struct {
	Campaign    CampaignHead      `json:"campaign"`
	Locality    *scope.Locality   `json:"locality" doc:"null: the whole campaign"`
	Issuer      *scope.Locality   `json:"issuer" doc:"the commune of a district's pilot when this was frozen, which acts for the district since districts ended; null: none, or the unit acts itself"`
	Kind        string            `json:"kind" enum:"month,quarter"`
	Period      string            `json:"period" example:"2026-10"`
	Basis       string            `json:"basis"`
	AsOf        string            `json:"as_of" format:"date" doc:"the day after the period's last: state at 00:00 of it, windows before it"`
	Demo        bool              `json:"demo" doc:"it includes invented markets: show it as dữ liệu minh họa"`
	Definitions []Meaning         `json:"definitions" nullable:"false" doc:"what each indicator meant, by code"`
	Units       []CountedUnit     `json:"units" nullable:"false" doc:"the units and the markets that were counted in each"`
	Report      *reports.Adoption `json:"report" nullable:"false" doc:"the adoption report as it was served; for a locality only its row, which the total repeats"`
	Statuses    []Standing        `json:"statuses" nullable:"false" doc:"the choice of each required locality on the period's last day"`
	Frozen      *Frozen           `json:"frozen" doc:"null: a preview"`
}

// CampaignHead identifies the campaign that a report belongs to.
type CampaignHead struct {
	ID       uuid.UUID `json:"id"`
	Code     string    `json:"code"`
	Name     string    `json:"name"`
	LegalRef string    `json:"legal_ref"`
}

// CountedUnit is a unit with the markets that were counted in it.
type CountedUnit struct {
	Locality scope.Locality `json:"locality"`
	Markets  []scope.Market `json:"markets" nullable:"false"`
}

// Standing is the choice of a locality at the time.
type Standing struct {
	Locality     scope.Locality       `json:"locality"`
	State        string               `json:"state" enum:"chosen,exempt,missing,not_required" doc:"not_required: nothing was chosen, and the campaign has not begun or has ended"`
	Market       *scope.Market        `json:"market"`
	ExemptReason *string              `json:"exempt_reason"`
	Milestones   programme.Milestones `json:"milestones"`
}

// Frozen identifies the report and the version of a frozen content.
type Frozen struct {
	Report  uuid.UUID `json:"report"`
	Version int       `json:"version"`
	At      time.Time `json:"at"`
	Reason  string    `json:"reason" doc:"why it was frozen again; empty for the first"`
}

// about is the subject of a report: the campaign, the locality and the period.
type about struct {
	campaign *programme.Campaign
	locality *scope.Locality // nil: the whole campaign
	period   Period
}

// content returns the content of a report as of a day. It does not depend on the caller: the
// figures are those that the locality's own office, or the whole province, may see. So any two
// people freeze the same.
func (p *Periodic) content(ctx context.Context, who roles.Principal, a about, asOf time.Time) (*Content, error) {
	reader := roles.Principal{ActorID: who.ActorID, Role: roles.ProvinceOfficer, ScopeKind: roles.ScopeAll}
	if a.locality != nil {
		reader.Role, reader.ScopeKind, reader.ScopeID = roles.LocalityOfficer, roles.ScopeLocality, &a.locality.ID
	}
	c := a.campaign
	served, err := p.reports.Adoption(roles.With(ctx, reader), reports.Question{
		Basis: c.Basis,
		AsOf:  asOf.Format(time.DateOnly), Campaign: c.Code,
	})
	if err != nil {
		return nil, fmt.Errorf("figures of %s in campaign %s: %w", a.period, c.Code, err)
	}
	if a.locality != nil {
		reduceToRow(served, a.locality.ID)
	}
	content := &Content{
		Campaign: CampaignHead{c.ID, c.Code, c.Name, c.LegalRef}, Locality: a.locality, Kind: a.period.Kind,
		Period: a.period.String(),
		Basis:  served.Basis, AsOf: served.AsOf, Units: []CountedUnit{}, Report: served, Statuses: []Standing{},
	}
	if content.Definitions, err = frozenMeanings(served); err != nil {
		return nil, err
	}
	if content.Issuer, err = p.issuer(ctx, a); err != nil {
		return nil, err
	}
	for _, row := range served.Rows {
		content.Units = append(content.Units, CountedUnit{row.Locality, row.Markets})
		for _, m := range row.Markets {
			content.Demo = content.Demo || m.Demo
		}
	}
	on := a.period.Last()
	if today := p.today(); today.Before(on) {
		on = today // a preview
	}
	standing, err := p.programme.Standing(ctx, c, a.locality, on)
	if err != nil {
		return nil, err
	}
	for _, s := range standing {
		content.Statuses = append(content.Statuses, Standing{
			s.Locality, s.State, s.Market, s.ExemptReason,
			s.Milestones,
		})
	}
	return content, nil
}

// reduceToRow reduces a report to the row of one unit, which also becomes the total. The row gets no
// rank, because there is nothing to compare.
func reduceToRow(served *reports.Adoption, unit uuid.UUID) {
	rows := []reports.Row{}
	for _, row := range served.Rows {
		if row.Locality.ID == unit {
			row.Rank = nil
			rows = append(rows, row)
			served.Total, served.Coverage, served.Funnel, served.Revised = row.Indicators, row.Coverage, row.Funnel,
				row.Revised
			// one unit leaves nothing out
			served.Outside = &reports.Outside{Listed: []scope.Market{}}
		}
	}
	served.Rows = rows
}
