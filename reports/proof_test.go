package reports

import (
	"encoding/binary"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"market40/reports/disclosure"
	"market40/reports/facts"
	"market40/reports/groups"
	"market40/reports/indicators"
)

// crowdOf is the merchants of a market in two zones: how many, and how many of them were paid in
// the last 30 days.
type crowdOf struct{ merchants, paid, elsewhere, paidElsewhere int }

// countedOf counts markets, each as a unit of a basis, without a database.
func countedOf(t *testing.T, crowds ...crowdOf) (*counted, map[uuid.UUID]string) {
	t.Helper()
	c := &counted{day: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC), version: map[string]int{}}
	by, atoms := map[uuid.UUID]string{}, map[string]*facts.Cell{}
	number := uint64(0)
	for place, crowd := range crowds {
		m := Market{ID: uuid.New(), Code: facts.MarketName(place)}
		c.scope, by[m.ID] = append(c.scope, m), "zone"
		c.units = append(c.units, unit{basis: "current", locality: Locality{ID: uuid.New()}, markets: []Market{m}})
		for zone, of := range map[string][2]int{"A": {crowd.merchants, crowd.paid}, "B": {
			crowd.elsewhere,
			crowd.paidElsewhere,
		}} {
			at := facts.NewCell()
			for i := range of[0] {
				number++
				p := &facts.Person{Operates: true}
				if i < of[1] {
					p.BankDays, p.FirstBankDay = 1, 1
				}
				var id facts.MerchantID
				binary.BigEndian.PutUint64(id[:], number)
				at.People[id] = p
			}
			atoms[facts.PartName(place, zone, "khac", "stall")] = at
		}
	}
	c.groups = groups.New(localUnits(c.units), nil, idsOf(c.scope))
	c.groups.Count(facts.Assume(c.day, atoms))
	return c, by
}

// The proof finds counts that could be derived if only small counts were hidden. It finds none
// after the full rule.
func TestTheProofFindsWhatCanBeWorkedOut(t *testing.T) {
	t.Parallel()
	crowds := []crowdOf{{20, 12, 9, 3}, {15, 1, 15, 2}, {30, 25, 10, 9}}
	c, by := countedOf(t, crowds...)
	for _, g := range c.groups.All {
		for _, m := range indicators.Activity {
			n := g.Tally.Measured[m].Mix.Sum()
			g.Hidden[m.Family()] = 0 < n && n < disclosure.Fewest
		}
	}
	found, err := c.narrowed(t.Context(), by)
	if err != nil || len(found) == 0 || !strings.Contains(found[0], "within 3–3") {
		t.Errorf("with only small counts hidden, the proof finds %v, %v", found, err)
	}
	c, by = countedOf(t, crowds...)
	c.groups.Suppress()
	if found, err = c.narrowed(t.Context(), by); err != nil || len(found) > 0 {
		t.Errorf("after the rule, the proof finds %v, %v", found, err)
	}
	if total := c.groups.Of(idsOf(c.scope)...); total.Hidden[indicators.Active30.Family()] {
		t.Error("the total is hidden")
	}
}

// drawnCohort counts generated markets, each as a unit of a basis. Their merchants were trained or
// began in the cohort's month, some of them at two markets.
func drawnCohort(r *rand.Rand) *counted {
	c := &counted{day: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC), version: map[string]int{}}
	began, atoms := facts.CohortOf(c.day)[0], map[string]*facts.Cell{}
	number, several := uint64(0), uint64(1_000_000)
	for place := range 3 + r.IntN(4) {
		m := Market{ID: uuid.New(), Code: facts.MarketName(place)}
		c.scope = append(c.scope, m)
		c.units = append(c.units, unit{basis: "current", locality: Locality{ID: uuid.New()}, markets: []Market{m}})
		at := facts.NewCell()
		for i := range 1 + r.IntN(40) {
			number++
			key := number
			if i == 0 && r.IntN(2) == 0 {
				key = several + r.Uint64N(2) // also at another market
			}
			p := &facts.Person{Operates: r.IntN(5) > 0, Inactive: r.IntN(3) == 0}
			if p.Inactive && r.IntN(4) == 0 {
				p.Converted = facts.LevelA
			}
			if r.IntN(3) == 0 {
				p.FirstBankDay, p.LaterBank = began+int64(r.IntN(28)), r.IntN(5) > 0
			}
			var id facts.MerchantID
			binary.BigEndian.PutUint64(id[:], key)
			at.People[id] = p
		}
		atoms[facts.PartName(place, "A", "khac", "stall")] = at
	}
	c.groups = groups.New(localUnits(c.units), nil, idsOf(c.scope))
	c.groups.Count(facts.Assume(c.day, atoms))
	return c
}

// The hidden counts of I15 and I17 cannot be derived either, nor the people behind them. If only
// small counts are hidden, they often can.
func TestTheProofOfTrainingAndRetention(t *testing.T) {
	t.Parallel()
	given := 0
	for seed := range uint64(60) {
		draw := func() *counted {
			return drawnCohort(
				rand.New(rand.NewPCG(seed, 15)))
		} //nolint:gosec // an invented province
		c := draw()
		for _, g := range c.groups.All {
			for _, m := range []indicators.Measure{indicators.Converted, indicators.Retention} {
				of := g.Tally.Measured[m]
				few := func(n int) bool { return 0 < n && n < 5 }
				g.Hidden[m.Family()] = few(of.Of) || few(of.Mix.Sum())
			}
		}
		if found, err := c.narrowed(t.Context(), map[uuid.UUID]string{}); err == nil && len(found) > 0 {
			given++
		}
		c = draw()
		c.groups.Suppress()
		if found, err := c.narrowed(t.Context(), map[uuid.UUID]string{}); err != nil || len(found) > 0 {
			t.Errorf("province %d: %v, %v", seed, found, err)
		}
	}
	if given < 10 {
		t.Errorf("only %d of the provinces would reveal a count", given)
	}
}
