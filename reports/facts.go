package reports

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"market40/merchants/dates"
	"market40/reports/indicators"
)

// merchantID is read without the detour through text that a uuid.UUID takes: a report reads tens of thousands.
type merchantID [16]byte

// ScanUUID makes it one that pgx reads by itself.
func (m *merchantID) ScanUUID(v pgtype.UUID) error {
	*m = v.Bytes
	return nil
}

// asked is what facts are read about.
type asked struct {
	day      time.Time
	markets  []uuid.UUID
	parts    bool // cells are parts of markets
	campaign *uuid.UUID
	queries  []string
	calm     bool // one connection reads all
}

// readFacts reads the facts of markets by cell: "1", "2", … by their place, or parts with what names them.
func readFacts(ctx context.Context, tx pgx.Tx, a asked) (map[string]*cell, error) {
	text, err := indicators.Statement(a.queries)
	if err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, text, a.markets, a.day, a.parts, a.campaign)
	if err != nil {
		return nil, fmt.Errorf("read facts: %w", err)
	}
	defer rows.Close()
	cells := map[string]*cell{}
	moment := time.Date(a.day.Year(), a.day.Month(), a.day.Day(), 0, 0, 0, 0, dates.Vietnam)
	var f fact
	for rows.Next() {
		if err := rows.Scan(&f.query, &f.cell, &f.merchants, &f.level, &f.n, &f.knownAt); err != nil {
			return nil, fmt.Errorf("read facts: %w", err)
		}
		c := cells[f.cell]
		if c == nil {
			c = newCell()
			cells[f.cell] = c
		}
		c.add(&f, moment)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read facts: %w", err)
	}
	return cells, nil
}

// fact is one row.
type fact struct {
	query, cell, level string
	merchants          []merchantID
	n                  []int64
	knownAt            *time.Time
}

func (f *fact) num(i int) int64 {
	if i >= len(f.n) {
		return 0
	}
	return f.n[i]
}

func (c *cell) add(f *fact, moment time.Time) {
	// What was recorded after the moment says nothing of how fresh the figures were then.
	if at := f.knownAt; at != nil && !at.After(moment) && at.After(c.known[f.query]) {
		c.known[f.query] = *at
	}
	if len(f.merchants) == 0 {
		c.addEvent(f)
	}
	place, isLevel := levelPlaces[f.query]
	for _, id := range f.merchants {
		p := c.people[id]
		if p == nil {
			p = &person{}
			c.people[id] = p
		}
		if isLevel {
			p.levels[place] = max(p.levels[place], levelOf(f.level))
		} else {
			p.add(f)
		}
	}
}

func (p *person) add(f *fact) {
	switch f.query {
	case "mop":
		p.operates, p.lateAt = true, f.num(0)
	case "covered":
		p.covered = true
	case "activity":
		p.told, p.word = uint32(f.num(0)), uint32(f.num(1)) //nolint:gosec // thirty bits
		p.payments, p.words = f.num(2), f.num(3)
		p.bands = [4]int64{f.num(4), f.num(5), f.num(6), f.num(7)}
	case "turnover":
		p.turnover += f.num(0)
	case "first_days":
		p.firstTold, p.firstWord = f.num(0), f.num(1)
	case "retained":
		p.laterTold, p.laterWord, p.stayed, p.watched = f.num(0) > 0, f.num(1) > 0, f.num(2) > 0, f.num(3) > 0
	case "conversion":
		p.inactive, p.converted = true, levelOf(f.level)
	case "displayed":
		p.codes++
		p.codesByOwner += oneIf(f.level == "B")
		p.codesByOthers += oneIf(f.level == "D")
	case "declared":
		p.transfers, p.customers = f.num(0), f.num(1)
	}
}

func oneIf(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

func (c *cell) addEvent(f *fact) {
	switch f.query {
	case "swapped":
		c.found = append(c.found, f.n[0])
	case "sampled":
		c.halfHours = append(c.halfHours, halfHour{f.level, int(f.num(0)), slices.Clone(f.n[1:])})
	case "fees":
		c.fees = &fees{f.num(0), f.num(1), f.num(2), f.num(3)}
	case "incidents":
		c.incidents = append(c.incidents, incident{f.level, f.n[0]})
	case "surveyed":
		c.surveyed = append(c.surveyed, answers{strings.Fields(f.level), f.num(0), f.num(1), f.num(2), f.num(3), f.num(4)})
	case "costs":
		c.costs, c.spent = c.costs+f.num(0), c.spent+f.num(1)
	}
}
