// Package campaigns reads what campaigns require of localities on a day, and decides the status of
// their pilot markets.
package campaigns

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/platform/problem"
	"market40/reports/figures"
	"market40/reports/indicators"
	"market40/reports/scope"
)

// Programme is what campaigns say about localities on a day. One of them may be selected.
type Programme struct {
	selected    *campaign                        // nil: none
	pilots      map[uuid.UUID]map[uuid.UUID]bool // of every campaign
	chosen      map[uuid.UUID]choice             // in the selected campaign, by locality
	required    map[uuid.UUID]scope.Locality     // by the selected campaign on the day; the exempt too
	pilotOf     map[designated]uuid.UUID
	punctuality []punctuality
	targets     []target
}

// Target is the value that a campaign requires of an indicator by a day.
type Target struct {
	Value string `json:"value" example:"0.6000"`
	DueOn string `json:"due_on" format:"date"`
}

type campaign struct {
	ID          uuid.UUID
	Code, Basis string
	first       time.Time  // the first as-of day on which it requires anything
	last        *time.Time // its last day; nil: open
	over        *time.Time // the first as-of day on which it requires nothing more; nil: open
}

// requires reports whether the campaign requires anything as of a day. The figures of its last day
// are those as of the day after it.
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

// punctuality is how many monthly reports of a locality were due in a campaign, and how many of them
// were on time.
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

// Query selects what is read.
type Query struct {
	Day        time.Time
	Campaign   string // code or id of the selected campaign; empty: none
	PilotsOnly bool   // without punctuality
}

// Read reads the programme of a day. A campaign that does not exist is refused (404).
func Read(ctx context.Context, tx pgx.Tx, q Query) (*Programme, error) {
	p := &Programme{
		pilots: map[uuid.UUID]map[uuid.UUID]bool{}, chosen: map[uuid.UUID]choice{},
		required: map[uuid.UUID]scope.Locality{}, pilotOf: map[designated]uuid.UUID{},
	}
	if q.Campaign != "" {
		if err := p.selectCampaign(ctx, tx, q); err != nil {
			return nil, err
		}
	}
	if err := p.readPilots(ctx, tx, q.Day); err != nil {
		return nil, err
	}
	if q.PilotsOnly {
		return p, nil
	}
	text, err := indicators.Query("punctuality")
	if err != nil {
		return nil, err
	}
	rows, _ := tx.Query(ctx, text, q.Day, p.SelectedID())
	if p.punctuality, err = pgx.CollectRows(rows, pgx.RowToStructByPos[punctuality]); err != nil {
		return nil, fmt.Errorf("read punctuality: %w", err)
	}
	return p, nil
}

// SelectedID returns the id of the selected campaign; nil if there is none.
func (p *Programme) SelectedID() *uuid.UUID {
	if p.selected == nil {
		return nil
	}
	return &p.selected.ID
}

// SelectedCode returns the code of the selected campaign; nil if there is none.
func (p *Programme) SelectedCode() *string {
	if p.selected == nil {
		return nil
	}
	return &p.selected.Code
}

// Pilots returns the markets that are pilots of the selected campaign; nil if there is none.
func (p *Programme) Pilots() map[uuid.UUID]bool {
	if p.selected == nil {
		return nil
	}
	return p.pilots[p.selected.ID]
}

// selectCampaign reads a campaign by its code or id, with its targets and the units that it
// requires.
func (p *Programme) selectCampaign(ctx context.Context, tx pgx.Tx, q Query) error {
	var c campaign
	err := tx.QueryRow(ctx, `SELECT id, code, basis, lower(campaign_days(c)), ends_on, upper(campaign_days(c))
		FROM campaigns c WHERE code = $1 OR id::text = lower($1)`, q.Campaign).Scan(&c.ID, &c.Code, &c.Basis, &c.first,
		&c.last, &c.over)
	if errors.Is(err, pgx.ErrNoRows) {
		return problem.Missing("campaign")
	}
	if err != nil {
		return fmt.Errorf("find campaign: %w", err)
	}
	p.selected = &c
	p.pilots[c.ID] = map[uuid.UUID]bool{}
	rows, _ := tx.Query(ctx, `SELECT indicator, locality_id, value::text, due_on FROM targets WHERE campaign_id = $1
		ORDER BY due_on`, c.ID)
	if p.targets, err = pgx.CollectRows(rows, pgx.RowToStructByPos[target]); err != nil {
		return fmt.Errorf("read targets: %w", err)
	}
	rows, _ = tx.Query(ctx, `SELECT locality_id, level, code, name FROM required_units($1, $2::date)`, c.ID, q.Day)
	units, err := pgx.CollectRows(rows, pgx.RowToStructByPos[scope.Locality])
	if err != nil {
		return fmt.Errorf("read required units: %w", err)
	}
	for _, u := range units {
		p.required[u.ID] = u
	}
	return nil
}

