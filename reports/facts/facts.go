// Package facts reads what is known of each merchant and market on a day. It runs the queries of
// package indicators and groups the results by market or by part of a market. Facts of days that
// have begun are cached until one of them changes.
package facts

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"market40/merchants/platform/bizday"
	"market40/reports/indicators"
)

// MerchantID is a UUID that pgx reads without converting it to text, as it would for a uuid.UUID. A
// report reads tens of thousands.
type MerchantID [16]byte

// ScanUUID implements pgx's interface for scanning UUIDs.
func (m *MerchantID) ScanUUID(v pgtype.UUID) error {
	*m = v.Bytes
	return nil
}

// Question is the set of facts to read.
type Question struct {
	Day           time.Time
	Markets       []uuid.UUID
	Parts         bool // cells are parts of markets
	Campaign      *uuid.UUID
	Queries       []string
	OneConnection bool // one connection reads all
}

// readFacts reads the facts of markets by cell. Cells are named "1", "2", … by the index of the
// market; names of parts also contain their dimensions.
func readFacts(ctx context.Context, tx pgx.Tx, a Question) (map[string]*Cell, error) {
	text, err := indicators.Statement(a.Queries)
	if err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, text, a.Markets, a.Day, a.Parts, a.Campaign)
	if err != nil {
		return nil, fmt.Errorf("read facts: %w", err)
	}
	defer rows.Close()
	cells := map[string]*Cell{}
	moment := bizday.StartOf(a.Day)
	var f fact
	for rows.Next() {
		if err := rows.Scan(&f.query, &f.cell, &f.merchants, &f.level, &f.n, &f.enteredAt); err != nil {
			return nil, fmt.Errorf("read facts: %w", err)
		}
		c := cells[f.cell]
		if c == nil {
			c = NewCell()
			cells[f.cell] = c
		}
		c.add(&f, moment)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read facts: %w", err)
	}
	return cells, nil
}

// fact is one row of a query.
type fact struct {
	query, cell, level string
	merchants          []MerchantID
	n                  []int64
	enteredAt          *time.Time
}

func (f *fact) num(i int) int64 {
	if i >= len(f.n) {
		return 0
	}
	return f.n[i]
}

func (c *Cell) add(f *fact, moment time.Time) {
	// A fact that was recorded after the moment does not count for the freshness at that moment.
	if at := f.enteredAt; at != nil && !at.After(moment) && at.After(c.FreshAt[f.query]) {
		c.FreshAt[f.query] = *at
	}
	if len(f.merchants) == 0 {
		c.addEvent(f)
	}
	place, isLevel := levelIndexes[f.query]
	for _, id := range f.merchants {
		p := c.People[id]
		if p == nil {
			p = &Person{}
			c.People[id] = p
		}
		if isLevel {
			p.levels[place] = max(p.levels[place], levelOf(f.level))
		} else {
			p.add(f)
		}
	}
}

func (p *Person) add(f *fact) {
	switch f.query {
	case "mop":
		p.Operates, p.EnteredLate = true, f.num(0)
	case "covered":
		p.covered = true
	case "activity":
		p.BankDays, p.OwnerDays = uint32(f.num(0)), uint32(f.num(1)) //nolint:gosec // thirty bits
		p.BankPayments, p.OwnerPayments = f.num(2), f.num(3)
		p.Bands = [4]int64{f.num(4), f.num(5), f.num(6), f.num(7)}
	case "turnover":
		p.Turnover += f.num(0)
	case "first_days":
		p.FirstBankDay, p.FirstOwnerDay = f.num(0), f.num(1)
	case "retained":
		p.LaterBank, p.LaterOwner, p.stayed, p.watched = f.num(0) > 0, f.num(1) > 0, f.num(2) > 0, f.num(3) > 0
	case "conversion":
		p.Inactive, p.Converted = true, levelOf(f.level)
	case "displayed":
		p.Codes++
		p.CodesByOwner += oneIf(f.level == "B")
		p.CodesByOthers += oneIf(f.level == "D")
	case "declared":
		p.Transfers, p.Customers = f.num(0), f.num(1)
	}
}

func oneIf(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

func (c *Cell) addEvent(f *fact) {
	switch f.query {
	case "swapped":
		c.Swaps = append(c.Swaps, f.n[0])
	case "sampled":
		c.halfHours = append(c.halfHours, halfHour{f.level, int(f.num(0)), slices.Clone(f.n[1:])})
	case "fees":
		c.Fees = &MonthFees{f.num(0), f.num(1), f.num(2), f.num(3)}
	case "incidents":
		c.Incidents = append(c.Incidents, Incident{f.level, f.n[0]})
	case "surveyed":
		c.Answers = append(c.Answers, Answers{
			who: strings.Fields(f.level), Asked: f.num(0), Active: f.num(1), Ready: f.num(2), Smartphone: f.num(3),
			Signal: f.num(4),
		})
	case "costs":
		c.Costs, c.spent = c.Costs+f.num(0), c.spent+f.num(1)
	}
}
