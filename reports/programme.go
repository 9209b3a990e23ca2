package reports

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/problem"
)

// programme is what campaigns say about localities on a day.
type programme struct {
	campaign    *campaign // that is asked about; nil: none
	pilots      map[uuid.UUID]map[uuid.UUID]bool
	chosen      map[uuid.UUID]choice // of the campaign that is asked about, by locality
	punctuality []punctuality
	targets     []target
}

type campaign struct {
	ID          uuid.UUID
	Code, Basis string
}

// choice is a locality's pilot, or why it is exempt.
type choice struct {
	market   *uuid.UUID
	exempt   string
	launched bool
}

// punctuality is how many monthly reports of a locality fell due in a campaign, and were sent in time.
type punctuality struct {
	Campaign    uuid.UUID
	Basis       string
	Locality    uuid.UUID
	Due, OnTime int
}

type target struct {
	Indicator string
	Locality  *uuid.UUID
	Value     string
	DueOn     time.Time
}

func readProgramme(ctx context.Context, tx pgx.Tx, a ask) (*programme, error) {
	p := &programme{pilots: map[uuid.UUID]map[uuid.UUID]bool{}, chosen: map[uuid.UUID]choice{}}
	if a.campaign != "" {
		if err := p.find(ctx, tx, a.campaign); err != nil {
			return nil, err
		}
	}
	if err := p.readPilots(ctx, tx, a.day); err != nil {
		return nil, err
	}
	if a.queries != nil {
		return p, nil // some activity is asked for, and no localities
	}
	text, err := sqlOf("punctuality")
	if err != nil {
		return nil, err
	}
	rows, _ := tx.Query(ctx, text, a.day, p.id())
	if p.punctuality, err = pgx.CollectRows(rows, pgx.RowToStructByPos[punctuality]); err != nil {
		return nil, fmt.Errorf("read punctuality: %w", err)
	}
	return p, nil
}

func (p *programme) id() *uuid.UUID {
	if p.campaign == nil {
		return nil
	}
	return &p.campaign.ID
}

// find takes a campaign by its code or id, with its targets.
func (p *programme) find(ctx context.Context, tx pgx.Tx, named string) error {
	var c campaign
	err := tx.QueryRow(ctx, `SELECT id, code, basis FROM campaigns WHERE code = $1 OR id::text = lower($1)`, named).Scan(&c.ID, &c.Code, &c.Basis)
	if errors.Is(err, pgx.ErrNoRows) {
		return problem.Missing("campaign")
	}
	if err != nil {
		return fmt.Errorf("find campaign: %w", err)
	}
	p.campaign = &c
	p.pilots[c.ID] = map[uuid.UUID]bool{}
	rows, _ := tx.Query(ctx, `SELECT indicator, locality_id, value::text, due_on FROM targets WHERE campaign_id = $1 ORDER BY due_on`, c.ID)
	if p.targets, err = pgx.CollectRows(rows, pgx.RowToStructByPos[target]); err != nil {
		return fmt.Errorf("read targets: %w", err)
	}
	return nil
}

func (p *programme) readPilots(ctx context.Context, tx pgx.Tx, day time.Time) error {
	text, err := sqlOf("pilots")
	if err != nil {
		return err
	}
	rows, _ := tx.Query(ctx, text, day)
	var of, locality uuid.UUID
	var market *uuid.UUID
	var basis string
	var c choice
	_, err = pgx.ForEachRow(rows, []any{&of, &basis, &locality, &market, &c.exempt, &c.launched}, func() error {
		c.market = market
		if p.pilots[of] == nil {
			p.pilots[of] = map[uuid.UUID]bool{}
		}
		if market != nil {
			p.pilots[of][*market] = true
		}
		if p.campaign != nil && p.campaign.ID == of {
			p.chosen[locality] = c
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read pilots: %w", err)
	}
	return nil
}

// pilotSets are the pilots of each campaign: what one report counts alone may give away what another hides.
func (p *programme) pilotSets() (sets []map[uuid.UUID]bool) {
	for _, set := range p.pilots {
		sets = append(sets, set)
	}
	return sets
}

func (p *programme) exempt(u unit) *string {
	if c := p.chosen[u.locality.ID]; c.exempt != "" && u.basis == p.campaign.Basis {
		return &c.exempt
	}
	return nil
}

// localityOf is the locality that a market is the pilot of, on the day that was read; none: it is no pilot of the campaign.
func (p *programme) localityOf(market uuid.UUID) (*uuid.UUID, bool) {
	for locality, c := range p.chosen {
		if c.market != nil && *c.market == market {
			return &locality, true
		}
	}
	return nil, false
}

// target is what is wanted of an indicator in a locality (nil: in all): its own before that for all, the one due next, else the last.
func (p *programme) target(indicator string, locality *uuid.UUID, day time.Time) *Target {
	var found *target
	for _, own := range []bool{true, false} {
		for i := range p.targets { // by due day
			t := &p.targets[i]
			fits := t.Locality == nil
			if own {
				fits = t.Locality != nil && locality != nil && *t.Locality == *locality
			}
			if t.Indicator == indicator && fits && (found == nil || found.DueOn.Before(day)) {
				found = t
			}
		}
		if found != nil {
			return &Target{found.Value, found.DueOn.Format(time.DateOnly)}
		}
	}
	return nil
}

// add puts I13 and I24 of some units into their figures: in a basis, those of campaigns of that basis; with no basis, of all.
func (p *programme) add(f Figures, basis string, units []unit, version map[string]int) {
	seen := map[string]map[uuid.UUID]bool{}
	for _, u := range units {
		if seen[u.basis] == nil {
			seen[u.basis] = map[uuid.UUID]bool{}
		}
		seen[u.basis][u.locality.ID] = true
	}
	share := func(code string, n, of int) Figure {
		shown := Figure{Numerator: Count(n), Denominator: Count(of), Evidence: &Evidence{C: n}, Definition: version[code]}
		shown.Value = quotient(shown.Numerator, shown.Denominator, 4)
		return shown
	}
	if p.campaign != nil && (basis == "" || basis == p.campaign.Basis) {
		launched, required := 0, 0
		for locality := range seen[p.campaign.Basis] {
			c := p.chosen[locality]
			required += one(c.exempt == "")
			launched += one(c.launched)
		}
		f["I13"] = share("I13", launched, required)
	}
	due, onTime, told := 0, 0, false
	for _, l := range p.punctuality {
		if (basis == "" || basis == l.Basis) && seen[l.Basis][l.Locality] {
			due, onTime, told = due+l.Due, onTime+l.OnTime, true
		}
	}
	if told {
		f["I24"] = share("I24", onTime, due)
	}
}