func (p *Programme) readPilots(ctx context.Context, tx pgx.Tx, day time.Time) error {
	text, err := indicators.Query("pilots")
	if err != nil {
		return err
	}
	rows, _ := tx.Query(ctx, text, day)
	var id, locality uuid.UUID
	var market *uuid.UUID
	var basis string
	var c choice
	_, err = pgx.ForEachRow(rows, []any{&id, &basis, &locality, &market, &c.exempt, &c.launched}, func() error {
		c.market = market
		if p.pilots[id] == nil {
			p.pilots[id] = map[uuid.UUID]bool{}
		}
		if market != nil {
			p.pilots[id][*market] = true
			p.pilotOf[designated{id, locality}] = *market
		}
		if p.selected != nil && p.selected.ID == id {
			p.chosen[locality] = c
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read pilots: %w", err)
	}
	return nil
}

// PilotSets returns the pilots of each campaign. Disclosure is decided over all of them: the report
// of one campaign may reveal what another hides.
func (p *Programme) PilotSets() (sets []map[uuid.UUID]bool) {
	for _, set := range p.pilots {
		sets = append(sets, set)
	}
	return sets
}

// exemption returns why a unit needs no pilot; nil if it needs one.
func (p *Programme) exemption(u scope.Unit) *string {
	if c := p.chosen[u.Locality.ID]; c.exempt != "" {
		return &c.exempt
	}
	return nil
}

// LocalityOf returns the locality that chose a market as its pilot. It reports false for a market
// that is no pilot of the selected campaign on the day.
func (p *Programme) LocalityOf(market uuid.UUID) (*uuid.UUID, bool) {
	for locality, c := range p.chosen {
		if c.market != nil && *c.market == market {
			return &locality, true
		}
	}
	return nil, false
}

// Target returns the target of an indicator in a locality (nil: in all localities). The locality's
// own targets come before those for all. Of several, it is the one due next, else the last. It is
// nil where none is set and on days when the campaign requires nothing.
func (p *Programme) Target(indicator string, locality *uuid.UUID, day time.Time) *Target {
	if p.selected == nil || !p.selected.requires(day) {
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

// AddFigures adds I13 and I24 of some units to their figures. I13 counts the units themselves. I24
// also counts the localities that designated a pilot counted in the units, in any basis: reports are
// due from a designation.
func (p *Programme) AddFigures(f figures.Figures, units []scope.Unit, version map[string]int) {
	share := func(code string, n, of int) figures.Figure {
		shown := figures.Figure{
			Numerator: figures.Count(n), Denominator: figures.Count(of), Evidence: &figures.Evidence{C: n},
			Definition: version[code],
		}
		shown.Value = figures.Ratio(shown.Numerator, shown.Denominator, 4)
		return shown
	}
	seen, markets := map[uuid.UUID]bool{}, map[uuid.UUID]bool{}
	for _, u := range units {
		seen[u.Locality.ID] = true
		for _, m := range u.Markets {
			markets[m.ID] = true
		}
	}
	launched, required, known := 0, 0, false
	for locality := range p.required {
		if seen[locality] {
			c := p.chosen[locality]
			launched, required, known = launched+oneIf(c.launched), required+oneIf(c.exempt == ""), true
		}
	}
	if known {
		f["I13"] = share("I13", launched, required)
	}
	due, onTime, found := 0, 0, false
	for _, l := range p.punctuality {
		pilot, chosen := p.pilotOf[designated{l.Campaign, l.Locality}]
		if seen[l.Locality] || chosen && markets[pilot] {
			due, onTime, found = due+l.Due, onTime+l.OnTime, true
		}
	}
	if found {
		f["I24"] = share("I24", onTime, due)
	}
}

func oneIf(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// punctual returns the punctuality of a locality in the selected campaign.
func (p *Programme) punctual(locality uuid.UUID) punctuality {
	for _, l := range p.punctuality {
		if l.Locality == locality && l.Campaign == p.selected.ID {
			return l
		}
	}
	return punctuality{}
}
