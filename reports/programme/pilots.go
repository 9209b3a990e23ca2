package programme

import (
	"context"
	_ "embed"
	"fmt"
	"math"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
	"market40/reports/scope"
)

// The states of a locality in a campaign.
const (
	Chosen  = "chosen"
	Exempt  = "exempt"
	Missing = "missing"
)

//go:embed pilots.sql
var pilotsSQL string

// Pilot is the state of a locality in a campaign: it has a market, is exempt, or neither.
type Pilot struct {
	Locality     scope.Locality    `json:"locality"`
	State        string            `json:"state" enum:"chosen,exempt,missing,not_required" doc:"not_required: nothing was chosen, and the campaign has not begun or has ended"`
	Market       *scope.Market     `json:"market" doc:"null: none was chosen"`
	ExemptReason *string           `json:"exempt_reason"`
	Since        *string           `json:"since" format:"date" doc:"the first day of the present designation"`
	Milestones   Milestones        `json:"milestones"`
	Notes        map[string]string `json:"notes" doc:"notes on milestones, by the milestone's name"`
	History      []Designation     `json:"history" nullable:"false" doc:"every designation, in the order they were made"`
}

// Milestones are the days on which the present pilot reached its milestones.
type Milestones struct {
	Chosen   *string `json:"chosen" format:"date"`
	Equipped *string `json:"equipped" format:"date"`
	Launched *string `json:"launched" format:"date"`
	Habitual *string `json:"habitual" format:"date"`
}

// Designation is one recorded choice or exemption.
type Designation struct {
	Market       *scope.Market `json:"market"`
	ExemptReason *string       `json:"exempt_reason"`
	Since        *string       `json:"since" format:"date" doc:"null, with until: replaced from its first day on"`
	Until        *string       `json:"until" format:"date" doc:"the first day on which it is no longer valid; null: it is valid"`
	DesignatedBy uuid.UUID     `json:"designated_by"`
	DesignatedAt time.Time     `json:"designated_at"`
}

// Pilots returns a page of the localities that the caller acts for, by code; state "" means all.
func (p *Programme) Pilots(ctx context.Context, who roles.Principal, c *Campaign, state string,
	page web.Page,
) (*web.List[Pilot], error) {
	after, err := page.Mark()
	if err != nil {
		return nil, err
	}
	found, err := p.pilots(ctx, who, c, pilotQuery{state: state, after: after.Text, limit: page.Size() + 1})
	if err != nil {
		return nil, err
	}
	items, next := web.Cut(found, page, func(i Pilot) web.Mark { return web.Mark{Text: i.Locality.Code} })
	return &web.List[Pilot]{Items: items, Next: next}, nil
}

// pilot returns the state of one locality that the caller acts for (else 404).
func (p *Programme) pilot(ctx context.Context, who roles.Principal, c *Campaign, locality string) (Pilot, error) {
	if locality == "" {
		return Pilot{}, problem.Missing("locality")
	}
	found, err := p.pilots(ctx, who, c, pilotQuery{locality: locality, limit: 1})
	if err != nil {
		return Pilot{}, err
	}
	if len(found) == 0 {
		return Pilot{}, problem.Missing("locality")
	}
	return found[0], nil
}

// Standing returns the choices of required localities on a day, for any caller: of one locality, or
// of all if it is nil.
func (p *Programme) Standing(ctx context.Context, c *Campaign, locality *scope.Locality,
	on time.Time,
) ([]Pilot, error) {
	q := pilotQuery{on: on, limit: math.MaxInt32}
	if locality != nil {
		q.locality = locality.ID.String()
	}
	return p.pilots(ctx, roles.Principal{ScopeKind: roles.ScopeAll}, c, q)
}

type pilotQuery struct {
	locality, state, after string
	on                     time.Time // zero: today
	limit                  int
}

func (p *Programme) pilots(ctx context.Context, who roles.Principal, c *Campaign, q pilotQuery) ([]Pilot, error) {
	if q.on.IsZero() {
		q.on = p.today()
	}
	rows, _ := p.db.Pool.Query(ctx, pilotsSQL, c.ID, who.ScopeKind, who.ScopeID, q.on, q.locality, q.state, q.after,
		q.limit)
	found, err := pgx.CollectRows(rows, pilotOf)
	if err != nil {
		return nil, fmt.Errorf("pilots of campaign %s: %w", c.Code, err)
	}
	return found, nil
}

func pilotOf(row pgx.CollectableRow) (i Pilot, err error) {
	var market *uuid.UUID
	var code, name, reason *string
	var demo *bool
	var since *time.Time
	reached := map[string]struct{ On, Note string }{}
	err = row.Scan(&i.Locality.ID, &i.Locality.Level, &i.Locality.Code, &i.Locality.Name, &i.State,
		&market, &code, &name, &demo, &reason, &since, &reached, &i.History)
	if err != nil {
		return i, err
	}
	i.Since = dayText(since)
	switch i.State {
	case Chosen:
		i.Market = &scope.Market{ID: *market, Code: *code, Name: *name, Demo: *demo}
		i.Milestones.Chosen = i.Since
	case Exempt:
		i.ExemptReason = reason
	}
	i.Notes = map[string]string{}
	for milestone, m := range reached {
		if m.Note != "" {
			i.Notes[milestone] = m.Note
		}
		on := m.On
		switch milestone {
		case "equipped":
			i.Milestones.Equipped = &on
		case "launched":
			i.Milestones.Launched = &on
		case "habitual":
			i.Milestones.Habitual = &on
		}
	}
	return i, nil
}
