package reports

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/platform/problem"
	"market40/reports/indicators"
)

// programme is what campaigns require from localities on a day.
type programme struct {
	campaign *campaign // the requested one; nil: none
	pilots   map[uuid.UUID]map[uuid.UUID]bool
	chosen   map[uuid.UUID]choice // of the requested campaign, by locality
	// the localities that the requested campaign requires on the day, including exempt ones
	required    map[uuid.UUID]Locality
	pilotOf     map[designated]uuid.UUID
	punctuality []punctuality
	targets     []target
}

type campaign struct {
	ID          uuid.UUID
	Code, Basis string
	first       time.Time  // the first as-of day on which it requires anything
	last        *time.Time // its last day; nil: open
	over        *time.Time // the first as-of day on which it requires nothing more; nil: open
}

// requires reports whether the campaign requires anything as of a day. The report on its last day
// is as of the day after it.
func (c *campaign) requires(day time.Time) bool {
	return !day.Before(c.first) && (c.over == nil || day.Before(*c.over))
}

// designated is a locality in a campaign.
type designated struct{ campaign, locality uuid.UUID }

// choice is a locality's pilot, or the reason why it is exempt.
type choice struct {
	market   *uuid.UUID
	exempt   string
	launched bool
}

// punctuality is how many monthly reports of a locality fell due in a campaign, and how many were
// submitted in time.
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
	p := &programme{
		pilots: map[uuid.UUID]map[uuid.UUID]bool{}, chosen: map[uuid.UUID]choice{}, required: map[uuid.UUID]Locality{},
		pilotOf: map[designated]uuid.UUID{},
	}
	if a.campaign != "" {
		if err := p.find(ctx, tx, a); err != nil {
			return nil, err
		}
	}
	if err := p.readPilots(ctx, tx, a.day); err != nil {
		return nil, err
	}
	if a.queries != nil {
		return p, nil // only some activity is requested, not localities
	}
	text, err := indicators.Query("punctuality")
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

// find reads a campaign by its code or id, with its targets and the units that it requires.
func (p *programme) find(ctx context.Context, tx pgx.Tx, a ask) error {
	var c campaign
	err := tx.QueryRow(ctx, `SELECT id, code, basis, lower(campaign_days(c)), ends_on, upper(campaign_days(c))
		FROM campaigns c WHERE code = $1 OR id::text = lower($1)`, a.campaign).Scan(&c.ID, &c.Code, &c.Basis, &c.first,
		&c.last, &c.over)
	if errors.Is(err, pgx.ErrNoRows) {
		return problem.Missing("campaign")
	}
	if err != nil {
		return fmt.Errorf("find campaign: %w", err)
	}
	p.campaign = &c
	p.pilots[c.ID] = map[uuid.UUID]bool{}
	rows, _ := tx.Query(ctx, `SELECT indicator, locality_id, value::text, due_on FROM targets WHERE campaign_id = $1
		ORDER BY due_on`, c.ID)
	if p.targets, err = pgx.CollectRows(rows, pgx.RowToStructByPos[target]); err != nil {
		return fmt.Errorf("read targets: %w", err)
	}
	rows, _ = tx.Query(ctx, `SELECT locality_id, level, code, name FROM required_units($1, $2::date)`, c.ID, a.day)
	units, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Locality])
	if err != nil {
		return fmt.Errorf("read required units: %w", err)
	}
	for _, unit := range units {
		p.required[unit.ID] = unit
	}
	return nil
}

func (p *programme) readPilots(ctx context.Context, tx pgx.Tx, day time.Time) error {
	text, err := indicators.Query("pilots")
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
			p.pilotOf[designated{of, locality}] = *market
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

// pilotSets returns the pilots of each campaign. A report that counts only these may reveal what
// another hides.
func (p *programme) pilotSets() (sets []map[uuid.UUID]bool) {
	for _, set := range p.pilots {
		sets = append(sets, set)
	}
	return sets
}

func (p *programme) exempt(u unit) *string {
	if c := p.chosen[u.locality.ID]; c.exempt != "" {
		return &c.exempt
	}
	return nil
}

// localityOf returns the locality that has a market as its pilot on the day. It returns false if
// the market is not a pilot of the campaign.
func (p *programme) localityOf(market uuid.UUID) (*uuid.UUID, bool) {
	for locality, c := range p.chosen {
		if c.market != nil && *c.market == market {
			return &locality, true
		}
	}
	return nil, false
}

// target returns the target of an indicator in a locality, or in all if it is nil. A locality's own
// target comes before the one for all; then the one due next, or else the last. It returns nil as
// of a day on which the campaign requires nothing.
func (p *programme) target(indicator string, locality *uuid.UUID, day time.Time) *Target {
	if p.campaign == nil || !p.campaign.requires(day) {
		return nil
	}
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

// add adds I13 and I24 of some units to their figures. I13 is about the units themselves. I24 also
// includes the localities that have their pilots in the units, in every basis, because a
// designation owes the reports.
func (p *programme) add(f Figures, units []unit, version map[string]int) {
	share := func(code string, n, of int) Figure {
		shown := Figure{
			Numerator: Count(n), Denominator: Count(of), Evidence: &Evidence{C: n},
			Definition: version[code],
		}
		shown.Value = quotient(shown.Numerator, shown.Denominator, 4)
		return shown
	}
	seen, markets := map[uuid.UUID]bool{}, map[uuid.UUID]bool{}
	for _, u := range units {
		seen[u.locality.ID] = true
		for _, m := range u.markets {
			markets[m.ID] = true
		}
	}
	launched, required, known := 0, 0, false
	for locality := range p.required {
		if seen[locality] {
			c := p.chosen[locality]
			launched, required, known = launched+one(c.launched), required+one(c.exempt == ""), true
		}
	}
	if known {
		f["I13"] = share("I13", launched, required)
	}
	due, onTime, told := 0, 0, false
	for _, l := range p.punctuality {
		pilot, chosen := p.pilotOf[designated{l.Campaign, l.Locality}]
		if seen[l.Locality] || chosen && markets[pilot] {
			due, onTime, told = due+l.Due, onTime+l.OnTime, true
		}
	}
	if told {
		f["I24"] = share("I24", onTime, due)
	}
}

func one(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// punctual returns I24 of a locality in the requested campaign.
func (p *programme) punctual(locality uuid.UUID) punctuality {
	for _, l := range p.punctuality {
		if l.Locality == locality && l.Campaign == p.campaign.ID {
			return l
		}
	}
	return punctuality{}
}
