package reports

import (
	"context"
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"market40/reports/indicators"
)

// level is what a merchant is counted on; the better one is greater: A, D, B, C, nothing.
type level byte

const (
	nothing level = iota
	levelC
	levelB
	levelD
	levelA
)

func levelOf(text string) level {
	switch text {
	case "A":
		return levelA
	case "B":
		return levelB
	case "C":
		return levelC
	case "D":
		return levelD
	}
	return nothing
}

// mostLevels is how many queries may tell a level of each merchant and nothing else.
const mostLevels = 8

// levelPlaces are the places of those queries in a person's levels.
var levelPlaces = func() map[string]int {
	places := map[string]int{}
	for place, query := range indicators.LevelQueries() {
		places[query] = place
	}
	return places
}()

// person is what is known of one merchant in a cell, or in a group of cells together.
type person struct {
	operates, covered                     bool
	lateAt                                int64             // seconds since 1970; 0: it was in the register by the moment
	levels                                [mostLevels]level // by the place of the query that tells them
	told, word                            uint32            // active days: bit 0 is the day before the as-of day
	payments, words                       int64
	bands                                 [4]int64
	turnover                              int64
	firstTold, firstWord                  int64 // days since 1970; 0: never
	laterTold, laterWord, stayed, watched bool  // of the month that retention asks for
	inactive                              bool  // before its training, and observed
	converted                             level
	codes, codesByOwner, codesByOthers    int // displayed, and checked
	transfers, customers                  int64
}

// join adds what is known of the same merchant elsewhere.
func (p *person) join(o *person) {
	p.lateAt = laterOf(p, o)
	p.operates, p.covered = p.operates || o.operates, p.covered || o.covered
	for place := range p.levels {
		p.levels[place] = max(p.levels[place], o.levels[place])
	}
	p.converted = max(p.converted, o.converted)
	p.told, p.word = p.told|o.told, p.word|o.word
	p.payments, p.words, p.turnover = p.payments+o.payments, p.words+o.words, p.turnover+o.turnover
	for b := range p.bands {
		p.bands[b] += o.bands[b]
	}
	p.firstTold, p.firstWord = earlier(p.firstTold, o.firstTold), earlier(p.firstWord, o.firstWord)
	p.laterTold, p.laterWord = p.laterTold || o.laterTold, p.laterWord || o.laterWord
	p.stayed, p.watched, p.inactive = p.stayed || o.stayed, p.watched || o.watched, p.inactive || o.inactive
	p.codes, p.codesByOwner, p.codesByOthers = p.codes+o.codes, p.codesByOwner+o.codesByOwner, p.codesByOthers+o.codesByOthers
	p.transfers, p.customers = p.transfers+o.transfers, p.customers+o.customers
}

// laterOf is when somebody came into the register after the moment: not, where it operates a stall that was there.
func laterOf(p, o *person) int64 {
	if p.operates && p.lateAt == 0 || o.operates && o.lateAt == 0 {
		return 0
	}
	return earlier(p.lateAt, o.lateAt)
}

func earlier(a, b int64) int64 {
	if a == 0 || (b != 0 && b < a) {
		return b
	}
	return a
}

// active is on what a merchant counts as active on the days of a mask, on so many of them at least.
func (p *person) active(mask uint32, days int) level {
	switch {
	case bits.OnesCount32(p.told&mask) >= days:
		return levelA
	case bits.OnesCount32((p.told|p.word)&mask) >= days:
		return levelB
	}
	return nothing
}

// cell is what is known of a market, or of a part of one.
type cell struct {
	people    map[merchantID]*person
	known     map[string]time.Time // by query: when its newest fact became known
	found     []int64              // swapped codes: seconds until replaced; -1: not yet
	halfHours []halfHour
	fees      *fees
	incidents []incident
	surveyed  []answers
	costs     int64
	spent     int64 // costs, of all campaigns
}

type halfHour struct {
	stratum string
	size    int
	counted []int64 // sales, cashless sales, turnover, cashless turnover; -1: not counted
}

type fees struct{ month, due, paid, byTransfer int64 }

type incident struct {
	kind   string
	closed int64 // seconds until then; -1: not yet
}

type answers struct {
	who                                        []string // sex, age, minority, place
	all, active, ready, smartphone, withSignal int64
}

func newCell() *cell { return &cell{people: map[merchantID]*person{}, known: map[string]time.Time{}} }

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
	moment := time.Date(a.day.Year(), a.day.Month(), a.day.Day(), 0, 0, 0, 0, vietnam)
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
		p.codesByOwner += one(f.level == "B")
		p.codesByOthers += one(f.level == "D")
	case "declared":
		p.transfers, p.customers = f.num(0), f.num(1)
	}
}

func one(yes bool) int {
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

// joined is what is known of several cells together: a merchant of several counts once.
func joined(cells []*cell) *cell {
	if len(cells) == 1 {
		return cells[0]
	}
	all := newCell()
	for _, c := range cells {
		for id, p := range c.people {
			if q := all.people[id]; q != nil {
				q.join(p)
			} else {
				copied := *p
				all.people[id] = &copied
			}
		}
		for query, at := range c.known {
			if at.After(all.known[query]) {
				all.known[query] = at
			}
		}
		all.found = append(all.found, c.found...)
		all.halfHours = append(all.halfHours, c.halfHours...)
		all.incidents = append(all.incidents, c.incidents...)
		all.surveyed = append(all.surveyed, c.surveyed...)
		all.costs, all.spent = all.costs+c.costs, all.spent+c.spent
		all.fees = all.fees.join(c.fees)
	}
	return all
}

// join adds the fees of the newest month that any has: who has none of that month is not in it.
func (f *fees) join(o *fees) *fees {
	switch {
	case o == nil || f != nil && f.month > o.month:
		return f
	case f == nil || o.month > f.month:
		copied := *o
		return &copied
	}
	return &fees{f.month, f.due + o.due, f.paid + o.paid, f.byTransfer + o.byTransfer}
}
